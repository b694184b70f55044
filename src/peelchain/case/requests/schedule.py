"""The schedule for one service: its rows, and the same as CSV, XLSX and PDF."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peelchain.case.payments import Payment
from peelchain.case.report import typeset
from peelchain.case.report.blocks import Block, bullets, column, heading, line, page, para, terms
from peelchain.case.report.blocks import table as laid_table
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.inert import breakable, printable
from peelchain.case.report.reading import grouped
from peelchain.case.requests.places import Place
from peelchain.case.spreadsheet import Cell, Sheet, xlsx
from peelchain.csv_text import csv_bytes
from peelchain.units import format_btc

DIRECTIONS = ("paid_out", "paid_in", "deposit_candidate")
"""What a row is to the service: it paid this out; it was paid this; a customer may have paid it."""

_LETTERS = dict(zip(DIRECTIONS, "ABC", strict=True))
_LINE = 66


@dataclass(frozen=True)
class Row:
    """A payment asked about: the findings that it stands for, and where it is in the chain."""

    findings: tuple[str, ...]
    direction: str
    place: Place


@dataclass(frozen=True)
class Schedule:
    """What one service is asked.

    `jurisdictions` are those of its actor, none where no actor pack names it. `currencies` are the
    fiat columns, the same for every service of a request.
    """

    case: str
    date_utc: str
    entity: str
    label: str
    network: str
    tip: str
    jurisdictions: tuple[str, ...]
    currencies: tuple[str, ...]
    rows: tuple[Row, ...]
    more: str = ""

    @property
    def stem(self) -> str:
        """The name of its files: `S1-exchange-north`."""
        slug = re.sub("[^a-z0-9]+", "-", self.label.lower()).strip("-")[:40].strip("-")
        return f"{self.entity}-{slug}" if slug else self.entity


def outpoints_of(payments: Sequence[Payment]) -> set[str]:
    """Every output that a schedule of these payments names."""
    return {o for p in payments for o in (p.outpoint, *p.candidates)}


def rows_of(payments: Sequence[Payment], places: Mapping[str, Place]) -> tuple[Row, ...]:
    """The rows for the payments of one service.

    What it paid out, what it was paid, and the outputs of which one may be a customer's deposit;
    each in chain order by height. An output that several findings name is one row.
    """
    findings: dict[tuple[str, str], list[str]] = {}
    for payment in payments:
        named: list[tuple[str, str]] = [(payment.direction, payment.outpoint)]
        named += [("deposit_candidate", candidate) for candidate in payment.candidates]
        for key in named:
            findings.setdefault(key, []).append(payment.finding)
    rows = [Row(tuple(ids), kind, places[out]) for (kind, out), ids in findings.items()]
    return tuple(
        sorted(
            rows,
            key=lambda r: (DIRECTIONS.index(r.direction), r.place.height, r.place.outpoint),
        )
    )


def columns_of(schedule: Schedule) -> list[str]:
    """The columns of a schedule's CSV and of the first sheet of its workbook."""
    return [
        *("row", "finding", "direction", "txid", "vout", "address", "time_utc", "height"),
        *("block_hash", "value_sat", "btc", *(f"fiat_{c}" for c in schedule.currencies), "asked"),
    ]


def cells_of(schedule: Schedule, texts: Texts) -> list[list[Cell]]:
    """The rows of a schedule under `columns_of`; findings joined by spaces, None for no value."""
    made: list[list[Cell]] = []
    for number, row in enumerate(schedule.rows, 1):
        place = row.place
        txid, _, vout = place.outpoint.partition(":")
        made.append(
            [
                number,
                " ".join(row.findings),
                row.direction,
                txid,
                int(vout),
                place.address,
                place.time_utc,
                place.height,
                place.block_hash,
                place.value_sat,
                format_btc(place.value_sat),
                *(place.fiat.get(c) for c in schedule.currencies),
                texts.say(f"requests.asked_{row.direction}"),
            ]
        )
    return made


def schedule_csv(schedule: Schedule, texts: Texts) -> bytes:
    """The schedule as CSV, UTF-8 with LF line ends; no cell is run by a spreadsheet."""
    return csv_bytes(columns_of(schedule), cells_of(schedule, texts))


def schedule_xlsx(schedule: Schedule, texts: Texts) -> bytes:
    """The schedule as a workbook: the rows of the CSV, then what it is and what each column is."""
    about = [[name, value] for name, value in _facts(schedule, texts)]
    about += [
        [texts.say(f"requests.direction_{kind}"), texts.say(f"requests.asked_{kind}")]
        for kind in _kinds(schedule)
    ]
    about += [["", asked] for asked in _asked(schedule, texts)]
    about += [[name, told] for name, told in texts.pairs("requests.columns")]
    return xlsx(
        [
            Sheet("schedule", columns_of(schedule), cells_of(schedule, texts)),
            Sheet(
                texts.say("requests.sheet_about"),
                [texts.say("requests.about"), ""],
                about,
            ),
        ]
    )


def schedule_pdf(schedule: Schedule, texts: Texts) -> bytes:
    """The schedule as PDF/A and PDF/UA: who is asked what, and every row with its whole hashes."""
    title = texts.say("requests.title", label=printable(schedule.label, 60))
    running = {
        "title": title,
        "header": texts.say("page.header", title=title, case=printable(schedule.case, 36)),
        "footer": texts.say("page.footer", case=printable(schedule.case, 36)),
        "number": texts.say("page.number", page="{page}", pages="{pages}"),
        "contents": texts.say("page.contents"),
    }
    body: list[Block] = [
        heading(breakable(title)),
        para(texts.say("requests.intro")),
        terms([(name, breakable(printable(text, 200))) for name, text in _facts(schedule, texts)]),
        heading(texts.say("requests.asked_heading"), 2),
        terms(
            [
                (
                    f"{_LETTERS[kind]} – {texts.say(f'requests.direction_{kind}')}",
                    texts.say(f"requests.asked_{kind}"),
                )
                for kind in _kinds(schedule)
            ]
        ),
        para(texts.say("requests.asked_all"), "intro"),
        bullets([breakable(printable(t, 2000)) for t in _asked(schedule, texts)]),
        para(texts.say("requests.times"), "small"),
        page(landscape=True),
        heading(texts.say("requests.rows_heading")),
        _table(schedule, texts),
    ]
    document = typeset.content(texts.say("language.code"), schedule.date_utc, running, body)
    return typeset.pdf(document)


def _facts(schedule: Schedule, texts: Texts) -> list[tuple[str, str]]:
    sums = {
        kind: sum(r.place.value_sat for r in schedule.rows if r.direction == kind)
        for kind in DIRECTIONS[:2]
    }
    where = ", ".join(schedule.jurisdictions) or texts.say("requests.jurisdiction_unknown")
    return [
        (texts.say("requests.service"), schedule.label),
        (texts.say("requests.jurisdiction"), where),
        (texts.say("front.case"), schedule.case),
        (texts.say("requests.date"), schedule.date_utc),
        (texts.say("front.network"), schedule.network),
        (texts.say("front.tip"), schedule.tip),
        (texts.say("requests.rows"), f"{len(schedule.rows):,}"),
        *(
            (texts.say(f"requests.sum_{kind}"), f"{format_btc(sat)} BTC")
            for kind, sat in sums.items()
            if sat
        ),
    ]


def _kinds(schedule: Schedule) -> list[str]:
    there = {row.direction for row in schedule.rows}
    return [kind for kind in DIRECTIONS if kind in there]


def _asked(schedule: Schedule, texts: Texts) -> list[str]:
    """What is asked of every row, the text that the user gave last."""
    every = [text for _, text in texts.pairs("requests.asked_each")]
    return [*every, schedule.more] if schedule.more else every


def _table(schedule: Schedule, texts: Texts) -> Block:
    columns = [
        column(texts.say("requests.row"), 26, "right"),
        column(texts.say("requests.place"), "1fr"),
        column(texts.say("requests.time"), 92),
        column(texts.say("requests.value"), 72, "right"),
        *(column(printable(c, 8), 66, "right") for c in schedule.currencies),
        column(texts.say("requests.kind"), 40),
    ]
    rows: list[list[Any]] = []
    for number, row in enumerate(schedule.rows, 1):
        place = row.place
        address = printable(place.address or "", 120)
        rows.append(
            [
                str(number),
                [
                    line(place.outpoint, "mono"),
                    *(line(address[i : i + _LINE], "mono") for i in range(0, len(address), _LINE)),
                    line(texts.say("requests.block", hash=place.block_hash), "small"),
                ],
                [line(place.time_utc), line(str(place.height), "small")],
                format_btc(place.value_sat),
                *(grouped(place.fiat[c]) if c in place.fiat else "–" for c in schedule.currencies),
                [line(_LETTERS[row.direction], "strong"), line(_findings(row), "small")],
            ]
        )
    return laid_table(columns, rows)


def _findings(row: Row) -> str:
    first, *rest = row.findings
    return f"{first} +{len(rest)}" if rest else first
