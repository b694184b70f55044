"""JSON-RPC in batches, and REST: every answer held to its form, none believed for its content."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from peelchain.chain.rpc.auth import Auth
from peelchain.errors import FalseAnswerError, RemoteError, SourceError
from peelchain.remote.http import Answer, HttpClient
from peelchain.units import shown

Call = tuple[str, list[Any]]
"""A method and its parameters."""

IN_WARMUP = -28
METHOD_NOT_FOUND = -32601
"""Error codes. Source: Bitcoin Core, rpc/protocol.h."""

_WARMUP_PAUSE_S = 1.0
_WARMUP_TRIES = 3600
_COOKIE_TRIES = 5


class NodeError(SourceError):
    """The node answered a call with an error; the caller knows what it means.

    `said` is its own message, quoted.
    """

    def __init__(self, server: str, code: int, said: str) -> None:
        super().__init__(
            f"{server}: the node answers a call with error {code}, {said}; see its log, or use "
            "another node"
        )
        self.code = code
        self.said = said


class RpcClient:
    """A node's RPC server, for several threads at once.

    All calls go as batches: Bitcoin Core answers those with status 200 and an error for each call
    that failed, where it would answer a single one with status 500.
    """

    def __init__(self, http: HttpClient, auth: Auth, say: Callable[[str], None]) -> None:
        self.http = http
        self._auth = auth
        self._say = say

    @property
    def name(self) -> str:
        """The server as messages name it."""
        return str(self.http.endpoint)

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call. Raises NodeError, RemoteError, FalseAnswerError."""
        return self.batch([(method, list(params))])[0]

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results of calls in their order, however the server orders them.

        Waits for a node that is starting. Raises NodeError for the first that failed.
        """
        body = json.dumps(
            [
                {"jsonrpc": "2.0", "id": i, "method": method, "params": params}
                for i, (method, params) in enumerate(calls)
            ]
        ).encode()
        said = ""
        for _ in range(_WARMUP_TRIES):
            try:
                return self._results(self._post(body), len(calls))
            except NodeError as e:
                if e.code != IN_WARMUP:
                    raise
                if e.said != said:
                    said = e.said
                    self._say(f"{self.name}: the node is starting, it says {said}; waiting for it")
            self.http.pause(_WARMUP_PAUSE_S)
        raise RemoteError(f"{self.name}: the node is still starting; run the command again later")

    def rest(self, path: str) -> Answer:
        """The answer to GET of a path of the REST interface. Raises RemoteError."""
        return self.http.get(path)

    def _post(self, body: bytes) -> Any:
        answer = self.http.post("/", body, "application/json")
        for _ in range(_COOKIE_TRIES if self._auth.is_cookie else 0):
            if answer.status != 401:
                break
            # a node that has just started may not have written its new cookie when it was read
            self.http.pause(0.3)
            answer = self.http.post("/", body, "application/json")
        if answer.status in (401, 403):
            raise SourceError(self._refusal(answer.status))
        parsed = _parsed(answer.body)
        if parsed is None or (answer.status >= 300 and not isinstance(parsed, dict)):
            raise FalseAnswerError(f"{self.name}: {_what_it_is(answer)}")
        return parsed

    def _refusal(self, status: int) -> str:
        if status == 403:
            return (
                f"{self.name}: the node refuses this machine or this user the call (status 403); "
                "see rpcallowip and rpcwhitelist in its configuration"
            )
        if not self._auth.place:
            return (
                f"{self.name}: the node wants user and password (status 401); {self._auth.remedy}"
            )
        return (
            f"{self.name}: the node refuses user and password from {self._auth.place} (status "
            f"401); {self._auth.remedy}"
        )

    def _results(self, parsed: Any, count: int) -> list[Any]:
        if isinstance(parsed, dict):
            # the batch as a whole was refused
            self._raise_error(parsed.get("error"))
            raise FalseAnswerError(
                f"{self.name}: it answers a batch of {count} calls with one object; it does not "
                "speak JSON-RPC as Bitcoin Core does"
            )
        found: dict[int, Any] = {}
        for one in parsed if isinstance(parsed, list) else []:
            number = one.get("id") if isinstance(one, dict) else None
            if type(number) is not int or not 0 <= number < count or number in found:
                raise FalseAnswerError(
                    f"{self.name}: an answer in a batch is to no call of it, or the second to one; "
                    "use another node"
                )
            found[number] = one
        for number in range(count):
            if number in found:
                self._raise_error(found[number].get("error"))
        if len(found) != count or any("result" not in one for one in found.values()):
            raise FalseAnswerError(
                f"{self.name}: {len(found):,} answers came to a batch of {count:,} calls, or one "
                "without a result; use another node"
            )
        return [found[number]["result"] for number in range(count)]

    def _raise_error(self, error: Any) -> None:
        if error is None:
            return
        code = error.get("code") if isinstance(error, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        if type(code) is not int or not isinstance(message, str):
            raise FalseAnswerError(f"{self.name}: it answers with an error of no form; use another")
        if self._auth.tells(message):
            raise NodeError(self.name, code, "(left out: it has the password in it)")
        raise NodeError(self.name, code, shown(message))


def json_of(body: bytes) -> Any:
    """The JSON in some bytes, None where there is none (nor `null`)."""
    return _parsed(body)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _what_it_is(answer: Answer) -> str:
    start = answer.body[:200].lstrip().lower()
    if "html" in answer.content_type or start.startswith((b"<!doctype", b"<html")):
        what = "a web page"
    elif not answer.body:
        what = "nothing"
    else:
        what = "what is no JSON"
    return (
        f"it answers with {what} (status {answer.status}), as no node does; check host and port, "
        "and that nothing stands between"
    )
