"""Which links of a clustering really joined two parts, and whether one owner was on both sides.

A *merge* is a link that, with the links before it in chain order, joins two parts that were apart:
a cluster of k scripts takes k - 1. It is *false* when no owner has scripts in both parts, and right
when one has. So a mistake counts once: when two owners are in one part, what brings more of either
to it is no new mistake. In a cluster of k scripts with m owners at least m - 1 of the k - 1 merges
are false, whatever the order; exactly that many unless two owners met in several places apart.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.errors import MisuseError

Int64 = npt.NDArray[np.int64]

RIGHT, FALSE, UNJUDGED = 1, 0, -1


@dataclass(frozen=True)
class Merges:
    """The M merges of a clustering, in chain order.

    `link` int64[M] the row in the links; `verdict` int8[M] RIGHT, FALSE or UNJUDGED, where a part
    has no script whose owner is known; `size_a`, `size_b` int64[M] scripts of the parts before it.
    """

    link: Int64
    verdict: npt.NDArray[np.int8]
    size_a: Int64
    size_b: Int64

    @property
    def right(self) -> int:
        """Merges with one owner on both sides."""
        return int((self.verdict == RIGHT).sum())

    @property
    def false(self) -> int:
        """Merges with no owner on both sides."""
        return int((self.verdict == FALSE).sum())


def judge_merges(script_a: Int64, script_b: Int64, owner: Int64) -> Merges:
    """The merges among links in chain order (rows of `links`, in its sort order).

    `owner` int64[S] gives the owner of each script_id by number, -1 where it is not known.
    Raises MisuseError for a link to a script beyond those.
    """
    if len(script_a) and max(script_a.max(), script_b.max()) >= len(owner):
        raise MisuseError(
            f"links name script {max(script_a.max(), script_b.max())}, the truth has "
            f"{len(owner)} scripts: they are of different chains"
        )
    parent: dict[int, int] = {}
    size: dict[int, int] = {}
    owners: dict[int, set[int]] = {}
    of = owner.tolist()

    def find(script: int) -> int:
        if script not in parent:
            parent[script] = script
            size[script] = 1
            owners[script] = {of[script]} if of[script] >= 0 else set()
            return script
        root = script
        while parent[root] != root:
            root = parent[root]
        while parent[script] != root:
            parent[script], script = root, parent[script]
        return root

    rows: list[tuple[int, int, int, int]] = []
    for row, (a, b) in enumerate(zip(script_a.tolist(), script_b.tolist(), strict=True)):
        left, right = find(a), find(b)
        if left == right:
            continue
        here, there = owners[left], owners[right]
        shared = FALSE if here.isdisjoint(there) else RIGHT
        verdict = shared if here and there else UNJUDGED
        rows.append((row, verdict, size[left], size[right]))
        if size[left] < size[right]:
            left, right = right, left
        parent[right] = left
        size[left] += size.pop(right)
        lesser = owners.pop(right)
        if len(lesser) > len(owners[left]):
            lesser, owners[left] = owners[left], lesser
        owners[left] |= lesser
    link, verdicts, size_a, size_b = (
        np.array([r[i] for r in rows], dtype=np.int64) for i in range(4)
    )
    return Merges(link, verdicts.astype(np.int8), size_a, size_b)
