"""A mail server and a web server on this machine, for notices to go to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "unit7", "correct horse battery"


@dataclass
class MailBox:
    """What a mail server took; `refuse` is what it answers to a message instead."""

    messages: list[EmailMessage] = field(default_factory=list)
    refuse: str | None = None
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse is not None:
            return self.refuse
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 taken"

    def ids(self) -> list[str]:
        """The names of the notices in it, by their Message-IDs."""
        return [str(m["Message-ID"]).strip("<>").partition("@")[0] for m in self.messages]


class _OnFreePort(Controller):
    def _trigger_server(self) -> None:
        # it asks itself whether it runs, at the port that it was given: 0
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(certificate: Path | None = None, *, login: bool = False) -> Iterator[MailBox]:
    """A mail server on a free port of the loopback; with STARTTLS where it has a certificate."""
    box = MailBox()
    context = None
    if certificate is not None:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    def authenticated(*said: Any) -> AuthResult:
        data = said[-1]
        known = isinstance(data, LoginPassword) and data.login == USER.encode()
        known = known and data.password == PASSWORD.encode()
        return AuthResult(success=known, handled=False)

    controller = _OnFreePort(
        box,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        authenticator=authenticated if login else None,
        auth_required=login,
        auth_require_tls=login,
    )
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


@dataclass
class Hook:
    """What a web server was posted: headers and body; `answers` are statuses to give first."""

    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""


@contextmanager
def web_server() -> Iterator[Hook]:
    """A web server on a free port of the loopback that keeps what is posted."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = hook.answers.pop(0) if hook.answers else 204
            if status < 300:
                hook.posted.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            if status == 302:
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/token-that-nobody-sees"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path) -> Path:
    """A certificate of this machine for a day, its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def mail_file(folder: Path, box: MailBox, **more: str) -> Path:
    """A file for --mail that names the server, with its password in a file beside it."""
    said = {"host": "127.0.0.1", "from": "watch@crafted.example", "security": "none", **more}
    lines = [f'{key} = "{value}"' for key, value in said.items()]
    lines += [f"port = {box.port}", 'to = ["desk@crafted.example", "duty@crafted.example"]']
    path = folder / "mail.toml"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    return path
