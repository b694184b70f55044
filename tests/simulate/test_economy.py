"""What a simulated chain must be: valid, repeatable, and true to its own truth."""

import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

import pbk
from tests.simulate.reading import Chain, Tx, co_spend_clusters, read_chain, read_truth

from peelchain.errors import MisuseError, PeelchainError
from peelchain.simulate.blocks import Node, genesis_hash, mine
from peelchain.simulate.economy import LEAST_BLOCKS, SimulationSummary, simulate
from peelchain.simulate.keys import make_lock
from peelchain.simulate.transaction import Coin, Draft, Signed, sign

BLOCKS = 300


@dataclass
class Simulated:
    out: Path
    summary: SimulationSummary
    chain: Chain
    scripts: dict[bytes, dict[str, str]]
    by_address: dict[str, bytes]
    clusters: dict[bytes, bytes]

    def truth(self, name: str) -> list[dict[str, str]]:
        return read_truth(self.out, name)

    def owner(self, script: bytes) -> str:
        return self.scripts[script]["owner_id"]

    def tagged_clusters(self) -> set[bytes]:
        tags = yaml.safe_load((self.out / "tagpack.yaml").read_text())["tags"]
        scripts = [self.by_address[t["address"]] for t in tags if t["address"] in self.by_address]
        return {self.clusters.get(script, script) for script in scripts}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Simulated:
    out = tmp_path_factory.mktemp("simulated")
    summary = simulate(out, seed=5, blocks=BLOCKS)
    chain = read_chain(out)
    rows = read_truth(out, "scripts")
    return Simulated(
        out,
        summary,
        chain,
        {bytes.fromhex(row["script_pubkey"]): row for row in rows},
        {row["address"]: bytes.fromhex(row["script_pubkey"]) for row in rows if row["address"]},
        co_spend_clusters(chain),
    )


def tree_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(str(path.relative_to(folder)).encode())
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def output(chain: Chain, row: dict[str, str]) -> tuple[bytes, int]:
    return chain.txs[row["txid"]].outputs[int(row["vout"])]


# The chain


def test_a_second_kernel_accepts_every_block(simulated, tmp_path):
    options = pbk.ContextOptions()
    options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
    settings = pbk.ChainstateManagerOptions(
        pbk.Context(options), str(tmp_path / "node"), str(tmp_path / "node" / "blocks")
    )
    with pbk.ChainstateManager(settings) as node:
        for raw in simulated.chain.raw_blocks[1:]:
            node.process_block(pbk.Block(raw))
        best = node.get_active_chain()
        assert best.height == BLOCKS
        tip = bytes(best.block_tree_entries[BLOCKS].block_hash)[::-1].hex()
    assert tip == simulated.summary.tip_hash == simulated.chain.hashes[-1]


def test_summary_counts_what_is_there(simulated):
    assert simulated.summary.blocks == BLOCKS == len(simulated.chain.hashes) - 1
    assert simulated.summary.txs == len(simulated.chain.txs)
    assert simulated.summary.owners == len(simulated.truth("owners"))


def test_only_block_files_and_their_key_are_left(simulated):
    names = sorted(path.name for path in (simulated.out / "regtest").rglob("*"))
    assert names == ["blk00000.dat", "blocks", "rev00000.dat", "xor.dat"]


def test_every_kind_of_lock_is_spent(simulated):
    shapes = {
        (script[:2].hex(), len(script)) for t in simulated.chain.spends for script, _ in t.prevouts
    }
    assert {("76a9", 25), ("a914", 23), ("0014", 22), ("0020", 34), ("5120", 34)} <= shapes


def test_days_of_the_blocks_have_rates(simulated):
    with (simulated.out / "rates.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows == sorted(rows, key=lambda row: (row["date"], row["currency"]))
    known = {(row["date"], row["currency"]) for row in rows}
    assert len(known) == len(rows)
    days = [datetime.fromtimestamp(time, UTC) for time in simulated.chain.times[1:]]
    assert min(days).year >= 2016
    assert max(days).year <= 2023
    assert (max(days) - min(days)).days > 3 * 365
    assert {(f"{d:%Y-%m-%d}", c) for d in days for c in ("EUR", "USD")} <= known
    assert all(len(row["price"].split(".")[1]) == 2 and float(row["price"]) > 100 for row in rows)


def test_header_times_are_not_always_in_order(simulated):
    times = simulated.chain.times
    assert any(later < earlier for earlier, later in pairwise(times))


# The same seed, the same bytes


def test_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    code = (
        "import sys; from pathlib import Path; from peelchain.simulate.economy import simulate; "
        f"simulate(Path(sys.argv[1]), seed=int(sys.argv[2]), blocks={LEAST_BLOCKS})"
    )
    hashes = []
    for name, seed, hash_seed in (("one", 8, "1"), ("two", 8, "2"), ("three", 9, "1")):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        command = [sys.executable, "-c", code, str(tmp_path / name), str(seed)]
        subprocess.run(command, check=True, env=environment)
        hashes.append(tree_hash(tmp_path / name))
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


@pytest.mark.parametrize(
    ("seed", "blocks", "tip"),
    [
        (7, 110, "1df8f0e1fc05de290f4dee04abba6bbbf0826edab08afdd8f672348099750b9a"),
        (5, 300, "2cc98a19c43c2280b5bc80d21596f396af5d7ba561662d44d3df07eda9f7e858"),
    ],
)
def test_the_default_economy_is_what_it_always_was(tmp_path, seed, blocks, tip):
    assert simulate(tmp_path / "out", seed=seed, blocks=blocks).tip_hash == tip


# The truth


def test_every_script_on_the_chain_has_one_owner(simulated):
    seen = {script for tx in simulated.chain.txs.values() for script, _ in tx.outputs}
    assert len(simulated.truth("scripts")) == len(simulated.scripts)
    assert seen == set(simulated.scripts)
    owners = {row["owner_id"] for row in simulated.truth("owners")}
    assert {row["owner_id"] for row in simulated.scripts.values()} <= owners


def test_blocks_and_transactions_are_those_of_the_chain(simulated):
    rows = simulated.truth("blocks")
    assert [row["block_hash"] for row in rows] == simulated.chain.hashes
    spends = [(tx.txid, str(tx.height)) for tx in simulated.chain.spends]
    assert [(r["txid"], r["height"]) for r in simulated.truth("transactions")] == spends


def test_inputs_of_a_transaction_have_one_owner_unless_it_is_a_coinjoin(simulated):
    mixes = {row["txid"]: row["participants"].split() for row in simulated.truth("coinjoins")}
    for row in simulated.truth("transactions"):
        tx = simulated.chain.txs[row["txid"]]
        owners = sorted({simulated.owner(script) for script, _ in tx.prevouts})
        assert owners == mixes.get(tx.txid, [row["owner_id"]])


def test_change_returns_to_a_spender(simulated):
    rows = simulated.truth("change")
    assert len(rows) > 500
    for row in rows:
        script, _ = output(simulated.chain, row)
        spenders = {simulated.owner(s) for s, _ in simulated.chain.txs[row["txid"]].prevouts}
        assert simulated.owner(script) in spenders


@pytest.mark.parametrize("table", ["payments", "withdrawals", "cashouts"])
def test_movements_are_on_the_chain_with_their_value(simulated, table):
    rows = simulated.truth(table)
    assert rows
    for row in rows:
        assert output(simulated.chain, row)[1] == int(row["value_sat"])


def test_payments_are_all_that_the_site_users_addresses_received(simulated):
    users = {row["address"]: row for row in simulated.truth("site_users")}
    expected = {
        (tx.txid, vout)
        for tx in simulated.chain.txs.values()
        for vout, (script, _) in enumerate(tx.outputs)
        if simulated.scripts[script]["purpose"] == "site_user"
    }
    payments = simulated.truth("payments")
    assert {(row["txid"], int(row["vout"])) for row in payments} == expected
    for row in payments:
        user = users[simulated.scripts[output(simulated.chain, row)[0]]["address"]]
        assert (user["site_user"], user["owner_id"]) == (row["site_user"], row["payer_id"])
    assert {row["route"] for row in payments} == {
        "direct", "wallet", "hops", "peer", "mined", "coinjoin",
    }  # fmt: skip
    paid = Counter(row["site_user"] for row in payments)
    assert max(paid.values()) > 1, "some users pay more than once"
    assert set(users) - {simulated.scripts[s]["address"] for s in simulated.scripts}, "some never"


def test_cash_outs_reach_deposit_addresses_of_two_exchanges(simulated):
    rows = simulated.truth("cashouts")
    assert len({row["service_id"] for row in rows}) >= 2
    assert {row["route"] for row in rows} == {"peel", "hop", "coinjoin"}
    accounts = {row["address"]: row for row in simulated.truth("accounts")}
    for row in rows:
        account = accounts[simulated.scripts[output(simulated.chain, row)[0]]["address"]]
        assert account["customer_id"] == "operator"
        assert (account["service_id"], account["account"]) == (row["service_id"], row["account"])


def test_deposit_addresses_are_not_tagged(simulated):
    tags = yaml.safe_load((simulated.out / "tagpack.yaml").read_text())["tags"]
    deposits = {row["address"] for row in simulated.truth("accounts")}
    assert deposits.isdisjoint(tag["address"] for tag in tags)
    labels = {row["label"] for row in simulated.truth("owners")} - {""}
    assert {tag["label"] for tag in tags} == labels


def test_readme_describes_every_column(simulated):
    readme = (simulated.out / "truth" / "README.md").read_text()
    for path in (simulated.out / "truth").glob("*.csv"):
        section = readme.split(f"## {path.name}\n")[1].split("\n## ")[0]
        columns = [line.split(" | ")[0][2:] for line in section.splitlines() if line[:2] == "| "]
        assert columns[1:] == path.read_text().splitlines()[0].split(",")


# What makes the case solvable, and hard


def test_co_spending_never_joins_two_owners(simulated):
    owners = defaultdict(set)
    for script, cluster in simulated.clusters.items():
        owners[cluster].add(simulated.owner(script))
    assert [names for names in owners.values() if len(names) > 1] == []


def test_every_withdrawal_has_an_input_in_a_tagged_cluster(simulated):
    tagged = simulated.tagged_clusters()
    txids = {row["txid"] for row in simulated.truth("withdrawals")}
    assert max(Counter(row["txid"] for row in simulated.truth("withdrawals")).values()) >= 5
    for txid in txids:
        prevouts = simulated.chain.txs[txid].prevouts
        assert any(simulated.clusters[script] in tagged for script, _ in prevouts)


def test_observed_addresses_lead_to_the_whole_site(simulated):
    lines = (simulated.out / "observed.txt").read_text().splitlines()
    seen = [simulated.by_address[line] for line in lines if not line.startswith("#")]
    assert 3 <= len(seen) <= 5
    found = {simulated.clusters[script] for script in seen}
    assert len(found) == 1
    swept = [
        script
        for tx in simulated.chain.spends
        for script, _ in tx.prevouts
        if simulated.scripts[script]["purpose"] == "site_user"
    ]
    assert {simulated.clusters[script] for script in swept} == found


def test_coinjoins_are_the_only_transactions_of_their_shape(simulated):
    rows = simulated.truth("coinjoins")
    shaped = [tx.txid for tx in simulated.chain.spends if tx.is_equal_output_mix]
    assert sorted(shaped) == sorted(row["txid"] for row in rows)
    sizes = defaultdict(list)
    for row in rows:
        sizes[row["type"]].append(len(row["participants"].split()))
    assert set(sizes) == {"joinmarket", "wasabi1", "whirlpool"}
    assert all(3 <= size <= 8 for size in sizes["joinmarket"])
    assert all(10 <= size <= 40 for size in sizes["wasabi1"])
    assert set(sizes["whirlpool"]) == {5}
    assert any("operator" in row["participants"].split() for row in rows)
    services = {r["owner_id"] for r in simulated.truth("owners") if r["label"]}
    assert services.isdisjoint(name for row in rows for name in row["participants"].split())


def test_equal_payouts_come_from_fewer_scripts_than_there_are_of_them(simulated):
    mixes = {row["txid"] for row in simulated.truth("coinjoins")}
    withdrawals = {row["txid"] for row in simulated.truth("withdrawals")}
    found = [tx for tx in simulated.chain.spends if tx.txid not in mixes and most_equal(tx) >= 3]
    for tx in found:
        assert tx.txid in withdrawals
        assert len({script for script, _ in tx.prevouts}) < most_equal(tx)
    assert found


def most_equal(tx: Tx) -> int:
    return max(Counter(value for _, value in tx.outputs).values())


# Refusals


@pytest.mark.parametrize("blocks", [LEAST_BLOCKS - 1, 0, 10**9])
def test_too_few_or_too_many_blocks_are_misuse(tmp_path, blocks):
    with pytest.raises(MisuseError, match=f"choose {LEAST_BLOCKS} to"):
        simulate(tmp_path / "out", seed=1, blocks=blocks)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(MisuseError, match="not empty; name a new or empty folder"):
        simulate(tmp_path, seed=1, blocks=LEAST_BLOCKS)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_the_way_is_misuse(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(MisuseError, match="is a file"):
        simulate(tmp_path / "out", seed=1, blocks=LEAST_BLOCKS)


def test_nothing_stays_behind_when_it_is_stopped(tmp_path):
    def stop(height: int, of: int) -> None:
        if height == LEAST_BLOCKS - 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "out", seed=1, blocks=LEAST_BLOCKS, progress=stop)
    assert not (tmp_path / "out").exists()


def test_progress_tells_every_height(tmp_path):
    heights: list[tuple[int, int]] = []
    simulate(
        tmp_path / "out",
        seed=3,
        blocks=LEAST_BLOCKS,
        progress=lambda h, of: heights.append((h, of)),
    )
    assert heights == [(height, LEAST_BLOCKS) for height in range(1, LEAST_BLOCKS + 1)]


def test_a_block_that_consensus_refuses_is_an_error(tmp_path):
    lock = make_lock("p2wpkh", 1, "miner")
    previous = genesis_hash()
    coins: tuple[Coin, ...] = ()
    with Node(tmp_path / "regtest", bytes(8)) as node:
        for height in range(1, 103):
            block = block_on(previous, height, lock.script_pubkey, [])
            node.connect(block, height)
            previous = block.block_hash
            coins = coins or (Coin(block.coinbase_txid, 0, 50 * 10**8, lock, 101),)
        spend = sign(Draft(2, 0, 0xFFFFFFFF, coins, ((lock.script_pubkey, 10**8),)))
        # The last byte of the signature before the hash type.
        at = spend.raw.index(b"\x01\x21") - 1
        raw = spend.raw[:at] + bytes((spend.raw[at] ^ 1,)) + spend.raw[at + 1 :]
        forged = Signed(raw, spend.txid, hashlib.sha256(hashlib.sha256(raw).digest()).digest())
        with pytest.raises(PeelchainError, match="refused simulated block 103"):
            node.connect(block_on(previous, 103, lock.script_pubkey, [forged]), 103)
        node.connect(block_on(previous, 103, lock.script_pubkey, [spend]), 103)


def block_on(previous: bytes, height: int, script: bytes, spends: list[Signed]):
    return mine(
        height=height,
        time=1_600_000_000 + height,
        previous=previous,
        transactions=spends,
        rewards=((script, 50 * 10**8),),
        note=b"/test/",
    )
