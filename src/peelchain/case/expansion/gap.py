"""A wallet's addresses against a chain: each branch derived until a gap of unused ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from peelchain import _core
from peelchain.case.expansion.branches import Branch
from peelchain.errors import MisuseError
from peelchain.store.lookup import Lookup

DEFAULT_GAP = 20
"""The addresses in a row that must be unused before a wallet stops to look (BIP 44)."""
MAX_GAP = 10_000
MAX_INDEX = 2**31 - 1
MAX_ADDRESSES = 2_000_000


@dataclass(frozen=True)
class Derived:
    """One script of a branch: its index (None for a single one) and script_id, None for unused."""

    branch: int
    index: int | None
    script: bytes
    script_id: int | None


@dataclass(frozen=True)
class BranchUse:
    """How far a branch was used.

    `derived` counts the scripts looked at, `last_used` is the last index that the chain has,
    `widest_gap` the longest row of unused ones before it, `trailing` those after it.
    """

    branch: Branch
    derived: int
    used: int
    last_used: int | None
    widest_gap: int
    trailing: int


def expand(
    branches: tuple[Branch, ...],
    lookup: Lookup,
    gap: int,
    until: int | None,
    progress: Callable[[int, int], None],
) -> tuple[list[Derived], list[BranchUse]]:
    """The scripts of each branch, up to `gap` unused ones after the last that the chain has.

    Each branch is derived to index `until` at least, and as far as its wallet is known to have
    gone. Raises MisuseError for bounds that cannot be.
    """
    if not 1 <= gap <= MAX_GAP:
        raise MisuseError(f"a gap of {gap:,} cannot be; give 1 to {MAX_GAP:,}")
    if until is not None and not 0 <= until < MAX_ADDRESSES:
        raise MisuseError(f"an index of {until:,} cannot be; give 0 to {MAX_ADDRESSES - 1:,}")
    scripts: list[Derived] = []
    uses: list[BranchUse] = []
    for number, branch in enumerate(branches):
        progress(number, len(branches))
        found = list(_branch(number, branch, lookup, gap, until))
        scripts += found
        uses.append(_use(branch, found))
        if len(scripts) > MAX_ADDRESSES:
            raise MisuseError(
                f"more than {MAX_ADDRESSES:,} addresses; lower --gap or --until, or give fewer keys"
            )
    progress(len(branches), len(branches))
    return scripts, uses


def _branch(
    number: int, branch: Branch, lookup: Lookup, gap: int, until: int | None
) -> Iterator[Derived]:
    if "*" not in branch.descriptor:
        (script,) = _core.descriptor_scripts(branch.descriptor, 0, 1)
        yield Derived(number, None, script, lookup.script_ids([script]).get(script))
        return
    wanted = min(max(until or 0, branch.until or 0), MAX_ADDRESSES - 1)
    end, at = max(wanted + 1, gap), 0
    while at < end:
        batch = _core.descriptor_scripts(branch.descriptor, at, min(end - at, 1000))
        known = lookup.script_ids(batch)
        for index, script in enumerate(batch, at):
            yield Derived(number, index, script, known.get(script))
            if script in known:
                end = min(max(end, index + 1 + gap), MAX_INDEX)
        at += len(batch)


def _use(branch: Branch, found: list[Derived]) -> BranchUse:
    used = [d.index or 0 for d in found if d.script_id is not None]
    gaps = [b - a - 1 for a, b in zip([-1, *used], used, strict=False)]
    last = used[-1] if used else None
    return BranchUse(
        branch=branch,
        derived=len(found),
        used=len(used),
        last_used=last,
        widest_gap=max(gaps, default=0),
        trailing=len(found) - 1 - last if last is not None else len(found),
    )
