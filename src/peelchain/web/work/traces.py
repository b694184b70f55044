"""Traces for a page, as jobs: the answers of `peelchain trace`, long tables kept beside them."""

from datetime import UTC, datetime
from typing import Any

from peelchain.actions.progress import Watch
from peelchain.actions.tracing.between import BetweenAsked, trace_between
from peelchain.actions.tracing.compare import CompareAsked, trace_compare
from peelchain.actions.tracing.filters import moment_of
from peelchain.actions.tracing.gathered import arrivals, by_destination
from peelchain.actions.tracing.ledger import LedgerAsked, trace_ledger
from peelchain.actions.tracing.null_controls import NullAsked
from peelchain.actions.tracing.null_controls import null_controls as null_controls_of
from peelchain.actions.tracing.path import PathAsked, trace_path
from peelchain.actions.tracing.patterns import PatternsAsked, patterns_on_trace, threshold_asked
from peelchain.actions.tracing.traces import TraceAsked, trace_asked
from peelchain.tags.knowledge import ALL, Knowledge
from peelchain.web.folders import Folders
from peelchain.web.work.kept import keep
from peelchain.web.work.questions import (
    BetweenBody,
    CompareBody,
    Known,
    LedgerBody,
    NullBody,
    PathBody,
    PatternsBody,
    TraceBody,
)
from peelchain.web.work.trace_seeds import seeds_asked

Row = dict[str, Any]

TABLES = ("terminals", "hops", "holdings", "payments", "seeds", "claims", "marks")
"""The tables of a trace that are kept beside its answer."""


def trace(folders: Folders, asked: Row, progress: Watch) -> Row:
    """A trace one way, with who passed how much to whom, and its ends gathered.

    Its rows are in `kept`; `destinations`, `arrivals`, `parties` are summed from all of them.
    """
    body = TraceBody.model_validate(asked)
    answer = trace_asked(
        TraceAsked(
            direction=body.direction,
            seeds=seeds_asked(folders, body),
            rules=body.rules,
            filters=body.limits.filters(),
            policy=_policy(body),
            fiat=body.fiat,
            rates_of=body.rates_of,
            hops=True,
            parties=True,
            knowledge=_knowledge(body),
        ),
        folders.store,
        progress,
    )
    answer["destinations"] = by_destination(answer, answer.pop("services"))
    answer["arrivals"] = arrivals(answer)
    answer["kept"] = keep(folders, {name: answer.pop(name) for name in TABLES})
    return {**answer, "asked": asked}


def compare(folders: Folders, asked: Row, progress: Watch) -> Row:
    """All rules side by side between the bounds, destination by destination."""
    body = CompareBody.model_validate(asked)
    answer = trace_compare(
        CompareAsked(
            seeds=seeds_asked(folders, body),
            to=body.to,
            direction=body.direction,
            rules=body.rules,
            filters=body.limits.filters(),
            policy=_policy(body),
            cross=body.cross,
            fiat=body.fiat,
            rates_of=body.rates_of,
            cuts=body.cuts,
            knowledge=_knowledge(body),
        ),
        folders.store,
        progress,
    )
    return {**answer, "asked": asked}


def null_controls(folders: Folders, asked: Row, progress: Watch) -> Row:
    """How often money drawn at random would have come to the same places."""
    body = NullBody.model_validate(asked)
    answer = null_controls_of(
        NullAsked(
            seeds=seeds_asked(folders, body),
            direction=body.direction,
            rule=body.rule,
            filters=body.limits.filters(),
            to=body.to,
            draws=body.draws,
            number=body.number,
            policy=_policy(body),
            knowledge=_knowledge(body),
        ),
        folders.store,
        progress,
    )
    return {**answer, "asked": asked}


def patterns(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Patterns among the transactions that a trace comes through."""
    body = PatternsBody.model_validate(asked)
    answer = patterns_on_trace(
        PatternsAsked(
            direction=body.direction,
            seeds=seeds_asked(folders, body),
            names=body.patterns,
            threshold=threshold_asked(body.threshold, body.within_days),
            filters=body.limits.filters(),
            policy=_policy(body),
            rates_of=body.rates_of,
            knowledge=_knowledge(body),
        ),
        folders.store,
        progress,
    )
    return {**answer, "asked": asked}


def path(folders: Folders, asked: Row, progress: Watch) -> Row:
    """The paths of value from one end to another, the surest first."""
    body = PathBody.model_validate(asked)
    answer = trace_path(
        PathAsked(
            start=body.start,
            end=body.end,
            rules=body.rules,
            filters=body.limits.filters(),
            policy=_policy(body),
            max_paths=body.max_paths,
            fiat=body.fiat,
            rates_of=body.rates_of,
            knowledge=_knowledge(body),
        ),
        folders.store,
        progress,
    )
    return {**answer, "asked": asked}


def between(folders: Folders, asked: Row, progress: Watch) -> Row:
    """How much passes from one set of ends to another."""
    body = BetweenBody.model_validate(asked)
    answer = trace_between(
        BetweenAsked(
            start=body.start,
            end=body.end,
            rules=body.rules,
            filters=body.limits.filters(),
            policy=_policy(body),
            knowledge=_knowledge(body),
        ),
        folders.store,
        progress,
    )
    return {**answer, "asked": asked}


def ledger(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Whose each payment of a custodian's own books is."""
    body = LedgerBody.model_validate(asked)
    answer = trace_ledger(LedgerAsked(folders.upload(body.upload), body.rules))
    return {**answer, "asked": asked}


def _policy(body: Known) -> tuple[str, ...]:
    return () if body.policy is None else (body.policy,)


def _knowledge(body: Known) -> Knowledge:
    if body.as_of is None:
        return ALL
    seconds = moment_of(body.as_of, "--as-of", last=True)
    return Knowledge(as_of=datetime.fromtimestamp(seconds, UTC))
