"""Each service's answer to the schedule it was sent, by its books, with known mistakes.

Reads `truth/` of a simulated chain and the schedules of `case requests write`; needs no key and no
block. The same truth, schedules, seed and rate give the same bytes.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from random import Random

from peelchain.errors import MisuseError
from peelchain.simulate.answer_styles import FIELDS, Style, style_of
from peelchain.simulate.people import Identity, write_rows

ERRORS = ("missing", "amount", "time", "address", "txid", "extra")
"""Mistakes that services make: a row left out, a wrong field, a row that nobody asked for."""

_NEEDED = ("finding", "txid", "vout", "address", "time_utc", "value_sat")
_EARLIER = (60, 3_000)
_OFF_DAYS = (3, 20)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Asked:
    """A row of a schedule; `time` is seconds since 1970, 0 where an answer leaves it empty."""

    finding: str
    txid: str
    vout: int
    address: str
    time: int
    value_sat: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake: `row` of the answer from 1 (0 where the row is missing), what was so and given."""

    file: str
    row: int
    finding: str
    outpoint: str
    error: str
    was: str
    given: str


@dataclass(frozen=True, slots=True)
class Link:
    """What a row asked for truly is: the account at the service and who holds it."""

    file: str
    finding: str
    outpoint: str
    service_id: str
    account: str
    owner_id: str


@dataclass(frozen=True)
class Answer:
    """One service's answer, with the truth about it; `content` is the file."""

    name: str
    service_id: str
    label: str
    content: bytes
    arguments: list[str]
    rows: int
    links: list[Link]
    mistakes: list[Mistake]


def answer_requests(
    node: Path, schedules: Sequence[Path], out: Path, *, seed: int, rate: float
) -> list[Answer]:
    """Answers of the services that the schedules went to, written to a new folder.

    Writes `out/NAME.csv` for each schedule of that name, `out/import.json` (how to import each) and
    `out/truth/links.csv` and `mistakes.csv`. `rate` is the share of rows with a mistake. Raises
    MisuseError for a folder that is not empty, or a schedule that no service of the chain got.
    """
    if not 0 <= rate <= 1:
        raise MisuseError(f"the error rate {rate} is out of range; give 0 to 1")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise MisuseError(f"{out} is not empty; name a new or empty folder for the answers")
    books = read_books(node)
    answers = [_answer(books, path, seed, rate) for path in sorted(schedules)]
    (out / "truth").mkdir(parents=True)
    for answer in answers:
        (out / f"{answer.name}.csv").write_bytes(answer.content)
    how = {
        answer.name: {"service": answer.label, "arguments": answer.arguments} for answer in answers
    }
    text = json.dumps(how, indent=2, sort_keys=True, ensure_ascii=True)
    (out / "import.json").write_text(text + "\n", encoding="ascii", newline="\n")
    for name, kind, rows in (
        ("links", Link, [link for a in answers for link in a.links]),
        ("mistakes", Mistake, [mistake for a in answers for mistake in a.mistakes]),
    ):
        columns = [f.name for f in fields(kind)]
        write_rows(out / "truth" / f"{name}.csv", columns, [astuple(row) for row in rows])
    return answers


@dataclass(frozen=True)
class Books:
    """What the services know, by truth.

    `labels` has each service's label by its owner_id; `paid_out` the account by service and
    outpoint; `deposits` the account by service and address; `holders` who holds an account.
    """

    labels: dict[str, str]
    paid_out: dict[str, dict[str, str]]
    deposits: dict[str, dict[str, str]]
    holders: dict[tuple[str, str], Identity]
    values: dict[str, int]


def read_books(node: Path) -> Books:
    """The books of a simulated data directory. Raises MisuseError where it has none."""
    owners = _read(node / "truth" / "owners.csv")
    labels = {row["owner_id"]: row["label"] for row in owners if row["label"]}
    books = Books(labels, {s: {} for s in labels}, {s: {} for s in labels}, {}, {})
    for row in _read(node / "truth" / "withdrawals.csv"):
        place = f"{row['txid']}:{row['vout']}"
        books.paid_out[row["service_id"]][place] = row["account"]
        books.values[place] = int(row["value_sat"])
    for row in _read(node / "truth" / "accounts.csv"):
        books.deposits[row["service_id"]][row["address"]] = row["account"]
    for row in _read(node / "truth" / "people" / "identities.csv"):
        identity = Identity(**row)
        books.holders[identity.service_id, identity.account] = identity
    return books


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise MisuseError(
            f"{path} cannot be read ({e}); name the folder that 'peelchain simulate' wrote and "
            "schedules that 'peelchain case requests write' wrote"
        ) from None


def _answer(books: Books, path: Path, seed: int, rate: float) -> Answer:
    service = _service_of(books, path.stem)
    rng = Random(f"peelchain answer {seed} {service}")
    style = style_of(service)
    rows: list[dict[str, str]] = []
    links: list[Link] = []
    mistakes: list[Mistake] = []
    asked = _asked(path)
    known = {f"{row.txid}:{row.vout}" for row in asked}
    for row in asked:
        place = f"{row.txid}:{row.vout}"
        account = books.paid_out[service].get(place) or books.deposits[service].get(row.address)
        if account is None:
            mistakes.append(Mistake(path.stem, 0, row.finding, place, "not_in_books", place, ""))
            continue
        identity = books.holders[service, account]
        links.append(Link(path.stem, row.finding, place, service, account, identity.owner_id))
        error = rng.choice(_possible(style, row)) if rng.random() < rate else ""
        told, was, given = _mistaken(row, error, rng)
        if error == "missing":
            mistakes.append(Mistake(path.stem, 0, row.finding, place, error, place, ""))
            continue
        rows.append(_cells(told, identity, style))
        if error == "extra":
            other = _another(books, service, known, row)
            if other is None:
                continue
            known.add(f"{other.txid}:{other.vout}")
            holder = books.holders[service, books.paid_out[service][f"{other.txid}:{other.vout}"]]
            rows.append(_cells(other, holder, style))
            was, given = "", f"{other.txid}:{other.vout}"
        if error:
            mistakes.append(Mistake(path.stem, len(rows), row.finding, place, error, was, given))
    content = _written(rows, style)
    arguments = style.arguments()
    label = books.labels[service]
    return Answer(path.stem, service, label, content, arguments, len(rows), links, mistakes)


def _service_of(books: Books, stem: str) -> str:
    """The service whose name the schedule's file name ends in."""
    fitting = [s for s, label in books.labels.items() if stem.lower().endswith(_slug(label))]
    if not fitting:
        raise MisuseError(
            f"{stem}.csv is named after no service of this chain; give schedules as "
            "'peelchain case requests write' names them"
        )
    return max(fitting, key=lambda service: len(books.labels[service]))


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _asked(path: Path) -> list[Asked]:
    rows = _read(path)
    missing = [name for name in _NEEDED if rows and name not in rows[0]]
    if missing:
        raise MisuseError(f"{path} has no column {missing[0]}; give schedules of requests")
    try:
        return [
            Asked(
                row["finding"],
                row["txid"],
                int(row["vout"]),
                row["address"],
                int(datetime.fromisoformat(row["time_utc"]).timestamp()),
                int(row["value_sat"]),
            )
            for row in rows
        ]
    except ValueError as e:
        raise MisuseError(f"{path} is no schedule of requests: {e}") from None


def _possible(style: Style, row: Asked) -> list[str]:
    """The mistakes that would show in this service's answer.

    Where it gives no output index, the address is what names the output: it is given rightly.
    """
    names_output = bool(row.address) and "vout" in style.headings
    given = {field for field in style.headings if field != "address" or names_output}
    return [error for error in ERRORS if error in given or error in ("missing", "extra")]


def _mistaken(row: Asked, error: str, rng: Random) -> tuple[Asked, str, str]:
    """The row as it is told, with what was so and what is given.

    A service's books have a payment some minutes before its block.
    """
    row = replace(row, time=row.time - rng.randint(*_EARLIER))
    if error == "amount":
        wrong = row.value_sat + rng.choice((-1, 1)) * max(1, row.value_sat // rng.randint(3, 50))
        return replace(row, value_sat=wrong), str(row.value_sat), str(wrong)
    if error == "time":
        off = row.time + rng.choice((-1, 1)) * rng.randint(*_OFF_DAYS) * _DAY
        return replace(row, time=off), str(row.time), str(off)
    if error == "address":
        at = len(row.address) // 2
        other = row.address[:at] + ("q" if row.address[at] != "q" else "p") + row.address[at + 1 :]
        return replace(row, address=other), row.address, other
    if error == "txid":
        wrong_txid = row.txid[::-1]
        return replace(row, txid=wrong_txid), row.txid, wrong_txid
    return row, "", ""


def _another(books: Books, service: str, known: set[str], near: Asked) -> Asked | None:
    """A withdrawal of the service by a transaction that nobody asked about."""
    txids = {place.partition(":")[0] for place in known}
    for place in books.paid_out[service]:
        txid, _, vout = place.partition(":")
        if txid not in txids:
            value = books.values[place]
            return Asked(near.finding, txid, int(vout), "", 0, value)
    return None


def _cells(row: Asked, holder: Identity, style: Style) -> dict[str, str]:
    known = {
        "account": holder.account,
        "txid": row.txid,
        "vout": str(row.vout),
        "address": row.address,
        "amount": style.amount(row.value_sat),
        "time": style.time(row.time) if row.time else "",
        "name": holder.name,
        "birth_date": holder.birth_date,
        "email": holder.email,
        "document": holder.document,
        "country": holder.country,
    }
    return {style.headings[field]: known[field] for field in FIELDS if field in style.headings}


def _written(rows: Sequence[dict[str, str]], style: Style) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, list(style.headings.values()), delimiter=style.delimiter, lineterminator="\r\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    # utf-16 alone would follow the machine's byte order
    if style.encoding == "utf-16":
        return b"\xff\xfe" + text.getvalue().encode("utf-16-le")
    return text.getvalue().encode(style.encoding)
