"""Linkage of a transaction the slow way: every split of the inputs, every way to give outputs."""

from collections.abc import Iterator, Sequence
from itertools import product

Block = tuple[tuple[int, ...], tuple[int, ...]]


def interpretations(
    input_sat: Sequence[int],
    output_sat: Sequence[int],
    *,
    most_gain_sat: int = 0,
    most_loss_sat: int,
    finest: bool = False,
) -> list[list[Block]]:
    """Every interpretation as blocks of positions of inputs and outputs."""

    def fits(inputs: Sequence[int], outputs: Sequence[int]) -> bool:
        surplus = sum(input_sat[i] for i in inputs) - sum(output_sat[o] for o in outputs)
        return bool(inputs) and -most_gain_sat <= surplus <= most_loss_sat

    def splits(block: Block) -> bool:
        inputs, outputs = block
        for sides in product((False, True), repeat=len(inputs) + len(outputs)):
            side = dict(
                zip([("i", i) for i in inputs] + [("o", o) for o in outputs], sides, strict=True)
            )
            halves = [
                (
                    [i for i in inputs if side["i", i] is at],
                    [o for o in outputs if side["o", o] is at],
                )
                for at in (False, True)
            ]
            if all(fits(*half) for half in halves):
                return True
        return False

    found = []
    for blocks in partitions(list(range(len(input_sat)))):
        for given in product(range(len(blocks)), repeat=len(output_sat)):
            whole = [
                (tuple(inputs), tuple(o for o, to in enumerate(given) if to == at))
                for at, inputs in enumerate(blocks)
            ]
            if all(fits(*block) for block in whole) and not (
                finest and any(splits(block) for block in whole)
            ):
                found.append(whole)
    return found


def linked(found: list[list[Block]], inputs: int, outputs: int, parties: int) -> list[list[int]]:
    """For each input, for each output: interpretations of so many parties that link them."""
    counted = [whole for whole in found if parties_in(whole) >= parties]
    return [
        [
            sum(any(i in b[0] and o in b[1] for b in whole) for whole in counted)
            for o in range(outputs)
        ]
        for i in range(inputs)
    ]


def parties_in(whole: list[Block]) -> int:
    """The blocks that have outputs."""
    return sum(bool(outputs) for _, outputs in whole)


def partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """Every way to split items into blocks."""
    if not items:
        yield []
        return
    first, *rest = items
    for blocks in partitions(rest):
        yield [[first], *blocks]
        for at in range(len(blocks)):
            yield [*blocks[:at], [first, *blocks[at]], *blocks[at + 1 :]]
