"""Several servers as one: when one fails or lies, the next goes on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from peelchain.actions.fetching.sources import Server
from peelchain.chain.partial.sitting import Sitting, Spends, Watch, sit_down
from peelchain.chain.partial.source import UntoldError
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError, PeelchainError, RemoteError
from peelchain.units import format_hash

T = TypeVar("T")


class Servers:
    """The servers named, asked in their order. Close it, or use it in a `with`.

    `failures` are the messages of those that failed or lied, which are not asked again; `untold`
    those of what none could tell.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        vault: Vault,
        *,
        most_txs: int,
        refresh: bool,
        watch: Watch,
    ) -> None:
        self._servers = tuple(servers)
        self._left = list(servers)
        self._vault = vault
        self._spends: Spends | None = None
        self._most_txs = most_txs
        self._refresh = refresh
        self._watch = watch
        self._sittings: list[Sitting] = []
        self._sitting: Sitting | None = None
        self.failures: list[str] = []
        self.untold: list[str] = []

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        if self._sitting is not None:
            self._sitting.source.close()
            self._sitting = None

    def ask(self, do: Callable[[Sitting], T]) -> T:
        """What `do` gives with the first server that neither fails nor lies.

        What was fetched before a failure stays. Raises the last server's error.
        """
        while True:
            try:
                return do(self._sit())
            except UntoldError as error:
                # the last server is asked for the rest all the same
                if len(self._left) == 1 and self._sitting is not None:
                    self.untold.append(str(error))
                    continue
                self._fail(error)
            except (RemoteError, FalseAnswerError) as error:
                self._fail(error)
                if not self._left:
                    raise

    def _fail(self, error: PeelchainError) -> None:
        if isinstance(error, FalseAnswerError):
            # who lies about one thing is not believed about what cannot be proven
            self._vault.forget_word_of(self._left[0].name)
        self._vault.commit()
        self.failures.append(str(error))
        self.close()
        del self._left[:1]

    def _sit(self) -> Sitting:
        if self._sitting is not None:
            return self._sitting
        source = self._left[0].open(self._vault)
        try:
            if self._spends is None:
                self._spends = Spends.of_vault(self._vault)
            sitting = sit_down(
                self._vault,
                source,
                spends=self._spends,
                most_txs=self._most_txs - self.fetched,
                refresh=self._refresh,
                watch=self._watch,
            )
        except BaseException:
            source.close()
            raise
        self._sitting = sitting
        self._sittings.append(sitting)
        return sitting

    @property
    def fetched(self) -> int:
        """Transactions fetched, of all servers."""
        return sum(s.fetched for s in self._sittings)

    @property
    def names(self) -> list[str]:
        """The servers that gave something or were asked."""
        return [s.name for s in self._sittings]

    @property
    def notes(self) -> list[str]:
        """What the user should know, each once."""
        of_all = [*(s.notes for s in self._servers), *(s.notes for s in self._sittings)]
        return list(dict.fromkeys(note for notes in of_all for note in notes))

    @property
    def unconfirmed(self) -> list[dict[str, str]]:
        """Spends that wait for a block, as servers tell: output and txid, for an answer."""
        found = {o: txid for s in self._sittings for o, txid in s.unconfirmed.items()}
        return [
            {"outpoint": str(outpoint), "txid": format_hash(txid)}
            for outpoint, txid in sorted(found.items())
        ]
