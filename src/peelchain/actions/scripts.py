"""The script a user means, written as an address or in hex."""

from peelchain.actions.open_store import OpenStore
from peelchain.errors import NotInChainError
from peelchain.script import ScriptType, script_pubkey, script_type


def script_of(text: str, view: OpenStore) -> bytes:
    """The script_pubkey of an address of the store's network, or given in lower-case hex.

    Raises AddressError saying what is wrong with it.
    """
    hexadecimal = len(text) % 2 == 0 and len(text) >= 4 and not text.isdigit()
    if hexadecimal and all(c in "0123456789abcdef" for c in text):
        return bytes.fromhex(text)
    return script_pubkey(text, view.network)


def script_id_of(text: str, view: OpenStore) -> int:
    """Its script_id. Raises NotInChainError where the chain never has it."""
    script = script_of(text, view)
    known = view.lookup.script_ids([script])
    if script not in known:
        raise NotInChainError(
            f"address {text} never occurs in the chain up to height "
            f"{view.store.manifest.tip_height}; check it, or ingest newer blocks"
        )
    return known[script]


def script_id_or_key(text: str, view: OpenStore) -> tuple[int, list[bytes] | None]:
    """Its script_id, and the P2PK scripts of the key that a P2PKH address stands for.

    Where only the key itself was paid, the script_id is that of the P2PK script. The P2PK scripts
    are None where the address itself occurs in a long chain, which is then not searched for them.
    Raises NotInChainError where the chain has neither.
    """
    script = script_of(text, view)
    known = view.lookup.script_ids([script])
    if script in known and not view.is_short and script_type(script) == ScriptType.P2PKH:
        return known[script], None
    keys = view.lookup.paid_as_key(script)
    if script not in known and keys:
        return min(keys.values()), list(keys)
    return script_id_of(text, view), list(keys)
