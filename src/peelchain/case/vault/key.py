"""The key of a case's personal data: a file beside them, under a passphrase where one is set."""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.case.vault.passphrase import passphrase_set
from peelchain.errors import CaseError

PRIVATE = "private"
"""The folder of a case's personal data."""

KEY = f"{PRIVATE}/key"
PASSPHRASE = "PEELCHAIN_VAULT_PASSPHRASE"  # noqa: S105 - the name of a variable
PASSPHRASE_FILE = "PEELCHAIN_VAULT_PASSPHRASE_FILE"  # noqa: S105
KEY_BYTES = 32

_FORMAT = 1
_NONCE_BYTES = 12
_SALT_BYTES = 16
# RFC 7914 with the cost that OWASP names for scrypt: 128 MB and some tenths of a second.
_SCRYPT = {"n": 1 << 17, "r": 8, "p": 1}
_MOST_COST = 1 << 20
_AAD = b"peelchain vault key 1"


def vault_passphrase() -> str | None:
    """The passphrase that the environment gives, None for none. Raises CaseError."""
    return passphrase_set(PASSPHRASE, PASSPHRASE_FILE)


def new_key(case: Path, passphrase: str | None) -> bytes:
    """A new key for a case, written to its file, mode 0600. Raises CaseError where one is."""
    key = secrets.token_bytes(KEY_BYTES)
    path = case / KEY
    if path.exists():
        raise CaseError(f"{path} exists already; it opens personal data: never write over it")
    _write(path, _wrapped(key, passphrase))
    return key


def read_key(case: Path, passphrase: str | None) -> bytes:
    """The key of a case. Raises CaseError where the file is gone, damaged, or not to be opened."""
    path = case / KEY
    try:
        told = json.loads(path.read_bytes())
        if told["format"] != _FORMAT:
            raise CaseError(f"{path} is of another format; use the version that wrote it")
        key = bytes.fromhex(told["key"]) if "key" in told else _unwrapped(path, told, passphrase)
    except OSError as e:
        raise CaseError(
            f"{path}: {e.strerror}; without this key the personal data of the case cannot be "
            "read: bring it back"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise CaseError(f"{path} is damaged; bring back a copy of it") from None
    if len(key) != KEY_BYTES:
        raise CaseError(f"{path} is damaged; bring back a copy of it")
    return key


def rewrap(case: Path, passphrase: str | None, new: str | None) -> None:
    """Sets another passphrase on a case's key, or none. Raises CaseError as `read_key` does."""
    _write(case / KEY, _wrapped(read_key(case, passphrase), new))


def is_wrapped(case: Path) -> bool:
    """Whether the key of a case needs a passphrase."""
    with suppress(OSError, ValueError):
        return "box" in json.loads((case / KEY).read_bytes())
    return False


def _wrapped(key: bytes, passphrase: str | None) -> dict[str, Any]:
    if passphrase is None:
        return {"format": _FORMAT, "key": key.hex()}
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    box = _cipher(passphrase, salt, _SCRYPT).encrypt(nonce, key, _AAD)
    scrypt = {**_SCRYPT, "salt": salt.hex()}
    return {"format": _FORMAT, "scrypt": scrypt, "nonce": nonce.hex(), "box": box.hex()}


def _unwrapped(path: Path, told: dict[str, Any], passphrase: str | None) -> bytes:
    from cryptography.exceptions import InvalidTag

    if passphrase is None:
        raise CaseError(
            f"{path} is locked by a passphrase; set {PASSPHRASE_FILE} to a file that holds it, "
            f"or {PASSPHRASE} to the passphrase itself"
        )
    cost = {name: int(told["scrypt"][name]) for name in _SCRYPT}
    # the file may be anybody's: a cost beyond this would take all memory
    if not (0 < cost["n"] <= _MOST_COST and 0 < cost["r"] <= 16 and 0 < cost["p"] <= 16):
        raise ValueError("cost")
    cipher = _cipher(passphrase, bytes.fromhex(told["scrypt"]["salt"]), cost)
    try:
        nonce, box = bytes.fromhex(told["nonce"]), bytes.fromhex(told["box"])
        return bytes(cipher.decrypt(nonce, box, _AAD))
    except InvalidTag:
        raise CaseError(f"{path}: the passphrase does not open it; check it") from None


def _cipher(passphrase: str, salt: bytes, cost: dict[str, int]) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    derived = Scrypt(salt=salt, length=KEY_BYTES, **cost).derive(passphrase.encode())
    return ChaCha20Poly1305(derived)


def _write(path: Path, told: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # made before it is filled, so that it is never readable by others
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        path.chmod(0o600)
        _core.replace_file(path, json.dumps(told, sort_keys=True).encode() + b"\n")
        path.chmod(0o600)
    except OSError as e:
        raise CaseError(f"{path}: {e.strerror}; check your rights and the room") from None
