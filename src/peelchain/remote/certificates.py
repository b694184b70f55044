"""Which certificate a TLS server may show: an authority's, a pinned one, or the one seen first."""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from socket import socket

from peelchain.errors import FalseAnswerError, MisuseError
from peelchain.remote.endpoint import Endpoint
from peelchain.units import shown

AUTHORITY = "authority"
"""What is kept of a server whose certificate an authority of the system signed."""

_FINGERPRINT = re.compile(r"(?:sha256(?: fingerprint)?[:=])?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})")


@dataclass(frozen=True)
class Trust:
    """How a server's certificate is judged, on each connection.

    `pinned` are fingerprints that the user gave (SHA-256 of the certificate in DER, hex), one of
    which must be shown. Without them what `known` gives, kept by `keep` at the first connection,
    must be shown again: a fingerprint, or AUTHORITY. `notice` is told of a certificate that no
    authority signed and that is kept.
    """

    pinned: frozenset[str] = frozenset()
    known: Callable[[], str | None] = lambda: None
    keep: Callable[[str], None] = lambda _: None
    notice: Callable[[str], None] = lambda _: None


def parse_fingerprint(text: str) -> str:
    """The SHA-256 fingerprint in 64 lower-case hex digits, given with or without colons.

    Raises MisuseError.
    """
    found = _FINGERPRINT.fullmatch(text.strip().lower())
    if found is None:
        raise MisuseError(
            f"{shown(text)} is no fingerprint of a certificate; give the 64 hex digits that "
            "'openssl x509 -noout -fingerprint -sha256' shows"
        )
    return found[1].replace(":", "")


def secured(connect: Callable[[], socket], endpoint: Endpoint, trust: Trust) -> ssl.SSLSocket:
    """A TLS connection to a server whose certificate is trusted; nothing is sent before.

    `connect` opens a new connection, twice where no authority signed the certificate. Raises
    FalseAnswerError for a certificate that is not the one pinned or kept, and OSError.
    """
    known = trust.known()
    if not trust.pinned and known in (None, AUTHORITY):
        try:
            secure = _wrapped(connect(), endpoint, ssl.create_default_context())
        except ssl.SSLCertVerificationError as e:
            if known == AUTHORITY:
                raise FalseAnswerError(
                    f"{endpoint}: its certificate was signed by an authority before and is not "
                    f"now ({shown(e.verify_message)}): someone may stand between; nothing was "
                    "sent. Ask its operator, then give the new one with --tls-fingerprint"
                ) from None
        else:
            if known is None:
                trust.keep(AUTHORITY)
            return secure
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    secure = _wrapped(connect(), endpoint, unchecked)
    seen = sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()
    right = trust.pinned or {known or seen}
    if seen not in right:
        secure.close()
        raise FalseAnswerError(
            f"{endpoint}: its certificate has CHANGED: the fingerprint is {seen} and "
            f"{'you gave' if trust.pinned else 'was'} {' or '.join(sorted(right))}: someone may "
            "stand between; nothing was sent. Ask its operator; if the new one is right, give "
            f"--tls-fingerprint {seen}"
        )
    if seen != known:
        trust.keep(seen)
    if not trust.pinned and known is None:
        trust.notice(
            f"{endpoint}: no authority signed its certificate, as is usual of such servers; the "
            f"fingerprint {seen} is kept, and any other will be refused"
        )
    return secure


def _wrapped(plain: socket, endpoint: Endpoint, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(plain, server_hostname=endpoint.host)
    except BaseException:
        plain.close()
        raise
