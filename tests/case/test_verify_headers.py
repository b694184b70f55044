"""Headers that begin at a checkpoint: the work adds up, and what is not there is said."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.case import evidence_chain as ec

from peelchain.case.bundle import seal
from peelchain.case.canonical import canonical_json
from peelchain.case.exhibits import Exhibits
from peelchain.case.headers import headers_said
from peelchain.case.verify import Result, verify_files
from peelchain.errors import MisuseError
from peelchain.network import MAINNET, REGTEST, Network

PAYLOAD = ec.payload_of(ec.scene())
LOWEST = json.loads(PAYLOAD["blocks.jsonl"].splitlines()[0])["height"]


def raw(headers: bytes, lowest: int | None) -> Exhibits:
    return Exhibits(Path("blocks"), Path("txs"), headers, 0, lowest)


def said(height: int | None, network: Network = REGTEST, lowest: int | None = LOWEST) -> Any:
    tip = json.loads(PAYLOAD["case.json"])["tip"]
    return headers_said(raw(PAYLOAD["headers.bin"], lowest), height, network, tip)


def begun_at(height: int, **changes: Any) -> Result:
    case = json.loads(PAYLOAD["case.json"])
    case["headers"] = {**said(height), **changes}
    headers = PAYLOAD["headers.bin"][80 * height :]
    payload = {**PAYLOAD, "case.json": canonical_json(case), "headers.bin": headers}
    return verify_files(dict(seal(payload, date_utc=ec.DATE).files))


def test_a_bundle_from_a_checkpoint_passes_and_says_what_is_not_there() -> None:
    assert LOWEST > 0
    result = begun_at(LOWEST)
    assert result.failures == []
    assert result.checked["headers"] == len(PAYLOAD["headers.bin"]) // 80 - LOWEST
    line = next(line for line in result.unchecked if "checkpoint" in line)
    assert f"checkpoint {LOWEST} {said(LOWEST)['checkpoint']['hash']}" in line
    assert "NO block known here" in line


def test_a_false_checkpoint_is_refused() -> None:
    true = said(LOWEST)["checkpoint"]
    for lie in (
        {"checkpoint": {**true, "hash": "00" * 32}},
        {"checkpoint": {**true, "chainwork": f"{int(true['chainwork'], 16) + 1:064x}"}},
        {"count": 3},
        {"from_height": LOWEST - 1},
        {"from_height": 0},
    ):
        assert begun_at(LOWEST, **lie).failures, lie


def test_headers_begin_only_where_they_can_be_checked() -> None:
    assert said(None) == {"from_height": 0, "count": len(PAYLOAD["headers.bin"]) // 80}
    with pytest.raises(MisuseError, match=f"--headers-from {LOWEST} or lower"):
        said(LOWEST + 1)
    with pytest.raises(MisuseError, match="give --headers-from 4032"):
        said(5000, MAINNET)
    with pytest.raises(MisuseError, match="give --headers-from 2016 or lower"):
        said(4032, MAINNET, lowest=4031)


def test_the_early_main_chain_from_its_second_period(shared_data: Path) -> None:
    """Real headers, whose difficulty rule goes on across a change of the period."""
    from peelchain.case import verify_headers

    file = (shared_data / "early_chain/blk00000.dat").read_bytes()
    found, at = {}, 0
    while file[at : at + 4] == bytes.fromhex("f9beb4d9"):
        header = file[at + 8 : at + 88]
        found[header[4:36]] = header
        at += 8 + int.from_bytes(file[at + 4 : at + 8], "little")
    chain, previous = [], bytes(32)
    while previous in found:
        chain.append(found[previous])
        previous = ec.sha256d(found[previous])
    work = f"{len(chain) * ((1 << 256) // ((0xFFFF << 208) + 1)):064x}"
    tip = {"height": len(chain) - 1, "hash": previous[::-1].hex(), "chainwork": work}
    start = headers_said(raw(b"".join(chain), 4000), 2016, MAINNET, tip)

    class Facts:
        """As much of the verifier's evidence as headers need."""

        def __init__(self, headers: bytes) -> None:
            self.files, self.first, self.where = {"data/headers.bin": headers}, 0, ""
            self.case: dict[str, Any] = {"headers": start, "tip": tip}
            self.network = verify_headers.NETWORKS.split("\n")[1].split()
            self.hashes: dict[int, bytes] = {}
            self.checked: dict[str, int] = {}
            self.unchecked: list[str] = []

        def header(self, height: int, first: int, last: int) -> bytes:
            at = 80 * (height - self.first)
            return self.files["data/headers.bin"][at + first : at + last]

        def time(self, height: int) -> int:
            return int.from_bytes(self.header(height, 68, 72), "little")

    facts = Facts(b"".join(chain[2016:]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_headers, "check_case", lambda _: None)
        verify_headers.check_headers(facts)
        assert facts.checked["headers"] == len(chain) - 2016
        easier = chain[4040][:72] + bytes.fromhex("ffff001e") + chain[4040][76:]
        bad = Facts(b"".join([*chain[2016:4040], easier, *chain[4041:]]))
        with pytest.raises(AssertionError, match="difficulty"):
            verify_headers.check_headers(bad)
