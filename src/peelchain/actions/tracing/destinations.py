"""What a trace comes to, gathered: services by name, ends asked for, and the other types."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.actions.progress import Watch
from peelchain.actions.tracing.ends import End, tagged_as
from peelchain.actions.tracing.fiat import Fiat, sum_fiat
from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.rules import public_rule
from peelchain.actions.tracing.walk import Walked
from peelchain.case.services import services_at
from peelchain.store.arrays import Int64
from peelchain.tags.services import Mark
from peelchain.trace.bounds import Bound, each_bound
from peelchain.trace.network import Network, transaction_network
from peelchain.trace.walk import TERMINAL_TYPES

Row = dict[str, Any]
Chosen = npt.NDArray[np.bool_]

_NAMED = ("service", "mixer")


@dataclass(frozen=True)
class Destination:
    """One destination: `name` is unique, such as `service:Exchange North`, `fee`, `to:ADDRESS`.

    `label`, `party` and `category` are a service's, as tags name it; None for others.
    """

    name: str
    type: str
    label: str | None = None
    party: str | None = None
    category: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Bounded:
    """A destination's bounds in one scope: of all its ends, and of those named directly.

    `direct` is None where the seeds or the ends themselves rest on inferences.
    """

    whole: Bound
    direct: Bound | None


class _StopError(Exception):
    """Whoever watches wants no more bounds."""


def bounds_until_stopped(
    network: Network, wanted: Sequence[Chosen], progress: Watch, *, cuts: bool = False
) -> list[Bound]:
    """The bounds of sets of ends, in order; the first of them where `progress` asks to stop."""

    def told(what: str, done: int, of: int | None) -> None:
        if progress(what, done, of or 0) is False:
            raise _StopError

    found: list[Bound] = []
    with suppress(_StopError):
        found.extend(each_bound(network, wanted, told, cuts=cuts))
    return found


def deaf_to_the_past(progress: Watch) -> Watch:
    """The watch, deaf to a stop that was asked for before."""
    if progress("bounds", 0, 0) is not False:
        return progress

    def deaf(what: str, done: int, of: int) -> None:
        progress(what, done, of)

    return deaf


class Destinations:
    """The destinations of a walk, and which end of it belongs to which."""

    def __init__(
        self, walked: Walked, targets: Sequence[End] = (), network: Network | None = None
    ) -> None:
        """Names every end of the walk's network, whatever amount a rule leaves there.

        `network` is one of another walk from the same seeds, with other boundaries.
        """
        self.walked = walked
        self.targets = targets
        graph = walked.trace.graph
        if graph is None:
            raise AssertionError("a walk that was asked for its graph has one")
        self.network = network or transaction_network(graph, seeds_once(walked))
        self._tagged: dict[Mark, Int64] = {}
        self._found: dict[tuple[str, int, int], tuple[Destination, bool]] = {}
        self._look_up(self.network)

    def at(self, kind: str, tx: int, txout: int | None) -> Destination:
        """The destination of a terminal, or of what an account holds."""
        if kind not in (*_NAMED, "target"):
            return Destination(kind, kind)
        return self._found[(kind, -1, txout) if txout is not None else (kind, tx, -1)][0]

    def every(self) -> list[Destination]:
        """All of them, in order of name."""
        found = {destination for destination, _ in self._found.values()}
        return sorted(found, key=lambda d: (d.name, d.party or ""))

    def amounts(self) -> dict[Destination, dict[str, int]]:
        """The traced satoshis at each destination under each rule."""
        names = [public_rule(name) for name in self.walked.rules]
        found = {destination: dict.fromkeys(names, 0) for destination in self.every()}
        for name in self.walked.rules:
            table = self.walked.trace.rules[name].terminals
            for kind, tx, txout, sat in zip(
                *(table[c].to_pylist() for c in ("type", "tx_id", "txout_id", "traced_sat")),
                strict=True,
            ):
                found[self.at(kind, tx, txout)][public_rule(name)] += sat
        return found

    def worths(self, worth: Fiat) -> tuple[dict[Destination, dict[str, str]], list[str]]:
        """What the amounts were worth on the days they moved, by rule; and what has no rate.

        The second are outpoints, for fees txids, in order; their amounts are in no sum.
        """
        columns = ("type", "tx_id", "txout_id", "traced_sat")
        tables = {
            public_rule(name): [outcome.terminals[c].to_pylist() for c in columns]
            for name, outcome in self.walked.trace.rules.items()
        }
        times = Places(self.walked.view, [], {tx for table in tables.values() for tx in table[1]})
        found: dict[Destination, dict[str, list[str | None]]] = {
            of: {rule: [] for rule in tables} for of in self.every()
        }
        unpriced: set[tuple[int, int | None]] = set()
        for rule, table in tables.items():
            for kind, tx, txout, sat in zip(*table, strict=True):
                amount = worth.worth(sat, times.seconds(tx))
                found[self.at(kind, tx, txout)][rule].append(amount)
                if amount is None:
                    unpriced.add((tx, txout))
        places = Places(
            self.walked.view, [o for _, o in unpriced if o is not None], [tx for tx, _ in unpriced]
        )
        return (
            {
                of: {rule: sum_fiat(amounts) for rule, amounts in rules.items()}
                for of, rules in found.items()
            },
            sorted(places.txid(tx) if o is None else places.outpoint(o) for tx, o in unpriced),
        )

    def ends(self) -> dict[Destination, tuple[Chosen, Chosen]]:
        """Of each destination the ends of the network, and those that are named directly."""
        count = len(self.network.end_types)
        found = {d: (np.zeros(count, bool), np.zeros(count, bool)) for d in self.every()}
        for at, key in enumerate(_keys(self.network)):
            destination, direct = self._found[key]
            found[destination][0][at] = True
            found[destination][1][at] = direct
        return found

    def bounded(
        self, chosen: Sequence[Destination], progress: Watch, *, cuts: bool = False
    ) -> dict[Destination, Bounded]:
        """The bounds of some destinations, of which the walk need not have come to all.

        Where `progress` asks to stop, those that were found until then.
        """
        nowhere = np.zeros(len(self.network.end_types), bool)
        ends = {**dict.fromkeys(chosen, (nowhere, nowhere)), **self.ends()}
        direct = [d for d in chosen if self._speaks_directly(d, ends[d])]
        wanted = [ends[d][0] for d in chosen] + [ends[d][1] for d in direct]
        found = bounds_until_stopped(self.network, wanted, progress, cuts=cuts)
        own = dict(zip(direct, found[len(chosen) :], strict=False))
        return {d: Bounded(whole, own.get(d)) for d, whole in zip(chosen, found, strict=False)}

    def _speaks_directly(self, destination: Destination, ends: tuple[Chosen, Chosen]) -> bool:
        named = destination.type in (*_NAMED, "target")
        return named and self.walked.seeds.basis == "fact" and bool(ends[1].any())

    def _look_up(self, network: Network) -> None:
        view = self.walked.view
        keys = list(dict.fromkeys(_keys(network)))
        txouts = np.array([txout for _, _, txout in keys if txout >= 0], np.int64)
        outputs = view.chain.outputs(txouts)
        script_at = dict(zip(txouts.tolist(), outputs.script_id.tolist(), strict=True))
        maker_at = dict(zip(txouts.tolist(), outputs.tx_id.tolist(), strict=True))
        named = [(maker_at[txout], txout) for kind, _, txout in keys if kind in _NAMED]
        marks = services_at(self.walked.direction, named, view.chain, self.walked.known)
        mark_at = {txout: mark for (_, txout), mark in zip(named, marks, strict=True)}
        for key in keys:
            kind, _, txout = key
            if kind == "target":
                self._found[key] = self._target(txout, script_at[txout])
            elif kind in _NAMED:
                mark = mark_at[txout]
                if mark is None:
                    raise AssertionError("a service terminal has a service")
                of = Destination(
                    f"{kind}:{mark.label}", kind, mark.label, mark.party, mark.category
                )
                self._found[key] = of, self._is_tagged(mark, maker_at[txout], script_at[txout])
            else:
                self._found[key] = Destination(kind, kind), False

    def _is_tagged(self, mark: Mark, maker: int, script: int) -> bool:
        """Whether a tag of its own names the script paid so; backward, one that paid."""
        if mark not in self._tagged:
            self._tagged[mark] = tagged_as(self.walked.view, [mark])
        if self.walked.direction == "forward":
            return _has(self._tagged[mark], script)
        chain = self.walked.view.chain
        spent = chain.prevouts(maker)
        paid = chain.outputs(spent[spent >= 0]).script_id
        return bool(np.isin(paid, self._tagged[mark]).any())

    def _target(self, txout: int, script: int) -> tuple[Destination, bool]:
        for end in self.targets:
            if _has(end.txouts, txout) or _has(end.direct_scripts, script):
                return Destination(f"to:{end.text}", "target"), True
            if _has(end.scripts, script):
                return Destination(f"to:{end.text}", "target"), False
        raise AssertionError("a target was asked for by somebody")


def seeds_once(walked: Walked) -> Int64:
    """The satoshis of each seed in the order of the request, claims on one output added up."""
    seeds = walked.seeds
    totals: dict[int, int] = {}
    for txout, sat in zip(seeds.txouts.tolist(), seeds.sat.tolist(), strict=True):
        totals[txout] = totals.get(txout, 0) + sat
    return np.array(list(totals.values()), np.int64)


def _keys(network: Network) -> list[tuple[str, int, int]]:
    """The type of each end, with its output, or for a fee its transaction."""
    types = [TERMINAL_TYPES[code] for code in network.end_types.tolist()]
    rows = zip(types, network.end_txs.tolist(), network.end_txouts.tolist(), strict=True)
    return [(kind, -1, txout) if txout >= 0 else (kind, tx, -1) for kind, tx, txout in rows]


def _has(ids: Int64, wanted: int) -> bool:
    at = int(np.searchsorted(ids, wanted))
    return at < len(ids) and bool(ids[at] == wanted)
