"""What a trace through accounts adds to an answer: who holds what, and what was paid on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.rules import public_rule
from peelchain.actions.view import StoreView
from peelchain.case.services import Services
from peelchain.script import address
from peelchain.trace.accounts import AccountTrace

Row = dict[str, Any]


class AccountNames:
    """Names of accounts: the address of the least script of each, and who tags say it is."""

    def __init__(self, view: StoreView, done: AccountTrace, known: Services) -> None:
        """Looks up every account that the tables of a trace name."""
        found = set[int | None]()
        for outcome in done.rules.values():
            tables = (outcome.terminals, outcome.holdings, outcome.payments, outcome.claims)
            for table in tables:
                for column in ("account_id", "other_account_id"):
                    if table is not None and column in table.column_names:
                        found |= set(table[column].to_pylist())
        accounts = sorted(account for account in found if account is not None)
        scripts = view.lookup.scripts(accounts)
        marks = known.marks_at(accounts)
        self._names = {a: address(scripts[a], view.network) or scripts[a].hex() for a in accounts}
        self._labels = {
            a: mark.label for a, mark in zip(accounts, marks, strict=True) if mark is not None
        }

    def name(self, account: int | None) -> str | None:
        """The address of its least script, or that script in hex where it has none."""
        return None if account is None else self._names[account]

    def label(self, account: int) -> str | None:
        """The service that tags say it is; None where they say nothing."""
        return self._labels.get(account)


def summed(done: AccountTrace, table: str) -> list[Row]:
    """The rows of a table of several rules, each once, with `traced` satoshis by rule.

    They are in the order that they first come in, rule by rule.
    """
    rows: dict[tuple[Any, ...], Row] = {}
    for name, outcome in done.rules.items():
        for row in getattr(outcome, table).to_pylist():
            row.pop("seq", None)
            sat = row.pop("traced_sat")
            traced = rows.setdefault(tuple(row.values()), {**row, "traced": {}})["traced"]
            traced[name] = traced.get(name, 0) + sat
    return list(rows.values())


def holdings(done: AccountTrace, names: AccountNames, places: Places) -> list[Row]:
    """What accounts hold of the traced value when their books are closed, by account."""
    rows = summed(done, "holdings")
    rows.sort(key=lambda row: (row["account_id"], row["tx_id"] is None, row["tx_id"] or 0))
    return [
        {
            "account": names.name(row["account_id"]),
            "label": names.label(row["account_id"]),
            "type": row["type"],
            "closed_by": None if row["tx_id"] is None else places.txid(row["tx_id"]),
            "balance_sat": row["balance_sat"],
            "traced_sat": traced_by(done, row),
        }
        for row in rows
    ]


def payments(
    done: AccountTrace,
    names: AccountNames,
    places: Places,
    worths: Callable[[Mapping[str, int], int], Row | None],
    marked: Mapping[int, Sequence[str]],
) -> list[Row]:
    """Each movement of traced value out of an account's books, in the order of the walk."""
    rows = summed(done, "payments")
    rows.sort(key=lambda row: -row["tx_id"] if done.direction == "backward" else row["tx_id"])
    found = []
    for row in rows:
        tx, txout, traced = row["tx_id"], row["txout_id"], traced_by(done, row)
        found.append(
            {
                "account": names.name(row["account_id"]),
                "txid": places.txid(tx),
                "output": None if txout is None else places.outpoint(txout),
                "other_account": names.name(row["other_account_id"]),
                "type": row["type"],
                "output_sat": row["value_sat"],
                "traced_sat": traced,
                "address": None if txout is None else places.address(txout),
                **places.when(tx),
                "fiat": worths(traced, places.seconds(tx)),
                "mark": list(marked.get(txout, ())),
            }
        )
    return found


def traced_by(done: AccountTrace, row: Row) -> dict[str, int]:
    """The traced satoshis of a row by each rule of the trace, by its public name."""
    return {public_rule(name): row["traced"].get(name, 0) for name in done.rules}


def held(done: AccountTrace, rule: str) -> dict[str, int]:
    """What accounts hold under a rule, by type, in order of name."""
    table = done.rules[rule].holdings
    sums: dict[str, int] = {}
    for kind, sat in zip(table["type"].to_pylist(), table["traced_sat"].to_pylist(), strict=True):
        sums[kind] = sums.get(kind, 0) + sat
    return dict(sorted(sums.items()))


def ids_named(done: AccountTrace) -> tuple[set[int], set[int]]:
    """The txout_ids and the tx_ids that the tables of a trace name."""
    txouts, txs = set[int | None](), set[int | None]()
    for outcome in done.rules.values():
        for table in (outcome.terminals, outcome.holdings, outcome.payments, outcome.claims):
            if table is None:
                continue
            txs |= set(table["tx_id"].to_pylist())
            if "txout_id" in table.column_names:
                txouts |= set(table["txout_id"].to_pylist())
    return {o for o in txouts if o is not None}, {t for t in txs if t is not None}


def stopped(done: AccountTrace, max_txs: int | None) -> Row:
    """That the walk through accounts stopped early, and why, where it did."""
    if not done.partial:
        return {}
    reached = max_txs is not None and done.visited_txs >= max_txs
    return {"partial": True, "stopped_by": "max_txs" if reached else "you"}


def walked_through(done: AccountTrace) -> Row:
    """How far the walk through accounts went."""
    return {"visited_txs": done.visited_txs, "opened_books": done.opened_books}
