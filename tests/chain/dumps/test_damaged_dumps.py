"""Dumps damaged at random: nothing false goes in, and no failure but in words."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chain.dumps.conftest import Tables, tables_of
from tests.chain.dumps.test_whole_dumps import WRITERS, ingest
from tests.chain.dumps.written import Known

from peelchain.errors import PeelchainError

TRIALS = 6


def _flip(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.randint(1, 20)):
        data[draw.randrange(len(data))] = draw.randrange(256)


def _digit(data: bytearray, draw: random.Random) -> None:
    places = [at for at, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    for at in draw.sample(places, 10):
        data[at] = draw.choice(b"0123456789")


def _cut(data: bytearray, draw: random.Random) -> None:
    begin = draw.randrange(len(data))
    del data[begin : begin + draw.randint(1, 5000)]


def _swap(data: bytearray, draw: random.Random) -> None:
    lines = bytes(data).splitlines(keepends=True)
    fields = [line for line in lines if len(line) > 100]
    one, other = draw.sample(fields, 2)
    half = min(len(one), len(other)) // 2
    data[:] = bytes(data).replace(one, one[:half] + other[half:], 1)


def _fill(data: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(data))
    data[at:at] = draw.choice(
        [b"\0" * 100, b"[" * 5000, b'{"a":', b"\n\n\r\n", b"\xff\xfe", b"\t" * 9]
    )


DAMAGES: dict[str, Callable[[bytearray, random.Random], None]] = {
    "bytes": _flip,
    "digits": _digit,
    "cut": _cut,
    "swapped": _swap,
    "filled": _fill,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", WRITERS)
def test_a_damaged_dump_gives_the_true_chain_up_to_the_damage_or_nothing(
    kind: str, damage: str, known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    dump = WRITERS[kind](tmp_path / "dump", known)
    files = sorted(path for path in dump.rglob("*") if path.is_file())
    whole = {path: path.read_bytes() for path in files}
    columns = ("txout_id", "value_sat")
    truth = set(zip(*(from_files["txouts"][c].to_pylist() for c in columns), strict=True))
    hashes = from_files["blocks"]["block_hash"].to_pylist()
    for trial in range(TRIALS):
        draw = random.Random(f"{kind} {damage} {trial}")
        path = draw.choice(files)
        data = bytearray(whole[path])
        DAMAGES[damage](data, draw)
        path.write_bytes(data)
        store = tmp_path / f"store{trial}"
        try:
            done = ingest(kind, dump, store)
        except PeelchainError as e:
            assert str(e)
            assert not (store / "manifest.json").exists()
            continue
        finally:
            path.write_bytes(whole[path])
        if done["partial"]:
            # not even genesis is whole: what is left stands alone, each by its txid
            continue
        got = tables_of(store)
        count = got["blocks"].num_rows
        assert got["blocks"]["block_hash"].to_pylist() == hashes[:count]
        assert done["refused"] or done["left_out"] or count == len(hashes)
        values = zip(*(got["txouts"][c].to_pylist() for c in columns), strict=True)
        assert set(values) <= truth
