"""The flow of a trace between parties: who passed how much to whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.trace.figures.layers import REST, SERVICE, SOURCE, STEP, Bar, Ribbon, diagram
from peelchain.units import format_btc

_COLOURS = {"source": SOURCE, "wallet": STEP, "service": SERVICE, "rest": REST}
_MOST_PARTIES = 30
_MOST_RETURNS = 5


@dataclass(frozen=True)
class Party:
    """A cluster, a service, the seeds' holder or a terminal's type.

    `kind` is `source`, `wallet`, `service` or `rest`.
    """

    name: str
    kind: str


@dataclass(frozen=True)
class Passage:
    """Traced satoshis from one party to another, both by index; in the order of the walk."""

    source: int
    target: int
    traced_sat: int


def sankey_svg(title: str, parties: Sequence[Party], passages: Sequence[Passage]) -> str:
    """The figure as an SVG file.

    A party stands right of all that paid it before it first paid on. What goes back to a party
    further left would draw a circle: it is listed below, as is what moved within one party. Of more
    than 30 parties those that value passed through most are drawn, the other wallets as one.
    """
    parties, passages = _folded(parties, passages)
    within: dict[int, int] = {}
    ahead: dict[tuple[int, int], int] = {}
    back: dict[tuple[int, int], int] = {}
    first = _first_seen(passages)
    for passage in passages:
        pair = (passage.source, passage.target)
        if pair[0] == pair[1]:
            within[pair[0]] = within.get(pair[0], 0) + passage.traced_sat
        else:
            side = ahead if first[pair[0]] < first[pair[1]] else back
            side[pair] = side.get(pair, 0) + passage.traced_sat
    shown = sorted({party for pair in ahead for party in pair}, key=lambda party: first[party])
    columns = dict.fromkeys(shown, 0)
    for source, target in sorted(ahead, key=lambda pair: first[pair[0]]):
        columns[target] = max(columns[target], columns[source] + 1)
    places = {party: at for at, party in enumerate(shown)}
    bars = []
    for party in shown:
        entered = sum(sat for (_, target), sat in ahead.items() if target == party)
        left = sum(sat for (source, _), sat in ahead.items() if source == party)
        lines = (parties[party].name, f"{format_btc(max(entered, left))} BTC")
        bars.append(Bar(columns[party], lines, _COLOURS[parties[party].kind]))
    ribbons = [
        Ribbon(
            places[source],
            places[target],
            sat,
            f"{parties[source].name} to {parties[target].name}: {format_btc(sat)} BTC",
        )
        for (source, target), sat in ahead.items()
    ]
    return diagram(title, bars, ribbons, _notes(parties, back, within))


def _first_seen(passages: Sequence[Passage]) -> dict[int, tuple[int, int]]:
    """When each party first appears, a payer just before whom it pays.

    A party that passes nothing on comes after all, however early it was paid: no circle leads
    through it.
    """
    first: dict[int, tuple[int, int]] = {}
    for at, passage in enumerate(passages):
        first.setdefault(passage.source, (at, 0))
        first.setdefault(passage.target, (at, 1))
    pays = {passage.source for passage in passages if passage.source != passage.target}
    return {
        party: when if party in pays else (len(passages), party) for party, when in first.items()
    }


def _folded(
    parties: Sequence[Party], passages: Sequence[Passage]
) -> tuple[Sequence[Party], Sequence[Passage]]:
    if len(parties) <= _MOST_PARTIES:
        return parties, passages
    through = [0] * len(parties)
    for passage in passages:
        through[passage.target] += passage.traced_sat
        through[passage.source] += passage.traced_sat
    wallets = [at for at, party in enumerate(parties) if party.kind == "wallet"]
    named = len(parties) - len(wallets)
    wallets.sort(key=lambda at: (-through[at], at))
    kept = set(wallets[: max(0, _MOST_PARTIES - named - 1)])
    rest = [at for at in wallets if at not in kept]
    if len(rest) < 2:
        return parties, passages
    folded = [*parties, Party(f"{len(rest):,} other wallets", "wallet")]
    others = len(parties)
    place = dict.fromkeys(rest, others)
    return folded, [
        Passage(place.get(p.source, p.source), place.get(p.target, p.target), p.traced_sat)
        for p in passages
    ]


def _notes(
    parties: Sequence[Party], back: dict[tuple[int, int], int], within: dict[int, int]
) -> list[str]:
    ranked = sorted(back, key=lambda pair: (-back[pair], pair))
    notes = [
        f"back from {parties[source].name} to {parties[target].name}: "
        f"{format_btc(back[source, target])} BTC"
        for source, target in ranked[:_MOST_RETURNS]
    ]
    if len(ranked) > _MOST_RETURNS:
        rest = sum(back[pair] for pair in ranked[_MOST_RETURNS:])
        notes.append(f"back in {len(ranked) - _MOST_RETURNS:,} other ways: {format_btc(rest)} BTC")
    if within:
        notes.append(
            f"moved within one party, each time counted: {format_btc(sum(within.values()))} BTC"
        )
    return notes
