"""Parsers before bytes that no node ever wrote: no crash, no hang, and no wrong answer."""

import resource
import struct
from pathlib import Path

import pbk
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.chain.crafted import KEY, compact, genesis, grow, transaction, write_files
from tests.chain.stores import assert_refused, command

from peelchain import _core
from peelchain.actions.chain import decode
from peelchain.chain.core_files import find, scan
from peelchain.errors import PeelchainError, SourceError
from peelchain.script import is_unspendable, script_type

CHAIN = grow([genesis()], 10)
HUGE = (b"\xfd\xff\xff", b"\xfe\xff\xff\xff\xff", b"\xff" * 9, b"\xfd\x00\x00", b"\xff" + bytes(8))
quick = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def damaged(draw: st.DrawFn, raw: bytes) -> bytes:
    """Bytes with parts overwritten, cut out, doubled or replaced by huge counts."""
    data = bytearray(raw)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        end = min(len(data), at + draw(st.integers(0, 40)))
        match draw(st.integers(0, 4)):
            case 0:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                data[at:end] = b""
            case 2:
                data[at:at] = data[at:end]
            case 3:
                data[at : at + 1] = draw(st.sampled_from(HUGE))
            case _:
                del data[at:]
    return bytes(data)


def assert_parsed_as_core_parses(raw: bytes) -> None:
    """That the block is refused, or Core reads the same transactions from it."""
    try:
        ours = _core.decode_block(raw)
    except SourceError:
        return
    assert _core.check_block(raw) == ours["problem"]
    # Core reads no further than the last transaction; a length of ours is that of the whole
    core = pbk.Block(raw)
    assert [tx["txid"] for tx in ours["txs"]] == [bytes(t.txid) for t in core.transactions]
    assert [[(v, s) for v, s, _ in tx["outputs"]] for tx in ours["txs"]] == [
        [(o.amount, bytes(o.script_pubkey)) for o in t.outputs] for t in core.transactions
    ]


@quick
@given(st.sampled_from([b.raw for b in CHAIN[1:]]).flatmap(damaged))
def test_damaged_blocks_are_refused_or_read_as_bitcoin_core_reads_them(raw: bytes) -> None:
    assert_parsed_as_core_parses(raw)


@quick
@given(st.binary(max_size=300))
def test_bytes_of_any_kind(raw: bytes) -> None:
    assert_parsed_as_core_parses(raw)
    assert_parsed_as_core_parses(CHAIN[1].raw[:81] + raw)
    try:
        stripped = _core.without_witness(raw)
    except SourceError:
        return
    assert _core.without_witness(stripped) == stripped


@settings(quick, max_examples=60)
@given(st.data())
def test_damaged_real_blocks(shared_data: Path, data: st.DataObject) -> None:
    files = sorted((shared_data / "blocks_mainnet").glob("*.bin"))
    raw = min(files, key=lambda f: abs(f.stat().st_size - 60_000)).read_bytes()
    assert_parsed_as_core_parses(data.draw(damaged(raw)))


@quick
@given(st.sampled_from([b.raw for b in CHAIN[1:]]).flatmap(damaged))
def test_decode_says_what_is_wrong_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.bin"
    file.write_bytes(raw)
    try:
        told = decode(file)
    except PeelchainError as e:
        assert str(file) in str(e)
        return
    assert told["block_hash"] == pbk.Block(raw).block_hash.__str__()


@pytest.mark.parametrize("count", [*HUGE, b"\xfe\x00\x00\x00\x02"])
@pytest.mark.parametrize("place", ["txs", "inputs", "script_sig", "outputs", "script", "witness"])
def test_counts_beyond_all_bounds_take_no_memory(tmp_path: Path, count: bytes, place: str) -> None:
    before = CHAIN[3].raw[:80]
    tx = b"\2\0\0\0"
    parts = {
        "txs": before + count,
        "inputs": before + b"\1" + tx + count,
        "script_sig": before + b"\1" + tx + b"\1" + bytes(32) + b"\xff" * 4 + count,
        "outputs": before + b"\1" + tx + b"\1" + bytes(36) + b"\0" + bytes(4) + count,
        "script": before + b"\1" + tx + b"\1" + bytes(36) + b"\0" + bytes(4)
        + b"\1" + bytes(8) + count,
        "witness": before + b"\1" + tx + b"\0\1\1" + bytes(36) + b"\0" + bytes(4)
        + b"\1" + bytes(8) + b"\0" + count,
    }  # fmt: skip
    file = tmp_path / "block.bin"
    for tail in (b"", bytes(1000)):
        file.write_bytes(parts[place] + tail)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(SourceError, match="block"):
            decode(file)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 100_000
    assert_refused(command("chain", "decode", file), str(file))


def test_a_coinbase_without_inputs_or_with_a_cut_script(tmp_path: Path) -> None:
    for tx in (
        transaction([], [(1, b"")]),
        transaction([], []),
        transaction([(bytes(32), 0xFFFFFFFF)], [(1, b"")], script_sig=b""),
        transaction([(bytes(32), 0xFFFFFFFF)], [(1, b"")], script_sig=b"\x05\1"),
        transaction([(bytes(32), 0xFFFFFFFF)], [(1, b"")], script_sig=b"\x03\x01\x00\x00"),
    ):
        raw = CHAIN[3].raw[:80] + b"\1" + tx.raw
        try:
            assert _core.decode_block(raw)["height"] is None
        except SourceError:
            assert not tx.raw[4]


def test_the_height_is_read_in_its_shortest_form_alone() -> None:
    header = CHAIN[3].raw[:80]
    for script, height in (
        (b"\x51", 1),
        (b"\x60", 16),
        (b"\x01\x11", 17),
        (b"\x01\x7f", 127),
        (b"\x02\x80\x00", 128),
        (b"\x03\x5e\x4d\x07", 478558),
        (b"\x03\x5e\x4d\x87", None),
        (b"\x03\x5e\x4d\x00", None),
        (b"\x04\xff\xff\x00\x1d", 0x1D00FFFF),
        (b"\x06abcdef", None),
    ):
        tx = transaction([(bytes(32), 0xFFFFFFFF)], [(1, b"")], script_sig=script)
        assert _core.decode_block(header + b"\1" + tx.raw)["height"] == height


@quick
@given(
    st.binary(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                *(bytes((op,)) for op in (0, 0x4C, 0x4D, 0x4E, 0x4F, 0x50, 0x51, 0x52, 0x60, 0x61)),
                *(bytes((op,)) for op in (0x6A, 0x76, 0x87, 0x88, 0xA9, 0xAC, 0xAE, 1, 2, 17, 20)),
                *(
                    bytes((n,)) + bytes((p,)) + b"\7" * (n - 1)
                    for n, p in ((33, 2), (33, 5), (65, 4))
                ),
                *(bytes((n,)) + b"\7" * n for n in (2, 20, 32, 40, 41)),
                b"\x02\x4e\x73",
            ]
        ),
        max_size=26,
    ).map(b"".join)
)
def test_both_script_typers_agree_on_any_script(script: bytes) -> None:
    assert _core.script_type(script) == (str(script_type(script)), is_unspendable(script))


def test_scripts_of_every_length_near_the_limits() -> None:
    for size in (0, 1, 75, 76, 255, 256, 520, 521, 9_999, 10_000, 10_001, 65_536):
        for first in (0x00, 0x51, 0x6A, 0x4C, 0x4D, 0x4E, 0xAC):
            script = bytes((first,)) + b"\1" * (size - 1) if size else b""
            assert _core.script_type(script) == (str(script_type(script)), is_unspendable(script))


@settings(quick, max_examples=150)
@given(st.data(), st.sampled_from([None, KEY]))
def test_damaged_block_files_never_crash_the_scan(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, key: bytes | None
) -> None:
    folder = tmp_path_factory.mktemp("scan")
    write_files(folder, CHAIN[:5], CHAIN[5:], key=key, zeros=data.draw(st.sampled_from([0, 300])))
    for name in ("blk00000.dat", "blk00001.dat"):
        if data.draw(st.booleans()):
            raw = (folder / name).read_bytes()
            (folder / name).write_bytes(data.draw(damaged(raw)))
    try:
        found = scan(find(folder, None))
    except PeelchainError as e:
        assert str(folder) in str(e)
        return
    known = {b.shown for b in CHAIN}
    # on regtest every second header proves its work: a changed one may stand, its children not
    assert found.hashes[0] == CHAIN[0].shown
    assert len(found.hashes) <= len(CHAIN)
    assert sum(h not in known for h in found.hashes) <= 1 + len(found.left_out)


def test_a_block_of_the_smallest_transactions(tmp_path: Path) -> None:
    """As many as fit: the lists they are parsed into stay in proportion to the block."""
    count = 390_000
    raw = CHAIN[3].raw[:80] + compact(count) + (b"\1\0\0\0" + b"\0\0" + bytes(4)) * count
    (tmp_path / "block.bin").write_bytes(raw)
    assert_refused(command("chain", "decode", tmp_path / "block.bin"), "block.bin")


def test_the_size_before_a_block_must_be_its_own(tmp_path: Path) -> None:
    raw = CHAIN[3].raw
    for size in (0, len(raw) - 1, len(raw) + 1, 0xFFFFFFFF):
        file = tmp_path / "block.bin"
        file.write_bytes(bytes.fromhex("fabfb5da") + struct.pack("<I", size) + raw)
        with pytest.raises(SourceError, match="offset 4"):
            decode(file)
