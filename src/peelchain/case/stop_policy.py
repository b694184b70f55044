"""Which of what tags and detectors say stops a walk, and as what."""

from collections.abc import Callable
from dataclasses import dataclass

from peelchain.case.services import Services
from peelchain.errors import MisuseError
from peelchain.tags.services import Mark

_MOST_NAMES = 10


@dataclass(frozen=True)
class StopPolicy:
    """What stops a walk: by default every service, every mixer and every CoinJoin.

    `through` are labels, actors or parties, as tags have them, that do not stop it, whatever their
    category: a service whose customers' coins are followed on. `not_categories` are categories of
    tags that do not, such as `shop`. Capitals make no difference. A policy that lets a mixer or a
    CoinJoin pass leaves what tracing rules say behind it without meaning: those are not optional.
    """

    through: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()


def stopping(policy: StopPolicy, known: Services) -> Services:
    """The services that stop a walk under a policy.

    Raises MisuseError for a name or category that no service has, or that is a mixer's.
    """
    passed = set()
    for name in policy.through:
        passed |= _named(known.marks, name, "service", _names)
    for name in policy.not_categories:
        passed |= _named(known.marks, name, "category", lambda mark: (mark.category,))
    return known.without_marks(passed)


def _names(mark: Mark) -> tuple[str, ...]:
    return (mark.label, mark.party, *([mark.actor] if mark.actor else []))


def _named(
    marks: tuple[Mark, ...], name: str, what: str, names: Callable[[Mark], tuple[str, ...]]
) -> set[int]:
    """The marks of a name. Raises MisuseError where there is none, or one is a mixer's."""
    wanted = name.strip().casefold()
    found = {at for at, mark in enumerate(marks) if wanted in (n.casefold() for n in names(mark))}
    if not found:
        known = sorted({names(mark)[0] for mark in marks})
        listed = ", ".join(known[:_MOST_NAMES]) + (" ..." if len(known) > _MOST_NAMES else "")
        raise MisuseError(
            f"no tag names a {what} {name!r} on this chain; "
            + (f"those it names are {listed}" if known else "no tags are imported")
        )
    if any(marks[at].kind == "mixer" for at in found):
        raise MisuseError(
            f"{name!r} is a mixer, which no trace goes through; what any rule says behind it would "
            "be without meaning"
        )
    return found
