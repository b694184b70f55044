"""What a page may ask of traces: the options of `peelchain trace` as typed bodies."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from peelchain.actions.tracing.filters import Filters
from peelchain.units import MAX_HEIGHT, shown

MOST_SEEDS = 20_000
MOST_TXS = 50_000_000
DEFAULT_TXS = 200_000
MOST_DRAWS = 10_000


def _no_file(text: str) -> str:
    if text.lstrip().startswith("@"):
        raise ValueError(f"{shown(text)} names a file, and a page reads none; upload it instead")
    return text.strip()


Text = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_no_file)]
Upload = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Limits(_Body):
    """How far to walk. Null is no limit; heights and dates do not stand together."""

    max_hops: int | None = Field(default=None, ge=0, le=1_000_000)
    min_value_sat: int | None = Field(default=None, ge=0, le=21_000_000 * 100_000_000)
    min_height: int | None = Field(default=None, ge=0, le=MAX_HEIGHT)
    max_height: int | None = Field(default=None, ge=0, le=MAX_HEIGHT)
    since: Text | None = None
    until: Text | None = None
    max_txs: int | None = Field(default=DEFAULT_TXS, ge=1, le=MOST_TXS)
    through: list[Text] = Field(default=[], max_length=200)
    through_categories: list[Text] = Field(default=[], max_length=50)

    def filters(self) -> Filters:
        """The same for an action."""
        given = self.model_dump(exclude={"through", "through_categories"})
        return Filters(
            **given,
            through=tuple(self.through),
            through_categories=tuple(self.through_categories),
        )


class Known(_Body):
    """Whose word counts: the clustering policy, and only what was recorded by a moment."""

    policy: Text | None = None
    as_of: Text | None = None


class Money(_Body):
    """A currency for worths on the day, and whose rates."""

    fiat: Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")] | None = None
    rates_of: Text | None = None


class Claim(_Body):
    """What one of several claimants lost, as outpoints."""

    claimant: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^=:,]+$")]
    outpoints: list[Text] = Field(min_length=1, max_length=MOST_SEEDS)


class Seeded(Known):
    """What a trace starts from.

    `seeds` are outpoints (`TXID:VOUT`, `TXID:VOUT=SATOSHIS`), txids (their outputs), addresses (of
    one party: its receipts) and `cluster:ADDRESS`. `case` adds the seeds of a case, `upload` those
    of an uploaded CSV file with the columns outpoint, satoshis, claimant.
    """

    direction: Literal["forward", "backward"] = "forward"
    seeds: list[Text] = Field(default=[], max_length=MOST_SEEDS)
    claims: list[Claim] = Field(default=[], max_length=1_000)
    case: Annotated[str, Field(max_length=100)] | None = None
    upload: Upload | None = None
    limits: Limits = Limits()


class TraceBody(Seeded, Money):
    """A trace under rules; the first is the one that `value_sat` is told for."""

    rules: list[Text] = Field(default=["pro-rata"], min_length=1, max_length=20)


class CompareBody(Seeded, Money):
    """All rules side by side, between bounds; `to` are destinations, `cross` CoinJoins."""

    rules: list[Text] = Field(default=["all"], min_length=1, max_length=20)
    to: list[Text] = Field(default=[], max_length=200)
    cross: list[Text] = Field(default=[], max_length=200)
    cuts: bool = True


class NullBody(Seeded):
    """The same trace from outputs drawn at random that are like its seeds."""

    rule: Text = "pro-rata"
    to: list[Text] = Field(default=[], max_length=200)
    draws: int = Field(default=200, ge=1, le=MOST_DRAWS)
    number: int = Field(default=1, ge=0, le=2**63 - 1)


class PatternsBody(Seeded):
    """Patterns among the transactions that a trace comes through."""

    patterns: list[Text] = Field(default=[], max_length=20)
    threshold: Annotated[str, Field(max_length=40)] | None = None
    within_days: int = Field(default=30, ge=0, le=36_500)
    rates_of: Text | None = None


class PathBody(Known, Money):
    """The paths of value from one end to another."""

    start: Text
    end: Text
    rules: list[Text] = Field(default=["all"], min_length=1, max_length=20)
    max_paths: int = Field(default=10, ge=1, le=500)
    limits: Limits = Limits()


class BetweenBody(Known):
    """How much passes from one set of ends to another."""

    start: list[Text] = Field(min_length=1, max_length=200)
    end: list[Text] = Field(min_length=1, max_length=200)
    rules: list[Text] = Field(default=["all"], min_length=1, max_length=20)
    limits: Limits = Limits()


class LedgerBody(_Body):
    """A custodian's own books, uploaded as CSV, under the rules of scope account."""

    upload: Upload
    rules: list[Text] = Field(default=["all"], min_length=1, max_length=20)


class SeedsBody(_Body):
    """Texts to look at before they are traced."""

    seeds: list[Text] = Field(default=[], max_length=2_000)
    case: Annotated[str, Field(max_length=100)] | None = None
