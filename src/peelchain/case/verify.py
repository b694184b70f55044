"""Checks a peelchain evidence bundle with Python 3.8 or later and the files beside this one alone.

    python verify.py [--expect DIGEST] [--json] [BUNDLE]

BUNDLE is the zip, or the folder it unpacks to; left out, the folder this file lies in. DIGEST is
on the first page of the report that was served. Exit code 0: all holds; 1: something does not, and
each failure says where; 2: misuse. The format: docs/evidence-format.md of peelchain.

Start reading at `verify_files`. This file checks the facts: the seal, the headers and their proof
of work, the transactions, what spends what. It then runs two files that lie beside it, in this
order: verify_traces.py (parties, traces) and verify_report.py (findings, rates, journal).
"""

from __future__ import annotations

import argparse
import json
import re
import runpy
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

NETWORKS = """
mainnet 000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f 1d00ffff retarget 00 05 bc
testnet3 000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943 1d00ffff own 6f c4 tb
testnet4 00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043 1d00ffff own 6f c4 tb
signet 00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6 1e0377ae retarget 6f c4 tb
regtest 0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206 207fffff fixed 6f c4 bcrt
"""  # first block, easiest target, difficulty rule, first byte of P2PKH and P2SH addresses, bech32
PINNED = {("mainnet", 295000): "00000000000000004d9b4ef50f0f9d686fd69db2e03af35a100370c64632a983"}
TAG_MANIFEST, BESIDE = "tagmanifest-sha256.txt", ("verify_traces.py", "verify_report.py")
MALFORMED = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError,
             RuntimeError, TypeError, ValueError, zipfile.BadZipFile)  # fmt: skip


class Result(NamedTuple):
    """What was found: things checked, counted; what failed; what no bundle can show."""

    ok: bool
    checked: dict[str, int]
    failures: list[str]
    unchecked: list[str]
    digest: str


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


def retarget(target: int, seconds: int, limit: int) -> int:
    """The next target, compact: the last 2016 blocks' time sets it, within a factor of four."""
    target = min(target * min(max(seconds, 302400), 4838400) // 1209600, limit)
    size = target.bit_length() // 8 + 1
    return size << 24 | (target << 24 >> 8 * size)


class Evidence:
    """What was read and holds so far. A place is (height, index); an output is (place, vout)."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.where = files, "the bundle"  # the file and line a failure is blamed on
        self.network: list[str] = []  # its line of NETWORKS
        self.case: dict[str, Any] = {}
        self.checked: dict[str, int] = {"files": len(files)}
        self.hashes: list[bytes] = []  # of blocks, by height
        self.txs: dict[Any, Tx] = {}  # by place
        self.places: dict[str, list[Any]] = {}  # by txid; more than one only under BIP 30
        self.name: dict[Any, str] = {}  # output -> TXID:VOUT
        self.value: dict[Any, int] = {}  # output -> satoshis
        self.script: dict[Any, bytes] = {}  # output -> script
        self.spender: dict[Any, Any] = {}  # output -> place of the transaction that spends it
        self.spent: dict[Any, list[Any]] = {}  # place -> outputs it spends, when all are here

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
        for number, line in enumerate(self.lines(name), 1):
            self.where = f"{name} line {number}"
            yield fields(parse_json(line + "\n"), names)

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
        return self.files["data/headers.bin"][80 * height + start : 80 * height + end]

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

    def check_case(self) -> None:
        """The case is of this format and of a known network, and the bag is labelled with it."""
        bagit = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        need(self.read("bagit.txt") == bagit, "is not the declaration of BagIt 1.0")
        self.case = dict(self.read_json("data/case.json"))
        names = "format version network date_utc software case tip headers parameters policy"
        form, version, network, date, software = fields(self.case, names)[:5]
        need((form, version) == ("peelchain-evidence", 1), "is not of a format known here")
        known = {line.split()[0]: line.split() for line in NETWORKS.split("\n")[1:-1]}
        need(network in known, f"network {network!a} is not known here")
        self.network = known[network]
        sizes = [len(data) for name, data in self.files.items() if name.startswith("data/")]
        info = f"Bagging-Date: {date[:10]}\nPayload-Oxum: {sum(sizes)}.{len(sizes)}\n"
        agent = "Bag-Software-Agent: {} {}\n".format(*fields(software, "name version"))
        need(self.read("bag-info.txt") == agent + info, f"should say {agent + info!a}")

    def check_headers(self) -> None:
        """The headers lead from the network's first block to the tip, each with its own work."""
        name, genesis, easiest, rule = self.network[:4]
        limit = int(easiest[2:], 16) << 8 * (int(easiest[:2], 16) - 3)
        previous, bits, target, work = bytes(32), int(easiest, 16), limit, 0
        count, rest = divmod(len(self.files.get("data/headers.bin", b"")), 80)
        for height in range(count):
            self.where = f"data/headers.bin height {height}"
            if rule == "retarget" and height and height % 2016 == 0:
                seconds = self.time(height - 1) - self.time(height - 2016)
                bits = retarget(target, seconds, limit)
            claim = int.from_bytes(self.header(height, 72, 76), "little")
            need(claim == bits or rule == "own", "difficulty is not what the rule gives")
            target = (claim & 0x7FFFFF) << 8 * (claim >> 24) >> 24
            need(0 < target <= limit and not claim & 0x800000, "target is out of range")
            need(self.header(height, 4, 36) == previous, "does not follow the one before")
            previous = sha256d(self.header(height, 0, 80))
            need(int.from_bytes(previous, "little") <= target, "has too little proof of work")
            known = PINNED.get((name, height)) if height else genesis
            need(known in (None, previous[::-1].hex()), f"is not the block of {name}")
            work += (1 << 256) // (target + 1)
            self.hashes.append(previous)
        self.where = "data/headers.bin"
        need(count and not rest, "is cut short")
        self.where = "data/case.json"
        tip = {"height": count - 1, "hash": previous[::-1].hex(), "chainwork": f"{work:064x}"}
        need(self.case["tip"] == tip, f"the tip of the headers is {tip}")
        need(self.case["headers"] == {"from_height": 0, "count": count}, "headers: are others")
        self.checked["headers"] = count

    def check_branch(self, tx: Tx, height: int, index: int, branch: list[str]) -> None:
        """The Merkle branch leads from the transaction, at its index, to the header's root."""
        node = bytes.fromhex(tx.txid)[::-1]
        need(height < len(self.hashes) and not index >> len(branch), "no such height or index")
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


def run_beside(name: str) -> dict[str, Any]:
    """What a file beside this one defines. An import might find another, or a compiled one."""
    return runpy.run_path(str(Path(__file__).resolve().with_name(name)))


def verify_files(files: dict[str, bytes], expect: str | None = None) -> Result:
    """Makes every check of a bundle's files; never raises for what is in them."""
    evidence, unchecked = Evidence(files), []
    digest = sha256(files.get(TAG_MANIFEST, b"")).hexdigest()
    failures = evidence.check_bag()
    if expect and expect.lower() != digest:
        failures.insert(0, f"{TAG_MANIFEST}: the digest is {digest}, not {expect}")
    try:
        evidence.check_case()
        evidence.check_headers()
        evidence.check_transactions()
        evidence.check_spends()
        traces = run_beside("verify_traces.py")["check_traces"](evidence)
        unchecked = run_beside("verify_report.py")["check_report"](evidence, traces)
    except (AssertionError, *MALFORMED) as error:
        kind = "" if type(error) is AssertionError else f"malformed: {type(error).__name__} "
        text = f"{evidence.where}: {kind}{error}"[:500]
        failures.append(re.sub("[^ -~]", "?", text))  # a bundle's text could command a terminal
    return Result(not failures, evidence.checked, failures, unchecked, digest)


def verify(bundle_path: str | Path, expect: str | None = None) -> Result:
    """Makes every check of a bundle, zip or folder; never raises for what is in it."""
    try:
        files = read_files(Path(bundle_path))
    except (AssertionError, *MALFORMED) as error:
        return Result(False, {}, [f"{Path(bundle_path).name}: {str(error)[:300]!a}"], [], "")
    return verify_files(files, expect)


def main() -> int:
    """The exit code of the command line."""
    parser = argparse.ArgumentParser(description="Checks an evidence bundle of peelchain.")
    parser.add_argument("bundle", nargs="?", default=Path(__file__).resolve().parent, type=Path)
    parser.add_argument("--expect", metavar="DIGEST", help="the digest on the report's first page")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    if not given.bundle.exists():
        parser.error(f"there is no {given.bundle}")
    if given.expect and not re.fullmatch("[0-9A-Fa-f]{64}", given.expect):
        parser.error("a digest is 64 hex digits")
    if not all(Path(__file__).resolve().with_name(name).is_file() for name in BESIDE):
        parser.error(f"{' and '.join(BESIDE)} must lie beside this file")
    result = verify(given.bundle, given.expect)
    lines = [f"checked    {count:>9,} {name}" for name, count in result.checked.items()]
    lines += [f"unchecked  {text}" for text in result.unchecked]
    lines += [f"FAILED     {text}" for text in result.failures]
    if not given.expect:
        lines.append("Compare this digest with the one on the first page of the report:")
    lines.append(f"digest {result.digest}: {'all holds' if result.ok else 'DOES NOT HOLD'}")
    print(json.dumps(result._asdict()) if given.json else "\n".join(lines))
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
