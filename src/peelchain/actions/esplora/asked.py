"""The script that is asked for, by address or by hash."""

from hashlib import sha256

from peelchain.actions.esplora.view import EsploraView
from peelchain.errors import AddressError, MisuseError, NotInChainError
from peelchain.script import script_pubkey
from peelchain.store.script_hashes import ScriptHashes


def script_of_address(address: str, view: EsploraView) -> bytes:
    """The script that an address of the store's network pays. Raises MisuseError.

    The message says nothing of the text, which may be a secret.
    """
    try:
        return script_pubkey(address, view.network)
    except AddressError as e:
        raise MisuseError(f"Invalid address: {e}") from None


def script_of_hash(scripthash: str, hashes: ScriptHashes, view: EsploraView) -> bytes | None:
    """The script whose SHA-256 is this, in hex and not reversed; None where the chain lacks it.

    Raises MisuseError for no hash, and NotInChainError where a partial store lacks it.
    """
    try:
        hash32 = bytes.fromhex(scripthash)
    except ValueError:
        hash32 = b""
    if len(hash32) != 32 or len(scripthash) != 64:
        raise MisuseError("Invalid scripthash")
    found = hashes.script(hash32, view.lookup)
    if found is None and view.is_partial:
        # a server may have said that nothing pays it
        found = next((s for s in view.whole_histories if sha256(s).digest() == hash32), None)
        if found is None:
            raise NotInChainError("History not fetched: this server has a partial store")
    return found
