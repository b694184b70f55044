"""Sets of real transactions, the verdicts of people on them, and what the detectors say."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from peelchain.cluster.coinjoin.classify import classify
from peelchain.cluster.coinjoin.parse import Paid, Spent, Transaction
from peelchain.errors import SourceError
from peelchain.evaluate.detector_error import MIXES
from peelchain.evaluate.error_rates import Counted, ErrorRate, rate

ORDINARY = "ordinary"
UNDECIDED = "undecided"
TX0 = "whirlpool_tx0"

NOT_FLAGGED = "ordinary transactions, right where not flagged"
FLAGGED = "transactions flagged as mixes"
NAMED = "transactions given this name"
AGREEMENT = "lines, right where detectors and scanner agree"

_SCANNED_AS_MIX = ("WasabiCoinJoins", "Wasabi2CoinJoins", "SamouraiCoinJoins", "OtherCoinJoins")


@dataclass(frozen=True)
class Judged:
    """A line of a set: the verdict of the labels on it, and what the detectors call it, or ''."""

    line: int
    txid: str
    verdict: str
    said: str


def judged_sets(folder: Path, labels: Path) -> dict[str, list[Judged]]:
    """Every line of every set, by the set's name: its path below the folder without the ending.

    A line of a set is `txid:::block:::index:::time:::inputs:::outputs`. The labels are a CSV table
    with the columns txid, set and verdict. Raises SourceError naming file and line where a line is
    no transaction, has no label, or a label no line.
    """
    verdicts = _labels(labels)
    found: dict[str, list[Judged]] = {}
    for path in sorted(folder.glob("*/*.txt")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        transactions = list(_transactions(path))
        rows = []
        for line, judgement in enumerate(classify(transactions), 1):
            txid = judgement.txid.hex()
            if (name, txid) not in verdicts:
                raise SourceError(f"{path} line {line}: {labels} has no verdict on {txid}; add it")
            said = judgement.type or judgement.lookalike or ""
            rows.append(Judged(line, txid, verdicts.pop((name, txid)), said))
        found[name] = rows
    if not found:
        raise SourceError(f"{folder} holds no sets of transactions; give the folder `coinjoins`")
    if verdicts:
        name, txid = next(iter(verdicts))
        raise SourceError(
            f"{labels}: {len(verdicts)} verdicts are on transactions that {folder} lacks, such as "
            f"{txid} of {name}; give the sets that the labels are of"
        )
    return found


def real_rates(sets: Mapping[str, list[Judged]], made_by: str) -> list[ErrorRate]:
    """The rows of these sets, each set a group; what is undecided counts for nothing."""
    decided = {
        name: [j for j in rows if j.verdict != UNDECIDED] for name, rows in sorted(sets.items())
    }
    types = sorted({j.verdict for rows in decided.values() for j in rows} - {ORDINARY})
    mixes = [t for t in types if t in MIXES]
    every = sum(len(rows) for rows in decided.values())
    data = f"{len(sets)} sets of real transactions, {every} lines judged by shape"

    def row(rule: str, stratum: str, unit: str, counted: Counted) -> ErrorRate:
        return rate(rule, stratum, counted, data=data, basis="real", unit=unit, made_by=made_by)

    def flagged(rows: list[Judged], verdicts: list[str]) -> tuple[int, int]:
        some = [j for j in rows if j.verdict in verdicts]
        return sum(j.said in MIXES for j in some), len(some)

    groups = list(decided.values())
    said = tuple(
        (
            sum(j.said in MIXES and j.verdict in mixes for j in rows),
            sum(j.said in MIXES for j in rows),
        )
        for rows in groups
    )
    sought = tuple(flagged(rows, mixes) for rows in groups)
    result = [row("coinjoin", "all", FLAGGED, Counted(said, sought))]
    spared = tuple((n - f, n) for f, n in (flagged(rows, [ORDINARY]) for rows in groups))
    result.append(row("coinjoin", "all", NOT_FLAGGED, Counted(said=spared)))
    for name in types:
        if name in mixes:
            found = tuple(flagged(rows, [name]) for rows in groups)
            result.append(row(name, "all", FLAGGED, Counted(sought=found)))
        named = Counted(
            tuple(
                (
                    sum(j.said == name == j.verdict for j in rows),
                    sum(j.said == name for j in rows),
                )
                for rows in groups
            ),
            tuple(
                (
                    sum(j.said == name == j.verdict for j in rows),
                    sum(j.verdict == name for j in rows),
                )
                for rows in groups
            ),
        )
        result.append(row(name, "all", NAMED, named))
    for name, rows in sets.items():
        scanned = name.rpartition("/")[2] in _SCANNED_AS_MIX
        agreed = sum((j.said in MIXES) == scanned for j in rows)
        one = Counted(said=((agreed, len(rows)),))
        result.append(row("coinjoin", f"set:{name}", AGREEMENT, one))
    return result


def errors_in(sets: Mapping[str, list[Judged]]) -> list[tuple[str, Judged]]:
    """The lines on which detectors and labels differ in whether it is a mix, with their set."""
    return [
        (name, j)
        for name, rows in sorted(sets.items())
        for j in rows
        if j.verdict != UNDECIDED and (j.said in MIXES) != (j.verdict in MIXES)
    ]


def _labels(path: Path) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    known = {*MIXES, TX0, ORDINARY, UNDECIDED}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if not {"txid", "set", "verdict"} <= set(reader.fieldnames or ()):
                raise SourceError(f"{path} line 1: the heading needs txid, set and verdict")
            for row in reader:
                key = (row["set"], row["txid"])
                if key in found or row["verdict"] not in known:
                    what = "is there twice" if key in found else "has a verdict that there is not"
                    raise SourceError(
                        f"{path} line {reader.line_num}: transaction {row['txid']!r:.70} {what}"
                    )
                found[key] = row["verdict"]
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give the CSV of labels") from None
    except (UnicodeDecodeError, csv.Error) as e:
        raise SourceError(f"{path} is no CSV in UTF-8 ({e}); give the CSV of labels") from None
    return found


def _transactions(path: Path) -> Iterator[Transaction]:
    with path.open(encoding="ascii", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                yield _transaction(line.rstrip("\n"))
            except (ValueError, IndexError):
                raise SourceError(
                    f"{path} line {number} is no transaction of a set; give the sets as published"
                ) from None


def _transaction(line: str) -> Transaction:
    txid, *_, inputs, outputs = line.split(":::")
    spent, paid = [], []
    for text in inputs.split("}{"):
        place, script, _ = text.split("+")
        prev, _, value = place.split("-")
        spent.append(Spent(bytes.fromhex(prev), int(value), bytes.fromhex(script), False))
    for text in outputs.split("}{"):
        amount, script, _ = text.split("+")
        paid.append(Paid(int(amount), bytes.fromhex(script)))
    return Transaction(bytes.fromhex(txid), False, tuple(spent), tuple(paid))
