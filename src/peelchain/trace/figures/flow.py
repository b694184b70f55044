"""The flow of a trace, transaction by transaction, left to right in the order of the chain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from peelchain.trace.figures.layers import (
    REST,
    SERVICE,
    SOURCE,
    STEP,
    Bar,
    Ribbon,
    diagram,
)
from peelchain.units import format_btc

MOST_STEPS = 40
_MOST_ENDS = 14
_NOT_DRAWN = "not drawn"


@dataclass(frozen=True)
class Step:
    """A transaction walked through: its txid and the day of its block."""

    txid: str
    day: str


@dataclass(frozen=True)
class Stream:
    """Traced satoshis that one output carries, or a fee takes.

    `made_in` and `spent_in` are indices of steps; None where the walk does not know one. An end,
    with one of them None, has a `name`: the seed's, the service's or the terminal's type.
    `is_service` tells a named party from the rest.
    """

    output: str
    traced_sat: int
    made_in: int | None
    spent_in: int | None
    name: str = ""
    is_service: bool = False


def flow_svg(title: str, steps: Sequence[Step], streams: Sequence[Stream]) -> str:
    """The figure as an SVG file: a bar for each transaction, a ribbon for each output.

    Of more than 40 transactions those that carry most are drawn; what goes to or comes from the
    others is shown as such, and counted below.
    """
    drawn = _most_carrying(len(steps), streams)
    bars: list[Bar] = []
    places: dict[int, int] = {}
    columns = _columns(drawn, streams)
    for step in sorted(drawn):
        places[step] = len(bars)
        bars.append(Bar(1 + columns[step], (steps[step].txid[:12] + "…", steps[step].day), STEP))
    left: dict[str, int] = {}
    right: dict[str, int] = {}
    names = _kept_names(drawn, streams)

    def end(side: dict[str, int], name: str, is_service: bool, column: int) -> int:
        if name not in side:
            side[name] = len(bars)
            colour = SERVICE if is_service else SOURCE if column == 0 else REST
            bars.append(Bar(column, (name,), colour))
        return side[name]

    sums: dict[tuple[int, int], list[Stream]] = {}
    for stream in streams:
        made = stream.made_in if stream.made_in in drawn else None
        spent = stream.spent_in if stream.spent_in in drawn else None
        if not stream.traced_sat or (made is None and spent is None and steps):
            # what passes between transactions that are not drawn, or rests without moving
            continue
        name = stream.name or _NOT_DRAWN
        if name not in names:
            name = "others"
        source = places[made] if made is not None else end(left, name, stream.is_service, 0)
        after = bars[source].column + 1
        target = places[spent] if spent is not None else end(right, name, stream.is_service, after)
        if spent is None:
            bars[target] = replace(bars[target], column=max(bars[target].column, after))
        sums.setdefault((source, target), []).append(stream)
    ribbons = [
        Ribbon(source, target, sum(s.traced_sat for s in group), _told(group))
        for (source, target), group in sums.items()
    ]
    bars = [_with_sum(bar, at, ribbons) for at, bar in enumerate(bars)]
    notes = []
    if len(drawn) < len(steps):
        notes.append(
            f"{len(drawn):,} of {len(steps):,} transactions are drawn, those that carry most"
        )
    return diagram(title, bars, ribbons, notes)


def _most_carrying(steps: int, streams: Sequence[Stream]) -> set[int]:
    carried = [0] * steps
    for stream in streams:
        if stream.spent_in is not None:
            carried[stream.spent_in] += stream.traced_sat
    ranked = sorted(range(steps), key=lambda step: (-carried[step], step))
    return set(ranked[:MOST_STEPS])


def _columns(drawn: set[int], streams: Sequence[Stream]) -> dict[int, int]:
    """The column of each drawn step: the longest way to it over drawn ones. Steps are in order."""
    columns = dict.fromkeys(drawn, 0)
    between: list[tuple[int, int]] = []
    for stream in streams:
        made, spent = stream.made_in, stream.spent_in
        if made is not None and spent is not None and made in drawn and spent in drawn:
            between.append((spent, made))
    between.sort()
    for spent, made in between:
        columns[spent] = max(columns[spent], columns[made] + 1)
    return columns


def _kept_names(drawn: set[int], streams: Sequence[Stream]) -> set[str]:
    """The names of the ends that carry most; the rest are drawn as one."""
    sums: dict[str, int] = {_NOT_DRAWN: 0}
    for stream in streams:
        if stream.made_in in drawn or stream.spent_in in drawn:
            name = stream.name or _NOT_DRAWN
            sums[name] = sums.get(name, 0) + stream.traced_sat
    ranked = sorted(sums, key=lambda name: (-sums[name], name))
    return {*ranked[:_MOST_ENDS], _NOT_DRAWN}


def _told(group: Sequence[Stream]) -> str:
    first = group[0]
    more = f" and {len(group) - 1:,} more" if len(group) > 1 else ""
    return f"{first.output}{more}: {format_btc(sum(s.traced_sat for s in group))} BTC"


def _with_sum(bar: Bar, at: int, ribbons: Sequence[Ribbon]) -> Bar:
    entering = sum(r.value_sat for r in ribbons if r.target == at)
    leaving = sum(r.value_sat for r in ribbons if r.source == at)
    return Bar(bar.column, (*bar.lines, f"{format_btc(max(entering, leaving))} BTC"), bar.colour)
