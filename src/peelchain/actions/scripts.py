"""The script a user means, written as an address or in hex."""

from peelchain.actions.view import StoreView
from peelchain.errors import NotInChainError
from peelchain.script import script_pubkey


def script_of(text: str, view: StoreView) -> bytes:
    """The script_pubkey of an address of the store's network, or given in lower-case hex.

    Raises AddressError saying what is wrong with it.
    """
    hexadecimal = len(text) % 2 == 0 and len(text) >= 4 and not text.isdigit()
    if hexadecimal and all(c in "0123456789abcdef" for c in text):
        return bytes.fromhex(text)
    return script_pubkey(text, view.network)


def script_id_of(text: str, view: StoreView) -> int:
    """Its script_id. Raises NotInChainError where the chain never has it."""
    script = script_of(text, view)
    known = view.lookup.script_ids([script])
    if script not in known:
        raise NotInChainError(
            f"address {text} never occurs in the chain up to height "
            f"{view.store.manifest.tip_height}; check it, or ingest newer blocks"
        )
    return known[script]
