"""A watch: a source followed, a case looked at, notices delivered, until it is told to stop."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peelchain.actions.fetching.asked import Agree
from peelchain.actions.progress import Progress, silent
from peelchain.actions.watching.channels import Channel
from peelchain.actions.watching.deliver import deliver, pause
from peelchain.actions.watching.look import Looked, look, take_in
from peelchain.actions.watching.sources import Following
from peelchain.actions.watching.unconfirmed import Seen, look_unconfirmed
from peelchain.case.casefile import CaseFile
from peelchain.case.watching.outbox import Outbox, alone
from peelchain.errors import (
    CaseError,
    MisuseError,
    PeelchainError,
    StoreLockedError,
)
from peelchain.network import by_name
from peelchain.store import manifest

Row = dict[str, Any]

Sleep = Callable[[float], bool]
"""Waits for seconds; False where the watch is to stop."""

Working = Callable[[], AbstractContextManager[Progress]]

_LONGEST_PAUSE_S = 600.0


def _silently() -> AbstractContextManager[Progress]:
    return nullcontext(silent)


@dataclass(frozen=True)
class WatchAsked:
    """What to watch, by what, and how.

    `source` as `peelchain chain ingest` takes it with `options`, None where other commands bring
    the store up; `interval_s` seconds between two looks; `mempool` whether a node's unconfirmed
    transactions are looked at; `agree` is asked before a server of single transactions is.
    """

    case: Path
    store: Path
    source: str | None = None
    network: str | None = None
    once: bool = False
    interval_s: float = 60.0
    confirmations: int = 1
    mempool: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    agree: Agree = lambda _reveals: False


def watch(
    asked: WatchAsked,
    channels: Sequence[Channel],
    *,
    say: Callable[[str], None],
    sleep: Sleep,
    working: Working = _silently,
) -> Row:
    """Follows until `sleep` says stop, or looks once; gives what it came to.

    What fails is said and tried again, later each time: a source that is down, a store or case
    that another works on, a full disk, a channel. With `once` a failure of the source or the store
    is raised, after what could be sent was sent. `working` is entered for the work of each look,
    and gives who is told how far that is.
    """
    CaseFile.open(asked.case).close()
    with alone(asked.case):
        source = Following(
            asked.source,
            asked.store,
            asked.network,
            asked.options,
            say,
            case=asked.case,
            agree=asked.agree,
            mempool=asked.mempool,
        )
        round_ = _Round(asked, source, channels, say, working)
        failures = 0
        while True:
            failed = round_.run(at_once=asked.once)
            if asked.once:
                if failed is not None:
                    raise failed
                break
            failures = 0 if failed is None else failures + 1
            wait = asked.interval_s
            if failed is not None:
                wait = min(max(asked.interval_s, pause(failures - 1)), _LONGEST_PAUSE_S)
                say(f"{failed}; the watch goes on in {wait:.0f} s")
            if not sleep(wait):
                break
        return round_.answer()


class _Round:
    """The rounds of one watch and what they came to."""

    def __init__(
        self,
        asked: WatchAsked,
        source: Following,
        channels: Sequence[Channel],
        say: Callable[[str], None],
        working: Working,
    ) -> None:
        self.asked = asked
        self._source = source
        self._channels = channels
        self._say = say
        self._working = working
        self._seen = Seen()
        self._last: Looked | None = None
        self._raised = self._sent = self._owed = self._rounds = 0

    def run(self, *, at_once: bool) -> PeelchainError | None:
        """One round; what failed in it, None where all went well."""
        self._rounds += 1
        try:
            with self._working() as progress:
                failed = self._bring_up(progress)
                try:
                    self._look(progress)
                except PeelchainError as error:
                    failed = failed or self._unless_misused(error)
            self._deliver(at_once=at_once)
        except PeelchainError as error:
            return self._unless_misused(error)
        except OSError as error:
            return _as_ours(error)
        return failed

    def _bring_up(self, progress: Progress) -> PeelchainError | None:
        try:
            self._source.bring_up(progress)
        except StoreLockedError as error:
            # whoever writes it brings it up, too
            self._say(f"{error}; what it has by now is looked at")
        except PeelchainError as error:
            return self._unless_misused(error)
        except OSError as error:
            return _as_ours(error)
        return None

    def _unless_misused(self, error: PeelchainError) -> PeelchainError:
        """The error; raises it where it is the request's: what went well once is no misuse."""
        if self._rounds == 1 and isinstance(error, MisuseError):
            raise error
        return error

    @property
    def _names(self) -> list[str]:
        return [channel.name for channel in self._channels]

    def _look(self, progress: Progress) -> None:
        with Outbox.open(self.asked.case) as outbox, CaseFile.open(self.asked.case) as case:
            self._last = look(
                case,
                outbox,
                self.asked.store,
                confirmations=self.asked.confirmations,
                channels=self._names,
                source=self._source.told,
                footprint=None if self._last is None else self._last.footprint,
                progress=progress,
            )
            self._raised += len(self._last.notices)
            self._raised += self._look_unconfirmed(case)
            take_in(case, outbox, self._names)

    def _deliver(self, *, at_once: bool) -> None:
        with Outbox.open(self.asked.case) as outbox:
            done = deliver(outbox, self._channels, self._say, at_once=at_once)
        self._sent += done.sent
        self._owed = done.owed

    def _look_unconfirmed(self, case: CaseFile) -> int:
        """Looks at the source's mempool, where it has one; gives how many notices that raised."""
        footprint = None if self._last is None else self._last.footprint
        mempool = self._source.mempool() if self.asked.mempool else None
        if mempool is None or footprint is None or not _is_read_here(self.asked.store):
            return 0
        return len(
            look_unconfirmed(
                case, self.asked.store, mempool, footprint, self._seen, self._source.told
            )
        )

    def answer(self) -> Row:
        """What the watch came to."""
        last = self._last
        if last is None:
            raise CaseError(f"{self.asked.case} could not be looked at; see what was said above")
        return {
            "case": str(self.asked.case),
            "tip_height": last.tip_height,
            "tip_hash": last.tip_hash,
            "looked_height": None if last.bookmark is None else last.bookmark[0],
            "looked_hash": None if last.bookmark is None else last.bookmark[1],
            "behind": last.behind,
            "rounds": self._rounds,
            "notices": self._raised,
            "sent": self._sent,
            "owed": self._owed,
        }


def _is_read_here(store: Path) -> bool:
    """Whether single transactions of the store's chain are read as Bitcoin's are."""
    rules = by_name(manifest.read(store).network).rules
    return rules.tx_form == "bitcoin" and not rules.token_prefix


def _as_ours(error: OSError) -> PeelchainError:
    where = f"{error.filename}: " if error.filename else ""
    return PeelchainError(
        f"{where}{error.strerror or type(error).__name__}; check the room and your rights"
    )
