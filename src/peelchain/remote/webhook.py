"""Notices to a web server: JSON, signed, under a key by which a second one can be dropped.

Headers and signature are those of the Standard Webhooks specification (standardwebhooks.com):
`webhook-id`, `webhook-timestamp` and `webhook-signature` = `v1,` and the base64 of HMAC-SHA256 over
`ID.TIMESTAMP.BODY`. `idempotency-key` repeats the id (draft-ietf-httpapi-idempotency-key-header).
"""

import base64
import hmac
import time
from dataclasses import dataclass, field, replace

from peelchain.errors import MisuseError, RemoteError
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.http import HttpClient, HttpLimits

_LIMITS = HttpLimits(connect_s=10, read_s=30, answer_s=60, answer_bytes=1 << 20, tries=1)
_TAKEN = range(200, 300)


@dataclass(frozen=True)
class Webhook:
    """Where notices are posted, and the secret that signs them.

    The path may be a secret too, as with many chat services: nothing shows it.
    """

    endpoint: Endpoint = field(repr=False)
    secret: bytes = field(repr=False)
    proxy: str | None = None

    def __str__(self) -> str:
        """The server alone, as messages show it."""
        return str(replace(self.endpoint, path=""))


def webhook(url: str, secret: bytes, *, plain: bool = False, proxy: str | None = None) -> Webhook:
    """The webhook at a URL. Raises MisuseError for `http:` to another machine, but with `plain`."""
    endpoint = Endpoint.of_url(url)
    if endpoint.scheme != "https" and not endpoint.is_local and not plain:
        raise MisuseError(
            f"{replace(endpoint, path='')} would get notices that anybody on the way can read; "
            "give an https: URL, or --webhook-plain where you know better"
        )
    return Webhook(endpoint, secret, proxy)


def post_notice(to: Webhook, name: str, body: bytes, at_seconds: int | None = None) -> None:
    """Posts the JSON of a notice under its id; when this returns, the server took it.

    One try: who calls has the outbox. Raises RemoteError naming the server and what was wrong.
    """
    moment = str(int(time.time()) if at_seconds is None else at_seconds)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": signature(to.secret, name, moment, body),
        "idempotency-key": f'"{name}"',
    }
    with HttpClient(to.endpoint, headers=lambda: headers, proxy=to.proxy, limits=_LIMITS) as client:
        try:
            answer = client.post("", body, "application/json")
        except RemoteError as error:
            # its message names the path
            said = str(error).replace(str(to.endpoint), str(to))
            raise RemoteError(said.partition(", 1 times")[0]) from None
    if answer.status not in _TAKEN:
        raise RemoteError(
            f"{to}: it answers with status {answer.status}; check the URL and what the server asks"
        )


def signature(secret: bytes, name: str, moment: str, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC-SHA256 that the specification asks for."""
    signed = b".".join((name.encode(), moment.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
