"""Every request over a simulated chain, held against the store's tables and the raw blocks."""

import random
from collections import Counter
from hashlib import sha256
from typing import Any

import httpx
import pytest

from peelchain import _core
from peelchain.raw_tx import merkle_root_of, parsed
from peelchain.script import address, script_type, sha256d
from peelchain.store.lookup import Lookup
from peelchain.units import format_hash

Row = dict[str, Any]


def _hashes(lookup: Lookup) -> list[str]:
    rows = lookup.rows("SELECT show_hash(block_hash) AS hash FROM blocks ORDER BY height")
    return [row["hash"] for row in rows]


def _txids(lookup: Lookup, count: int) -> list[str]:
    """Transactions of every kind: coinbases, great ones, and some by chance."""
    rows = lookup.rows(
        "SELECT show_hash(txid) AS txid, tx_index, txin_count + txout_count AS parts FROM txs "
        "ORDER BY tx_id"
    )
    greatest = sorted(rows, key=lambda row: row["parts"])[-10:]
    chance = random.Random(7).sample(rows, count)
    return sorted({row["txid"] for row in (*rows[:5], *greatest, *chance)})


def _scripts(lookup: Lookup) -> list[tuple[bytes, int]]:
    """Scripts with script_id: those that are busiest, and some by chance."""
    rows = lookup.rows(
        "SELECT script_pubkey, script_id, count(*) AS uses FROM txouts JOIN scripts USING "
        "(script_id) GROUP BY ALL ORDER BY uses DESC, script_id"
    )
    chosen = [*rows[:8], *random.Random(7).sample(rows, 40)]
    return [(row["script_pubkey"], row["script_id"]) for row in chosen]


@pytest.fixture(scope="module")
def hashes(lookup: Lookup) -> list[str]:
    return _hashes(lookup)


def test_the_tip_and_the_heights(ask: httpx.Client, hashes: list[str]) -> None:
    assert ask.get("/blocks/tip/height").text == str(len(hashes) - 1)
    assert ask.get("/blocks/tip/hash").text == hashes[-1]
    for height in (0, 1, 100, len(hashes) - 1):
        assert ask.get(f"/block-height/{height}").text == hashes[height]
    assert ask.get(f"/block-height/{len(hashes)}").status_code == 404


def test_blocks_are_whole(ask: httpx.Client, hashes: list[str], lookup: Lookup) -> None:
    for height in (0, 1, 101, len(hashes) - 1):
        block_hash = hashes[height]
        told = ask.get(f"/block/{block_hash}").json()
        raw = ask.get(f"/block/{block_hash}/raw").content
        header = bytes.fromhex(ask.get(f"/block/{block_hash}/header").text)
        assert _core.check_block(raw) is None
        assert raw[:80] == header
        assert format_hash(sha256d(header)) == told["id"] == block_hash
        assert (told["height"], told["size"]) == (height, len(raw))
        txids = ask.get(f"/block/{block_hash}/txids").json()
        spans = _core.transaction_spans(raw)
        assert txids == [format_hash(txid) for txid, _, _ in spans]
        assert told["tx_count"] == len(txids)
        assert ask.get(f"/block/{block_hash}/txid/{len(txids) - 1}").text == txids[-1]
        assert ask.get(f"/block/{block_hash}/txid/{len(txids)}").status_code == 404
        stripped = sum(len(_core.without_witness(raw[a:b])) for _, a, b in spans)
        outside = 80 + (1 if len(txids) < 253 else 3)
        assert told["weight"] == 3 * (stripped + outside) + len(raw)
        following = {"next_best": hashes[height + 1]} if height + 1 < len(hashes) else {}
        assert ask.get(f"/block/{block_hash}/status").json() == {
            "in_best_chain": True,
            "height": height,
            **following,
        }


def test_the_newest_blocks_ten_at_a_time(ask: httpx.Client, hashes: list[str]) -> None:
    assert [b["id"] for b in ask.get("/blocks").json()] == hashes[:-11:-1]
    last = len(hashes) - 11
    seen = [b["id"] for b in ask.get(f"/blocks/{last}").json()]
    assert seen == hashes[last - 9 : last + 1][::-1]
    assert [b["height"] for b in ask.get("/blocks/3").json()] == [3, 2, 1, 0]
    one = ask.get("/blocks/200").json()[4]
    assert one == ask.get(f"/block/{hashes[196]}").json()


def test_a_block_s_transactions_come_in_pages(ask: httpx.Client, lookup: Lookup) -> None:
    (row,) = lookup.rows(
        "SELECT show_hash(block_hash) AS hash, tx_count FROM blocks ORDER BY tx_count DESC LIMIT 1"
    )
    block_hash, count = row["hash"], row["tx_count"]
    assert count > 25, "the chain has no block of several pages"
    told = []
    for start in range(0, count, 25):
        page = ask.get(f"/block/{block_hash}/txs/{start}").json()
        assert len(page) == min(25, count - start)
        told += page
    assert [tx["txid"] for tx in told] == ask.get(f"/block/{block_hash}/txids").json()
    assert ask.get(f"/block/{block_hash}/txs").json() == told[:25]
    assert told[30 % count] == ask.get(f"/tx/{told[30 % count]['txid']}").json()
    assert ask.get(f"/block/{block_hash}/txs/7").status_code == 400
    assert ask.get(f"/block/{block_hash}/txs/{count + 25 - count % 25}").status_code == 400


def test_transactions_are_those_of_the_raw_bytes(ask: httpx.Client, lookup: Lookup) -> None:
    seen: Counter[str] = Counter()
    for txid in _txids(lookup, 60):
        raw = ask.get(f"/tx/{txid}/raw").content
        assert ask.get(f"/tx/{txid}/hex").text == raw.hex()
        assert format_hash(sha256d(_core.without_witness(raw))) == txid
        tx, told = parsed(raw), ask.get(f"/tx/{txid}").json()
        assert (told["txid"], told["version"], told["locktime"]) == (txid, tx.version, tx.locktime)
        assert told["size"] == len(raw)
        assert told["weight"] == 3 * len(_core.without_witness(raw)) + len(raw)
        for txin, one in zip(tx.inputs, told["vin"], strict=True):
            assert one["txid"] == format_hash(txin.prev_txid)
            assert one["vout"] == txin.prev_vout
            assert one["scriptsig"] == txin.script_sig.hex()
            assert one.get("witness", []) == [item.hex() for item in txin.witness]
            assert one["sequence"] == txin.sequence
            assert one["is_coinbase"] == txin.is_coinbase
            if not txin.is_coinbase:
                parent = ask.get(f"/tx/{one['txid']}").json()
                assert one["prevout"] == parent["vout"][one["vout"]]
        for out, one in zip(tx.outputs, told["vout"], strict=True):
            assert one["scriptpubkey"] == out.script_pubkey.hex()
            assert one["value"] == out.value_sat
            shown = address(out.script_pubkey, lookup.store.network)
            assert one.get("scriptpubkey_address") == shown
            seen[one["scriptpubkey_type"]] += 1
        if not tx.inputs[0].is_coinbase:
            spent = sum(one["prevout"]["value"] for one in told["vin"])
            assert told["fee"] == spent - sum(out.value_sat for out in tx.outputs)
        assert ask.get(f"/tx/{txid}/status").json() == told["status"]
    assert {"p2pkh", "p2sh", "v0_p2wpkh", "v1_p2tr", "op_return"} <= set(seen), seen


def test_inner_scripts_are_those_that_the_outputs_commit_to(
    ask: httpx.Client, lookup: Lookup
) -> None:
    """P2SH and P2WSH spends show the script that was hashed, as operations."""
    for kind, key in (("p2sh", "inner_redeemscript_asm"), ("p2wsh", "inner_witnessscript_asm")):
        rows = lookup.rows(
            "SELECT show_hash(txid) AS txid, vin FROM txins JOIN txouts ON txout_id = "
            "prev_txout_id JOIN txs ON txs.tx_id = txins.tx_id WHERE script_type = ? LIMIT 3",
            [kind],
        )
        for row in rows:
            assert ask.get(f"/tx/{row['txid']}").json()["vin"][row["vin"]][key]


def test_proofs_lead_to_the_header(ask: httpx.Client, lookup: Lookup) -> None:
    for txid in _txids(lookup, 40):
        told = ask.get(f"/tx/{txid}/merkle-proof").json()
        block_hash = ask.get(f"/block-height/{told['block_height']}").text
        header = bytes.fromhex(ask.get(f"/block/{block_hash}/header").text)
        branch = [bytes.fromhex(sibling)[::-1] for sibling in told["merkle"]]
        assert merkle_root_of(bytes.fromhex(txid)[::-1], told["pos"], branch) == header[36:68]
        block = bytes.fromhex(ask.get(f"/tx/{txid}/merkleblock-proof").text)
        assert block[:80] == header
        count = ask.get(f"/block/{block_hash}").json()["tx_count"]
        assert _matches(block[80:], header[36:68]) == (count, [(told["pos"], txid)])


def _matches(tree: bytes, root: bytes) -> tuple[int, list[tuple[int, str]]]:
    """How many transactions a BIP 37 tree is of, and position and txid of those that it proves.

    Written by the BIP: it walks as a verifier does. Fails where the tree does not lead to the root.
    """
    total = int.from_bytes(tree[:4], "little")
    hashes = [tree[5 + 32 * at : 37 + 32 * at] for at in range(tree[4])]
    flags = tree[5 + 32 * tree[4] :]
    assert flags[0] == len(flags) - 1
    bits = [flags[1 + at // 8] >> at % 8 & 1 for at in range(8 * flags[0])]
    found: list[tuple[int, str]] = []

    def width(height: int) -> int:
        return (total + (1 << height) - 1) >> height

    def walk(height: int, at: int) -> bytes:
        bit = bits.pop(0)
        if height == 0 or not bit:
            node = hashes.pop(0)
            if bit:
                found.append((at, format_hash(node)))
            return node
        left = walk(height - 1, 2 * at)
        right = walk(height - 1, 2 * at + 1) if 2 * at + 1 < width(height - 1) else left
        return sha256d(left + right)

    top = 0
    while width(top) > 1:
        top += 1
    assert walk(top, 0) == root
    assert not hashes
    assert not any(bits)
    assert len(bits) < 8
    return total, found


def test_spends_are_those_of_the_inputs(ask: httpx.Client, lookup: Lookup) -> None:
    for txid in _txids(lookup, 40):
        told = ask.get(f"/tx/{txid}/outspends").json()
        rows = lookup.rows(
            "SELECT o.vout, show_hash(s.txid) AS spender, i.vin, s.height FROM txs t "
            "JOIN txouts o USING (tx_id) LEFT JOIN txins i ON i.prev_txout_id = o.txout_id "
            "LEFT JOIN txs s ON s.tx_id = i.tx_id WHERE t.txid = hash_of(?) ORDER BY o.vout",
            [txid],
        )
        assert len(told) == len(rows)
        for row, one in zip(rows, told, strict=True):
            assert one["spent"] == (row["vin"] is not None)
            assert one.get("vin") == row["vin"]
            if one["spent"]:
                assert one["txid"] == row["spender"]
                assert one["status"]["block_height"] == row["height"]
            assert ask.get(f"/tx/{txid}/outspend/{row['vout']}").json() == one
        assert ask.get(f"/tx/{txid}/outspend/{len(rows)}").status_code == 404


def _paths(script: bytes, lookup: Lookup) -> list[str]:
    """What a client may ask of a script."""
    named = address(script, lookup.store.network)
    by_address = [f"/address/{named}"] if named else []
    return [f"/scripthash/{sha256(script).hexdigest()}", *by_address]


def test_sums_are_those_of_the_outputs(ask: httpx.Client, lookup: Lookup) -> None:
    for script, script_id in _scripts(lookup):
        (row,) = lookup.rows(
            "WITH mine AS (SELECT o.tx_id, o.value_sat, i.tx_id AS spent_in FROM txouts o "
            "LEFT JOIN txins i ON i.prev_txout_id = o.txout_id WHERE o.script_id = ?) "
            "SELECT count(*) AS funded_txo_count, sum(value_sat)::BIGINT AS funded_txo_sum, "
            "count(spent_in) AS spent_txo_count, "
            "coalesce(sum(value_sat) FILTER (spent_in IS NOT NULL), 0)::BIGINT AS spent_txo_sum, "
            "(SELECT count(*) FROM (SELECT tx_id FROM mine UNION SELECT spent_in FROM mine "
            "WHERE spent_in IS NOT NULL)) AS tx_count FROM mine",
            [script_id],
        )
        for path in _paths(script, lookup):
            told = ask.get(path).json()
            assert told["chain_stats"] == row
            assert set(told["mempool_stats"].values()) == {0}
            kind, _, name = path.lstrip("/").partition("/")
            assert told[kind] == name


def test_unspent_outputs_are_all_there(ask: httpx.Client, lookup: Lookup) -> None:
    for script, script_id in _scripts(lookup):
        rows = lookup.rows(
            "SELECT show_hash(txid) AS txid, vout, value_sat AS value, height FROM txouts "
            "JOIN txs USING (tx_id) WHERE script_id = ? AND txout_id NOT IN (SELECT "
            "prev_txout_id FROM txins WHERE prev_txout_id IS NOT NULL) ORDER BY txout_id",
            [script_id],
        )
        # nobody can ever spend them
        expected = [] if str(script_type(script)) == "op_return" else rows
        for path in _paths(script, lookup):
            told = ask.get(f"{path}/utxo").json()
            plain = [
                {k: out[k] for k in ("txid", "vout", "value")}
                | {"height": out["status"]["block_height"]}
                for out in told
            ]
            assert plain == expected


def test_a_history_comes_in_pages_newest_first(ask: httpx.Client, lookup: Lookup) -> None:
    several = 0
    for script, script_id in _scripts(lookup):
        rows = lookup.rows(
            "SELECT show_hash(txid) AS txid FROM txs WHERE tx_id IN (SELECT tx_id FROM txouts "
            "WHERE script_id = ? UNION SELECT i.tx_id FROM txins i JOIN txouts o ON o.txout_id = "
            "i.prev_txout_id WHERE o.script_id = ?) ORDER BY tx_id DESC",
            [script_id, script_id],
        )
        expected = [row["txid"] for row in rows]
        several += len(expected) > 50
        for path in _paths(script, lookup):
            assert _walked(ask, path) == expected
            first = [tx["txid"] for tx in ask.get(f"{path}/txs").json()]
            assert first == expected[:25]
            after = ask.get(f"{path}/txs", params={"after_txid": expected[0]}).json()
            assert [tx["txid"] for tx in after] == expected[1:26]
            assert ask.get(f"{path}/txs/mempool").json() == []
    assert several, "the chain has no history of several pages"


def _walked(ask: httpx.Client, path: str) -> list[str]:
    seen: list[str] = []
    while True:
        page = ask.get(f"{path}/txs/chain/{seen[-1]}" if seen else f"{path}/txs/chain").json()
        if not page:
            return seen
        assert len(page) <= 25
        seen += [tx["txid"] for tx in page]


def test_what_the_chain_never_saw_is_empty(ask: httpx.Client, lookup: Lookup) -> None:
    never = address(b"\x00\x14" + bytes(20), lookup.store.network)
    for path in (f"/address/{never}", f"/scripthash/{'00' * 32}"):
        assert set(ask.get(path).json()["chain_stats"].values()) == {0}
        assert ask.get(f"{path}/txs").json() == []
        assert ask.get(f"{path}/utxo").json() == []
    assert ask.get(f"/tx/{'00' * 32}/status").json() == {"confirmed": False}
    assert ask.get(f"/block/{'00' * 32}/status").json() == {"in_best_chain": False}


def test_a_store_has_no_mempool(ask: httpx.Client) -> None:
    assert ask.get("/mempool").json() == {
        "count": 0,
        "vsize": 0,
        "total_fee": 0,
        "fee_histogram": [],
    }
    assert ask.get("/mempool/txids").json() == []
    assert ask.get("/mempool/recent").json() == []
    assert ask.get("/fee-estimates").json() == {}
