"""The truth about the proceeds of a simulated case, stopped where a trace stops."""

from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from tests.simulate.reading import read_truth

Place = tuple[str, int | None]
"""Display txid and vout; None for the fee."""


def seeds_of(folder: Path) -> dict[Place, int]:
    """What was taken, by output, in satoshis."""
    return {
        (row["txid"], int(row["vout"])): int(row["value_sat"])
        for row in read_truth(folder, "case_seeds")
    }


def at_rest(
    folder: Path, inputs: dict[str, list[Place]], stops: Collection[Place]
) -> tuple[dict[Place, int], int]:
    """The proceeds that come to rest at each output or fee, where value stops at `stops` too.

    And those that end at another seed. Follows case_flow.csv; `inputs` are the outputs that each
    transaction spends. Where one spends both proceeds that were stopped before and others, the
    others take their share of each output, what is left over in order: one flow of many.
    """
    seeds = seeds_of(folder)
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in read_truth(folder, "case_flow"):
        rows[row["txid"]].append(row)
    rest: dict[Place, int] = defaultdict(int)
    at_seeds = 0
    moving: dict[Place, int] = {}
    for place, sat in seeds.items():
        (rest if place in stops else moving)[place] = sat
    for txid, moves in rows.items():
        live = whole = 0
        for row in moves:
            if row["side"] == "in":
                live += moving.pop(inputs[txid][int(row["position"])], 0)
                whole += int(row["case_sat"])
        made = [row for row in moves if row["side"] != "in"]
        shares = [int(row["case_sat"]) * live // whole for row in made]
        left = live - sum(shares)
        for row, share in zip(made, shares, strict=True):
            taken = min(share + left, int(row["case_sat"]))
            left -= taken - share
            place = txid, int(row["position"]) if row["side"] == "out" else None
            if place in seeds:
                at_seeds += taken
            elif place in stops or place[1] is None:
                rest[place] += taken
            elif taken:
                moving[place] = taken
        assert left == 0, "a transaction makes as much of the proceeds as it spends"
    for place, sat in moving.items():
        rest[place] += sat
    return {place: sat for place, sat in rest.items() if sat}, at_seeds
