"""What is refused of a trace's request whatever the scope of its rules."""

from collections.abc import Mapping, Sequence

from peelchain.errors import MisuseError

_MOST = {"max_hops": 2**32 - 1, "min_height": 2**31 - 1, "max_height": 2**31 - 1}
_MOST_OF_ANY = 2**63 - 1


def check_direction(direction: str) -> None:
    """Raises MisuseError for what is no direction."""
    if direction not in ("forward", "backward"):
        raise MisuseError(f"'{direction}' is no direction of a trace; use forward or backward")


def check_rules(
    rules: Sequence[str], known: Sequence[str], kind: str, named: Sequence[str]
) -> None:
    """Raises MisuseError for no rule, one that is not `known`, or one given twice.

    `kind` is what such a rule is called; `named` are those that the message offers.
    """
    if not rules:
        raise MisuseError(f"no {kind} rule was given; the rules are {', '.join(named)}")
    for rule in rules:
        if rule not in known:
            raise MisuseError(
                f"no {kind} rule is called '{rule}'; the rules are {', '.join(named)}"
            )
        if list(rules).count(rule) > 1:
            raise MisuseError(f"rule '{rule}' is given twice; name each once")


def check_limits(seeds: int, limits: Mapping[str, int | None]) -> None:
    """Raises MisuseError for no seeds, or limits by name that are out of range or contradict."""
    if not seeds:
        raise MisuseError("there is nothing to trace; give at least one seed")
    for name, limit in limits.items():
        most = _MOST.get(name, _MOST_OF_ANY)
        if limit is not None and not 0 <= limit <= most:
            raise MisuseError(f"{name} is {limit}; give 0 to {most}, or leave it out")
    low, high = limits.get("min_height"), limits.get("max_height")
    if low is not None and high is not None and low > high:
        raise MisuseError(f"min_height {low} is above max_height {high}; swap them")
