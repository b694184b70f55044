"""JSON-RPC over lines: many requests under way at once, asked again where that may help."""

import json
import random
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Self

from peelchain.errors import FalseAnswerError, RemoteError
from peelchain.remote.bounded_json import NoJsonError, parsed
from peelchain.remote.certificates import Trust
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.lines import LineConnection, LineLimits, LostError
from peelchain.units import shown

_LONGEST_WAIT_S = 60.0
_STRAY_BYTES = 1 << 16
_TOO_MUCH = frozenset({-101, -102})
"""Codes by which a server says that it is asked too much at once (aiorpcX)."""


@dataclass(frozen=True)
class Refusal:
    """A server's error in place of a result; its text is for messages, shown and cut."""

    code: int | None
    text: str


@dataclass(frozen=True)
class Ask:
    """A method with its bounds: bytes of the line that answers, and values in it."""

    method: str
    most_bytes: int = 1 << 16
    most_values: int = 1_000


@dataclass(eq=False)
class _Pending:
    ask: Ask
    params: Sequence[object]
    number: int | None = None
    """The id under which it was asked on this connection; None where it was not."""
    answered: bool = False
    answer: object = field(default=None, repr=False)


class JsonRpcClient:
    """A connection to one server, opened when first needed and again when lost. For one thread.

    `greeting` is the first request on each connection, `greeted` judges its answer. `window` is
    how many requests are under way at once; `requests_per_s` bounds what is sent.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        greeting: tuple[Ask, Sequence[object]],
        greeted: Callable[[object], None],
        trust: Trust | None = None,
        proxy: str | None = None,
        limits: LineLimits | None = None,
        window: int = 32,
        requests_per_s: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.endpoint = endpoint
        self.limits = limits or LineLimits()
        self.sent = 0
        """Requests sent so far, those that failed too."""
        self._greeting, self._greeted = greeting, greeted
        self._trust, self._proxy = trust or Trust(), proxy
        self._window = window
        self._gap_s = 1 / requests_per_s if requests_per_s else 0.0
        self._sleep = sleep
        self._next_at = 0.0
        self._connection: LineConnection | None = None
        self._number = 0
        self._pending: dict[int, _Pending] = {}
        self._given_up: set[int] = set()
        self._failures = 0
        self._strays = 0
        self._heard = 0.0

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        for pending in self._pending.values():
            pending.number = None
        self._pending.clear()
        self._given_up.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def ask(self, ask: Ask, *params: object) -> object:
        """The result of one request, or a Refusal. Raises as `ask_all`."""
        return next(iter(self.ask_all(ask, [params])))

    def ask_all(self, ask: Ask, params: Iterable[Sequence[object]]) -> Iterator[object]:
        """The result or Refusal of each request, in the order asked.

        Raises RemoteError, naming the server, where none comes in time or it is too long, and
        FalseAnswerError for what is no answer to anything asked.
        """
        under_way: deque[_Pending] = deque()
        waiting = iter(params)
        try:
            while True:
                some = islice(waiting, max(self._window - len(under_way), 0))
                under_way.extend(_Pending(ask, one) for one in some)
                if not under_way:
                    return
                for pending in islice(under_way, self._window):
                    if pending.number is None and not pending.answered:
                        self._try(partial(self._write, pending))
                yield self._answer(under_way[0])
                under_way.popleft()
        finally:
            for pending in under_way:
                if pending.number is not None and pending.number in self._pending:
                    del self._pending[pending.number]
                    self._given_up.add(pending.number)

    def _answer(self, pending: _Pending) -> object:
        self._heard = time.monotonic()
        while not pending.answered:
            # a connection lost meanwhile took with it what had been asked
            lost = pending.number is None
            self._try(partial(self._write, pending) if lost else self._read_one)
        return pending.answer

    def _try(self, step: Callable[[], None]) -> None:
        """Does a step, on a new connection where there is none; waits where that is lost."""
        try:
            if self._connection is None:
                self._connect()
            step()
        except (FalseAnswerError, RemoteError):
            self.close()
            raise
        except OSError as e:
            self.close()
            # the server may close on those who ask too much at once
            self._window = max(1, self._window // 4)
            self._failures += 1
            if self._failures >= self.limits.tries:
                self._failures = 0
                raise self._unreachable(e) from None
            self._sleep(_pause(self.limits.wait_s, self._failures - 1))

    def _connect(self) -> None:
        self._connection = LineConnection.open(self.endpoint, self._trust, self._proxy, self.limits)
        self._heard = time.monotonic()
        self._strays = 0
        hello = _Pending(*self._greeting)
        self._write(hello)
        while not hello.answered:
            self._read_one()
        self._greeted(hello.answer)

    def _write(self, pending: _Pending) -> None:
        assert self._connection is not None
        self._wait_turn()
        self.sent += 1
        self._number += 1
        request = {
            "jsonrpc": "2.0",
            "id": self._number,
            "method": pending.ask.method,
            "params": list(pending.params),
        }
        self._connection.send(json.dumps(request, separators=(",", ":")).encode())
        pending.number = self._number
        self._pending[self._number] = pending

    def _read_one(self) -> None:
        assert self._connection is not None
        bounds = [p.ask for p in self._pending.values()]
        # ElectrumX pads what it sends to the next power of two
        most_bytes = 2 * max([b.most_bytes for b in bounds], default=0) + _STRAY_BYTES
        most_values = max([b.most_values for b in bounds], default=0) + 100
        line = self._connection.line(self._heard + self.limits.answer_s, most_bytes)
        try:
            message = parsed(line, most_values)
        except NoJsonError as e:
            raise self._false(f"it sends {shown(line[:60].decode('latin-1'))}: {e}") from None
        if not isinstance(message, dict):
            raise self._false("it sends JSON that is no answer")
        self._take(message)

    def _take(self, message: dict[str, object]) -> None:
        number = message.get("id")
        if number is None:
            if "method" not in message:
                said = _refusal(message.get("error")).text
                raise self._false(f"it answers to no request, with the error {said}")
            self._stray()
            return
        if type(number) is not int:
            raise self._false("it answers with an id that no request had")
        if number in self._given_up:
            self._given_up.discard(number)
            self._stray()
            return
        pending = self._pending.get(number)
        if pending is None:
            raise self._false("it answers what was not asked, or twice")
        error = message.get("error")
        if error is None and "result" not in message:
            raise self._false("it answers with neither a result nor an error")
        refusal = None if error is None else _refusal(error)
        if refusal is not None and refusal.code in _TOO_MUCH:
            raise LostError(f"it is asked too much and says {refusal.text}")
        del self._pending[number]
        pending.answered = True
        pending.answer = message.get("result") if refusal is None else refusal
        self._strays = 0
        self._heard = time.monotonic()
        if pending.ask is not self._greeting[0]:
            self._failures = 0

    def _stray(self) -> None:
        self._strays += 1
        if self._strays > self.limits.strays:
            raise RemoteError(
                f"{self.endpoint}: it sends more than {self.limits.strays:,} messages that nobody "
                "asked for, and no answer; use another server"
            )

    def _wait_turn(self) -> None:
        now = time.monotonic()
        at = max(now, self._next_at)
        self._next_at = at + self._gap_s
        if at > now:
            self._sleep(at - now)

    def _false(self, what: str) -> FalseAnswerError:
        return FalseAnswerError(f"{self.endpoint}: {what}; use another server")

    def _unreachable(self, why: OSError) -> RemoteError:
        return RemoteError(
            f"{self.endpoint}: {_in_words(why, self.endpoint.scheme)}, {self.limits.tries} times; "
            "check that the server runs and can be reached, then run the command again: it goes "
            "on from there"
        )


def _refusal(error: object) -> Refusal:
    if isinstance(error, dict):
        code, text = error.get("code"), error.get("message")
        return Refusal(code if type(code) is int else None, shown(str(text)))
    return Refusal(None, shown(str(error)))


def _pause(first_s: float, number: int) -> float:
    return float(min(first_s * 2.0**number, _LONGEST_WAIT_S) * random.uniform(0.75, 1.25))


def _in_words(error: OSError, scheme: str) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ssl.SSLError):
        return "no TLS connection can be made (add ':t' to the port if it speaks plain TCP there)"
    if isinstance(error, LostError):
        return str(error)
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        hint = " (leave ':t' off the port if it speaks TLS there)" if scheme == "tcp" else ""
        return f"it breaks the connection off{hint}"
    return "it cannot be reached"
