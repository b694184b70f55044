"""The conditions under which simulated economies are measured, each a set of parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from peelchain.errors import MisuseError
from peelchain.simulate.parameters import PARAMETERS, Parameters

PAYJOIN_SHARES = (0.0, 0.001, 0.01, 0.05)
HIDDEN_SHARES = (0.0, 0.01)
"""Shares of private payments that are PayJoins, and that are mixes no detector sees."""

STATED = "habits"
"""The condition that error rates are quoted from: every habit on, at the stated base rates."""


@dataclass(frozen=True)
class Condition:
    """A name, what it is in words, and the parameters of its economies."""

    name: str
    about: str
    parameters: Parameters


def payjoin_name(payjoin: float, hidden: float) -> str:
    """The name of the condition with these shares of PayJoins and of mixes no detector sees."""
    return f"payjoin-{100 * payjoin:g}" + (f"-hidden-{100 * hidden:g}" if hidden else "")


def _conditions() -> dict[str, Condition]:
    habits = PARAMETERS["habits"]
    found = [
        Condition("default", "the plain economy: no habit that fools co-spending but CoinJoins",
                  PARAMETERS["default"]),
        Condition("habits", "all habits at their stated base rates", habits),
        Condition("shifted", "all habits, from other distributions", PARAMETERS["shifted"]),
    ]  # fmt: skip
    for hidden in HIDDEN_SHARES:
        for payjoin in PAYJOIN_SHARES:
            about = f"all habits, with {100 * payjoin:g}% PayJoin and "
            about += f"{100 * hidden:g}% mixes that no detector sees" if hidden else "no such mix"
            shares = replace(habits, payjoin_share=payjoin, undetected_mix_share=hidden)
            found.append(Condition(payjoin_name(payjoin, hidden), about, shares))
    return {c.name: c for c in found}


CONDITIONS: Mapping[str, Condition] = MappingProxyType(_conditions())


def condition(name: str) -> Condition:
    """The condition of that name. Raises MisuseError for another."""
    if name not in CONDITIONS:
        raise MisuseError(f"there is no condition {name!r}; choose from {', '.join(CONDITIONS)}")
    return CONDITIONS[name]
