"""The figures of a trace: through transactions, between parties, over time."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from peelchain import _core
from peelchain.actions.tracing.rules import public_rule
from peelchain.actions.tracing.walk import Walked
from peelchain.case.services import services_at
from peelchain.errors import MisuseError
from peelchain.tags.services import Mark
from peelchain.trace.figures.cumulative import Arrival, cumulative_svg
from peelchain.trace.figures.flow import Step, Stream, flow_svg
from peelchain.trace.figures.sankey import Party, Passage, sankey_svg
from peelchain.units import format_hash

FIGURES = ("flow", "sankey", "cumulative")

_PARTIES = ("service", "mixer")
_SEEDS = "seeds"
_TARGETS = "outputs asked about"


def check_figures(folder: Path | None) -> None:
    """Raises MisuseError where figures cannot go into a folder, since it is a file."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise MisuseError(f"{folder} is a file; name a folder for --figures")


def write_figures(walked: Walked, rule: str, folder: Path) -> list[str]:
    """Writes flow.svg, sankey.svg and cumulative.svg into a folder, made if it is not there.

    Gives the names of the files. The walk must have its hops.
    """
    check_figures(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in figures(walked, rule).items():
        _core.replace_file(folder / f"{name}.svg", text.encode())
        written.append(f"{name}.svg")
    return written


def figures(walked: Walked, rule: str) -> dict[str, str]:
    """The SVG text of each figure of a walk's trace under a rule, by its name in FIGURES."""
    movements = _Movements(walked, rule)
    rule = public_rule(rule)
    way = "went" if walked.direction == "forward" else "came from"
    made = {
        "flow": flow_svg(f"Where the value {way}, rule {rule}", *movements.streams()),
        "sankey": sankey_svg(f"Between parties, rule {rule}", *movements.passages()),
        "cumulative": cumulative_svg(f"Traced value over time, rule {rule}", movements.arrivals()),
    }
    return {name: made[name] for name in FIGURES}


class _Movements:
    """The hops and terminals of one rule, with names and days."""

    def __init__(self, walked: Walked, rule: str) -> None:
        self.walked = walked
        self.view = walked.view
        outcome = walked.trace.rules[rule]
        self.hops: list[dict[str, Any]] = outcome.hops.to_pylist()
        self.terminals: list[dict[str, Any]] = outcome.terminals.to_pylist()
        self.forward = walked.direction == "forward"
        self.seeds = set(walked.seeds.txouts.tolist())
        txouts = {
            txout for row in self.hops for txout in (row["from_txout_id"], row["to_txout_id"])
        }
        txouts |= {row["txout_id"] for row in self.terminals} | self.seeds
        self.txouts = sorted(txout for txout in txouts if txout is not None)
        self.outputs = self.view.chain.outputs(np.array(self.txouts, np.int64))
        self.place = {txout: at for at, txout in enumerate(self.txouts)}
        txs = {row["tx_id"] for row in [*self.hops, *self.terminals]}
        self.txs = sorted(txs | set(self.outputs.tx_id.tolist()))
        rows = self.view.chain.transactions(np.array(self.txs, np.int64))
        self.vouts = self.view.lookup.vouts(self.txouts)
        self.day = self._days(rows.height.tolist())
        self.txids = {tx: format_hash(t) for tx, t in self.view.lookup.txids(self.txs).items()}

    def _days(self, heights: list[int]) -> Mapping[int, date]:
        blocks = self.view.lookup.blocks(sorted(set(heights)))
        times = {block.height: block.time_seconds for block in blocks}
        days = {at: datetime.fromtimestamp(seconds, UTC).date() for at, seconds in times.items()}
        return {tx: days[height] for tx, height in zip(self.txs, heights, strict=True)}

    def outpoint(self, txout: int) -> str:
        """TXID:VOUT of an output."""
        tx = int(self.outputs.tx_id[self.place[txout]])
        return f"{self.txids[tx]}:{self.vouts[txout]}"

    @cached_property
    def marks(self) -> dict[tuple[int, int], Mark | None]:
        """The service at each terminal that is a party's, by tx_id and txout_id."""
        ends = [(r["tx_id"], r["txout_id"]) for r in self.terminals if r["type"] in _PARTIES]
        if not ends:
            return {}
        found = services_at(self.walked.direction, ends, self.view.chain, self.walked.known)
        return dict(zip(ends, found, strict=True))

    def end_name(self, row: dict[str, Any]) -> tuple[str, bool]:
        """What a terminal is called, and whether that is a party's name."""
        mark = self.marks.get((row["tx_id"], row["txout_id"]))
        if mark is not None:
            return mark.label, True
        return {"fee": "fees", "seed": "other seeds"}.get(row["type"], row["type"]), False

    def streams(self) -> tuple[list[Step], list[Stream]]:
        """Each output's traced value from the transaction that made it to what spends it."""
        walked = sorted({hop["tx_id"] for hop in self.hops})
        step_of = {tx: at for at, tx in enumerate(walked)}
        steps = [Step(self.txids[tx], self.day[tx].isoformat()) for tx in walked]
        made: dict[int, int] = {}
        spent: dict[int, int] = {}
        carried: dict[int, int] = {}
        for hop in self.hops:
            source, target = hop["from_txout_id"], hop["to_txout_id"]
            spent[source] = step_of[hop["tx_id"]]
            if target is not None:
                made[target] = step_of[hop["tx_id"]]
            counted = source if self.forward else target
            if counted is not None:
                carried[counted] = carried.get(counted, 0) + hop["traced_sat"]
        streams = []
        ended = {row["txout_id"]: row for row in self.terminals if row["type"] != "seed"}
        for txout in self.txouts:
            sat = carried.get(txout, 0)
            if txout in ended:
                sat = ended[txout]["traced_sat"]
            if not sat:
                continue
            streams += self._stream(txout, sat, made.get(txout), spent.get(txout), ended.get(txout))
        for row in self.terminals:
            if row["txout_id"] is None:
                at = step_of[row["tx_id"]]
                streams.append(Stream("fee", row["traced_sat"], at, None, "fees"))
            elif row["type"] == "seed":
                into = made.get(row["txout_id"]) if self.forward else None
                out_of = None if self.forward else spent.get(row["txout_id"])
                output = self.outpoint(row["txout_id"])
                streams.append(Stream(output, row["traced_sat"], into, out_of, "other seeds"))
        return steps, streams

    def _stream(
        self, txout: int, sat: int, made: int | None, spent: int | None, end: dict[str, Any] | None
    ) -> list[Stream]:
        output = self.outpoint(txout)
        name, is_service = self.end_name(end) if end is not None else ("", False)
        if txout not in self.seeds:
            return [Stream(output, sat, made, spent, name, is_service)]
        # a seed starts anew, whatever came to it
        if end is not None:
            return [Stream(output, sat, None, None, name, is_service)]
        if self.forward:
            return [Stream(output, sat, None, spent, _SEEDS)]
        return [Stream(output, sat, made, None, _TARGETS)]

    def passages(self) -> tuple[list[Party], list[Passage]]:
        """Who passed how much to whom, in the order of the chain."""
        parties: list[Party] = []
        known: dict[Party, int] = {}

        def number(party: Party) -> int:
            if party not in known:
                known[party] = len(parties)
                parties.append(party)
            return known[party]

        owners = self._owners()
        rows: list[tuple[int, int, Party, Party, int]] = []
        for hop in self.hops:
            source, target = owners[hop["from_txout_id"]], hop["to_txout_id"]
            to = Party("fees", "rest") if target is None else owners[target]
            rows.append((hop["tx_id"], 1, source, to, hop["traced_sat"]))
        for row in self.terminals:
            if row["txout_id"] is None:
                continue
            name, is_party = self.end_name(row)
            at = int(self.outputs.tx_id[self.place[row["txout_id"]]])
            owner = owners[row["txout_id"]]
            if is_party and self.forward:
                continue
            party = Party(name, "service" if is_party else "rest")
            if self.forward:
                rows.append((at, 2, owner, party, row["traced_sat"]))
            else:
                rows.append((at, 0, party, owner, row["traced_sat"]))
        asked = Party(_SEEDS if self.forward else _TARGETS, "source")
        side = "from_txout_id" if self.forward else "to_txout_id"
        moved: dict[int, int] = {}
        for hop in self.hops:
            if hop[side] in self.seeds:
                moved[hop[side]] = moved.get(hop[side], 0) + hop["traced_sat"]
        for seed, sat in sorted(moved.items()):
            at = int(self.outputs.tx_id[self.place[seed]])
            pair = (asked, owners[seed]) if self.forward else (owners[seed], asked)
            rows.append((at, 0 if self.forward else 2, *pair, sat))
        rows.sort(key=lambda row: row[:2])
        return parties, [
            Passage(number(source), number(target), sat) for _, _, source, target, sat in rows
        ]

    def _owners(self) -> dict[int, Party]:
        """Whose each output is held to be: a service's, or a wallet's by its cluster."""
        scripts = self.outputs.script_id
        clusters = self.view.clusters.index.cluster_of(scripts).tolist()
        addresses = self.view.addresses(set(clusters))
        owners = {}
        for txout, script, cluster in zip(self.txouts, scripts.tolist(), clusters, strict=True):
            mark = self.walked.named.mark(script)
            if mark is not None:
                owners[txout] = Party(mark.label, "service")
            else:
                owners[txout] = Party(_short(addresses[cluster] or f"script {cluster}"), "wallet")
        return owners

    def arrivals(self) -> list[Arrival]:
        """What came to rest (backward: what it began with), by day."""
        return [
            Arrival(self.day[row["tx_id"]], self.end_name(row)[0], row["traced_sat"])
            for row in self.terminals
        ]


def _short(address: str) -> str:
    """A wallet's least address, short enough for a figure."""
    return address if len(address) <= 16 else f"{address[:8]}…{address[-6:]}"
