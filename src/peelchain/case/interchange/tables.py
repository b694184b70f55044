"""Statements as tables: CSV files and a workbook."""

from collections.abc import Sequence

from peelchain.case.interchange.statements import Statements
from peelchain.case.spreadsheet import MOST_ROWS, Cell, Sheet, xlsx
from peelchain.csv_text import csv_bytes

Table = tuple[Sequence[str], list[Sequence[Cell]]]


def tables(said: Statements) -> dict[str, Table]:
    """Columns and rows of each table, by name."""
    rules = list(said.rules)
    currencies = sorted({currency for p in said.payments for currency in p.fiat})
    return {
        "about": (
            ("name", "value"),
            [
                ("case", said.case),
                ("title", said.title),
                ("date_utc", said.date_utc),
                ("network", said.network),
                ("tip_height", said.tip_height),
                ("tip_hash", said.tip_hash),
                ("digest", said.digest),
                ("software", said.software),
                ("about", said.about()),
            ],
        ),
        "parties": (
            ("party", "label", "role", "category", "scripts", "basis", "source"),
            [
                (p.party, p.label, p.role, p.category, p.scripts, p.basis, "; ".join(p.sources))
                for p in said.parties
            ],
        ),
        "addresses": (
            ("party", "address", "script_pubkey", "basis", "source", "error"),
            [
                (a.party, a.address, a.script_pubkey, a.basis, a.source, a.error)
                for a in said.addresses
            ],
        ),
        "payments": (
            (
                "finding",
                "kind",
                "payer",
                "payee",
                "outpoint",
                "address",
                "time_utc",
                "height",
                "value_sat",
                *(f"traced_sat_{r}" for r in rules),
                *(f"fiat_{c}" for c in currencies),
                "hops",
                "path",
                "basis",
                "source",
                "error",
            ),
            [
                (
                    p.finding,
                    p.kind,
                    p.payer,
                    p.payee,
                    p.outpoint,
                    p.address,
                    p.time_utc,
                    p.height,
                    p.value_sat,
                    *(p.traced_sat.get(r) for r in rules),
                    *(p.fiat.get(c) for c in currencies),
                    p.hops,
                    " ".join(p.path),
                    p.basis,
                    p.source,
                    p.error,
                )
                for p in said.payments
            ],
        ),
        "links": (
            ("party", "script_a", "script_b", "txid", "rule", "basis", "source", "error"),
            [
                (k.party, k.script_a, k.script_b, k.txid, k.rule, k.basis, k.source, k.error)
                for k in said.links
            ],
        ),
        "flows": (
            (
                "direction",
                "rule",
                "txid",
                "from_outpoint",
                "to_outpoint",
                "value_sat",
                "traced_sat",
            ),
            [
                (
                    f.direction,
                    f.rule,
                    f.txid,
                    f.source_outpoint,
                    f.target_outpoint,
                    f.value_sat,
                    f.traced_sat,
                )
                for f in said.flows
            ],
        ),
    }


def csv_files(said: Statements) -> dict[str, bytes]:
    """A CSV file for each table."""
    return {f"{name}.csv": csv_bytes(*table) for name, table in tables(said).items()}


def workbook(said: Statements) -> dict[str, bytes]:
    """One workbook with a sheet for each table, as far as a sheet's rows go."""
    sheets = [
        Sheet(name, columns, rows[: MOST_ROWS - 1])
        for name, (columns, rows) in tables(said).items()
    ]
    return {"statements.xlsx": xlsx(sheets)}
