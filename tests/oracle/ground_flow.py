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
) -> dict[Place, int]:
    """The proceeds that come to rest at each output or fee, where value stops at `stops` too.

    Follows case_flow.csv; `inputs` are the outputs that each transaction spends. A seed stops what
    reaches it. Where a transaction spends both proceeds that were stopped before and others, the
    others take of each output as much as there is, in order: one flow of many.
    """
    seeds = seeds_of(folder)
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in read_truth(folder, "case_flow"):
        rows[row["txid"]].append(row)
    rest: dict[Place, int] = defaultdict(int)
    moving: dict[Place, int] = {}
    for place, sat in seeds.items():
        (rest if place in stops else moving)[place] = sat
    for txid, moves in rows.items():
        live = 0
        for row in moves:
            if row["side"] == "in":
                live += moving.pop(inputs[txid][int(row["position"])], 0)
        for row in moves:
            if row["side"] == "in":
                continue
            taken = min(live, int(row["case_sat"]))
            live -= taken
            place = txid, int(row["position"]) if row["side"] == "out" else None
            if place in stops or place in seeds or place[1] is None:
                rest[place] += taken
            elif taken:
                moving[place] = taken
        assert live == 0, "an output takes at least what its inputs bring"
    for place, sat in moving.items():
        rest[place] += sat
    return {place: sat for place, sat in rest.items() if sat}
