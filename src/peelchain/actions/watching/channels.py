"""To whom notices go: the terminal, a folder, the desktop, mail, a web server."""

import os
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.case.canonical import canonical_json
from peelchain.case.watching.outbox import Owed
from peelchain.case.watching.words import lines, subject
from peelchain.errors import MisuseError, SourceError
from peelchain.remote.mail import MailServer, message_of, references, send_mail
from peelchain.remote.webhook import Webhook, post_notice, webhook
from peelchain.units import shown

Row = dict[str, Any]

SMTP_PASSWORD = "PEELCHAIN_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
WEBHOOK_SECRET = "PEELCHAIN_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable

_MAX_FILE_BYTES = 65_536
_MIN_SECRET_BYTES = 16
_POPUP_SECONDS = 10
_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_MAIL_KEYS = frozenset(
    {"host", "port", "security", "user", "password_file", "from", "to", "certificate"}
)


@dataclass(frozen=True)
class Channel:
    """One to whom notices are owed. `send` raises PeelchainError or OSError where it fails."""

    name: str
    send: Callable[[Owed], None]


def payload(owed: Owed) -> Row:
    """A notice as it leaves: what the journal has, its entry and its time."""
    return {
        "format": "peelchain-notice",
        "version": 1,
        "entry": owed.entry,
        "raised_utc": owed.time_utc,
        **owed.body,
    }


def terminal(show: Callable[[Row], None]) -> Channel:
    """Whoever looks on: `show` is given each notice."""
    return Channel("terminal", lambda owed: show(payload(owed)))


def folder(path: Path) -> Channel:
    """A folder that gets a file for each notice, named by its id, and a pop-up where there is one.

    Raises MisuseError for what is no folder.
    """
    if not path.is_dir():
        raise MisuseError(f"{path} is no folder; give --desktop one that is there")
    popup = shutil.which("notify-send")

    def send(owed: Owed) -> None:
        text = "\n".join(lines(owed.body)) + "\n"
        for name, content in (("json", canonical_json(payload(owed))), ("txt", text.encode())):
            _core.replace_file(path / f"{owed.id}.{name}", content)
        if popup is not None and "DBUS_SESSION_BUS_ADDRESS" in os.environ:
            _pop_up(popup, owed)

    return Channel(f"folder {path.resolve()}", send)


def mail(config: Path, environment: Mapping[str, str] = os.environ) -> Channel:
    """Mail by the server that a file names. Raises MisuseError, SourceError for the file."""
    server = mail_server(config, environment)

    def send(owed: Owed) -> None:
        date = format_datetime(datetime.fromisoformat(owed.time_utc))
        body = "\n".join(lines(owed.body)) + "\n"
        message = message_of(server, owed.id, f"peelchain: {subject(owed.body)}", body, date)
        earlier = [owed.body[key] for key in _REFERS if owed.body.get(key)]
        if earlier:
            references(message, earlier, server)
        send_mail(server, message)

    return Channel(f"mail to {', '.join(server.recipients)}", send)


_REFERS = ("refers_to", "replaces", "confirms")


def web(
    url: str,
    secret_file: Path | None,
    *,
    plain: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Channel:
    """A web server; `@FILE` has the URL read from a file, for one that is a secret itself.

    Raises MisuseError without a secret to sign with, or for a URL that would be read on its way.
    """
    secret = environment.get(WEBHOOK_SECRET, "")
    if secret_file is not None:
        secret = private_text(secret_file).strip()
    if len(secret.encode()) < _MIN_SECRET_BYTES:
        raise MisuseError(
            f"notices to a web server are signed: give a secret of {_MIN_SECRET_BYTES} characters "
            f"or more by --webhook-secret FILE (mode 0600) or in {WEBHOOK_SECRET}"
        )
    if url.startswith("@"):
        url = private_text(Path(url[1:])).strip()
    to: Webhook = webhook(url, secret.encode(), plain=plain)
    known_by = sha256(str(to.endpoint).encode()).hexdigest()[:8]
    return Channel(
        f"webhook {to} ({known_by})",
        lambda owed: post_notice(to, owed.id, canonical_json(payload(owed))),
    )


def mail_server(config: Path, environment: Mapping[str, str]) -> MailServer:
    """The SMTP server that a TOML file of mode 0600 names.

    `host`, `from` and `to`; `security` (`tls`, `starttls` or `none`; default `starttls`), `port`,
    `user`, `password_file` (mode 0600 too), `certificate`. Raises MisuseError naming file and key.
    """
    try:
        said = tomllib.loads(private_text(config))
    except tomllib.TOMLDecodeError:
        # the parser's message may repeat a line
        raise MisuseError(f"{config} is no TOML; see 'peelchain watch run --help'") from None
    strange = sorted(set(said) - _MAIL_KEYS)
    if strange:
        raise MisuseError(
            f"{config}: {shown(strange[0])} is no key of it; these are: "
            + ", ".join(sorted(_MAIL_KEYS))
        )
    security = said.get("security", "starttls")
    if security not in _PORTS:
        raise MisuseError(f"{config}: security is one of {', '.join(_PORTS)}")
    to = said.get("to", [])
    recipients = [to] if isinstance(to, str) else to
    texts = [
        said.get("host"),
        said.get("from"),
        *(recipients if isinstance(recipients, list) else [None]),
    ]
    if len(texts) < 3 or not all(isinstance(text, str) and text for text in texts):
        raise MisuseError(f"{config}: give host, from and to as texts")
    port = said.get("port", _PORTS[security])
    if not isinstance(port, int) or not 0 < port < 65_536:
        raise MisuseError(f"{config}: port is a number from 1 to 65535")
    user = said.get("user")
    password = environment.get(SMTP_PASSWORD)
    if "password_file" in said:
        password = private_text(config.parent / str(said["password_file"])).strip()
    if user is not None and not password:
        raise MisuseError(
            f"{config}: user is given and no password; give password_file (mode 0600) or "
            f"{SMTP_PASSWORD}"
        )
    certificate = said.get("certificate")
    server = MailServer(
        host=said["host"],
        port=port,
        security=security,
        sender=said["from"],
        recipients=tuple(recipients),
        user=user,
        password=password if user is not None else None,
        certificate=None if certificate is None else config.parent / str(certificate),
    )
    if security == "none" and not server.endpoint.is_local:
        raise MisuseError(
            f'{config}: security "none" is for a server on this machine; anybody on the way to '
            f"{server} could read the notices"
        )
    return server


def private_text(path: Path) -> str:
    """The text of a small file that is its owner's alone. Raises MisuseError, SourceError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno())
            if stat.S_IMODE(mode.st_mode) & 0o077 or mode.st_uid != os.getuid():
                raise MisuseError(f"{path} can be read by others; run 'chmod 600 {path}' first")
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give a file that you may read") from None
    try:
        if len(content) > _MAX_FILE_BYTES:
            raise ValueError
        return content.decode()
    except ValueError:
        raise SourceError(f"{path} is no short text in UTF-8; is it the right file?") from None


def _pop_up(program: str, owed: Owed) -> None:
    level = "critical" if owed.body["loud"] else "normal"
    command = [
        program,
        f"--urgency={level}",
        "--app-name=peelchain",
        "peelchain",
        subject(owed.body),
    ]
    try:
        # the file is the notice; a pop-up that does not come is no failure
        subprocess.run(command, timeout=_POPUP_SECONDS, check=False, capture_output=True)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return
