"""The tracing rules that a user means, by name, and those that run in a direction."""

from collections.abc import Sequence

from peelchain.errors import MisuseError
from peelchain.trace.accounts import ACCOUNT_RULES, BACKWARD_ACCOUNT_RULES
from peelchain.trace.walk import BACKWARD_RULES, RULES, Direction
from peelchain.units import shown

ALL = "all"

_ALIASES = {"haircut": "pro_rata", "fifo": "index_fifo"}


_LEAST = "pro-rata"
"""What a walk is made under where only rules of scope account are asked for."""


def canonical_rule(rule: str) -> str:
    """The kernel's name of a rule, given with hyphens or underscores, or by a usual other name."""
    name = _named(rule)
    if name in ACCOUNT_RULES:
        raise MisuseError(
            f"rule {public_rule(name)} is of scope account; run 'peelchain trace compare'"
        )
    if name not in RULES:
        raise MisuseError(
            f"there is no tracing rule {shown(rule)}; the rules are "
            f"{', '.join(map(public_rule, RULES))}, and of scope account "
            f"{', '.join(map(public_rule, ACCOUNT_RULES))}"
        )
    return name


def public_rule(name: str) -> str:
    """The name of a rule for people."""
    return name.replace("_", "-")


def rules_of(direction: Direction, asked: Sequence[str]) -> tuple[str, ...]:
    """The kernel's names of the rules asked for, `all` standing for those that run that way.

    Raises MisuseError for a rule that does not exist, is named twice or cannot run backward.
    """
    able = RULES if direction == "forward" else BACKWARD_RULES
    if _is_all(asked):
        return able
    names = [canonical_rule(rule) for rule in asked]
    for rule, name in zip(asked, names, strict=True):
        _check_once(rule, name, names)
        if name not in able:
            raise MisuseError(
                f"rule {public_rule(name)} cannot run backward, since what it does depends on what "
                f"is traced; these can: {', '.join(public_rule(r) for r in able)}"
            )
    return tuple(names)


def account_rules_of(asked: Sequence[str]) -> tuple[str, ...]:
    """The kernel's names of rules of scope account, `all` for every one of them.

    Raises MisuseError for any other, and for one that is named twice.
    """
    if _is_all(asked):
        return ACCOUNT_RULES
    names = [_named(rule) for rule in asked]
    for rule, name in zip(asked, names, strict=True):
        if name not in ACCOUNT_RULES:
            raise MisuseError(
                f"books know no rule {shown(rule)}; those of scope account are "
                f"{', '.join(map(public_rule, ACCOUNT_RULES))}"
            )
        _check_once(public_rule(name), name, names)
    return tuple(names)


def rules_by_scope(
    direction: Direction, asked: Sequence[str], *, books: bool = True
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules asked for of scope transaction and of scope account, `all` standing for both.

    Without `books`, as of a partial store, `all` stands for the former alone. Raises MisuseError as
    `rules_of` does.
    """
    able = ACCOUNT_RULES if direction == "forward" else BACKWARD_ACCOUNT_RULES
    if _is_all(asked):
        return rules_of(direction, asked), able if books else ()
    own = [name for name in map(_named, asked) if name in ACCOUNT_RULES]
    for name in own:
        _check_once(public_rule(name), name, own)
        if name not in able:
            raise MisuseError(
                f"rule {public_rule(name)} cannot run backward, since which money is an account's "
                f"own is known forward only; these can: {', '.join(map(public_rule, able))}"
            )
    others = [rule for rule in asked if _named(rule) not in ACCOUNT_RULES]
    return rules_of(direction, others or [_LEAST]), tuple(own)


def rules_in_order(
    direction: Direction, asked: Sequence[str], *, books: bool = True
) -> tuple[str, ...]:
    """The rules asked for, of both scopes, in the order that they were; `all` as rules_by_scope.

    Raises MisuseError as that does.
    """
    names, own = rules_by_scope(direction, asked, books=books)
    return names + own if _is_all(asked) else tuple(map(_named, asked))


def _named(rule: str) -> str:
    name = rule.strip().lower().replace("-", "_")
    return _ALIASES.get(name, name)


def _is_all(asked: Sequence[str]) -> bool:
    return [rule.strip().lower() for rule in asked] == [ALL]


def _check_once(rule: str, name: str, names: Sequence[str]) -> None:
    if names.count(name) > 1:
        raise MisuseError(f"rule {rule} is given twice; name each once")
