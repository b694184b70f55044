"""A transaction and an address, against SQL over the tables."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import COIN, coinbase, genesis, grow, p2wpkh, pay, transaction, write_files
from tests.chain.stores import cut_small, ingest
from tests.cli.running import peelchain

from peelchain.actions import clusters, open_store
from peelchain.actions.show import address_history
from peelchain.actions.show import transaction as shown_transaction
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.view import StoreView
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.network import REGTEST
from peelchain.script import address, hash160, p2pk, p2pkh, script_type
from peelchain.units import format_hash, format_time

KEY = b"\x02" + b"\7" * 32
TWIN = coinbase(b"\x51twin", [(50 * COIN - 7, p2pk(KEY)), (0, b"\x6a"), (7, b"\x51\xae")])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several segments and a head: spends and merges, BIP 30 twins, a key paid in two ways."""
    folder = tmp_path_factory.mktemp("show")
    chain = pay(grow([genesis()], 6), first=TWIN)
    chain = pay(grow(chain, 12, "between"), first=TWIN)
    heir = transaction([(TWIN.txid, 0)], [(49 * COIN, p2wpkh("heir")), (1, p2pkh(hash160(KEY)))])
    chain = grow(pay(chain, [heir]), 12, "after")
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch)
        ingest(write_files(folder / "blocks", chain), folder / "store")
    return folder / "store"


def column(view: StoreView, query: str) -> list[Any]:
    return [next(iter(row.values())) for row in view.lookup.rows(query)]


def test_every_transaction_is_what_sql_says(store: Path) -> None:
    with StoreView(store) as view:
        txids = set(column(view, "SELECT txid FROM txs"))
        assert TWIN.txid in txids
        for txid in txids:
            told = shown_transaction(format_hash(txid), store)
            *others, row = view.lookup.rows(
                "SELECT t.*, b.block_hash, epoch(b.time_utc)::BIGINT AS seconds FROM txs t "
                "JOIN blocks b USING (height) WHERE txid = ? ORDER BY tx_id",
                [txid],
            )
            inputs = view.lookup.rows(
                "SELECT i.vin, i.state, i.sequence, p.txid, o.vout, o.value_sat, s.script_pubkey "
                "FROM txins i LEFT JOIN txouts o ON o.txout_id = i.prev_txout_id "
                "LEFT JOIN txs p ON p.tx_id = o.tx_id LEFT JOIN scripts s USING (script_id) "
                "WHERE i.tx_id = ? ORDER BY i.vin",
                [row["tx_id"]],
            )
            outputs = view.lookup.rows(
                "SELECT o.vout, o.value_sat, o.script_type, s.script_pubkey, x.txid, i.vin "
                "FROM txouts o JOIN scripts s USING (script_id) "
                "LEFT JOIN txins i ON i.prev_txout_id = o.txout_id "
                "LEFT JOIN txs x ON x.tx_id = i.tx_id WHERE o.tx_id = ? ORDER BY o.vout",
                [row["tx_id"]],
            )
            same = ("height", "tx_index", "version", "locktime", "size_bytes", "weight", "fee_sat")
            assert told == {
                **view.tip,
                "txid": format_hash(txid),
                **{name: row[name] for name in same},
                "block_hash": format_hash(row["block_hash"]),
                "time_utc": format_time(row["seconds"]),
                "also_at_heights": [other["height"] for other in others],
                "inputs": [
                    {
                        "vin": i["vin"],
                        "state": i["state"],
                        "prevout": i["txid"] and f"{format_hash(i['txid'])}:{i['vout']}",
                        "value_sat": i["value_sat"],
                        "address": i["txid"] and address(i["script_pubkey"], REGTEST),
                        "script_type": i["txid"] and str(script_type(i["script_pubkey"])),
                        "sequence": i["sequence"],
                    }
                    for i in inputs
                ],
                "outputs": [
                    {
                        "vout": o["vout"],
                        "value_sat": o["value_sat"],
                        "address": address(o["script_pubkey"], REGTEST),
                        "script_type": o["script_type"],
                        "script_pubkey": o["script_pubkey"].hex(),
                        "spent_by": o["txid"] and f"{format_hash(o['txid'])}:{o['vin']}",
                        "spend": "spent" if o["txid"] else "unspent",
                    }
                    for o in outputs
                ],
            }


@pytest.mark.parametrize("limit", [0, 3, 10_000])
def test_every_address_is_what_sql_says(store: Path, limit: int) -> None:
    with StoreView(store) as view:
        for row in view.lookup.rows("SELECT script_id, script_pubkey FROM scripts"):
            script, script_id = row["script_pubkey"], row["script_id"]
            if len(script) < 2:
                continue
            mine = view.lookup.rows(
                "SELECT t.txid, o.vout, o.value_sat, t.height, "
                "epoch(b.time_utc)::BIGINT AS seconds, x.txid AS spender, x.height AS spent_height,"
                " epoch(c.time_utc)::BIGINT AS spent_seconds, i.vin, i.tx_id AS spender_id "
                "FROM txouts o JOIN txs t USING (tx_id) JOIN blocks b USING (height) "
                "LEFT JOIN txins i ON i.prev_txout_id = o.txout_id "
                "LEFT JOIN txs x ON x.tx_id = i.tx_id LEFT JOIN blocks c ON c.height = x.height "
                "WHERE o.script_id = ? ORDER BY o.txout_id",
                [script_id],
            )
            spent = sorted(
                (r for r in mine if r["spender"]), key=lambda r: (r["spender_id"], r["vin"])
            )
            told = address_history(script.hex(), store, limit)
            received, sent = (sum(r["value_sat"] for r in rows) for rows in (mine, spent))
            heights = [r["height"] for r in mine] + [r["spent_height"] for r in spent]
            times = [r["seconds"] for r in mine] + [r["spent_seconds"] for r in spent]
            assert told == {
                **told,
                **view.tip,
                "address": address(script, REGTEST),
                "script_pubkey": script.hex(),
                "script_type": str(script_type(script)),
                "received_sat": received,
                "sent_sat": sent,
                "balance_sat": received - sent,
                "receipt_count": len(mine),
                "spend_count": len(spent),
                "first_seen_utc": format_time(min(times)),
                "last_seen_utc": format_time(max(times)),
                "first_seen_height": min(heights),
                "last_seen_height": max(heights),
                "receipts": [
                    {
                        "txid": format_hash(r["txid"]),
                        "vout": r["vout"],
                        "value_sat": r["value_sat"],
                        "height": r["height"],
                        "time_utc": format_time(r["seconds"]),
                        "spent_by": r["spender"] and format_hash(r["spender"]),
                        "spend": "spent" if r["spender"] else "unspent",
                    }
                    for r in mine[max(0, len(mine) - limit) :]
                ],
                "spends": [
                    {
                        "txid": format_hash(r["spender"]),
                        "vin": r["vin"],
                        "value_sat": r["value_sat"],
                        "height": r["spent_height"],
                        "time_utc": format_time(r["spent_seconds"]),
                        "prevout": f"{format_hash(r['txid'])}:{r['vout']}",
                    }
                    for r in spent[max(0, len(spent) - limit) :]
                ],
            }


def cluster_part(told: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(told[k] for k in ("policy", "run_id", "cluster_id", "cluster_scripts"))


def test_clusters_are_the_same_stored_or_not_and_of_a_long_chain_only_stored(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StoreView(store) as view:
        index = view.clusters.index
        scripts = {r: s for r, s in view.lookup.scripts(range(40)).items() if len(s) > 1}
    expected = {}
    for script_id, script in scripts.items():
        cluster_id = int(index.cluster_of([script_id])[0])
        expected[script] = (cluster_id, len(index.members(cluster_id)))
        found = cluster_part(address_history(script.hex(), store))
        assert found == (DEFAULT_POLICY.name, None, *expected[script])
    assert max(members for _, members in expected.values()) > 1
    monkeypatch.setattr(open_store, "_SHORT_TXOUTS", 0)
    heir = p2wpkh("heir").hex()
    assert cluster_part(address_history(heir, store)) == (None,) * 4
    told = peelchain("address", heir, "--store", store).out
    assert f"not known: run 'peelchain cluster run --store {store}'" in told
    assert "policy" not in told
    run_id = clusters.run(store)["run_id"]
    for script in scripts.values():
        found = cluster_part(address_history(script.hex(), store))
        assert found == (DEFAULT_POLICY.name, run_id, *expected[script])


def test_a_key_is_looked_for_in_a_long_chain_only_where_its_address_does_not_occur(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = p2pkh(hash160(KEY)).hex()
    assert address_history(both, store)["paid_as_key"] == [p2pk(KEY).hex()]
    with StoreView(store) as view:
        genesis_key = view.script_of(0)
    alone = p2pkh(hash160(genesis_key[1:-1])).hex()
    before = address_history(alone, store)
    monkeypatch.setattr(open_store, "_SHORT_TXOUTS", 0)
    assert address_history(both, store)["paid_as_key"] is None
    told = address_history(alone, store)
    assert (told["script_pubkey"], told["paid_as_key"]) == (
        genesis_key.hex(),
        before["paid_as_key"],
    )
    assert address_history(p2wpkh("heir").hex(), store)["paid_as_key"] == []


def test_tags_of_an_address_each_once(store: Path, tmp_path: Path) -> None:
    heir = address(p2wpkh("heir"), REGTEST)
    other = address(p2wpkh("between0"), REGTEST)
    for name, labels in (("a", ["one", "two"]), ("b", ["two", "three"])):
        tags = [
            {"address": at, "label": label, "source": "https://example.org"}
            for label in labels
            for at in (heir, other)
        ]
        pack = {"title": "t", "creator": "c", "currency": "BTC", "lastmod": "2024-01-01"}
        (tmp_path / f"{name}.yaml").write_text(json.dumps({**pack, "tags": tags}))
        assert import_tags([tmp_path / f"{name}.yaml"], store)["imported"] == 4
    with StoreView(store) as view:
        rows = view.tags.to_pylist()
    mine = [r for r in rows if r["script_pubkey"] == p2wpkh("heir")]
    assert sorted(r["label"] for r in mine) == ["one", "three", "two"]
    said = address_history(p2wpkh("heir").hex(), store)["tags"]
    columns = ("label", "category", "actor", "source")
    assert said == [{c: r[c] for c in columns} for r in mine]
    assert address_history(p2wpkh("between1").hex(), store)["tags"] == []
