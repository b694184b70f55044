"""Search of seized files for what leads to a chain, under a recorded authority."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.open_store import OpenStore
from peelchain.case.casefile import CaseFile
from peelchain.case.extraction.search import Bounds, Hit, Told, search
from peelchain.chain.progress import Progress, Step, silent
from peelchain.csv_text import CsvRows, guarded
from peelchain.errors import AddressError, MisuseError, SourceError
from peelchain.network import NETWORKS
from peelchain.script import script_pubkey, script_type
from peelchain.units import format_time, parse_txid

Row = dict[str, Any]

COLUMNS = (
    "file", "part", "offset", "length", "encoding", "kind", "value", "type", "networks",
    "amount_sat", "in_chain",
)  # fmt: skip
ROWS_IN_ANSWER = 10_000
"""More rows than these are in the CSV alone."""
MAX_AUTHORITY = 2_000
KIND = "extraction"

_HASHED_AT_ONCE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Extraction:
    """What is asked: files, the authority to search them, and the bounds that it sets."""

    files: Sequence[Path]
    authority: str
    bounds: Bounds = field(default_factory=Bounds)
    store: Path | None = None
    case: Path | None = None
    date_utc: datetime | None = None


def extract(request: Extraction, sink: TextIO, progress: Progress = silent) -> dict[str, Any]:
    """Finds addresses, txids, keys, descriptors and payment URIs, and where secrets lie.

    Every row goes to `sink` as CSV, the first `ROWS_IN_ANSWER` into the answer. With a case the
    rows are kept there, files by number alone, and the entry seals authority and file names.
    Raises MisuseError without an authority, SourceError for a file that cannot be read.
    """
    authority = request.authority.strip()
    if not authority:
        raise MisuseError(
            "a search of seized files needs its authority; give --authority with the warrant or "
            "consent that allows it"
        )
    if len(authority) > MAX_AUTHORITY:
        raise MisuseError(f"the authority is longer than {MAX_AUTHORITY:,} characters; cite it")
    moment = moment_of(request.date_utc)
    files = _files(request.files)
    with ExitStack() as stack:
        # a case that cannot be opened is told before the long search
        case = None if request.case is None else stack.enter_context(CaseFile.open(request.case))
        kept = stack.enter_context(
            tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=request.case)
        )
        answer = _searched(request, files, [sink, kept], progress)
        answer["authority"] = authority
        if case is not None:
            kept.seek(0)
            with case.at_work():
                answer.update(_journalled(case, request, answer, kept, moment))
    return answer


def _searched(
    request: Extraction, files: list[Path], sinks: list[TextIO], progress: Progress
) -> dict[str, Any]:
    with ExitStack() as stack:
        store = None if request.store is None else stack.enter_context(OpenStore(request.store))
        judge = _Judge(store)
        writers = [CsvRows(sink) for sink in sinks]
        for writer in writers:
            writer.add(COLUMNS)
        rows: list[Row] = []
        counts: Counter[str] = Counter()
        told_of = []
        total = sum(path.stat().st_size for path in files)
        before = 0
        for number, path in enumerate(files, 1):
            told = Told()
            size = path.stat().st_size

            def watch(done: int, before: int = before, size: int = size) -> None:
                progress(Step("search", before + min(done, size), total, in_bytes=True))

            for hit in search(path, request.bounds, told, watch):
                row = judge.row(f"F{number}", hit)
                if row is None:
                    told.left_out["64 hex digits that are no txid of the store"] += 1
                    continue
                counts[row["kind"]] += 1
                if len(rows) < ROWS_IN_ANSWER:
                    rows.append(row)
                for writer in writers:
                    writer.add([guarded(row[c]) for c in COLUMNS])
            digest = _sha256(path, before, total, progress)
            before += size
            told_of.append(_told_of(number, path, told, digest))
        progress(Step("search", total, total, in_bytes=True))
        tip = store.tip if store is not None else {}
    written = sum(counts.values())
    return {
        **tip,
        "since": _when(request.bounds.since),
        "until": _when(request.bounds.until),
        "undated": "searched"
        if request.bounds.undated or not request.bounds.by_date
        else "left out",
        "privileged_words": len(request.bounds.privileged),
        "files": told_of,
        "counts": dict(sorted(counts.items())),
        "distinct": judge.distinct(),
        "rows": rows,
        "rows_not_shown": written - len(rows),
    }


class _Judge:
    """What a hit is, by the chain where there is one."""

    def __init__(self, store: OpenStore | None) -> None:
        self._store = store
        self._seen: dict[str, set[str]] = {}
        self._known: dict[tuple[str, str], bool] = {}

    def row(self, file: str, hit: Hit) -> Row | None:
        """The row of a hit; None for 64 hex digits that the store does not know as a txid."""
        kind, value = hit.kind, hit.value
        row: Row = {
            "file": file,
            "part": hit.part,
            "offset": hit.offset,
            "length": hit.length,
            "encoding": "utf-16" if hit.wide else "bytes",
            "kind": "secret" if hit.is_secret else kind,
            "value": None if hit.is_secret else value,
            "type": hit.kind.partition(": ")[2] if hit.is_secret else None,
            "networks": None,
            "amount_sat": None,
            "in_chain": None,
        }
        if kind == "payment_uri" and value is not None:
            # the rest of a URI may name a person
            row["value"], row["amount_sat"] = _of_uri(value)
        if kind in ("address", "payment_uri") and row["value"]:
            row.update(_address(row["value"]))
            row["in_chain"] = self._in_chain("address", row["value"])
        if kind == "hex64" and value is not None:
            row["kind"], row["value"] = "txid", value.lower()
            known = self._in_chain("txid", value.lower())
            if known == "no":
                return None
            row["in_chain"] = known
            row["type"] = None if known else "candidate: any 64 hex digits"
        if row["value"]:
            self._seen.setdefault(row["kind"], set()).add(row["value"])
        return row

    def distinct(self) -> dict[str, int]:
        """The number of different values of each kind."""
        return {kind: len(values) for kind, values in sorted(self._seen.items())}

    def _in_chain(self, kind: str, value: str) -> str | None:
        if self._store is None:
            return None
        key = (kind, value)
        if key not in self._known:
            self._known[key] = _found(self._store, kind, value)
        return "yes" if self._known[key] else "no"


def _found(store: OpenStore, kind: str, value: str) -> bool:
    if kind == "txid":
        return bool(store.lookup.find_tx_ids(parse_txid(value)))
    try:
        script = script_pubkey(value, store.network)
    except AddressError:
        return False
    return bool(store.lookup.script_ids([script]))


def _address(text: str) -> Row:
    networks, kind = [], None
    for network in (each for each in NETWORKS.values() if each.is_bitcoin):
        try:
            kind = str(script_type(script_pubkey(text, network)))
        except AddressError:
            continue
        networks.append(network.name)
    return {"type": kind, "networks": " ".join(networks)}


def _of_uri(uri: str) -> tuple[str, int | None]:
    """The address and the amount of a payment URI (BIP 21), None for none or a malformed one."""
    address, _, query = uri.partition(":")[2].partition("?")
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        whole, _, part = value.partition(".")
        if name.lower() == "amount" and len(value) < 20 and len(part) <= 8:
            digits = (whole or "0") + part.ljust(8, "0")
            if digits.isascii() and digits.isdigit():
                return address, int(digits)
    return address, None


def _told_of(number: int, path: Path, told: Told, digest: str) -> Row:
    return {
        "file": f"F{number}",
        "path": str(path),
        "bytes": path.stat().st_size,
        "sha256": digest,
        "parts": told.parts,
        "searched_bytes": told.searched_bytes,
        "left_out": dict(sorted(told.left_out.items())),
        "unread": [{"part": part, "reason": why} for part, why in told.unread],
    }


def _sha256(path: Path, before: int, total: int, progress: Progress) -> str:
    """The file's SHA-256 in hex, told as it goes: an image takes its time."""
    digest, done = sha256(), before
    with path.open("rb") as file:
        while chunk := file.read(_HASHED_AT_ONCE):
            digest.update(chunk)
            done += len(chunk)
            progress(Step("hash", min(done, total), total, in_bytes=True))
    return digest.hexdigest()


def _journalled(
    case: CaseFile, request: Extraction, answer: Row, kept: TextIO, moment: datetime
) -> Row:
    content = kept.read().encode()
    name = f"extractions/{case.journal.last_seq + 1}/found.csv"
    waiting = case.pending(case.journal.last_seq + 1)
    case.write(str((waiting / name).relative_to(case.folder)), content)
    body = {
        "parameters": {k: answer[k] for k in ("since", "until", "undated", "privileged_words")},
        "counts": answer["counts"],
        "distinct": answer["distinct"],
        "searched": [
            {k: f[k] for k in ("file", "bytes", "sha256", "parts", "searched_bytes", "left_out")}
            for f in answer["files"]
        ],
        "outputs": {name: sha256(content).hexdigest()},
    }
    sealed = {
        "authority": answer["authority"],
        "files": {f["file"]: f["path"] for f in answer["files"]},
        "privileged": list(request.bounds.privileged),
    }
    entry = case.append(KIND, body, moment, sealed)
    case.place(entry)
    return {"entry": entry.seq, "found": str(case.folder / name)}


def _files(given: Sequence[Path]) -> list[Path]:
    """The files named, and those in folders named, each once, in order of their paths."""
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
            if not inside:
                raise SourceError(f"{path} has no file in it; name the files to search")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise SourceError(f"{path} does not exist; name the files to search")
    return list(dict.fromkeys(found))


def privileged_words(given: Sequence[str]) -> tuple[str, ...]:
    """The words of `--privileged`: a file with one a line, or words with commas between them.

    Raises MisuseError for a word so short that it would leave out everything.
    """
    words: list[str] = []
    for text in given:
        path = Path(text)
        if "," not in text and path.is_file():
            try:
                listed: Iterator[str] = iter(path.read_text(encoding="utf-8-sig").splitlines())
            except (OSError, UnicodeDecodeError):
                raise MisuseError(f"{path} is no readable UTF-8 list of words") from None
        else:
            listed = iter(text.split(","))
        words += [word.strip() for word in listed if word.strip()]
    if any(len(word) < 3 for word in words):
        raise MisuseError("a privileged word of fewer than 3 letters would leave out everything")
    return tuple(dict.fromkeys(words))


def bounds_of(
    since: datetime | None, until: datetime | None, undated: bool, privileged: Sequence[str]
) -> Bounds:
    """The bounds of a search, dates in UTC. Raises MisuseError where they leave nothing."""

    def utc(given: datetime | None) -> datetime | None:
        return given.replace(tzinfo=UTC) if given is not None and given.tzinfo is None else given

    bounds = Bounds(utc(since), utc(until), undated, privileged_words(privileged))
    if bounds.since and bounds.until and bounds.since >= bounds.until:
        raise MisuseError("--since is not before --until; nothing would be searched")
    return bounds


def _when(date: datetime | None) -> str | None:
    return None if date is None else format_time(int(date.timestamp()))
