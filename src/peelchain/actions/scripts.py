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


def script_id_or_key(text: str, view: StoreView) -> tuple[int, list[bytes]]:
    """Its script_id, and the P2PK scripts of the key that a P2PKH address stands for.

    Where only the key itself was paid, the script_id is that of the P2PK script. Raises
    NotInChainError where the chain has neither.
    """
    script = script_of(text, view)
    keys = view.lookup.paid_as_key(script)
    known = view.lookup.script_ids([script])
    if script not in known and keys:
        return min(keys.values()), list(keys)
    return script_id_of(text, view), list(keys)
