"""Which input of one transaction may have paid which output, as far as the values tell.

An *interpretation* splits the inputs into blocks, one a party, and gives every output to a block,
so that each block pays for its outputs: what it brings in less what it pays out lies between minus
`most_gain_sat` and `most_loss_sat`, which is the miner's fee and what else a party may pay to all.
Two interpretations that swap outputs of equal value are two. An input and an output are *linked* in
an interpretation that has both in one block. One block of everything always is an interpretation,
so values alone exclude no link: only with `parties_at_least`, or among the finest interpretations,
are there pairs that none links. Every interpretation counts as one: a link's probability is a share
of interpretations, not the chance that somebody paid somebody.

Source: LaurentMT, Bitcoin Transactions & Privacy, parts 1 and 2 (Boltzmann), whose definitions
these are where the tolerances are the miner's fee alone; Atlas 2014, CoinJoin Sudoku; Maurer,
Neudecker and Florian 2017, Anonymous CoinJoin Transactions with Arbitrary Values (the finest).
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2

from peelchain import _core
from peelchain.errors import MisuseError

MAX_STEPS = 50_000_000
"""Looks at blocks before a count is given up: about a second."""

Progress = Callable[[int, int], object]

_GAVE_UP = {
    "inputs": "it has too many inputs of different values",
    "outputs": "it has too many outputs of different values",
    "states": "too many remainders of its values fit",
    "count": "it has more than 2^128 interpretations",
}


@dataclass(frozen=True)
class Linkage:
    """What the values of a transaction's inputs and outputs tell, positions as in the transaction.

    `interpretations` are those of at least `parties_at_least` blocks with outputs, `by_parties` the
    same by the number of such blocks, from 0. `links[i][o]` counts those that link input i with
    output o; None for an output that is not asked after: of no value, or `shared`. All three are
    None or empty where the count was given up: `gave_up` says why. `forced` pairs are in one block
    in every interpretation, by sums alone; they hold even then. `equal_outputs[o]` counts outputs
    of o's value, o with them; 0 for one of no value.
    """

    input_sat: tuple[int, ...]
    output_sat: tuple[int, ...]
    fee_sat: int
    most_gain_sat: int
    most_loss_sat: int
    shared: tuple[int, ...]
    parties_at_least: int
    finest: bool
    interpretations: int | None
    by_parties: tuple[int, ...]
    links: tuple[tuple[int | None, ...], ...] | None
    forced: frozenset[tuple[int, int]]
    equal_outputs: tuple[int, ...]
    gave_up: str | None

    @property
    def entropy_bits(self) -> float | None:
        """Logarithm to base 2 of the interpretations; None where there is no count, or none."""
        return log2(self.interpretations) if self.interpretations else None

    def probability(self, txin: int, txout: int) -> Fraction | None:
        """The share of interpretations that link the two; None where it is not known."""
        count = self.links[txin][txout] if self.links is not None else None
        if count is None or not self.interpretations:
            return None
        return Fraction(count, self.interpretations)

    def excludes(self, txin: int, txout: int) -> bool:
        """Whether interpretations were counted, and none of them links the two."""
        return self.probability(txin, txout) == 0

    def is_certain(self, txin: int, txout: int) -> bool:
        """Whether every interpretation links the two."""
        return (txin, txout) in self.forced or self.probability(txin, txout) == 1

    def possible_inputs(self, txout: int) -> tuple[int, ...]:
        """The inputs with a value that the values do not exclude as payers of an output, rising."""
        if self.output_sat[txout] == 0:
            return ()
        return tuple(
            txin
            for txin, value in enumerate(self.input_sat)
            if value > 0 and not self.excludes(txin, txout)
        )


def linkage(
    input_sat: Sequence[int],
    output_sat: Sequence[int],
    *,
    owners: Sequence[int] | None = None,
    shared: Collection[int] = (),
    most_gain_sat: int = 0,
    most_paid_sat: int = 0,
    parties_at_least: int = 1,
    finest: bool = False,
    max_steps: int = MAX_STEPS,
    progress: Progress | None = None,
) -> Linkage:
    """The linkage of a transaction with these values in satoshis, in order of vin and vout.

    Inputs with equal `owners` (one number each, such as the script_id) are held to be one party's
    and are in one block. `shared` are outputs that several parties pay together, as a coordinator's
    fee. A block may gain up to `most_gain_sat` and pay up to `most_paid_sat` beyond the miner's fee
    and the shared outputs. `progress` is told steps taken and at most. Raises MisuseError for
    values that no transaction has.
    """
    fee_sat = sum(input_sat) - sum(output_sat)
    if fee_sat < 0:
        raise MisuseError(f"the outputs are worth {-fee_sat} sat more than the inputs")
    if any(not 0 <= txout < len(output_sat) for txout in shared):
        raise MisuseError(f"a shared output is none of {len(output_sat)} outputs")
    names = range(len(input_sat)) if owners is None else owners
    if len(names) != len(input_sat):
        raise MisuseError(f"{len(names)} owners were given for {len(input_sat)} inputs")
    party_sat: dict[int, int] = {}
    for name, value in zip(names, input_sat, strict=True):
        if value:
            party_sat[name] = party_sat.get(name, 0) + value
    asked = [o for o, value in enumerate(output_sat) if value and o not in shared]
    most_loss_sat = fee_sat + sum(output_sat[o] for o in set(shared)) + most_paid_sat
    bound, by_parties, counts = _core.linkage(
        list(party_sat.values()),
        [output_sat[o] for o in asked],
        most_gain_sat=most_gain_sat,
        most_loss_sat=most_loss_sat,
        parties_at_least=parties_at_least,
        finest=finest,
        max_steps=max_steps,
        progress=progress,
    )
    gave_up = None
    if bound is not None:
        gave_up = _GAVE_UP.get(bound, f"it takes more than {max_steps} steps")
    row_of = {name: row for row, name in enumerate(party_sat)}
    column_of = {o: column for column, o in enumerate(asked)}

    def links(name: int) -> tuple[int | None, ...]:
        row = counts[row_of[name]] if asked and name in row_of else [0] * len(asked)
        return tuple(row[column_of[o]] if o in column_of else None for o in range(len(output_sat)))

    forced = _forced(party_sat, {o: output_sat[o] for o in asked}, most_gain_sat, most_loss_sat)
    alike = Counter(value for value in output_sat if value)
    return Linkage(
        input_sat=tuple(input_sat),
        output_sat=tuple(output_sat),
        fee_sat=fee_sat,
        most_gain_sat=most_gain_sat,
        most_loss_sat=most_loss_sat,
        shared=tuple(sorted(set(shared))),
        parties_at_least=parties_at_least,
        finest=finest,
        interpretations=None if gave_up else sum(by_parties),
        by_parties=tuple(by_parties),
        links=None if gave_up else tuple(links(name) for name in names),
        forced=frozenset(
            (txin, o)
            for txin, (name, value) in enumerate(zip(names, input_sat, strict=True))
            for o in asked
            if value and (name, o) in forced
        ),
        equal_outputs=tuple(alike[value] for value in output_sat),
        gave_up=gave_up,
    )


def _forced(
    parties: dict[int, int], outputs: dict[int, int], most_gain_sat: int, most_loss_sat: int
) -> set[tuple[int, int]]:
    """The pairs that must share a block.

    All others together could not pay for the output, or all other outputs not take what the party
    brings.
    """
    input_sum, output_sum = sum(parties.values()), sum(outputs.values())
    return {
        (name, o)
        for name, brought in parties.items()
        for o, value in outputs.items()
        if input_sum - brought < value - most_gain_sat
        or output_sum - value < brought - most_loss_sat
    }
