"""Chains of Bitcoin's family: their own blocks read, and chains of them ingested."""

import json
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import scrypt
from pathlib import Path

import pytest
from tests.chain.crafted import Tx, merkle_root, p2wpkh, sha256d, transaction, write_files
from tests.chain.crafted import genesis as bitcoin_genesis
from tests.chain.sisters import (
    CHAIN_ID,
    SisterBlock,
    auxpow,
    genesis,
    hogex,
    mine,
    proven,
    reward,
)
from tests.chain.stores import answer, command

from peelchain import _core
from peelchain.actions.looking.proofs import proof_of, raw_transaction
from peelchain.actions.view import StoreView
from peelchain.chain.core_files import find, scan
from peelchain.chain.ingest import ingest_core_files
from peelchain.chain.verify import verify_store
from peelchain.network import NETWORKS, Network, by_name
from peelchain.network.kernel import kernel_rules
from peelchain.script import address
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.units import COIN, format_hash

LITECOIN = NETWORKS["litecoin"]
REAL = json.loads((Path(__file__).parents[1] / "data/families/litecoin_blocks.json").read_text())

# ltcd, wire/msgblock_test.go: hash, transactions, txid of the last one
PUBLISHED = {
    "testnet4 1821752": (
        "ece484c02e84e4b1c551fbbdde3045e9096c970fbd3e31f2586b68d50dad6b24",
        3,
        "cb4d9d2d7ab7211ddf030a667d320fe499c849623e9d4a130e1901391e9d4947",
    ),
    "testnet4 2215584": (
        "7e35fabe7b3c694ebeb0368a1a1c31e83962f3c5b4cc8dcede3ae94ed3deb306",
        5,
        "4c86658e64861c2f2b7fbbf26bbf7a6640ae3824d24293a009ad5ea1e8ab4418",
    ),
    "testnet4 2319633": (
        "e9fe2c6496aedefa8bf6529bdc5c1f9fd4af565ca4c98cab73e3a1f616fb3502",
        2,
        "3cd43df64e9382040eff0bf54ba1c2389d5111eb5ab0968ab7af67e3c30cac04",
    ),
    "testnet4 2321749": (
        "57929846db4a92d937eb596354d10949e33c815ee45df0c9b3bbdfb283e15bcd",
        4,
        "1bad5e78b145947d32eeeb1d24295891ba03359508d5f09921bada3be66bbe17",
    ),
}


def rules_of(name: str) -> _core.ChainRules:
    return kernel_rules(NETWORKS[name])


@contextmanager
def ingested(folder: Path, blocks: list[SisterBlock], network: Network) -> Iterator[Store]:
    """The store of these blocks, whose own check finds nothing."""
    files = find(write_files(folder / "blocks", [b.raw for b in blocks], network=network), network)
    ingest_core_files(files, folder / "store")
    with Store.open(folder / "store") as store:
        verified = verify_store(store)
        assert verified.ok, verified.failures
        yield store


def tip_of(store: Path) -> int:
    with Store.open(store) as opened:
        return opened.manifest.tip_height


# --- Litecoin ---


@pytest.mark.parametrize("name", PUBLISHED)
def test_real_litecoin_blocks_with_extension_blocks(name: str) -> None:
    raw = bytes.fromhex(REAL[name])
    block = _core.decode_block(raw, rules_of("litecoin-testnet4"))
    shown, count, last = PUBLISHED[name]
    assert block["problem"] is None
    assert format_hash(block["hash"]) == shown
    assert len(block["txs"]) == count
    assert format_hash(block["txs"][-1]["txid"]) == last
    assert block["height"] == int(name.split()[1])
    header = raw[:80]
    assert _core.work_hash(header, rules_of("litecoin")) == scrypt(
        header, salt=header, n=1024, r=1, p=1, dklen=32
    )
    # bytes of a transaction are those that the next one follows
    spans = [tx["span"] for tx in block["txs"]]
    assert [start for start, _ in spans[1:]] == [end for _, end in spans[:-1]]


def test_a_hogex_moves_what_it_takes_in_to_the_pool_of_version_8() -> None:
    block = _core.decode_block(
        bytes.fromhex(REAL["testnet4 2215584"]), rules_of("litecoin-testnet4")
    )
    peg_in, last = block["txs"][1], block["txs"][-1]
    (value, script, kind) = peg_in["outputs"][0]
    assert (script[:2], kind) == (b"\x59\x20", "witness_unknown")
    assert last["inputs"][0][0] == (peg_in["txid"], 0)
    # the first HogEx: what is pegged in, less the extension's fee
    assert last["outputs"][0][1][:2] == b"\x58\x20"
    assert 0 < value - last["outputs"][0][0] < COIN


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name != "testnet4 1821752"])
def test_a_block_with_an_extension_is_none_of_bitcoins(name: str) -> None:
    raw = bytes.fromhex(REAL[name])
    assert _core.check_block(raw) is not None
    ends = _core.transaction_spans(raw, rules_of("litecoin"))[-1][2]
    for cut in (raw[:ends], raw[: ends + 1], raw[:ends] + b"\0" + raw[ends + 1 :]):
        problem = _core.check_block(cut, rules=rules_of("litecoin"))
        assert problem is not None
        assert "no extension block follows" in problem


def test_the_first_blocks_of_litecoin_are_ingested(tmp_path: Path) -> None:
    blocks = [bytes.fromhex(REAL[f"mainnet {n}"]) for n in range(5)]
    folder = write_files(tmp_path / "blocks", blocks, network=LITECOIN)
    done = command("chain", "ingest", f"core:{folder}", "--store", tmp_path / "store")
    assert done.returncode == 0, done.stderr
    with Store.open(tmp_path / "store") as store:
        assert (store.network, store.manifest.tip_height) == (LITECOIN, 4)
    checked = command("chain", "verify", "--store", tmp_path / "store")
    assert checked.returncode == 0, checked.stderr
    status = answer("chain", "status", "--store", tmp_path / "store")
    assert status["network"] == "litecoin"


def test_a_header_whose_scrypt_misses_its_target_is_no_block(tmp_path: Path) -> None:
    blocks = [bytearray.fromhex(REAL[f"mainnet {n}"]) for n in range(5)]
    blocks[4][76] ^= 1  # the nonce
    raws = [bytes(block) for block in blocks]
    files = find(write_files(tmp_path / "blocks", raws, network=LITECOIN), LITECOIN)
    found = scan(files)
    assert len(found.hashes) == 4
    assert "does not meet the target" in str(found.damage)


LTC = NETWORKS["litecoin-regtest"]


def litecoin_chain() -> list[SisterBlock]:
    """Ten coins pegged in, then two of them pegged out again."""
    chain = [genesis(LTC)]
    chain.append(mine(LTC, chain[-1], 1, [reward(LTC, 1, p2wpkh("miner"), 50 * COIN)]))
    peg_in = transaction(
        [(chain[1].txs[0].txid, 0)],
        [(10 * COIN, b"\x59\x20" + b"\1" * 32), (39 * COIN, p2wpkh("change"))],
    )
    first = hogex(transaction([(peg_in.txid, 0)], [(10 * COIN - 500, b"\x58\x20" + b"\2" * 32)]))
    coin = reward(LTC, 2, p2wpkh("miner"), 51 * COIN + 500)
    chain.append(mine(LTC, chain[-1], 2, [coin, peg_in, first], behind=b"\1extension"))
    second = hogex(
        transaction(
            [(first.txid, 0)],
            [(8 * COIN - 900, b"\x58\x20" + b"\3" * 32), (2 * COIN, p2wpkh("out"))],
        )
    )
    coin = reward(LTC, 3, p2wpkh("miner"), 50 * COIN + 400)
    chain.append(mine(LTC, chain[-1], 3, [coin, second], behind=b"\1extension"))
    return chain


def test_value_pegged_in_and_out_balances(tmp_path: Path) -> None:
    chain = litecoin_chain()
    with ingested(tmp_path, chain, LTC) as store:
        rows = store.read("txs", ["txid", "fee_sat", "size_bytes"]).to_pylist()
        fees = {row["txid"]: row["fee_sat"] for row in rows}
        peg_in, first, second = chain[2].txs[1], chain[2].txs[2], chain[3].txs[1]
        assert [fees[tx.txid] for tx in (peg_in, first, second)] == [COIN, 500, 400]
        assert {row["txid"]: row["size_bytes"] for row in rows}[first.txid] == len(first.raw)
        sizes = store.read("blocks", ["size_bytes"])["size_bytes"].to_pylist()
        assert sizes == [len(block.raw) for block in chain]
        with closing(Lookup(store)) as lookup:
            assert RawBlocks(store).block(lookup.blocks([2])[0]) == chain[2].raw


def trace_of(folder: Path, direction: str, seed: str) -> dict[str, int]:
    """Satoshis by type of end, under pro rata."""
    found = answer("trace", direction, "--seed", seed, "--store", folder / "store")
    (rule,) = found["rules"]
    totals: dict[str, int] = rule["totals"]
    return totals


def test_a_trace_ends_where_value_enters_the_extension_and_begins_where_it_leaves(
    tmp_path: Path,
) -> None:
    chain = litecoin_chain()
    with ingested(tmp_path, chain, LTC):
        pass
    paid, second = chain[1].txs[0], chain[3].txs[1]
    forward = trace_of(tmp_path, "forward", f"{paid.shown}:0")
    assert forward == {"fee": COIN, "shielded": 10 * COIN, "unspent": 39 * COIN}
    backward = trace_of(tmp_path, "backward", f"{second.shown}:1")
    assert backward == {"shielded": 2 * COIN}


def test_a_hogex_that_pays_out_more_than_the_pool_holds_is_refused(tmp_path: Path) -> None:
    chain = litecoin_chain()[:3]
    first = chain[2].txs[2]
    thief = hogex(transaction([(first.txid, 0)], [(11 * COIN, p2wpkh("thief"))]))
    coin = reward(LTC, 3, p2wpkh("miner"), 50 * COIN)
    chain.append(mine(LTC, chain[-1], 3, [coin, thief], behind=b"\1extension"))
    raws = [block.raw for block in chain]
    files = find(write_files(tmp_path / "blocks", raws, network=LTC), LTC)
    done = ingest_core_files(files, tmp_path / "store")
    assert "satoshis more than it takes in" in done.damage[0]
    assert tip_of(tmp_path / "store") == 2


# --- Dogecoin ---

DOGE = NETWORKS["dogecoin-regtest"]


def dogecoin_chain() -> list[SisterBlock]:
    """A block of its own work, two merge-mined ones, and an amount no bitcoin could have."""
    chain = [genesis(DOGE)]
    rich = p2wpkh("rich")
    for height in (1, 2, 3):
        coin = reward(DOGE, height, rich, 500_000 * COIN)
        chain.append(mine(DOGE, chain[-1], height, [coin], merged=height != 1))
    spent = transaction([(b.txs[0].txid, 0) for b in chain[1:]], [(1_500_000 * COIN, rich)])
    coin = reward(DOGE, 4, rich, 500_000 * COIN)
    chain.append(mine(DOGE, chain[-1], 4, [coin, spent], merged=True))
    return chain


def test_amounts_that_no_bitcoin_could_have(tmp_path: Path) -> None:
    chain = dogecoin_chain()
    for height in range(5, 50):
        coin = reward(DOGE, height, b"\x51", 500_000 * COIN)
        chain.append(mine(DOGE, chain[-1], height, [coin]))
    value = 45 * 500_000 * COIN
    spent = transaction([(b.txs[0].txid, 0) for b in chain[5:]], [(value, p2wpkh("rich"))])
    coin = reward(DOGE, 50, b"\x51", COIN)
    chain.append(mine(DOGE, chain[-1], 50, [coin, spent]))
    assert value > 21_000_000 * COIN
    with ingested(tmp_path, chain, DOGE):
        pass
    assert trace_of(tmp_path, "forward", f"{spent.shown}:0") == {"unspent": value}
    told = answer("tx", spent.shown, "--store", tmp_path / "store")
    assert told["outputs"][0]["value_sat"] == value


def test_merge_mined_blocks_are_ingested(tmp_path: Path) -> None:
    chain = dogecoin_chain()
    with ingested(tmp_path, chain, DOGE) as store:
        assert store.manifest.tip_height == 4
        assert store.manifest.tip_hash == format_hash(chain[-1].hash)
        sizes = store.read("blocks", ["size_bytes"])["size_bytes"].to_pylist()
        assert sizes == [len(block.raw) for block in chain]
    seed = f"{chain[1].txs[0].shown}:0"
    assert trace_of(tmp_path, "forward", seed) == {"unspent": 500_000 * COIN}


def test_the_cache_of_a_scan_serves_a_merge_mined_chain(tmp_path: Path) -> None:
    chain = dogecoin_chain()
    more = mine(DOGE, chain[-1], 5, [reward(DOGE, 5, b"\x51", COIN)], merged=True)
    raws = [block.raw for block in chain]
    files = find(write_files(tmp_path / "blocks", raws, [more.raw], network=DOGE), DOGE)
    found = scan(files)
    cached = scan(files, cache=found.source.scan_cache())
    assert cached.hashes == found.hashes
    assert len(found.hashes) == 6
    assert cached.files_read == 1


@pytest.mark.parametrize("lie", ["another header", "no proof", "too little work", "own chain"])
def test_a_merge_mined_block_without_its_proof_is_no_block(tmp_path: Path, lie: str) -> None:
    chain = dogecoin_chain()
    header, rest = chain[-1].raw[:80], chain[-1].raw[80:]
    whole = auxpow(header, DOGE)
    txs = rest[len(whole) :]
    if lie == "another header":
        forged = header + auxpow(header, DOGE, commits_to=bytes(range(32))) + txs
    elif lie == "no proof":
        forged = header + txs
    elif lie == "own chain":
        parent = bytearray(whole[-80:])
        parent[:4] = struct.pack("<I", CHAIN_ID << 16)
        forged = header + whole[:-80] + proven(bytes(parent[:76]), DOGE) + txs
    else:
        nonces = (whole[:-4] + struct.pack("<I", nonce) for nonce in range(1000))
        easy = next(proof for proof in nonces if not _meets(proof[-80:]))
        forged = header + easy + txs
    raws = [*(block.raw for block in chain[:-1]), forged]
    files = find(write_files(tmp_path / "blocks", raws, network=DOGE), DOGE)
    found = scan(files)
    assert len(found.hashes) == 4
    assert found.damage or found.left_out


def _meets(header: bytes) -> bool:
    hashed = scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32)
    return int.from_bytes(hashed, "little") <= 0x7FFFFF << 232


# --- Bitcoin Cash ---

BCH = NETWORKS["bitcoincash-regtest"]


def bitcoin_cash_chain() -> list[SisterBlock]:
    """A block in which a transaction stands before the one whose output it spends."""
    first = bitcoin_genesis()
    chain = [SisterBlock(first.raw, first.txs)]
    chain.append(mine(BCH, chain[-1], 1, [reward(BCH, 1, p2wpkh("a"), 50 * COIN)]))
    parent, child = parent_and_child(chain[1].txs[0])
    assert child.txid[::-1] < parent.txid[::-1]
    coin = reward(BCH, 2, p2wpkh("b"), 51 * COIN)
    chain.append(mine(BCH, chain[-1], 2, [coin, child, parent]))
    return chain


def parent_and_child(coin: Tx) -> tuple[Tx, Tx]:
    """Two transactions of which the one that spends the other's output has the lower txid."""
    for locktime in range(1000):
        parent = transaction(
            [(coin.txid, 0)], [(49_500_000_00, p2wpkh("middle"))], locktime=locktime
        )
        child = transaction([(parent.txid, 0)], [(49 * COIN, p2wpkh("end"))])
        if child.txid[::-1] < parent.txid[::-1]:
            return parent, child
    raise AssertionError


def test_a_child_may_stand_before_its_parent(tmp_path: Path) -> None:
    chain = bitcoin_cash_chain()
    with ingested(tmp_path, chain, BCH) as store:
        coin, child, parent = chain[2].txs
        rows = store.read("txs", ["txid", "tx_index", "fee_sat"]).to_pylist()[2:]
        # tx_ids put parents first, tx_index says where a transaction stands
        assert [row["txid"] for row in rows] == [coin.txid, parent.txid, child.txid]
        assert [row["tx_index"] for row in rows] == [0, 2, 1]
        assert [row["fee_sat"] for row in rows] == [0, 50 * COIN - 4_950_000_000, 50_000_000]
        inputs = store.read("txins", ["tx_id", "prev_txout_id"]).to_pylist()
        made_by = {row["prev_txout_id"]: row["tx_id"] for row in inputs if row["prev_txout_id"]}
        outputs = store.read("txouts", ["txout_id", "tx_id"]).to_pylist()
        assert all(made_by.get(row["txout_id"], 99) > row["tx_id"] for row in outputs)


def test_a_proof_of_such_a_transaction_leads_to_the_merkle_root(tmp_path: Path) -> None:
    chain = bitcoin_cash_chain()
    with ingested(tmp_path, chain, BCH):
        pass
    for place, tx in enumerate(chain[2].txs):
        with StoreView(tmp_path / "store") as view:
            proof = proof_of(tx.shown, view)["transaction"]
            raw = raw_transaction(tx.shown, view)["raw"]
        assert (proof["index"], proof["raw"]) == (place, tx.raw.hex())
        assert raw == tx.raw.hex()
        node, position = tx.txid, place
        for sibling in (bytes.fromhex(h)[::-1] for h in proof["branch"]):
            node = sha256d(sibling + node if position & 1 else node + sibling)
            position >>= 1
        assert node == merkle_root([tx.txid for tx in chain[2].txs])


def test_bitcoin_refuses_that_order(tmp_path: Path) -> None:
    chain = bitcoin_cash_chain()
    raws = [block.raw for block in chain]
    files = find(write_files(tmp_path / "blocks", raws), by_name("regtest"))
    done = ingest_core_files(files, tmp_path / "store")
    assert "no unspent output of the chain before it" in done.damage[0]
    assert tip_of(tmp_path / "store") == 1


def test_two_that_spend_one_output_are_refused_in_any_order(tmp_path: Path) -> None:
    chain = bitcoin_cash_chain()[:2]
    parent, child = parent_and_child(chain[1].txs[0])
    twice = transaction([(parent.txid, 0)], [(COIN, p2wpkh("twice"))])
    coin = reward(BCH, 2, p2wpkh("b"), 50 * COIN)
    chain.append(mine(BCH, chain[-1], 2, [coin, child, twice, parent]))
    raws = [block.raw for block in chain]
    files = find(write_files(tmp_path / "blocks", raws, network=BCH), BCH)
    done = ingest_core_files(files, tmp_path / "store")
    assert "no unspent output" in done.damage[0]
    assert tip_of(tmp_path / "store") == 1


def test_tokens_do_not_hide_whose_an_output_is(tmp_path: Path) -> None:
    script = bytes.fromhex("76a914" + "07" * 20 + "88ac")
    tokens = b"\xef" + b"\xbb" * 32 + b"\x10\xfd\xfd\x00"
    first = bitcoin_genesis()
    chain = [SisterBlock(first.raw, first.txs)]
    for height, paid in ((1, script), (2, tokens + script)):
        chain.append(mine(BCH, chain[-1], height, [reward(BCH, height, paid, 50 * COIN)]))
    with ingested(tmp_path, chain, BCH) as store:
        scripts = store.read("scripts", ["script_pubkey", "script_type"]).to_pylist()[1:]
        assert scripts == [{"script_pubkey": script, "script_type": "p2pkh"}]
        text = str(address(script, BCH))
    for written in (text, text.partition(":")[2]):
        told = answer("address", written, "--store", tmp_path / "store")
        assert (told["address"], told["balance_sat"]) == (text, 100 * COIN)


def test_the_files_of_bitcoin_cash_are_not_taken_for_bitcoins(tmp_path: Path) -> None:
    main, cash = by_name("mainnet"), by_name("bch")
    first = bitcoin_genesis(main)
    folder = write_files(tmp_path / "blocks", [first], network=main)
    assert find(folder, None).network is main
    assert find(folder, cash).network is cash


# --- all ---


@pytest.mark.parametrize("network", [LTC, DOGE], ids=lambda network: network.name)
def test_a_regtest_is_told_by_its_first_block(tmp_path: Path, network: Network) -> None:
    folder = write_files(tmp_path / "blocks", [genesis(network).raw], network=network)
    assert find(folder, None).network is network


@pytest.mark.parametrize("name", ["dash", "zcash"])
def test_a_chain_that_is_not_read_is_refused_with_why(tmp_path: Path, name: str) -> None:
    network = NETWORKS[name]
    folder = write_files(tmp_path / "blocks", [network.genesis_header + b"\1"], network=network)
    done = command("chain", "ingest", f"core:{folder}", "--store", tmp_path / "store")
    assert done.returncode != 0
    assert f"blocks of {name} are not read yet" in done.stderr
