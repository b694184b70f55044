"""Checks a peelchain evidence bundle with Python 3.8 or later and the files beside this one alone.

    python verify.py [--expect DIGEST] [--opening FILE] [--json] [BUNDLE]

BUNDLE is the zip, or the folder it unpacks to; left out, the folder this file lies in. DIGEST is
on the first page of the report that was served. FILE opens what was withheld from a bundle. Exit
code 0: all holds; 1: something does not, and each failure says where; 2: misuse. The format:
docs/evidence-format.md of peelchain.

Start reading at `verify_files`. This file checks the seal, the transactions, and what spends what.
It runs files that lie beside it, in this order: verify_headers.py (the chain's work),
verify_withheld.py (what is left out), verify_traces.py (parties, traces), verify_report.py
(findings, rates, journal), and that in turn verify_signatures.py.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import runpy
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

TAG_MANIFEST = "tagmanifest-sha256.txt"
PARTS = ("headers", "withheld", "traces", "report", "signatures")
BESIDE = [f"verify_{part}.py" for part in PARTS]
MALFORMED = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError,
             RuntimeError, TypeError, ValueError, zipfile.BadZipFile)  # fmt: skip


class Result(NamedTuple):
    """What was found: things checked, counted; what failed; what no bundle can show.

    `withheld` counts what was left out of this copy; `opened` says what the openings show.
    """

    ok: bool
    checked: dict[str, int]
    failures: list[str]
    unchecked: list[str]
    digest: str
    withheld: dict[str, int]
    opened: list[str]


class Tx(NamedTuple):
    """A transaction: what it spends as (txid, vout), what it makes as (satoshis, script)."""

    txid: str
    inputs: list[tuple[str, int]]
    outputs: list[tuple[int, bytes]]
    is_coinbase: bool


def need(holds: object, what: str) -> None:
    """Raises AssertionError, saying what does not hold, unless the condition holds."""
    if not holds:
        raise AssertionError(what[:300])


def canonical(value: Any) -> str:
    """The one way this format writes a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n"


def parse_json(text: str) -> Any:
    """The value of a JSON text that is canonical and has no numbers but whole ones from 0 up."""

    def whole(digits: str) -> int:
        need(re.fullmatch("[0-9]{1,19}", digits), f"{digits[:40]} is not a whole number")
        return int(digits)

    value = json.loads(text, parse_int=whole, parse_float=whole, parse_constant=whole)
    need(canonical(value) == text, "is not canonical JSON")
    return value


def fields(value: Any, names: str) -> list[Any]:
    """The values of an object that has exactly these fields."""
    need(type(value) is dict and set(value) == set(names.split()), f"fields must be {names}")
    return [value[name] for name in names.split()]


def sha256d(data: bytes) -> bytes:
    """Bitcoin's hash: SHA-256, twice."""
    return sha256(sha256(data).digest()).digest()


def read_files(path: Path) -> dict[str, bytes]:
    """The files of a bundle by their path in it: those of a folder, or of the one in a zip."""
    if path.is_dir():
        found = sorted(path.rglob("*"))
        links = [p.name for p in found if p.is_symlink()]
        need(not links, f"links are refused: {links}")
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in found if p.is_file()}
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        size, names = sum(e.file_size for e in entries), {e.filename for e in entries}
        need(not any(e.compress_type for e in entries), "is compressed: unpack it first")
        need(len(names) == len(entries) and size < path.stat().st_size, "has a file twice")
        need(len({name.partition("/")[0] for name in names}) == 1, "must hold one folder")
        return {e.filename.partition("/")[2]: archive.read(e) for e in entries}


def parse_tx(raw: bytes) -> Tx:
    """The transaction that these bytes are, to the last; refuses what only looks like one."""
    at = 0

    def take(size: int) -> bytes:
        nonlocal at
        at += size
        need(at <= len(raw), "the transaction is cut short")
        return raw[at - size : at]

    def number(size: int) -> int:
        return int.from_bytes(take(size), "little")

    def count() -> int:
        first = number(1)
        return number(1 << (first - 252)) if first > 252 else first

    head, segwit = take(4), raw[4:6] == b"\0\1"
    start = at = 6 if segwit else 4
    inputs = [(take(32)[::-1].hex(), number(4), take(count()), take(4)) for _ in range(count())]
    outputs = [(number(8), take(count())) for _ in range(count())]
    body = raw[start:at]
    witness = [take(count()) for _ in inputs for _ in range(count())] if segwit else [b""]
    body = head + body + take(4)
    need(at == len(raw), "bytes follow the transaction")
    need(len(body) != 64, "a transaction of 64 bytes could be an inner node of a Merkle tree")
    need(inputs and outputs and witness, "the transaction lacks a part")
    spends = [(txid, vout) for txid, vout, _, _ in inputs]
    return Tx(sha256d(body)[::-1].hex(), spends, outputs, spends == [("00" * 32, 0xFFFFFFFF)])


class Evidence:
    """What was read and holds so far. A place is (height, index); an output is (place, vout)."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.where = files, "the bundle"  # the file and line a failure is blamed on
        self.network: list[str] = []  # its line of NETWORKS
        self.case: dict[str, Any] = {}
        self.checked: dict[str, int] = {"files": len(files)}
        self.first = 0  # height of the first header
        self.hashes: dict[int, bytes] = {}  # of blocks, by height
        self.withheld: dict[str, int] = {}  # what was left out of this copy: kind -> how many
        self.root = ""  # of the tree of hashes that commits to it
        self.unchecked: list[str] = []  # what no bundle can show
        self.txs: dict[Any, Tx] = {}  # by place
        self.places: dict[str, list[Any]] = {}  # by txid; more than one only under BIP 30
        self.name: dict[Any, str] = {}  # output -> TXID:VOUT
        self.value: dict[Any, int] = {}  # output -> satoshis
        self.script: dict[Any, bytes] = {}  # output -> script
        self.spender: dict[Any, Any] = {}  # output -> place of the transaction that spends it
        self.spent: dict[Any, list[Any]] = {}  # place -> outputs it spends, when all are here

    canonical = staticmethod(canonical)

    def read(self, name: str) -> str:
        """The text of a file."""
        self.where = name
        need(name in self.files, "is missing")
        return self.files[name].decode()

    def read_json(self, name: str) -> Any:
        """The value a JSON file holds."""
        return parse_json(self.read(name))

    def lines(self, name: str) -> list[str]:
        """The lines of a file."""
        *lines, last = self.read(name).split("\n")
        need(not last, "the last line is cut short")
        return lines

    def rows(self, name: str, names: str) -> Iterator[list[Any]]:
        """The fields of each line of a .jsonl file."""
        self.where = name
        need(name in self.files, "is missing")
        # Line by line: the text of a large file would take many times its size.
        for number, line in enumerate(io.BytesIO(self.files[name]), 1):
            self.where = f"{name} line {number}"
            yield fields(parse_json(line.decode()), names)

    def check_lines(self, name: str, right: list[str]) -> None:
        """The file has these lines and no others."""
        lines = self.lines(name)
        for number, (line, want) in enumerate(zip(lines, right), 1):
            need(line == want, f"line {number} is {line[:120]!a} where {want[:120]!a} is right")
        need(len(lines) == len(right), f"has {len(lines)} lines where {len(right)} are right")

    def place(self, txid: str) -> Any:
        """Where a transaction is; the later place where a txid occurs twice."""
        need(txid in self.places, f"transaction {txid!a} is not in the bundle")
        return self.places[txid][-1]

    def find(self, outpoint: str) -> Any:
        """The output that TXID:VOUT names."""
        need(re.fullmatch("[0-9a-f]{64}:(0|[1-9][0-9]{0,9})", outpoint), "malformed outpoint")
        out = self.place(outpoint[:64]), int(outpoint[65:])
        need(out in self.value, f"output {outpoint} does not exist")
        return out

    def prevouts(self, place: Any) -> list[Any]:
        """The outputs a transaction spends, every one of which must be in the bundle."""
        txid = self.txs[place].txid
        need(place in self.spent, f"an output that {txid} spends is not in the bundle")
        return self.spent[place]

    def fee(self, place: Any) -> int:
        """What a transaction spends less what it makes."""
        made = sum(value for value, _ in self.txs[place].outputs)
        return sum(self.value[out] for out in self.prevouts(place)) - made

    def header(self, height: int, start: int, end: int) -> bytes:
        """Bytes of a block's header."""
        at = 80 * (height - self.first)
        return self.files["data/headers.bin"][at + start : at + end]

    def time(self, height: int) -> int:
        """The time of a block, as its header states it, in seconds since 1970."""
        return int.from_bytes(self.header(height, 68, 72), "little")

    def check_bag(self) -> list[str]:
        """Failures: files that are missing, added, oddly named or not as they were sealed."""
        part = "[A-Za-z0-9_-][A-Za-z0-9._-]*"
        odd = [name for name in self.files if not re.fullmatch(f"({part}/)*{part}", name)]
        failures = [f"{name!a}: a file of such a name is refused" for name in odd]
        for manifest, is_payload in ((TAG_MANIFEST, False), ("manifest-sha256.txt", True)):
            here = {name for name in self.files if name.startswith("data/") == is_payload}
            here.discard(TAG_MANIFEST)
            right = [f"{sha256(self.files[name]).hexdigest()}  {name}" for name in sorted(here)]
            lines = self.files.get(manifest, b"").decode("latin-1").split("\n")
            differing = sorted({line[66:] for line in {*right, ""} ^ {*lines}})
            failures += [f"{name!a}: is not as {manifest} has it" for name in differing]
            if not differing and lines != [*right, ""]:
                failures.append(f"{manifest}: is not sorted by name")
        return failures

    def check_branch(self, tx: Tx, height: int, index: int, branch: list[str]) -> None:
        """The Merkle branch leads from the transaction, at its index, to the header's root."""
        node = bytes.fromhex(tx.txid)[::-1]
        need(height in self.hashes and not index >> len(branch), "no such height or index")
        for level, text in enumerate(branch):
            other, right = bytes.fromhex(text)[::-1], index >> level & 1
            need(len(other) == 32 and not (right and other == node), "malformed branch or index")
            node = sha256d(other + node if right else node + other)
        need(node == self.header(height, 36, 68), "branch does not lead to the header's root")

    def check_transactions(self) -> None:
        """Each transaction is in its block. The coinbase's depth keeps inner nodes from passing."""
        depths: dict[int, int] = {}
        highest, names = -1, "height hash coinbase branch"
        for height, block, raw, branch in self.rows("data/blocks.jsonl", names):
            tx = parse_tx(bytes.fromhex(raw))
            need(height > highest, "is not sorted by height")
            need(tx.is_coinbase, "the coinbase is none")
            self.check_branch(tx, height, 0, branch)
            need(self.hashes[height][::-1].hex() == block, "the block at this height is another")
            depths[height], highest = len(branch), height
        last, names = (-1, 0), "txid height index branch raw"
        for txid, height, index, branch, raw in self.rows("data/transactions.jsonl", names):
            tx, place = parse_tx(bytes.fromhex(raw)), (height, index)
            need(place > last, "is not sorted by height and index")
            need(tx.txid == txid, f"the bytes are of transaction {tx.txid}")
            need(depths.get(height) == len(branch), "branch is not as long as the coinbase's")
            self.check_branch(tx, height, index, branch)
            need(tx.is_coinbase == (index == 0), "a block's first, and no other, is a coinbase")
            self.txs[place], last = tx, place
            self.places.setdefault(txid, []).append(place)
            for vout, (value, script) in enumerate(tx.outputs):
                out = place, vout
                self.name[out], self.value[out], self.script[out] = f"{txid}:{vout}", value, script
        self.checked.update(blocks=len(depths), transactions=len(self.txs))

    def check_spends(self) -> None:
        """Nothing is spent twice, and no transaction pays more than the outputs it spends hold."""
        for place, tx in self.txs.items():
            self.where, found = f"data/transactions.jsonl {tx.txid}", []
            for txid, vout in tx.inputs:
                for out in [(p, vout) for p in self.places.get(txid, []) if p < place][-1:]:
                    need(out in self.value, f"spends {txid}:{vout}, which is not")
                    need(out not in self.spender, f"spends {txid}:{vout} a second time")
                    self.spender[out] = place
                    found.append(out)
            if len(found) == len(tx.inputs):
                self.spent[place] = found
                need(self.fee(place) >= 0, "pays more than it spends")
        self.checked["spends"] = len(self.spender)


def run_beside(part: str) -> dict[str, Any]:
    """What a file beside this one defines. An import might find another, or a compiled one."""
    return runpy.run_path(str(Path(__file__).resolve().with_name(f"verify_{part}.py")))


def verify_files(
    files: dict[str, bytes], expect: str | None = None, openings: str | None = None
) -> Result:
    """Makes every check of a bundle's files; never raises for what is in them."""
    evidence = Evidence(files)
    opened: list[str] = []
    digest = sha256(files.get(TAG_MANIFEST, b"")).hexdigest()
    failures = evidence.check_bag()
    if expect and expect.lower() != digest:
        failures.insert(0, f"{TAG_MANIFEST}: the digest is {digest}, not {expect}")
    try:
        run_beside("headers")["check_headers"](evidence)
        evidence.check_transactions()
        evidence.check_spends()
        withheld = run_beside("withheld")
        withheld["check_withheld"](evidence)
        traces = run_beside("traces")["check_traces"](evidence)
        is_signed = run_beside("signatures")["is_signed"]
        run_beside("report")["check_report"](evidence, traces, is_signed)
        for number, line in enumerate((openings or "").splitlines(True), 1):
            evidence.where = f"opening {number}"
            opened.append(plain(withheld["check_opening"](evidence, parse_json(line))))
    except (AssertionError, *MALFORMED) as error:
        kind = "" if type(error) is AssertionError else f"malformed: {type(error).__name__} "
        failures.append(plain(f"{evidence.where}: {kind}{error}"))
    found = evidence.checked, failures, evidence.unchecked, digest, evidence.withheld, opened
    return Result(not failures, *found)


def plain(text: str) -> str:
    """A text without what could command a terminal."""
    return re.sub("[^ -~]", "?", text[:500])


def verify(
    bundle_path: str | Path, expect: str | None = None, openings: str | None = None
) -> Result:
    """Makes every check of a bundle, zip or folder; never raises for what is in it."""
    try:
        files = read_files(Path(bundle_path))
    except (AssertionError, *MALFORMED) as error:
        failure = f"{Path(bundle_path).name}: {str(error)[:300]!a}"
        return Result(False, {}, [failure], [], "", {}, [])
    return verify_files(files, expect, openings)


def report(result: Result, expect: str | None) -> str:
    """A result in words."""
    lines = [f"checked    {count:>9,} {name}" for name, count in result.checked.items()]
    lines += [f"unchecked  {text}" for text in result.unchecked]
    counts = [f"{count:,} {kind}" for kind, count in result.withheld.items() if count]
    if counts:
        things = sum(result.withheld.values()) - result.withheld["fields"]
        lines.append(f"withheld   {things:,} things are withheld: {', '.join(counts)}")
    lines += [f"opened     {text}" for text in result.opened]
    lines += [f"FAILED     {text}" for text in result.failures]
    if not expect:
        lines.append("Compare this digest with the one on the first page of the report:")
    lines.append(f"digest {result.digest}: {'all holds' if result.ok else 'DOES NOT HOLD'}")
    return "\n".join(lines)


def main() -> int:
    """The exit code of the command line."""
    parser = argparse.ArgumentParser(description="Checks an evidence bundle of peelchain.")
    parser.add_argument("bundle", nargs="?", default=Path(__file__).resolve().parent, type=Path)
    parser.add_argument("--expect", metavar="DIGEST", help="the digest on the report's first page")
    parser.add_argument("--opening", metavar="FILE", type=Path, help="opens what is withheld")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    for path in [given.bundle, *([given.opening] if given.opening else [])]:
        if not path.exists():
            parser.error(f"there is no {path}")
    if given.expect and not re.fullmatch("[0-9A-Fa-f]{64}", given.expect):
        parser.error("a digest is 64 hex digits")
    if not all(Path(__file__).resolve().with_name(name).is_file() for name in BESIDE):
        parser.error(f"{', '.join(BESIDE)} must lie beside this file")
    openings = given.opening.read_bytes().decode("latin-1") if given.opening else None
    result = verify(given.bundle, given.expect, openings)
    print(json.dumps(result._asdict()) if given.json else report(result, given.expect))
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
