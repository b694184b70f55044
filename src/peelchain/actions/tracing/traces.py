"""A trace from given outputs or parties, forward or backward, under any rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.account_rows import (
    AccountNames,
    held,
    holdings,
    ids_named,
    payments,
    stopped,
    walked_through,
)
from peelchain.actions.tracing.account_scope import SCOPE, account_trace, has_books
from peelchain.actions.tracing.controls import controls, errors_of
from peelchain.actions.tracing.fiat import Fiat, fiat_in, sum_fiat
from peelchain.actions.tracing.fiat import told as fiat_told
from peelchain.actions.tracing.figures import check_figures, write_figures
from peelchain.actions.tracing.filters import Filters, Limits
from peelchain.actions.tracing.not_fetched import not_fetched
from peelchain.actions.tracing.offchain import Marked, mark_errors, mark_rows, marked
from peelchain.actions.tracing.party_flows import party_flows
from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.rules import public_rule, rules_by_scope, rules_in_order
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.tables import check_folder, write_tables
from peelchain.actions.tracing.walk import WalkAsked, Walked, head, walk
from peelchain.actions.view import StoreView
from peelchain.case.services import services_at
from peelchain.errors import MisuseError
from peelchain.tags.knowledge import ALL as ALL_KNOWN
from peelchain.tags.knowledge import Knowledge
from peelchain.trace.accounts import AccountRuleTrace, AccountTrace
from peelchain.trace.walk import Direction, RuleTrace, Trace
from peelchain.units import format_hash

Row = dict[str, Any]

_TRANSACTION = "transaction"


@dataclass(frozen=True)
class TraceAsked:
    """A trace in a user's words. The first of `rules` is the one that `value_sat` is told for.

    `policy` names the clustering, of which there may be one; `fiat` a currency, `rates_of` whose
    rates.
    """

    direction: Direction
    seeds: SeedsAsked
    rules: Sequence[str] = ("pro-rata",)
    filters: Filters = field(default_factory=Filters)
    policy: Sequence[str] = ()
    fiat: str | None = None
    rates_of: str | None = None
    hops: bool = False
    parties: bool = False
    """Whether to say who passed how much to whom, too."""
    tables: Path | None = None
    figures: Path | None = None
    knowledge: Knowledge = ALL_KNOWN


def trace_from(
    direction: Direction,
    seeds: list[str],
    rule: str,
    store: Path,
    limits: Limits | None = None,
    progress: Watch = silent,
    *,
    with_hops: bool = False,
) -> Row:
    """Where the value of outputs went or came from, under one rule, to the satoshi.

    Seeds are outpoints, `TXID:VOUT` or `TXID:VOUT=SATOSHIS` for a part.
    """
    filters = Filters(**asdict(limits)) if limits else Filters()
    asked = TraceAsked(direction, SeedsAsked(seeds), (rule,), filters, hops=with_hops)
    return trace_asked(asked, store, progress)


@dataclass(frozen=True)
class _Told:
    """A walk, one through accounts beside it where a rule is of that scope, and the rules told.

    `rules` are kernel names in the order asked; those of a walk that nobody asked for are not told.
    """

    walked: Walked
    accounts: AccountTrace | None
    rules: tuple[str, ...]

    def scope(self, rule: str) -> str:
        return SCOPE if self.accounts and rule in self.accounts.rules else _TRANSACTION

    def outcome(self, rule: str) -> RuleTrace | AccountRuleTrace:
        if self.accounts and rule in self.accounts.rules:
            return self.accounts.rules[rule]
        return self.walked.trace.rules[rule]

    def of_scope(self, scope: str) -> tuple[str, ...]:
        return tuple(rule for rule in self.rules if self.scope(rule) == scope)


def trace_asked(asked: TraceAsked, store: Path, progress: Watch = silent) -> Row:
    """Where the value of seeds went or came from, under each rule, to the satoshi.

    The `traced_sat` of the terminals under a rule, with what accounts hold under one of scope
    account, add up to `seeds_sat`; `value_sat` is that under the first rule, `output_sat` the whole
    output's.
    """
    check_folder(asked.tables)
    check_figures(asked.figures)
    books = has_books(store)
    names, account_names = rules_by_scope(asked.direction, asked.rules, books=books)
    rules = rules_in_order(asked.direction, asked.rules, books=books)
    told_names = [name for name in rules if name not in account_names]
    drawn = asked.figures is not None
    if drawn and not told_names:
        raise MisuseError(
            "figures are drawn from the hops of a rule of scope transaction; name one too, such as "
            "--rule pro-rata, or leave out --figures"
        )
    with_hops = asked.hops or asked.parties or asked.tables is not None
    policy = policy_asked(store, list(asked.policy), [])
    with StoreView(store, policy, knowledge=asked.knowledge) as view:
        worth = fiat_in(asked.fiat, asked.rates_of, view)
        what = WalkAsked(asked.direction, asked.seeds, names, asked.filters)
        walked = walk(view, what, progress, hops=(with_hops and bool(told_names)) or drawn)
        accounts = (
            account_trace(walked, account_names, progress, payments=with_hops)
            if account_names
            else None
        )
        told = _Told(walked, accounts, rules)
        terminals = _union(told, "terminals")
        hops = _union(told, "hops") if with_hops else []
        places = _places(told, terminals, hops)
        found = marked(view, _looked_at(told, terminals, hops))
        named = _Named(
            _labels(walked, terminals),
            _coinjoins(walked, terminals),
            None if accounts is None else AccountNames(view, accounts, walked.named),
            found.names(),
            not_fetched(view, asked.direction, _ends_of(terminals, "unresolved")),
        )
        rows = [_terminal(t, told, places, worth, named) for t in terminals]
        first = told.outcome(rules[0])
        answer = {
            **head(walked),
            **({} if accounts is None else stopped(accounts, walked.request.max_txs)),
            "seeds_net_sat": first.seeds_net_sat,
            "rule": public_rule(rules[0]),
            "totals": first.totals,
            "rules": _rules(told, rows),
            "accounts": None if accounts is None else walked_through(accounts),
            "poison": poison(walked.trace),
            "seeds": _seeds(walked, places, named),
            "claimants": _claimants(told),
            "terminals": rows,
            "holdings": _holdings(told, places, named),
            "claims": _claims(told, places, named),
            "marks": mark_rows(view, found),
            "mark_errors": _mark_errors(found),
            "witnesses": found.witnesses,
            "fiat": fiat_told(worth, rows),
        }
        if with_hops:
            control = controls(view, hops, walked.named)
            answer["control_errors"] = errors_of(control)
            answer["hops"] = [
                _hop(h, said, told, places, worth, named)
                for h, said in zip(hops, control, strict=True)
            ]
            answer["payments"] = _payments(told, places, worth, named)
        answer["tables"] = None if asked.tables is None else _written(asked.tables, asked, answer)
        answer["figures"] = (
            None if asked.figures is None else write_figures(walked, told_names[0], asked.figures)
        )
        if asked.parties:
            answer["parties"] = party_flows(walked, rules, accounts)
            answer["services"] = _services(walked)
        if not asked.hops:
            for key in ("hops", "payments", "control_errors"):
                answer.pop(key, None)
        return answer


def _services(walked: Walked) -> dict[str, Row]:
    """Party and category of each service that stops the walk, by its label."""
    return {
        mark.label: {"party": mark.party, "category": mark.category}
        for mark in walked.known.marks_in_use()
    }


def _written(folder: Path, asked: TraceAsked, answer: Row) -> list[str]:
    """Writes the answer as tables and gives the names of the files."""
    stamp = {
        **{key: answer[key] for key in ("tip_height", "tip_hash", "policy", "run_id", "partial")},
        "direction": asked.direction,
        "rules": [rule["rule"] for rule in answer["rules"]],
        "filters": answer["filters"],
    }
    currency = answer["fiat"]["currency"] if answer["fiat"] else None
    return write_tables(
        folder,
        stamp,
        {
            "seeds": answer["seeds"],
            "terminals": _by_each_rule(answer, "terminals", currency),
            "hops": _by_each_rule(answer, "hops", currency),
            **(
                {
                    "holdings": _by_each_rule(answer, "holdings", currency),
                    "payments": _by_each_rule(answer, "payments", currency),
                }
                if answer["accounts"]
                else {}
            ),
            **({"claims": answer["claims"]} if answer["claimants"] else {}),
        },
    )


def _by_each_rule(answer: Row, table: str, currency: str | None) -> Iterator[Row]:
    """The rows of each rule in turn, those under which nothing is traced left out."""
    for rule in answer["rules"]:
        name = rule["rule"]
        rows = (row for row in answer[table] if row["traced_sat"].get(name))
        for seq, row in enumerate(rows):
            fiat = row["fiat"][name] if row.get("fiat") else None
            yield {
                **row,
                **(row.get("control") or {"basis": None, "by": None, "label": row.get("label")}),
                "rule": name,
                "scope": rule["scope"],
                "seq": seq,
                "traced_sat": row["traced_sat"][name],
                "fiat": fiat,
                "currency": currency,
                "account": row.get("account") if rule["scope"] == SCOPE else None,
                "mark": "; ".join(row.get("mark", ())) or None,
            }


def _union(told: _Told, table: str) -> list[Row]:
    """The rows of a table under any rule, in its order, with `traced` satoshis by rule.

    A row is the same where all but the traced amount is: rules differ in amounts alone. Hops are of
    rules of scope transaction. A terminal has an `account_id` where a rule of scope account leaves
    something there: that of the account which handed it on.
    """
    walked = told.walked
    rows: dict[tuple[Any, ...], Row] = {}
    rules = told.rules if table == "terminals" else told.of_scope(_TRANSACTION)
    for name in rules:
        for row in getattr(told.outcome(name), table).to_pylist():
            row.pop("seq", None)
            sat, account = row.pop("traced_sat"), row.pop("account_id", None)
            key = tuple(row.values())
            known = rows.get(key)
            if known and account is not None and known["account_id"] not in (None, account):
                # handed on by two accounts: each has a row of its own
                key = (*key, account)
            kept = rows.setdefault(key, {**row, "account_id": None, "traced": {}})
            kept["account_id"] = account if kept["account_id"] is None else kept["account_id"]
            kept["traced"][name] = kept["traced"].get(name, 0) + sat
    if len(rules) == 1:
        return list(rows.values())
    # each rule's rows are in the order of the walk: merged, that of transactions is kept
    backward = walked.direction == "backward" and table == "hops"
    return sorted(rows.values(), key=lambda row: -row["tx_id"] if backward else _chain_order(row))


def _chain_order(row: Row) -> tuple[int, bool, int]:
    if "from_txout_id" in row:
        return row["tx_id"], False, 0
    return row["tx_id"], row["txout_id"] is None, row["txout_id"] or 0


def _places(told: _Told, terminals: list[Row], hops: list[Row]) -> Places:
    txouts, txs = (set(), set()) if told.accounts is None else ids_named(told.accounts)
    txouts |= set(told.walked.seeds.txouts.tolist())
    txouts |= {t["txout_id"] for t in terminals if t["txout_id"] is not None}
    txouts |= {h["from_txout_id"] for h in hops}
    txouts |= {h["to_txout_id"] for h in hops if h["to_txout_id"] is not None}
    txs |= {t["tx_id"] for t in terminals} | {h["tx_id"] for h in hops}
    return Places(told.walked.view, txouts, txs)


def _looked_at(told: _Told, terminals: list[Row], hops: list[Row]) -> set[int]:
    """The outputs that are looked at for marks: seeds, ends, and what hops and payments made."""
    txouts = set[int]() if told.accounts is None else ids_named(told.accounts)[0]
    txouts |= set(told.walked.seeds.txouts.tolist())
    txouts |= {t["txout_id"] for t in terminals if t["txout_id"] is not None}
    return txouts | {h["to_txout_id"] for h in hops if h["to_txout_id"] is not None}


def _mark_errors(found: Marked) -> Row:
    """The measured error of each mark that was found."""
    names = {name for names in found.names().values() for name in names}
    return {mark: error for mark, error in mark_errors().items() if mark in names}


@dataclass(frozen=True)
class _Named:
    """What stops a walk at its terminals: services by name, CoinJoins by txid, what is not fetched.

    And the names of accounts, where one was walked through, and of the marks of outputs.
    """

    labels: dict[tuple[int, int | None], str]
    coinjoins: dict[int, str]
    accounts: AccountNames | None
    marks: Mapping[int, Sequence[str]]
    reasons: Mapping[int, str]

    def account(self, account: int | None) -> str | None:
        return None if self.accounts is None else self.accounts.name(account)


def _ends_of(terminals: list[Row], kind: str) -> list[int]:
    return [t["txout_id"] for t in terminals if t["type"] == kind]


def _coinjoins(walked: Walked, terminals: list[Row]) -> dict[int, str]:
    """The txid of the CoinJoin that spends, backward that made, each output that ends at one."""
    ids = np.array(_ends_of(terminals, "coinjoin"), np.int64)
    outputs = walked.view.chain.outputs(ids)
    txs = (outputs.spender if walked.direction == "forward" else outputs.tx_id).tolist()
    txids = walked.view.lookup.txids(set(txs))
    return {txout: format_hash(txids[tx]) for txout, tx in zip(ids.tolist(), txs, strict=True)}


def _terminal(row: Row, told: _Told, places: Places, worth: Fiat | None, named: _Named) -> Row:
    tx, txout = row["tx_id"], row["txout_id"]
    first = row["traced"].get(told.rules[0], 0)
    traced = _by_rule(row, told.rules)
    return {
        "type": row["type"],
        "txid": places.txid(tx),
        "vout": None if txout is None else places.vout(txout),
        "value_sat": first,
        "output_sat": row["value_sat"],
        "label": named.labels.get((tx, txout)),
        "coinjoin": named.coinjoins.get(txout) if row["type"] == "coinjoin" else None,
        "reason": named.reasons.get(txout) if row["type"] == "unresolved" else None,
        "address": None if txout is None else places.address(txout),
        **places.when(tx),
        "traced_sat": traced,
        "account": named.account(row["account_id"]),
        "fiat": _worth(traced, worth, places.seconds(tx)),
        "mark": list(named.marks.get(txout, ())),
    }


def _worth(
    traced: Mapping[str, int], worth: Fiat | None, seconds: int
) -> dict[str, str | None] | None:
    if worth is None:
        return None
    return {rule: worth.worth(sat, seconds) for rule, sat in traced.items()}


def _by_rule(row: Row, rules: Sequence[str]) -> dict[str, int]:
    return {public_rule(name): row["traced"].get(name, 0) for name in rules}


def _labels(walked: Walked, terminals: list[Row]) -> dict[tuple[int, int | None], str]:
    """The name of the service at each terminal that is one's, by tx_id and txout_id."""
    ends = [(t["tx_id"], t["txout_id"]) for t in terminals if t["type"] in ("service", "mixer")]
    marks = services_at(walked.direction, ends, walked.view.chain, walked.known)
    return {end: mark.label for end, mark in zip(ends, marks, strict=True) if mark}


def _hop(
    row: Row, control: Any, told: _Told, places: Places, worth: Fiat | None, named: _Named
) -> Row:
    start, tx, to = row["from_txout_id"], row["tx_id"], row["to_txout_id"]
    rules = told.of_scope(_TRANSACTION)
    first = row["traced"].get(rules[0], 0)
    traced = _by_rule(row, rules)
    return {
        "from": places.outpoint(start),
        "txid": places.txid(tx),
        "to": None if to is None else places.outpoint(to),
        "value_sat": first,
        "output_sat": row["value_sat"],
        "traced_sat": traced,
        "from_address": places.address(start),
        "to_address": None if to is None else places.address(to),
        **places.when(tx),
        "fiat": _worth(traced, worth, places.seconds(tx)),
        "control": control,
        "mark": list(named.marks.get(to, ())),
    }


def _holdings(told: _Told, places: Places, named: _Named) -> list[Row]:
    if told.accounts is None or named.accounts is None:
        return []
    return holdings(told.accounts, named.accounts, places)


def _payments(told: _Told, places: Places, worth: Fiat | None, named: _Named) -> list[Row]:
    if told.accounts is None or named.accounts is None:
        return []
    return payments(
        told.accounts,
        named.accounts,
        places,
        lambda traced, seconds: _worth(traced, worth, seconds),
        named.marks,
    )


def _seeds(walked: Walked, places: Places, named: _Named) -> list[Row]:
    seeds = walked.seeds
    claims = [None] * len(seeds.txouts) if seeds.claimant_of is None else seeds.claimant_of.tolist()
    return [
        {
            "outpoint": places.outpoint(txout),
            "value_sat": places.value_sat(txout),
            "traced_sat": sat,
            "claimant": None if claim is None else seeds.claimants[claim],
            "address": places.address(txout),
            **places.when(places.maker(txout)),
            "mark": list(named.marks.get(txout, ())),
        }
        for txout, sat, claim in zip(seeds.txouts.tolist(), seeds.sat.tolist(), claims, strict=True)
    ]


def poison(found: Trace) -> Row:
    """What reachability alone says: no amounts of a rule, each output taken whole."""
    return {
        "outputs": found.poison.txouts,
        "value_sat": found.poison.value_sat,
        "totals": found.poison.totals,
    }


def _claims(told: _Told, places: Places, named: _Named) -> list[Row]:
    """What of each terminal and holding is each claimant's, rule by rule, in their order."""
    found = []
    for name in told.rules:
        table = told.outcome(name).claims
        for row in [] if table is None else table.to_pylist():
            tx, txout = row["tx_id"], row["txout_id"]
            found.append(
                {
                    "rule": public_rule(name),
                    "claimant": told.walked.seeds.claimants[row["claimant"]],
                    "type": row["type"],
                    "txid": None if tx is None else places.txid(tx),
                    "vout": None if txout is None else places.vout(txout),
                    "account": named.account(row.get("account_id")),
                    "traced_sat": row["traced_sat"],
                }
            )
    return found


def _claimants(told: _Told) -> list[Row]:
    """Each claimant with what it starts with, and its sums by rule and type."""
    seeds = told.walked.seeds
    if seeds.claimant_of is None:
        return []
    found = [
        {
            "claimant": claimant,
            "seeds_sat": sum(seeds.sat[seeds.claimant_of == at].tolist()),
            "totals": {public_rule(name): {} for name in told.rules},
        }
        for at, claimant in enumerate(seeds.claimants)
    ]
    for name in told.rules:
        table = told.outcome(name).claims
        for row in [] if table is None else table.to_pylist():
            totals = found[row["claimant"]]["totals"][public_rule(name)]
            totals[row["type"]] = totals.get(row["type"], 0) + row["traced_sat"]
    return found


def _rules(told: _Told, rows: list[Row]) -> list[Row]:
    """Each rule with its sums, which are the seeds' to the satoshi."""
    found = []
    for name in told.rules:
        outcome, scope = told.outcome(name), told.scope(name)
        found.append(
            {
                "rule": public_rule(name),
                "scope": scope,
                "seeds_sat": outcome.seeds_sat,
                "seeds_net_sat": outcome.seeds_net_sat,
                "totals": outcome.totals,
                "held": held(told.accounts, name) if told.accounts and scope == SCOPE else None,
                "fiat_totals": _fiat_totals(rows, public_rule(name)),
            }
        )
    return found


def _fiat_totals(rows: list[Row], rule: str) -> dict[str, str] | None:
    """The worths of a rule's terminals, by type; amounts without a rate are in none."""
    worths: dict[str, list[str | None]] = {}
    for row in rows:
        if row["fiat"] is None:
            return None
        if row["traced_sat"][rule]:
            worths.setdefault(row["type"], []).append(row["fiat"][rule])
    return {kind: sum_fiat(amounts) for kind, amounts in sorted(worths.items())}
