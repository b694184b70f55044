"""Answers of an HTTP server, bounded in size and time, asked again where that may help."""

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import httpx

from peelchain.errors import RemoteError, SourceError
from peelchain.remote.endpoint import Endpoint

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_S = 60.0


class TooLongAnswerError(RemoteError):
    """An answer has more bytes than was allowed: asking for less at once may help."""


@dataclass(frozen=True)
class HttpLimits:
    """How long to wait, how much to take, how often to try.

    `connect_s` and `read_s` are seconds of silence; `answer_s` of a whole answer, so that a server
    that drips is left; `answer_bytes` its size once unpacked; `tries` counts the first; waits
    between tries begin at `wait_s` and double.
    """

    connect_s: float = 10.0
    read_s: float = 60.0
    answer_s: float = 300.0
    answer_bytes: int = 64 << 20
    tries: int = 5
    wait_s: float = 0.5


@dataclass(frozen=True)
class Answer:
    """What a server answered: status, type in lower case without parameters, and bytes."""

    status: int
    content_type: str
    body: bytes


class HttpClient:
    """Connections to one server, for several threads at once.

    `headers` are asked for with each request, so that a secret may change (a node writes a new
    cookie when it starts) and is kept nowhere. `proxy` is `socks5://HOST:PORT` (names are resolved
    there), such as Tor's. `certificate` is a file with the certificates to believe in place of the
    machine's own, for a server that made its own. `requests_per_s` bounds what is sent. Nothing
    goes to any other server: redirects are refused, and proxies or credentials of the environment
    are not used.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        headers: Callable[[], Mapping[str, str]] | None = None,
        proxy: str | None = None,
        certificate: Path | None = None,
        limits: HttpLimits | None = None,
        requests_per_s: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.endpoint = endpoint
        self.limits = limits or HttpLimits()
        self.sent = 0
        """Requests sent so far, those that failed too."""
        self._headers = headers or dict
        self._sleep = sleep
        self._gap_s = 1 / requests_per_s if requests_per_s else 0.0
        self._next_at = 0.0
        self._lock = Lock()
        timeout = httpx.Timeout(self.limits.read_s, connect=self.limits.connect_s)
        self._client = httpx.Client(
            timeout=timeout,
            proxy=proxy.replace("socks5://", "socks5h://", 1) if proxy else None,
            verify=_trusting(certificate),
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
        )

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def pause(self, seconds: float) -> None:
        """Waits, as between two tries."""
        self._sleep(seconds)

    def get(self, path: str) -> Answer:
        """The answer to GET of a path below the endpoint's. Any status below 500 is an answer.

        Raises RemoteError, naming server and path, where none comes in time or it is too long.
        """
        return self._ask("GET", path, None, None)

    def post(self, path: str, body: bytes, content_type: str) -> Answer:
        """The answer to POST; otherwise as `get`. Sent again after a failure: for what may be."""
        return self._ask("POST", path, body, content_type)

    def _ask(self, method: str, path: str, body: bytes | None, content_type: str | None) -> Answer:
        what = "no try was allowed"
        for number in range(self.limits.tries):
            self._wait_turn()
            after: float | None = None
            try:
                answer, after = self._once(method, path, body, content_type)
            except httpx.HTTPError as e:
                what = _in_words(e)
            else:
                if answer.status not in _AGAIN:
                    return answer
                what = f"it answers with status {answer.status}"
            if number + 1 < self.limits.tries:
                self._sleep(_pause(self.limits.wait_s, number, after))
        raise RemoteError(
            f"{self.endpoint}{path}: {what}, {self.limits.tries} times; check that the server runs "
            "and can be reached, then run the command again: it goes on from there"
        )

    def _once(
        self, method: str, path: str, body: bytes | None, content_type: str | None
    ) -> tuple[Answer, float | None]:
        headers = dict(self._headers())
        if content_type:
            headers["content-type"] = content_type
        url = f"{self.endpoint}{path}"
        end = time.monotonic() + self.limits.answer_s
        with self._client.stream(method, url, content=body, headers=headers) as response:
            if response.is_redirect:
                raise RemoteError(
                    f"{self.endpoint}{path}: the server sends on to another address, which is not "
                    "followed; name the server that answers itself"
                )
            parts, size = [], 0
            for part in response.iter_bytes():
                size += len(part)
                if size > self.limits.answer_bytes:
                    raise TooLongAnswerError(
                        f"{self.endpoint}{path}: the answer has more than "
                        f"{self.limits.answer_bytes:,} bytes; nothing of it is taken, use another "
                        "server"
                    )
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("the answer did not end")
                parts.append(part)
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, kind, b"".join(parts)), _retry_after(response)

    def _wait_turn(self) -> None:
        with self._lock:
            self.sent += 1
            now = time.monotonic()
            at = max(now, self._next_at)
            self._next_at = at + self._gap_s
        if at > now:
            self._sleep(at - now)


def _pause(first_s: float, number: int, after_s: float | None) -> float:
    """Seconds before the next try: as the server says, else doubled each time, and not in step."""
    if after_s is not None:
        return min(after_s, _LONGEST_WAIT_S)
    wait = min(first_s * 2.0**number, _LONGEST_WAIT_S)
    return wait * random.uniform(0.75, 1.25)


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() and len(text) < 7 else None


def _trusting(certificate: Path | None) -> ssl.SSLContext | bool:
    if certificate is None:
        return True
    try:
        return ssl.create_default_context(cafile=certificate)
    except (OSError, ssl.SSLError):
        raise SourceError(
            f"{certificate}: it cannot be read as a certificate; give the server's own, as PEM"
        ) from None


def _in_words(error: httpx.HTTPError) -> str:
    """What failed. The library's own text may hold the request, so it is not shown."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate is none that is believed here, or of another name"
    if isinstance(error, httpx.TimeoutException):
        return "it does not answer in time"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return "it cannot be reached"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "its answer is broken off or no HTTP"
    return f"the connection failed ({type(error).__name__})"
