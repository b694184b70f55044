"""Mail through the user's own SMTP server: one message at a time, never over a plain line."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from peelchain.errors import RemoteError, SourceError
from peelchain.remote.endpoint import Endpoint

Security = Literal["tls", "starttls", "none"]

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class MailServer:
    """An SMTP server and what it is told: who sends to whom, and by which password.

    `security` is `tls` from the first byte, `starttls`, which is not gone without where the server
    does not offer it, or `none`, for a server on this machine. `certificate` is a file of those
    trusted in place of the system's. Nothing shows the password.
    """

    host: str
    port: int
    security: Security
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    certificate: Path | None = None

    def __str__(self) -> str:
        """The server as messages show it."""
        return str(self.endpoint)

    @property
    def endpoint(self) -> Endpoint:
        """Where it is."""
        return Endpoint("tls" if self.security == "tls" else "tcp", self.host, self.port)


def send_mail(server: MailServer, message: EmailMessage) -> None:
    """Gives a message to the server; when this returns, the server took it for every recipient.

    Raises RemoteError naming server and what was wrong, without what the server said: that may
    repeat what it was told.
    """
    try:
        context = _context(server)
        with _connected(server, context) as smtp:
            if server.security == "starttls":
                smtp.starttls(context=context)
                smtp.ehlo()
            if server.user is not None and server.password is not None:
                smtp.login(server.user, server.password)
            refused = smtp.send_message(message, server.sender, server.recipients)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise RemoteError(f"{server}: {_in_words(error)}") from None
    if refused:
        raise RemoteError(
            f"{server}: it refuses {len(refused)} of {len(server.recipients)} recipients; check "
            "their addresses"
        )


def message_of(
    server: MailServer, message_id: str, subject: str, text: str, date: str
) -> EmailMessage:
    """A message of plain text under a Message-ID that is given: the same one each time.

    `date` is as RFC 5322 writes it. Line ends in the subject become spaces.
    """
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = ", ".join(server.recipients)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = date
    message["Message-ID"] = f"<{message_id}@{_domain(server.sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def references(message: EmailMessage, message_ids: Sequence[str], server: MailServer) -> None:
    """Has a message refer to earlier ones of this sender, so that readers show them together."""
    named = " ".join(f"<{name}@{_domain(server.sender)}>" for name in message_ids)
    message["In-Reply-To"] = named
    message["References"] = named


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].strip("<> ") or "localhost"


def _context(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.certificate)
    except (OSError, ssl.SSLError):
        raise SourceError(
            f"{server.certificate}: it is no certificate that can be read; give a PEM file"
        ) from None


def _connected(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "it refuses the user or the password; check both in the file of --mail"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return (
            "it does not offer what is asked for (STARTTLS or a login), and nothing is sent "
            'without; give security = "tls" with its port, or another server'
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not trusted; give the right host, or its certificate"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "it refuses every recipient; check their addresses"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answers with status {error.smtp_code}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it closed the connection"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ValueError):
        return "the message cannot be written for it; check the addresses in the file of --mail"
    with suppress(AttributeError):
        if isinstance(error, OSError) and error.strerror:
            return f"it cannot be reached ({type(error).__name__})"
    return f"the connection failed ({type(error).__name__})"
