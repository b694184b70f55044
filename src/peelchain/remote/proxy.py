"""The SOCKS proxy that connections go through, as the user named it."""

from urllib.parse import urlsplit

from peelchain.errors import MisuseError
from peelchain.units import shown


def checked_proxy(text: str | None) -> str | None:
    """The proxy, when it is `socks5://HOST:PORT` without a user. Raises MisuseError."""
    if text is None:
        return None
    remedy = "give socks5://HOST:PORT, such as socks5://127.0.0.1:9050 for Tor"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise MisuseError(f"the proxy given is no address; {remedy}") from None
    if parts.username is not None or parts.password is not None:
        raise MisuseError(
            "the proxy was given with a user or password in it, which other users of this machine "
            f"can read; {remedy}"
        )
    bare = not (parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme not in ("socks5", "socks5h") or not parts.hostname or not port or not bare:
        raise MisuseError(f"{shown(text)} is no SOCKS proxy; {remedy}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"socks5://{host}:{port}"
