"""The user's signing key: Ed25519, in a file of its own outside every case, under a passphrase."""

import getpass
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peelchain.case.journal import Signer
from peelchain.case.vault.passphrase import passphrase_set
from peelchain.errors import CaseError, MisuseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSPHRASE = "PEELCHAIN_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
PASSPHRASE_FILE = "PEELCHAIN_KEY_PASSPHRASE_FILE"  # noqa: S105
SETTING = "signing.json"
"""The file of a case that says where its key lies. It is of this machine, and never exported."""
_LEAST_CHARACTERS = 8
_held: dict[str, str] = {}
_asks = True
_MOST_BYTES = 65_536


def new_key(path: Path, passphrase: str) -> str:
    """Writes a new key, encrypted, for its owner only; gives its public half in hex.

    Raises CaseError where something is there already, MisuseError for a short passphrase or a place
    inside a case, whose folder may be handed on.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if len(passphrase) < _LEAST_CHARACTERS:
        raise MisuseError(
            f"the passphrase is too short; use {_LEAST_CHARACTERS} characters or more"
        )
    if any((folder / "journal.sqlite").exists() for folder in path.resolve().parents):
        raise MisuseError(f"{path} lies in a case, which may be handed on; keep the key elsewhere")
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise CaseError(f"{path} exists already; a key is never written over") from None
    except OSError as e:
        raise CaseError(f"{path}: {e.strerror}; choose a place that you may write") from None
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return _public(key)


def read_key(path: Path, passphrase: str) -> tuple[str, Signer]:
    """The public half of a key in hex, and what signs with it. Raises CaseError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES)
    except OSError as e:
        raise CaseError(f"the signing key {path}: {e.strerror}; bring it back") from None
    try:
        key = load_pem_private_key(text, passphrase.encode())
    except TypeError:
        raise CaseError(
            f"the signing key {path} is not encrypted; make one with 'peelchain case key new'"
        ) from None
    except ValueError:
        raise CaseError(
            f"the signing key {path} does not open: the passphrase is wrong, or it is no key"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise CaseError(f"{path} is no Ed25519 key; make one with 'peelchain case key new'")
    public = _public(key)

    def sign(digest: bytes) -> tuple[str, str]:
        return public, key.sign(digest).hex()

    return public, sign


def is_signed(public: str, signature: str, digest: bytes) -> bool:
    """Whether a signature (hex) of a digest is that of a public key (hex). Source: RFC 8032."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def hold_passphrase(key: Path, passphrase: str) -> None:
    """Keeps a key's passphrase in this process's memory, and nowhere else.

    Raises CaseError where it does not open the key.
    """
    read_key(key, passphrase)
    _held[str(key.resolve())] = passphrase


def held_passphrases() -> dict[str, str]:
    """The passphrases kept in memory by the path of their key, for a process that works for us."""
    return dict(_held)


def take_passphrases(held: Mapping[str, str]) -> None:
    """Keeps what another process of ours held."""
    _held.update(held)


def ask_nobody() -> None:
    """Has no passphrase asked for on the terminal: a server's may be nobody's."""
    global _asks
    _asks = False


def is_open(key: Path) -> bool:
    """Whether a passphrase for a key is at hand without asking."""
    return str(key.resolve()) in _held or passphrase_set(PASSPHRASE, PASSPHRASE_FILE) is not None


def given_passphrase(twice: bool = False) -> str:
    """The passphrase: from a variable, the file that a variable names, or asked on the terminal.

    `twice` asks for it again. Raises CaseError where there is none.
    """
    said = passphrase_set(PASSPHRASE, PASSPHRASE_FILE)
    if said is None and _asks and sys.stdin.isatty():
        said = getpass.getpass("passphrase of the signing key: ")
        if twice and getpass.getpass("once more: ") != said:
            raise CaseError("the two passphrases differ; begin again")
    if not said:
        raise CaseError(
            f"the signing key needs its passphrase; set {PASSPHRASE_FILE} to a file that holds it, "
            f"or {PASSPHRASE} to the passphrase itself"
        )
    return said


def setting_of(folder: Path) -> dict[str, Any] | None:
    """What the case's folder says of its key: `key` (a path) and `signer` (hex); None for none."""
    path = folder / SETTING
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as e:
        raise CaseError(f"{path} cannot be read ({e}); run 'peelchain case key use'") from None
    try:
        found = json.loads(text)
        return {"key": str(found["key"]), "signer": str(found["signer"])}
    except (ValueError, TypeError, KeyError):
        raise CaseError(f"{path} is damaged; run 'peelchain case key use'") from None


def signer_of(folder: Path) -> tuple[str, Signer]:
    """The public key of a case's folder and what signs with it. Raises CaseError."""
    setting = setting_of(folder)
    if setting is None:
        raise CaseError(
            f"the entries of {folder} are signed, and it does not say where the key lies; run "
            "'peelchain case key use FILE' with that key, or with one of your own"
        )
    key = Path(setting["key"])
    public, sign = read_key(key, _held.get(str(key.resolve())) or given_passphrase())
    if public != setting["signer"]:
        raise CaseError(
            f"{setting['key']} is another key than the case was set up with; run 'peelchain case "
            "key use' to go on with it"
        )
    return public, sign


def _public(key: "Ed25519PrivateKey") -> str:
    return key.public_key().public_bytes_raw().hex()
