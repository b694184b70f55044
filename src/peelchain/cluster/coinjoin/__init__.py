"""CoinJoins and what looks like one. docs/methods/coinjoins.md has definitions and figures."""

from peelchain.cluster.coinjoin.equal_output import (
    LEVELS,
    NAME,
    ONE_LEVEL,
    EqualOutputLimits,
    find_coinjoins,
)

__all__ = ["LEVELS", "NAME", "ONE_LEVEL", "EqualOutputLimits", "find_coinjoins"]
