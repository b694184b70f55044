"""What is left where: unspent outputs, accounts at services, and the rest, to the satoshi."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from peelchain.case.findings import Findings
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.case.support.rule_table import AllRules, Progress, bounds_at, most_bounded
from peelchain.errors import ConservationError
from peelchain.script import address
from peelchain.tags.rates import Rate, Rates, fiat
from peelchain.trace.walk import Trace
from peelchain.units import OutPoint, format_time

Row = dict[str, Any]

_NAMED = ("service", "mixer")


@dataclass(frozen=True)
class Left:
    """What is left: the rows of `unspent` and `accounts`, and the asset at each forward terminal.

    `asset_of` gives by type and txout_id the id of a row (U1, A1) or, for all else, the type.
    """

    unspent: list[Row]
    accounts: list[Row]
    asset_of: dict[tuple[str, int], str]

    def asset(self, kind: str, txout: int | None) -> str:
        """The asset that a terminal belongs to."""
        return kind if txout is None else self.asset_of.get((kind, txout), kind)


def latest_rates(rates: Rates, day: date) -> dict[str, tuple[date, Rate]]:
    """For each currency its last rate up to a day, with the day that it is of."""
    found: dict[str, tuple[date, Rate]] = {}
    for (of, currency), rate in sorted(rates.items()):
        if of <= day:
            found[currency] = of, rate
    return found


def worth(sat: int, rates: Mapping[str, tuple[date, Rate]]) -> dict[str, str]:
    """An amount in every currency that has a rate."""
    return {currency: str(fiat(sat, rate.price)) for currency, (_, rate) in sorted(rates.items())}


def left(
    sources: Sources,
    subject: Subject,
    found: Findings,
    of: AllRules,
    rates: Mapping[str, tuple[date, Rate]],
    progress: Progress,
) -> Left:
    """What of the subject's and of the traced value is unspent, and what services were paid.

    An unspent output is the subject's, whole, or somebody else's, to whom traced value came. An
    account is what a service was paid at one address. Raises ConservationError where the rows do
    not add up to what the rules leave there.
    """
    traced = _traced(of.trace)
    reached = {t for (kind, t), amounts in traced.items() if kind == "unspent" and any(amounts)}
    own = sources.chain.outputs_of_scripts(subject.scripts)
    held = sources.chain.outputs(own)
    mine = set(own[(held.spender < 0) & (held.value_sat > 0) & ~held.unspendable].tolist())
    rows = sorted(reached | mine)
    unspent = _unspent(sources, of, rows, mine, traced, rates, progress)
    accounts, account_of = _accounts(sources, found, of, traced, rates, progress)
    assets = {("unspent", txout): row["id"] for txout, row in zip(rows, unspent, strict=True)}
    _check(of.trace, "unspent", unspent)
    _check(of.trace, "service", [row for row in accounts if row["type"] == "service"])
    return Left(unspent, accounts, {**assets, **account_of})


def _unspent(
    sources: Sources,
    of: AllRules,
    rows: list[int],
    mine: set[int],
    traced: Mapping[tuple[str, int], list[int]],
    rates: Mapping[str, tuple[date, Rate]],
    progress: Progress,
) -> list[Row]:
    there = sources.chain.outputs(rows)
    values = there.value_sat.tolist()
    scripts = sources.lookup.scripts(there.script_id.tolist())
    when = _times(sources, rows)
    outpoints = sources.outpoints(rows)
    limits = _limits(of, [[txout] for txout in rows], values, progress)
    told = []
    for number, (txout, value, script) in enumerate(
        zip(rows, values, there.script_id.tolist(), strict=True), 1
    ):
        amounts = dict(zip(of.trace.rules, _amounts(of, traced, "unspent", [txout]), strict=True))
        sat = value if txout in mine else next(iter(amounts.values()))
        told.append(
            {
                "id": f"U{number}",
                "outpoint": outpoints[txout],
                "address": address(scripts[script], sources.network),
                "script_pubkey": scripts[script].hex(),
                "held_by": "subject" if txout in mine else None,
                "basis": "inference" if txout in mine else "scan",
                **when[txout],
                "value_sat": value,
                "traced_sat": amounts,
                **limits[number - 1],
                "fiat": worth(sat, rates),
            }
        )
    return told


def _accounts(
    sources: Sources,
    found: Findings,
    of: AllRules,
    traced: Mapping[tuple[str, int], list[int]],
    rates: Mapping[str, tuple[date, Rate]],
    progress: Progress,
) -> tuple[list[Row], dict[tuple[str, int], str]]:
    ends = sorted((kind, t) for kind, t in traced if kind in _NAMED)
    there = sources.chain.outputs([t for _, t in ends])
    groups: dict[tuple[int, str, int], list[int]] = {}
    for (kind, txout), script in zip(ends, there.script_id.tolist(), strict=True):
        entity = found.entity_at("forward", txout)
        groups.setdefault((int(entity[1:]), kind, script), []).append(txout)
    order = sorted(groups, key=lambda key: (key[0], key[1], min(groups[key])))
    outputs = [txout for _, txout in ends]
    values = dict(zip(outputs, there.value_sat.tolist(), strict=True))
    outpoints = sources.outpoints(outputs)
    scripts = sources.lookup.scripts(there.script_id.tolist())
    when = _times(sources, outputs)
    findings = {row["outpoint"]: row for row in found.outflows}
    candidates = _candidates(sources, found)
    labels = {entity: found.marks[name].label for name, entity in found.entity_of.items()}
    sums = [sum(values[t] for t in groups[key]) for key in order]
    limits = _limits(of, [groups[key] for key in order], sums, progress)
    told: list[Row] = []
    account_of = {}
    for key, value, limit in zip(order, sums, limits, strict=True):
        number, kind, script = key
        paid = sorted(groups[key])
        name = f"A{len(told) + 1}"
        account_of.update({(kind, txout): name for txout in paid})
        amounts = dict(zip(of.trace.rules, _amounts(of, traced, kind, paid), strict=True))
        rows = [findings[outpoints[t]] for t in paid if outpoints[t] in findings]
        told.append(
            {
                "id": name,
                "type": kind,
                "entity": f"S{number}",
                "label": labels[f"S{number}"],
                "address": address(scripts[script], sources.network),
                "script_pubkey": scripts[script].hex(),
                "basis": "inference",
                "findings": [row["id"] for row in rows],
                "payments": len(paid),
                "outpoints": [outpoints[t] for t in paid],
                "first_utc": min(when[t]["time_utc"] for t in paid),
                "last_utc": max(when[t]["time_utc"] for t in paid),
                "deposit_candidates": [
                    candidates[c]
                    for c in sorted({c for r in rows for c in r["deposit_candidates"]})
                ],
                "value_sat": value,
                "traced_sat": amounts,
                **limit,
                "fiat": worth(next(iter(amounts.values())), rates),
            }
        )
    return told, account_of


def _candidates(sources: Sources, found: Findings) -> dict[str, Row]:
    """The outputs that may be customers' deposits to a service, by outpoint, with their address."""
    named = sorted({c for row in found.outflows for c in row["deposit_candidates"]})
    txouts = sources.lookup.txout_ids([OutPoint.parse(outpoint) for outpoint in named])
    there = sources.chain.outputs(txouts)
    scripts = sources.lookup.scripts(there.script_id.tolist())
    return {
        outpoint: {
            "outpoint": outpoint,
            "address": address(scripts[script], sources.network),
            "script_pubkey": scripts[script].hex(),
            "value_sat": value,
        }
        for outpoint, script, value in zip(
            named, there.script_id.tolist(), there.value_sat.tolist(), strict=True
        )
    }


def _traced(trace: Trace) -> dict[tuple[str, int], list[int]]:
    """What each rule leaves at each output where value rests, by type and txout_id."""
    found: dict[tuple[str, int], list[int]] = {}
    for at, outcome in enumerate(trace.rules.values()):
        table = outcome.terminals
        for kind, txout, sat in zip(
            *(table[c].to_pylist() for c in ("type", "txout_id", "traced_sat")), strict=True
        ):
            if txout is not None:
                found.setdefault((kind, txout), [0] * len(trace.rules))[at] += sat
    return found


def _amounts(
    of: AllRules, traced: Mapping[tuple[str, int], list[int]], kind: str, txouts: Sequence[int]
) -> list[int]:
    none = [0] * len(of.trace.rules)
    parts = [traced.get((kind, txout), none) for txout in txouts]
    return [sum(column) for column in zip(*parts, strict=True)]


def _limits(
    of: AllRules, groups: list[list[int]], values: list[int], progress: Progress
) -> list[Row]:
    """The bounds of each group; of more than can be bounded, those of the greatest value."""
    order = sorted(range(len(groups)), key=lambda at: (-values[at], at))[: most_bounded(of)]
    limits = bounds_at(of, [groups[at] for at in order], progress)
    none: Row = {"least_sat": None, "most_sat": None}
    told = [none] * len(groups)
    for at, bound in zip(order, limits, strict=True):
        told[at] = {"least_sat": bound.least_sat, "most_sat": bound.most_sat}
    return told


def _times(sources: Sources, txouts: Sequence[int]) -> dict[int, Row]:
    """Height and block time of each output."""
    makers = sources.chain.outputs(list(txouts)).tx_id
    heights = sources.chain.transactions(makers).height.tolist()
    blocks = {b.height: b.time_seconds for b in sources.lookup.blocks(set(heights))}
    return {
        txout: {"height": height, "time_utc": format_time(blocks[height])}
        for txout, height in zip(txouts, heights, strict=True)
    }


def _check(trace: Trace, kind: str, rows: Sequence[Row]) -> None:
    for rule, outcome in trace.rules.items():
        told, of = sum(row["traced_sat"][rule] for row in rows), outcome.totals.get(kind, 0)
        if told != of:
            raise ConservationError(
                f"under {rule} the rows of {kind} come to {told} sat, the trace to {of} sat; this "
                "is a defect of peelchain, please report it"
            )


def watch_list(subject_scripts: Sequence[Row], left_: Left) -> list[Row]:
    """What to monitor: unspent outputs, the subject's addresses, deposit addresses; each once.

    Where a service's own wallet was paid by gathering deposits, the addresses of those instead.
    `subject_scripts` are rows with address and script_pubkey.
    """
    rows: list[Row] = [
        {
            "watch": "outpoint",
            "outpoint": row["outpoint"],
            "address": row["address"],
            "script_pubkey": row["script_pubkey"],
            "value_sat": row["value_sat"],
            "reason": "subject_unspent" if row["held_by"] else "traced_unspent",
            "asset": row["id"],
        }
        for row in left_.unspent
    ]
    named = [("subject", None, row) for row in subject_scripts]
    for account in left_.accounts:
        # what gathers deposits is the service's own wallet, which pays and is paid all day long
        deposits = account["deposit_candidates"] or [account]
        reason = "deposit_candidate" if account["deposit_candidates"] else "deposit"
        named += [(reason, account["id"], row) for row in deposits]
    named = list({row["script_pubkey"]: (why, asset, row) for why, asset, row in named}.values())
    rows += [
        {
            "watch": "address",
            "outpoint": None,
            "address": row["address"],
            "script_pubkey": row["script_pubkey"],
            "value_sat": None,
            "reason": reason,
            "asset": asset,
        }
        for reason, asset, row in named
    ]
    return rows


def with_holders(accounts: Sequence[Row], links: Sequence[Row]) -> list[Row]:
    """The accounts with `holders`: whose they are, as services answered, by the vault's refs.

    `links` are rows of returns (return, grade, outpoint, account, person) that agree with the
    chain; one of a deposit candidate tells whose that deposit was.
    """
    of: dict[str, list[Row]] = {}
    for row in links:
        of.setdefault(row["outpoint"], []).append(row)
    return [
        {
            **account,
            "holders": [
                row
                for outpoint in (
                    *account["outpoints"],
                    *(c["outpoint"] for c in account["deposit_candidates"]),
                )
                for row in of.get(outpoint, [])
            ],
        }
        for account in accounts
    ]


def claims_on(left_: Left, trace: Trace, names: Sequence[str | None]) -> list[Row]:
    """Each claimant's part of every asset under each rule; parts add up to the whole.

    `trace` is of the claimants together, `names` theirs in order, None for what nobody claims.
    """
    parts: dict[str | None, dict[str, dict[str, int]]] = {name: {} for name in names}
    for rule, outcome in trace.rules.items():
        if outcome.claims is None:
            raise AssertionError("a trace of claimants has claims")
        table = outcome.claims
        for claimant, kind, txout, sat in zip(
            *(table[c].to_pylist() for c in ("claimant", "type", "txout_id", "traced_sat")),
            strict=True,
        ):
            of = parts[names[claimant]].setdefault(left_.asset(kind, txout), {})
            of[rule] = of.get(rule, 0) + sat
    return [
        {
            "claimant": name,
            "assets": [
                {"asset": asset, "traced_sat": {rule: sats.get(rule, 0) for rule in trace.rules}}
                for asset, sats in sorted(assets.items(), key=lambda item: _asset_order(item[0]))
            ],
        }
        for name, assets in parts.items()
    ]


def _asset_order(name: str) -> tuple[int, int, str]:
    numbered = name[:1] in "UA" and name[1:].isdigit()
    return ("UA".index(name[0]), int(name[1:]), "") if numbered else (2, 0, name)
