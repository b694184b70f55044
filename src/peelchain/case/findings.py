"""What the traces of a party come to: receipts, inflows from services, outflows to services."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from peelchain.case.services import ServiceName, Services, service_at, service_name
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.script import address
from peelchain.tags.rates import fiat, rate_on
from peelchain.tags.services import Mark
from peelchain.trace.paths import connections, deposit_candidates
from peelchain.trace.walk import Direction, Trace
from peelchain.units import format_time

Row = dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """The findings of a case, ready for report.json.

    `entity_of` gives the entity (`S1`, `S2`, ...) of each service that a finding or a mixer
    terminal names, `marks` its mark; `ends` the service at each such end.
    """

    receipts: list[Row]
    inflows: list[Row]
    outflows: list[Row]
    by_service: dict[str, list[Row]]
    totals: Row
    without_rate: list[str]
    entity_of: dict[ServiceName, str]
    marks: dict[ServiceName, Mark]
    ends: dict[tuple[Direction, int], ServiceName]

    def entity_at(self, direction: Direction, txout_id: int) -> str:
        """The entity at a service or mixer terminal."""
        return self.entity_of[self.ends[direction, txout_id]]


def find(sources: Sources, subject: Subject, backward: Trace, forward: Trace) -> Findings:
    """The findings of both traces of a party, rows in chain order."""
    rules = list(backward.rules)
    parties, ends = _services(sources, backward, forward)
    entity_of = {name: f"S{n}" for n, name in enumerate(sorted(parties), 1)}
    place = _Places(sources, subject, backward, forward)
    receipts = [
        {"id": f"R{n}", **place.row(t, place.value_sat(t))}
        for n, t in enumerate(subject.receipts.tolist(), 1)
    ]
    receipt_ids = {t: f"R{n}" for n, t in enumerate(subject.receipts.tolist(), 1)}
    inflows: list[Row] = []
    for end in _ends(sources, backward, receipt_ids):
        inflows.append(
            {
                "id": f"I{len(inflows) + 1}",
                **place.row(end.txout, end.traced[rules[0]]),
                "entity": entity_of[service_name(end.mark)],
                "traced_sat": end.traced,
                "receipts": [receipt_ids[t] for t in sorted(end.seeds)],
                "path": place.path(end.path),
                "hops": len(end.path) - 1,
                "basis": "inference",
            }
        )
    outflows: list[Row] = []
    reached = set(forward.reached.txouts.tolist())
    for end in _ends(sources, forward, receipt_ids):
        party = sources.services.of_party(end.mark.party)
        candidates = deposit_candidates(sources.chain, reached, end.txout, party)
        outflows.append(
            {
                "id": f"O{len(outflows) + 1}",
                **place.row(end.txout, end.traced[rules[0]]),
                "entity": entity_of[service_name(end.mark)],
                "traced_sat": end.traced,
                "path": place.path(end.path),
                "hops": len(end.path) - 1,
                "deposit_candidates": sorted(sources.outpoints(list(candidates)).values()),
                "basis": "inference",
            }
        )
    labels = {entity_of[name]: mark.label for name, mark in parties.items()}
    first = rules[0]
    return Findings(
        receipts=receipts,
        inflows=inflows,
        outflows=outflows,
        by_service={
            "inflows": _by_service(inflows, labels, rules),
            "outflows": _by_service(outflows, labels, rules),
        },
        totals={
            "receipts": len(receipts),
            "received_sat": sum(r["value_sat"] for r in receipts),
            "internal_sat": backward.rules[first].totals.get("seed", 0),
            "inflow_sat": sum(r["traced_sat"][first] for r in inflows),
            "outflow_sat": sum(r["traced_sat"][first] for r in outflows),
            "fiat": sum_fiat(receipts),
        },
        without_rate=sorted(place.unpriced),
        entity_of=entity_of,
        marks=parties,
        ends=ends,
    )


@dataclass(frozen=True)
class _End:
    txout: int
    mark: Mark
    traced: dict[str, int]
    seeds: frozenset[int]
    path: tuple[int, ...]


def _ends(sources: Sources, trace: Trace, receipts: Collection[int]) -> list[_End]:
    """The `service` ends that a trace reaches, in chain order, with what each rule leaves there."""
    amounts: dict[int, dict[str, int]] = {}
    seeds: dict[int, set[int]] = {}
    for rule, outcome in trace.rules.items():
        joined = connections(trace.direction, list(receipts), outcome.hops, outcome.terminals)
        for row, connection in zip(outcome.terminals.to_pylist(), joined, strict=True):
            if row["type"] == "service":
                txout = row["txout_id"]
                amounts.setdefault(txout, dict.fromkeys(trace.rules, 0))[rule] = row["traced_sat"]
                seeds.setdefault(txout, set()).update(connection.seeds)
    ends = []
    for txout, row in sorted(trace.reached.ends("service").items()):
        path = trace.reached.path(row)
        ends.append(
            _End(
                txout,
                _mark_at(sources, trace.direction, txout, sources.services),
                amounts.get(txout, dict.fromkeys(trace.rules, 0)),
                frozenset(seeds.get(txout, set()) | {path[0]}),
                path if trace.direction == "forward" else path[::-1],
            )
        )
    return ends


def _mark_at(sources: Sources, direction: Direction, txout: int, known: Services) -> Mark:
    tx_id = int(sources.chain.outputs([txout]).tx_id[0])
    mark = service_at(direction, tx_id, txout, sources.chain, known)
    if mark is None:
        raise AssertionError("a service terminal has a service")
    return mark


def _services(
    sources: Sources, *traces: Trace
) -> tuple[dict[ServiceName, Mark], dict[tuple[Direction, int], ServiceName]]:
    """Each service and mixer that ends a trace, and the one at each such end."""
    found: dict[ServiceName, Mark] = {}
    ends: dict[tuple[Direction, int], ServiceName] = {}
    for trace in traces:
        for kind in ("service", "mixer"):
            for txout in trace.reached.ends(kind):
                mark = _mark_at(sources, trace.direction, txout, sources.services)
                name = service_name(mark)
                ends[trace.direction, txout] = name
                known = found.get(name)
                if known is None or mark.tag_id < known.tag_id:
                    found[name] = mark
    return found, ends


class _Places:
    """Where and when outputs are, and what amounts were worth on their days."""

    def __init__(self, sources: Sources, subject: Subject, *traces: Trace) -> None:
        self._sources = sources
        self.unpriced: set[str] = set()
        ids = set(subject.receipts.tolist())
        for trace in traces:
            for row in trace.reached.ends("service").values():
                ids.update(trace.reached.path(row))
        outputs = sorted(ids)
        self._outpoints = sources.outpoints(outputs)
        found = sources.chain.outputs(outputs)
        self._values: dict[int, int] = dict(zip(outputs, found.value_sat.tolist(), strict=True))
        self._script_of = dict(zip(outputs, found.script_id.tolist(), strict=True))
        self._scripts = sources.lookup.scripts(self._script_of.values())
        heights = sources.chain.transactions(found.tx_id).height.tolist()
        self._heights = dict(zip(outputs, heights, strict=True))
        self._times = {b.height: b.time_seconds for b in sources.lookup.blocks(set(heights))}
        days = {datetime.fromtimestamp(t, UTC).date() for t in self._times.values()}
        self.currencies = sorted({currency for day, currency in sources.rates if day in days})

    def path(self, txouts: tuple[int, ...]) -> list[str]:
        """The outpoints of a path."""
        return [self._outpoints[txout] for txout in txouts]

    def value_sat(self, txout: int) -> int:
        """An output's value."""
        return self._values[txout]

    def row(self, txout: int, sat: int) -> Row:
        """An output's part of a finding, with the worth of `sat` on its day."""
        height = self._heights[txout]
        seconds = self._times[height]
        day = datetime.fromtimestamp(seconds, UTC).date()
        worth = {}
        for currency in self.currencies:
            price = rate_on(self._sources.rates, day, currency)
            if price is not None:
                worth[currency] = str(fiat(sat, price))
        outpoint = self._outpoints[txout]
        if not worth or len(worth) < len(self.currencies):
            self.unpriced.add(outpoint)
        return {
            "outpoint": outpoint,
            "address": address(self._scripts[self._script_of[txout]], self._sources.network),
            "time_utc": format_time(seconds),
            "height": height,
            "value_sat": self._values[txout],
            "fiat": worth,
        }


def _by_service(rows: list[Row], labels: dict[str, str], rules: list[str]) -> list[Row]:
    table = []
    for entity in sorted({row["entity"] for row in rows}):
        own = [row for row in rows if row["entity"] == entity]
        table.append(
            {
                "entity": entity,
                "label": labels[entity],
                "count": len(own),
                "traced_sat": {rule: sum(r["traced_sat"][rule] for r in own) for rule in rules},
                "fiat": sum_fiat(own),
            }
        )
    return table


def sum_fiat(rows: list[Row]) -> dict[str, str]:
    """The sums of the rows' fiat amounts, by currency."""
    cents: dict[str, int] = {}
    for row in rows:
        for currency, amount in row["fiat"].items():
            cents[currency] = cents.get(currency, 0) + int(amount.replace(".", ""))
    return {c: f"{n // 100}.{n % 100:02d}" for c, n in sorted(cents.items())}
