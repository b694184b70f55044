"""Economies with the habits that fool the rules: each occurs, and the truth tells of it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from tests.simulate.reading import Chain, Tx, read_chain, read_truth

from peelchain.simulate.economy import SimulationSummary, simulate
from peelchain.simulate.families import FAMILIES
from peelchain.simulate.parameters import PARAMETERS
from peelchain.simulate.protocols.wasabi2 import denominations

BLOCKS = 600
JOINT = {"coinjoin", "payjoin", "trade"}
MIXES = ("wasabi1", "wasabi1_levels", "wasabi2", "whirlpool", "joinmarket")
POOLS = {100_000: 5_000, 1_000_000: 50_000, 5_000_000: 175_000, 50_000_000: 1_750_000}


@dataclass
class Economy:
    out: Path
    summary: SimulationSummary
    chain: Chain
    rows: dict[str, dict[str, str]]
    scripts: dict[bytes, dict[str, str]]
    changes: dict[str, set[int]]

    def truth(self, name: str) -> list[dict[str, str]]:
        return read_truth(self.out, name)

    def owner(self, script: bytes) -> str:
        return self.scripts[script]["owner_id"]

    def of_class(self, name: str) -> list[Tx]:
        return [self.chain.txs[txid] for txid, row in self.rows.items() if row["class"] == name]

    def mixes(self, design: str) -> list[tuple[Tx, list[str]]]:
        return [
            (self.chain.txs[row["txid"]], row["participants"].split())
            for row in self.truth("coinjoins")
            if row["type"] == design
        ]


def economy(out: Path, name: str, seed: int) -> Economy:
    summary = simulate(out, seed=seed, blocks=BLOCKS, parameters=PARAMETERS[name])
    changes: dict[str, set[int]] = defaultdict(set)
    for row in read_truth(out, "change"):
        changes[row["txid"]].add(int(row["vout"]))
    return Economy(
        out,
        summary,
        read_chain(out),
        {row["txid"]: row for row in read_truth(out, "transactions")},
        {bytes.fromhex(row["script_pubkey"]): row for row in read_truth(out, "scripts")},
        changes,
    )


@pytest.fixture(scope="module")
def habits(tmp_path_factory) -> Economy:
    return economy(tmp_path_factory.mktemp("habits"), "habits", 11)


@pytest.fixture(scope="module", params=["habits", "shifted"])
def either(request, tmp_path_factory) -> Economy:
    if request.param == "habits":
        made: Economy = request.getfixturevalue("habits")
        return made
    return economy(tmp_path_factory.mktemp("shifted"), "shifted", 12)


def fee_sat(tx: Tx) -> int:
    return sum(value for _, value in tx.prevouts) - sum(value for _, value in tx.outputs)


# The truth adds up


def test_only_joint_classes_have_inputs_of_several_owners(either):
    for txid, row in either.rows.items():
        tx = either.chain.txs[txid]
        owners = sorted({either.owner(script) for script, _ in tx.prevouts})
        assert row["spenders"].split() == owners
        assert row["owner_id"] in owners
        assert (len(owners) > 1) == (row["class"] in JOINT), row


def test_coinjoins_and_payjoins_name_those_who_signed(either):
    mixes = {row["txid"]: row for row in either.truth("coinjoins")}
    payjoins = {row["txid"]: row for row in either.truth("payjoins")}
    for txid, row in either.rows.items():
        assert (txid in mixes) == (row["class"] == "coinjoin") == (row["kind"] == "coinjoin")
        if txid in mixes:
            assert mixes[txid]["participants"] == row["spenders"]
        if row["class"] == "payjoin":
            assert payjoins[txid]["design"] == "bip78"
        if txid in payjoins:
            said = payjoins[txid]
            assert row["spenders"].split() == sorted((said["payer_id"], said["payee_id"]))


def test_a_payjoins_output_is_what_was_paid_and_the_payees_own_coins(either):
    rows = either.truth("payjoins")
    assert rows
    for row in rows:
        tx = either.chain.txs[row["txid"]]
        script, value = tx.outputs[int(row["vout"])]
        own = [v for s, v in tx.prevouts if either.owner(s) == row["payee_id"]]
        assert either.owner(script) == row["payee_id"]
        assert len(own) == int(row["payee_inputs"])
        assert value == int(row["value_sat"]) + sum(own)


def test_change_returns_to_a_spender_and_payments_do_not_in_secret(either):
    for txid, vouts in either.changes.items():
        tx = either.chain.txs[txid]
        spenders = {either.owner(script) for script, _ in tx.prevouts}
        assert {either.owner(tx.outputs[vout][0]) for vout in vouts} <= spenders
    # A payment of one owner: what returns and is no change went to an address it asked for.
    for txid, row in either.rows.items():
        if row["kind"] not in ("payment", "deposit", "withdrawal") or row["class"] in JOINT:
            continue
        tx = either.chain.txs[txid]
        for vout, (script, _) in enumerate(tx.outputs):
            truth = either.scripts[script]
            if truth["owner_id"] == row["owner_id"] and vout not in either.changes[txid]:
                assert truth["purpose"] != "change", (row, vout)


def test_every_script_names_its_wallet_and_family(either):
    wallets = {row["wallet"]: row for row in either.truth("wallets")}
    assert len(wallets) == len(either.truth("wallets"))
    for row in either.scripts.values():
        if row["purpose"] in ("op_return", "genesis"):
            assert row["wallet"] == row["wallet_family"] == ""
            continue
        wallet = wallets[row["wallet"]]
        assert (wallet["owner_id"], wallet["wallet_family"]) == (
            row["owner_id"],
            row["wallet_family"],
        )
    spent = {row["wallet_family"] for row in either.rows.values()}
    assert set(FAMILIES) <= spent


def test_without_joint_transactions_co_spending_joins_no_two_owners(either):
    parent: dict[bytes, bytes] = {}

    def find(script: bytes) -> bytes:
        parent.setdefault(script, script)
        while parent[script] != script:
            parent[script] = parent[parent[script]]
            script = parent[script]
        return script

    for txid, row in either.rows.items():
        if row["class"] not in JOINT:
            scripts = [script for script, _ in either.chain.txs[txid].prevouts]
            for script in scripts:
                parent[find(script)] = find(scripts[0])
    owners = defaultdict(set)
    for script in list(parent):
        owners[find(script)].add(either.owner(script))
    assert [names for names in owners.values() if len(names) > 1] == []
    # What the case needs: tags lead to every withdrawal, and the site is one cluster.
    by_address = {row["address"]: script for script, row in either.scripts.items()}
    tags = yaml.safe_load((either.out / "tagpack.yaml").read_text())["tags"]
    tagged = {find(by_address[t["address"]]) for t in tags if t["address"] in by_address}
    for row in either.truth("withdrawals"):
        prevouts = either.chain.txs[row["txid"]].prevouts
        assert any(find(script) in tagged for script, _ in prevouts)
    swept = {
        find(script)
        for tx in either.chain.spends
        for script, _ in tx.prevouts
        if either.scripts[script]["purpose"] == "site_user"
    }
    assert len(swept) == 1


def test_no_satoshi_is_made(either):
    assert all(fee_sat(tx) > 0 for tx in either.chain.spends)
    assert either.summary.txs == len(either.chain.txs)


def test_the_readme_says_what_does_not_hold(either):
    readme = (either.out / "truth" / "README.md").read_text()
    assert "Inputs of one transaction have one owner" not in readme
    for word in ("payjoin_share", "undetected_mix_share", "trades_per_100_blocks", "broker"):
        assert f"- {word}" in readme


# Each habit occurs


def test_each_design_of_mix_occurs_ten_times(either):
    counts = Counter(row["type"] for row in either.truth("coinjoins"))
    assert all(counts[design] >= 10 for design in MIXES), counts
    assert all(counts[design] for design in ("two_party", "unequal", "stowaway")), counts


def test_each_class_of_lookalike_occurs(either):
    counts = Counter(row["class"] for row in either.rows.values())
    for name in (
        "payjoin", "trade", "stonewall", "equal_batch", "consolidation", "omni", "open_assets",
        "runes", "tx0",
    ):  # fmt: skip
        assert counts[name] >= 5, (name, counts)


def test_families_build_as_their_habits_say(habits):
    wallets = {row["wallet"]: row for row in habits.truth("wallets")}
    places: dict[str, Counter[str]] = defaultdict(Counter)
    parts: dict[str, Counter[int]] = defaultdict(Counter)
    same: dict[str, Counter[bool]] = defaultdict(Counter)
    for txid, row in habits.rows.items():
        if row["class"] != "ordinary" or row["kind"] not in ("payment", "deposit"):
            continue
        tx, vouts = habits.chain.txs[txid], habits.changes[txid]
        wallet = wallets[habits.scripts[tx.prevouts[0][0]]["wallet"]]
        family = row["wallet_family"]
        parts[family][len(vouts)] += 1
        if len(vouts) == 1 and len(tx.outputs) > 1:
            (vout,) = vouts
            where = {0: "first", len(tx.outputs) - 1: "last"}.get(vout, "between")
            places[wallet["position"]][where] += 1
            same[family][len(tx.outputs[vout][0]) == len(tx.prevouts[0][0])] += 1
    assert set(places["last"]) == {"last"}
    assert set(places["first"]) == {"first"}
    assert min(places["random"]["first"], places["random"]["last"]) > 50
    assert parts["split_change"][2] > parts["split_change"][1]
    assert parts["whole_coins"][0] > parts["whole_coins"][1]
    assert parts["core"][0] < parts["core"][1] / 4
    assert same["hardware"][False] == 0 < same["core"][False]
    assert same["odd_change_type"][False] > same["odd_change_type"][True]


def test_a_broker_has_its_customers_keys_held_by_an_exchange(habits):
    rows = habits.truth("custody")
    by_address = {row["address"]: row for row in habits.scripts.values()}
    seen = [row for row in rows if row["address"] in by_address]
    assert len(seen) > 5
    for row in seen:
        assert by_address[row["address"]]["owner_id"] == row["custodian_id"] == "exchange-east"
        assert row["service_id"] == "broker"
    tags = yaml.safe_load((habits.out / "tagpack.yaml").read_text())["tags"]
    assert {tag["address"] for tag in tags if tag["label"] == "Quick Broker"} <= {
        row["address"] for row in rows
    }


# The shapes of the protocols


def test_wasabi_1_rounds(either):
    for design, levels in (("wasabi1", False), ("wasabi1_levels", True)):
        several = 0
        for tx, participants in either.mixes(design):
            values = Counter(value for _, value in tx.outputs)
            base, equal = max(values.items(), key=lambda item: (item[1], -item[0]))
            assert equal == len(participants) >= 10
            assert 9_800_000 <= base <= 10_000_000
            mixed = Counter(
                value
                for vout, (_, value) in enumerate(tx.outputs)
                if vout not in either.changes[tx.txid]
            )
            repeated = {value for value, count in mixed.items() if count > 1}
            for value in repeated:
                assert min(abs(value / base - 2**level) / 2**level for level in range(8)) < 2e-4
            several += len(repeated) > 1
            fee = [v for s, v in tx.outputs if either.owner(s) == "coordinator"]
            assert len(fee) == 1
            if levels:
                assert [v for _, v in tx.outputs] == sorted(v for _, v in tx.outputs)
        assert several == (len(either.mixes(design)) if levels else 0)


def test_wasabi_1_pays_one_static_address_until_levels_come(either):
    def fee_scripts(design: str) -> Counter[bytes]:
        return Counter(
            script
            for tx, _ in either.mixes(design)
            for script, _ in tx.outputs
            if either.owner(script) == "coordinator"
        )

    assert len(fee_scripts("wasabi1")) == 1
    assert set(fee_scripts("wasabi1_levels").values()) == {1}


def test_wasabi_2_rounds(either):
    standard = set(denominations())
    assert {5_000, 6_561, 8_192, 10_000, 118_098, 2**20, 50_000_000} <= standard
    assert min(standard) == 5_000
    for tx, participants in either.mixes("wasabi2"):
        values = [value for _, value in tx.outputs]
        assert len(tx.inputs) >= 50
        assert len(participants) >= 8
        assert values == sorted(values, reverse=True)
        spent = [value for _, value in tx.prevouts]
        assert spent == sorted(spent, reverse=True)
        assert sum(value in standard for value in values) > len(values) * 7 // 10
        brought = Counter(either.owner(script) for script, _ in tx.prevouts)
        assert max(brought.values()) <= 10
        for vout, (script, value) in enumerate(tx.outputs):
            is_mixed = vout not in either.changes[tx.txid] and either.owner(script) != "coordinator"
            assert not is_mixed or value in standard


def test_whirlpool_mixes_and_their_tx0s(either):
    least, most = PARAMETERS["shifted"].whirlpool_size
    tx0s = {tx.txid for tx in either.of_class("tx0")}
    mixes = {tx.txid for tx, _ in either.mixes("whirlpool")}
    again = several = 0
    for tx, participants in either.mixes("whirlpool"):
        (pool,) = {value for _, value in tx.outputs}
        assert pool in POOLS
        assert least <= len(tx.inputs) == len(tx.outputs) == len(participants) <= most
        sources = [txid for txid, _ in tx.inputs]
        assert len(set(sources)) == len(sources)
        for source, (_, value) in zip(sources, tx.prevouts, strict=True):
            if source in mixes:
                assert value == pool
                again += 1
            else:
                assert source in tx0s
                assert pool < value <= pool + 15_000
    assert again > 30
    for txid in tx0s:
        tx = either.chain.txs[txid]
        values = Counter(value for _, value in tx.outputs)
        data = [script for script, _ in tx.outputs if script[0] == 0x6A]
        fee = [value for script, value in tx.outputs if either.owner(script) == "coordinator"]
        (pool,) = {size for size, flat in POOLS.items() if fee == [flat]}
        (premix,) = {v for s, v in tx.outputs if either.scripts[s]["purpose"] == "premix"}
        assert pool < premix <= pool + 15_000
        assert len(data) == 1
        assert values[premix] <= 70
        several += values[premix] > 1
    assert several > 5


def test_joinmarket_makers_earn(either):
    for tx, participants in either.mixes("joinmarket"):
        equal = max(Counter(value for _, value in tx.outputs).values())
        assert 3 <= equal == len(participants) <= len(tx.outputs) <= 2 * equal
        assert len({script[:2] for script, _ in (*tx.prevouts, *tx.outputs)}) == 1


def test_small_joint_payments_have_no_three_equal_outputs(either):
    for design in ("two_party", "unequal", "stowaway"):
        for tx, participants in either.mixes(design):
            equal = max(Counter(value for _, value in tx.outputs).values())
            assert len(participants) == 2
            assert equal == (2 if design == "two_party" else 1)


# The lookalikes


def test_a_stonewall_is_one_wallet_with_two_equal_outputs(either):
    for tx in either.of_class("stonewall"):
        assert len(tx.outputs) == 4
        assert max(Counter(value for _, value in tx.outputs).values()) == 2
        assert len(either.changes[tx.txid]) == 3


def test_equal_batches_at_times_have_the_shape_of_a_mix(either):
    shaped = [tx for tx in either.of_class("equal_batch") if tx.is_equal_output_mix]
    assert len(shaped) > 5
    paid = {(row["txid"], int(row["vout"])) for row in either.truth("withdrawals")}
    for tx in either.of_class("equal_batch"):
        for vout in range(len(tx.outputs)):
            assert ((tx.txid, vout) in paid) != (vout in either.changes[tx.txid])


def test_a_trade_moves_the_inscription_to_the_buyer(either):
    for tx in either.of_class("trade"):
        buyer = either.rows[tx.txid]["owner_id"]
        assert [value for _, value in tx.prevouts[:2]] == [600, 600]
        script, goods = tx.prevouts[2]
        seller = either.owner(script)
        assert seller != buyer
        assert tx.outputs[0][1] == 1_200
        assert tx.outputs[1][1] == goods
        assert either.owner(tx.outputs[1][0]) == buyer
        assert either.owner(tx.outputs[2][0]) == seller
        # A Schnorr signature with its hash type: SINGLE and ANYONECANPAY.
        assert [len(s) for s in tx.witnesses[2]] == [65]
        assert tx.witnesses[2][0][-1] == 0x83


def test_asset_protocols_carry_their_marks(either):
    for name, head in (("omni", b"omni"), ("open_assets", b"OA\x01\x00"), ("runes", b"")):
        for tx in either.of_class(name):
            (data,) = (script for script, _ in tx.outputs if script[0] == 0x6A)
            assert data[1] == 0x5D if name == "runes" else data[2:].startswith(head)
            small = {546, 600} & {value for _, value in tx.outputs}
            assert small == ({600} if name == "open_assets" else {546})


# Before SegWit


def test_the_early_economy_knows_no_segwit(tmp_path):
    simulate(tmp_path / "out", seed=6, blocks=260, parameters=PARAMETERS["early"])
    chain = read_chain(tmp_path / "out")
    kinds = {script[:2].hex() for tx in chain.txs.values() for script, _ in tx.outputs}
    assert kinds <= {"76a9", "a914", "4104"} | {kind for kind in kinds if kind[:2] == "6a"}
    assert not any(tx.witnesses for tx in chain.spends)
    rows = read_truth(tmp_path / "out", "coinjoins")
    assert {row["type"] for row in rows} == {"joinmarket"}
    transactions = read_truth(tmp_path / "out", "transactions")
    assert {row["class"] for row in transactions if " " in row["spenders"]} == {"coinjoin"}


# The same seed, the same bytes


def test_the_same_seed_and_parameters_give_the_same_bytes(tmp_path):
    tips = [
        simulate(tmp_path / name, seed=4, blocks=180, parameters=PARAMETERS["habits"])
        for name in ("one", "two")
    ]
    assert tips[0] == tips[1]
    for path in sorted((tmp_path / "one").rglob("*")):
        if path.is_file():
            other = tmp_path / "two" / path.relative_to(tmp_path / "one")
            assert path.read_bytes() == other.read_bytes(), path.name
