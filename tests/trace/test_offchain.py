"""Marks of possible off-chain transfers: BOLT 3's own bytes, what only looks so, a whole chain."""

from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulate.reading import read_truth

from peelchain.errors import SourceError
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.store.witnesses import witness_stacks, witnesses
from peelchain.trace.offchain import (
    CHANNEL_CLOSE,
    CHANNEL_OPEN,
    KEY_HANDOVER,
    SCHEMA,
    Spend,
    channel_spend,
    marks,
    two_of_two,
)
from peelchain.units import OutPoint

# Source: BOLT 3, Appendix C, simple commitment transaction with no HTLCs.
COMMITMENT = bytes.fromhex(
    "02000000000101bef67e4e2fb9ddeeb3461973cd4c62abb35050b1add772995b820b584a488489000000000038b0"
    "2b8002c0c62d0000000000160014ccf1af2f2aabee14bb40fa3851ab2301de84311054a56a0000000000220020"
    "4adb4e2f00643db396dd120d4e7dc17625f5f2c11a40d857accc862d6b7dd80e0400473044022051b75c73198c6d"
    "eee1a875871c3961832909acd297c6b908d59e3319e5185a46022055c419379c5051a78d00dbbce11b5b664a0c22"
    "815fbcc6fcef6b1937c383693901483045022100f51d2e566a70ba740fc5d8c0f07b9b93d2ed741c3c0860c61317"
    "3de7d39e7968022041376d520e9c0e1ad52248ddf4b22e12be8763007df977253ef45a4ca3bdb7c0014752210"
    "23da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb21030e9f7b623d2ccc7c9bd44d66"
    "d5ce21ce504c0acf6385a132cec6d3c39fa711c152ae3e195220"
)
LOCKTIME, SEQUENCE = 0x2052193E, 0x802BB038


def spend(**changes: object) -> Spend:
    """The spend of BOLT 3's commitment transaction, but for some columns."""
    (witness,) = witness_stacks(COMMITMENT)
    row: dict[str, Any] = {"version": 2, "locktime": LOCKTIME, "txout_count": 2}
    row |= {"sequence": SEQUENCE, "witness_items": 4, "witness_bytes": 221}
    row |= {"script_type": "p2wsh", "witness": witness, **changes}
    return Spend(row, row, row["script_type"], row["witness"])


def kind(**changes: object) -> str | None:
    found = channel_spend(spend(**changes))
    return None if found is None else found.kind


def test_witness_of_a_published_transaction_is_read():
    (witness,) = witness_stacks(COMMITMENT)
    assert [len(item) for item in witness] == [0, 71, 72, 71]
    keys = two_of_two(witness)
    assert keys is not None
    assert [len(key) for key in keys] == [33, 33]
    assert keys == sorted(keys)


def test_a_transaction_without_witness_has_empty_stacks():
    at = COMMITMENT.index(b"\x04\x00\x47")
    bare = COMMITMENT[:4] + COMMITMENT[6:at] + COMMITMENT[-4:]
    assert witness_stacks(bare) == [[]]


@pytest.mark.parametrize("cut", [0, 3, 5, 40, 60, 200, len(COMMITMENT) - 10])
def test_bytes_that_end_too_soon_are_refused(cut):
    with pytest.raises(SourceError, match="damaged"):
        witness_stacks(COMMITMENT[:cut])


def test_counts_beyond_the_bytes_are_refused_at_once():
    with pytest.raises(SourceError):
        witness_stacks(b"\x02\x00\x00\x00" + b"\xff" * 9 + bytes(50))


@given(st.integers(0, len(COMMITMENT) - 1), st.binary(max_size=12), st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_changed_bytes_are_read_or_refused(at, put, gone):
    changed = COMMITMENT[:at] + put + COMMITMENT[at + gone :]
    try:
        stacks = witness_stacks(changed)
    except SourceError:
        return
    assert sum(len(item) for stack in stacks for item in stack) <= len(changed)


def test_the_published_commitment_is_one():
    assert kind() == "commitment"
    assert kind(witness=None) == "commitment"
    assert kind(version=3) == "commitment"


def test_taproot_is_told_by_both_fields_alone():
    taproot = {"script_type": "p2tr", "witness_items": 1, "witness_bytes": 66, "witness": None}
    assert kind(**taproot) == "commitment"
    assert kind(**taproot, locktime=0, sequence=0xFFFFFFFF) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"locktime": 0, "sequence": 0xFFFFFFFF}, "mutual_close"),
        ({"locktime": 800_000, "sequence": 0xFFFFFFFD}, "mutual_close"),
        ({"locktime": 800_000, "sequence": 0xFFFFFFFE}, None),
        ({"locktime": LOCKTIME, "sequence": 0xFFFFFFFD}, None),
        ({"locktime": 0, "sequence": 0xFFFFFFFF, "version": 1}, None),
        ({"locktime": 0, "sequence": 0xFFFFFFFF, "txout_count": 3}, None),
        ({"script_type": "p2wpkh"}, None),
        ({"witness_items": 3}, None),
        ({"witness_bytes": 254}, None),
    ],
)
def test_a_mutual_close_has_its_fields(changes, expected):
    assert kind(**changes) == expected


def test_keys_in_falling_order_are_no_mutual_close():
    (witness,) = witness_stacks(COMMITMENT)
    script = witness[3]
    swapped = script[:1] + script[35:69] + script[1:35] + script[69:]
    turned = [*witness[:3], swapped]
    closed = {"locktime": 0, "sequence": 0xFFFFFFFF}
    assert two_of_two(turned) == [script[36:69], script[2:35]]
    assert kind(**closed, witness=turned) is None
    assert kind(**closed, witness=None) == "mutual_close"


@pytest.mark.parametrize("spoil", [0, 1, 35, 69, 70])
def test_another_script_of_that_size_is_no_two_of_two(spoil):
    (witness,) = witness_stacks(COMMITMENT)
    script = bytearray(witness[3])
    script[spoil] ^= 0x01
    assert two_of_two([*witness[:3], bytes(script)]) is None


@pytest.fixture(scope="module")
def channels(tmp_path_factory):
    """A chain with channels and handed-over coins beside what looks like them, in a store."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    from peelchain.chain.core_files import find
    from peelchain.chain.ingest import ingest_core_files
    from peelchain.network import REGTEST
    from peelchain.simulate.economy import simulate
    from peelchain.simulate.parameters import PARAMETERS

    folder = tmp_path_factory.mktemp("off-chain")
    parameters = replace(
        PARAMETERS["default"],
        channels_per_100_blocks=20.0,
        escrows_per_100_blocks=10.0,
        handed_coins_per_100_blocks=10.0,
        rewards_per_100_blocks=10.0,
    )
    simulate(folder / "node", seed=2, blocks=260, parameters=parameters)
    ingest_core_files(find(folder / "node", REGTEST), folder / "store")
    with Store.open(folder / "store") as store, closing(Lookup(store)) as lookup:
        yield lookup, read_truth(folder / "node", "offchain")


def outputs_of(lookup, truth, mark):
    rows = [row for row in truth if row["mark"] == mark]
    return set(lookup.txout_ids([OutPoint.parse(f"{r['txid']}:{r['vout']}") for r in rows]))


def all_marks(lookup, *, exact):
    blocks = RawBlocks(lookup.store)
    count = lookup.store.manifest.counts["txouts"]
    how = (lambda txs: witnesses(lookup, blocks, txs)) if exact else None
    return marks(lookup, range(count), witnesses=how)


def said(table, mark):
    rows = zip(table["txout_id"].to_pylist(), table["mark"].to_pylist(), strict=True)
    return {txout for txout, name in rows if name == mark}


def test_forced_closes_are_found_and_nothing_else_is_taken_for_one(channels):
    lookup, truth = channels
    table = all_marks(lookup, exact=True)
    forced = [row for row in table.to_pylist() if row["kind"] == "commitment"]
    opened = outputs_of(lookup, truth, CHANNEL_OPEN)
    assert {r["txout_id"] for r in forced if r["mark"] == CHANNEL_OPEN} <= opened
    closed = outputs_of(lookup, truth, CHANNEL_CLOSE)
    assert {r["txout_id"] for r in forced if r["mark"] == CHANNEL_CLOSE} <= closed
    assert len(forced) > 5


def test_most_closes_and_batches_are_found(channels):
    lookup, truth = channels
    table = all_marks(lookup, exact=True)
    for mark, least in ((CHANNEL_CLOSE, 0.5), (KEY_HANDOVER, 0.6)):
        meant = outputs_of(lookup, truth, mark)
        assert len(said(table, mark) & meant) > least * len(meant)
    assert said(table, KEY_HANDOVER) & outputs_of(lookup, truth, KEY_HANDOVER)


def test_witnesses_only_take_marks_away(channels):
    lookup, _ = channels
    by_size, by_script = (all_marks(lookup, exact=exact) for exact in (False, True))
    assert said(by_script, CHANNEL_OPEN) < said(by_size, CHANNEL_OPEN)
    assert said(by_script, KEY_HANDOVER) == said(by_size, KEY_HANDOVER)


def test_marks_are_of_the_outputs_asked_and_in_order(channels):
    lookup, _ = channels
    table = all_marks(lookup, exact=False)
    assert table.schema == SCHEMA
    ids = table["txout_id"].to_pylist()
    assert ids == sorted(ids)
    one = marks(lookup, ids[:1])
    assert set(one["txout_id"].to_pylist()) == {ids[0]}
    assert marks(lookup, []).num_rows == 0


def test_coinjoins_hand_over_nothing(channels):
    lookup, _ = channels
    table = all_marks(lookup, exact=False)
    batches = said(table, KEY_HANDOVER)
    made = lookup.rows_of("txouts", batches, ["tx_id"])
    (tx, _), *_ = Counter(row["tx_id"] for row in made.values()).most_common(1)
    left = said(marks(lookup, batches, coinjoin_txs=[tx]), KEY_HANDOVER)
    assert left == {txout for txout, row in made.items() if row["tx_id"] != tx}
