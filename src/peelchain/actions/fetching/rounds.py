"""A walk over a partial store that fetches what it lacks, round by round, until nothing is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from peelchain.actions.fetching.asked import FetchAsked, check_consent
from peelchain.actions.fetching.frontier import Missing, as_text, fetch_missing, missing
from peelchain.actions.fetching.named import Named, fetch_named
from peelchain.actions.fetching.servers import Servers
from peelchain.actions.fetching.sources import server
from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.walk import Walked
from peelchain.actions.view import StoreView
from peelchain.chain.partial.sitting import FETCHING, EnoughError, Sitting
from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.vault import Vault
from peelchain.errors import (
    FalseAnswerError,
    MisuseError,
    NotInChainError,
    PeelchainError,
    RemoteError,
)
from peelchain.network import MAINNET, Network, by_name
from peelchain.store import manifest

Row = dict[str, Any]

_SHOWN_MISSING = 1_000
_MOST_BESIDE = 25
"""Transactions of an address that a walk is to come to: enough for it to be known."""

OpenView = Callable[[], AbstractContextManager[StoreView]]
WalkOf = Callable[[StoreView, Watch], Walked]
"""Walks as the answer will; with its paths asked for."""


@dataclass(frozen=True)
class Wanted:
    """What to fetch first, and the walk that says what comes next; None: nothing does.

    `beside` are other texts to be fetched, as far as they name anything: the ends of a path.
    `whole` fetches what named transactions spend and who spends named outputs; `around` what else
    is wanted of what was named.
    """

    first: Callable[[Network], Named]
    open: OpenView | None = None
    walk: WalkOf | None = None
    beside: Callable[[Network], Named] = lambda _network: Named()
    whole: bool = False
    around: Callable[[Sitting, Named], None] = lambda _sitting, _named: None


@dataclass
class _Course:
    """How the fetching went."""

    rounds: int = 0
    lacking: Missing = field(default_factory=Missing)
    unconfirmed: list[str] = field(default_factory=list)
    stopped_by: str | None = None
    why: str | None = None


def fetch_for(asked: FetchAsked, store: Path, wanted: Wanted, watch: Watch = silent) -> Row:
    """What was fetched into a partial store so that a walk can be answered, and what lacks.

    `complete` says that the walk lacks nothing; otherwise `stopped_by` is `you`, `max_fetch` or
    `server`, `why` says it in words, and `missing` names what is to be fetched. The same again goes
    on from there. Raises MisuseError for what cannot be asked, and the error that ended the
    fetching where the store has nothing at all.
    """
    if not asked.sources:
        raise MisuseError("no server is named; give --source esplora:https://HOST/api")
    servers = [server(text, asked.connection) for text in asked.sources]
    network = network_of(store, asked.network)
    named = wanted.first(network), wanted.beside(network)
    what = [text for some in named for text in some.texts()]
    course = _Course()
    with Vault.open(store, network) as vault:
        check_consent(asked, servers, vault, what, follows=wanted.walk is not None)
        with Servers(
            servers, vault, most_txs=asked.most_txs, refresh=asked.refresh, watch=watch
        ) as asking:
            ended: PeelchainError | None = None
            try:
                _fetch_first(asked, store, vault, asking, wanted, named, course)
                _fetch_rounds(asked, store, vault, asking, wanted, course, watch)
            except EnoughError as error:
                ended, course.stopped_by = error, error.reason
            except (RemoteError, FalseAnswerError) as error:
                ended, course.stopped_by = error, "server"
            except NotInChainError:
                vault.commit()
                raise
            if ended is not None:
                course.why = str(ended)
                vault.commit()
                _rebuild(store, vault)
                if not has_tables(store):
                    raise ended
            return _told(asking, course)


def answered(
    asked: FetchAsked,
    store: Path,
    wanted: Wanted,
    answer: Callable[[Watch], Row],
    watch: Watch = silent,
) -> Row:
    """An answer over a partial store once what it needs was fetched; `fetching` says how that went.

    Raises what `answer` raises; where the store lacks what is asked for, with the reason why it
    could not be fetched.
    """
    fetching = fetch_for(asked, store, wanted, watch)
    # who stopped the fetching still wants the answer on what there is
    deaf = fetching["stopped_by"] == "you"
    try:
        found = answer(silent if deaf else watch)
    except NotInChainError as error:
        if fetching["why"] is None:
            raise
        raise NotInChainError(f"{error}; it was not fetched: {fetching['why']}") from None
    return {**found, "fetching": fetching}


def network_of(store: Path, asked: str | None) -> Network:
    """The network of a store, or for a new one the network asked, else mainnet.

    Raises MisuseError where a store is of another network than the one asked.
    """
    chosen = by_name(asked) if asked else None
    if not has_tables(store):
        return chosen or MAINNET
    network = by_name(manifest.read(store).network)
    if chosen is not None and chosen != network:
        raise MisuseError(
            f"{store} holds {network.name}, not {chosen.name}; leave out --network, or name "
            "another store"
        )
    return network


def has_tables(store: Path) -> bool:
    """Whether a store was made there already."""
    return (store / manifest.NAME).exists()


def _fetch_first(
    asked: FetchAsked,
    store: Path,
    vault: Vault,
    asking: Servers,
    wanted: Wanted,
    named: tuple[Named, Named],
    course: _Course,
) -> None:
    """Fetches what is named outright, and makes the tables of it."""
    most = asked.most_of_script
    course.unconfirmed = asking.ask(
        lambda sitting: fetch_named(sitting, named[0], most, whole=wanted.whole)
    )
    asking.ask(lambda sitting: fetch_named(sitting, named[1], min(most, _MOST_BESIDE)))
    asking.ask(lambda sitting: wanted.around(sitting, named[0]))
    _rebuild(store, vault)
    if course.unconfirmed and not has_tables(store):
        raise NotInChainError(
            f"transaction {course.unconfirmed[0]} is in no block yet, as {asking.names[-1]} tells; "
            "ask again once it is"
        )


def _fetch_rounds(
    asked: FetchAsked,
    store: Path,
    vault: Vault,
    asking: Servers,
    wanted: Wanted,
    course: _Course,
    watch: Watch,
) -> None:
    """Walks, fetches what the walk lacks, and so on until that changes nothing."""
    if wanted.open is None or wanted.walk is None or not has_tables(store):
        return
    while True:
        with wanted.open() as view:
            lacking = missing(wanted.walk(view, watch))
        if watch(FETCHING, asking.fetched, 0) is False:
            raise EnoughError("you", "you stopped the fetching; the same command goes on from here")
        course.lacking = lacking
        if lacking.is_settled:
            return
        asking.ask(partial(fetch_missing, lacking=lacking, most_of_script=asked.most_of_script))
        course.rounds += 1
        if not _rebuild(store, vault):
            return


def _rebuild(store: Path, vault: Vault) -> bool:
    """Makes the tables of what the vault has; whether they are others than before."""
    if not any(True for _ in vault.transactions()):
        return False
    return rebuild(store, vault).changed


def _told(asking: Servers, course: _Course) -> Row:
    lacking = as_text(course.lacking)
    return {
        "servers": asking.names,
        "fetched_txs": asking.fetched,
        "rounds": course.rounds,
        "complete": course.stopped_by is None and not lacking and not asking.untold,
        "stopped_by": course.stopped_by,
        "why": course.why or next(iter(asking.untold), None),
        "missing": lacking[:_SHOWN_MISSING],
        "missing_count": len(lacking),
        "failures": asking.failures,
        "notes": asking.notes,
        "not_in_a_block": course.unconfirmed,
        "unconfirmed_spends": asking.unconfirmed,
    }
