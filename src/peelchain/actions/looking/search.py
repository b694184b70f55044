"""What a pasted or typed text may mean on the chain and in the tags, best first."""

import re
from collections.abc import Iterator
from typing import Any

from peelchain.actions.looking.blocks import find_block
from peelchain.actions.looking.page_paths import path_part
from peelchain.actions.looking.parties import party, service_told
from peelchain.actions.looking.stamp import stamp
from peelchain.actions.scripts import script_id_or_key
from peelchain.actions.view import StoreView
from peelchain.errors import AddressError, MisuseError, NotInChainError
from peelchain.script import address, hash160, looks_secret, p2pk, p2pkh, p2wpkh, script_pubkey
from peelchain.script.mending import mended
from peelchain.tags.naming import names_beginning
from peelchain.units import OutPoint, format_hash, format_time, shown

Row = dict[str, Any]

MOST_TEXT = 500
MOST_NAMES = 20

_HEX = re.compile(r"[0-9a-fA-F]+")
_OUTPOINT = re.compile(r"([0-9a-fA-F]{64}):([0-9]{1,10})")
_KEY = re.compile(r"0[23][0-9a-fA-F]{64}|04[0-9a-fA-F]{128}")
_HEIGHT = re.compile(r"[0-9]{1,9}")
_LIKE_ADDRESS = re.compile(r"[0-9A-Za-z]{20,}|(?:bc|tb|bcrt)1[0-9A-Za-z]{5,}", re.IGNORECASE)
_TAG_ID = re.compile(r"[0-9a-f]{16}")


def search_chain(asked: str, view: StoreView) -> Row:
    """What a text names: `hits`, best first, and of an address that is none what is wrong with it.

    A hit has `kind`, `label`, `to` (the path of its page), `why` (`exact`, `mended`, `key`,
    `beginning`) and what is known of it. `problem` has `message` and, for each address that one
    slip makes into the text, where the slip is and whether the chain has that address. Nothing is
    searched for what may be a private key, and it is not repeated.
    """
    text = asked.strip().removeprefix("bitcoin:").partition("?")[0]
    if not text or len(text) > MOST_TEXT:
        return {**stamp(view), "hits": [], "problem": _too_long(text)}
    is_hash = bool(_HEX.fullmatch(text)) and len(text) == 64
    if not is_hash and looks_secret(text):
        return {**stamp(view), "hits": [], "problem": _problem(text, view, secret=True)}
    hits = list(_hits(text, view))
    problem = None
    if not hits and not is_hash:
        looks = _LIKE_ADDRESS.fullmatch("".join(text.split()))
        problem = _problem(text, view, secret=False) if looks else None
    elif not hits:
        problem = {"message": _absent("transaction or block", text, view), "mends": []}
    return {**stamp(view), "hits": hits, "problem": problem}


def _too_long(text: str) -> Row | None:
    if not text:
        return None
    said = f"the text has {len(text):,} characters; give one name, of at most {MOST_TEXT}"
    return {"message": said, "mends": []}


def _hits(text: str, view: StoreView) -> Iterator[Row]:
    if match := _OUTPOINT.fullmatch(text):
        yield from _outpoint(text, view)
        text = match[1]
    if _HEX.fullmatch(text) and len(text) == 64:
        yield from _transaction(text, view)
        yield from _block(text, view)
        return
    if _HEIGHT.fullmatch(text):
        yield from _block(text, view)
    if _KEY.fullmatch(text):
        yield from _of_key(bytes.fromhex(text), view)
    yield from _script(text, view, "exact")
    if _TAG_ID.fullmatch(text):
        yield from _tag(text, view)
    yield from _named(text, view)


def _transaction(text: str, view: StoreView) -> Iterator[Row]:
    ids = view.tx_ids_of(text)
    for tx_id in ids[-1:]:
        row = view.lookup.rows_of("txs", [tx_id], ["height"])[tx_id]
        (block,) = view.lookup.blocks([row["height"]])
        yield {
            "kind": "tx",
            "label": text.lower(),
            "to": f"/tx/{text.lower()}",
            "why": "exact",
            "height": row["height"],
            "time_utc": format_time(block.time_seconds),
        }


def _outpoint(text: str, view: StoreView) -> Iterator[Row]:
    try:
        outpoint = OutPoint.parse(text)
        (txout,) = view.lookup.txout_ids([outpoint])
    except (MisuseError, NotInChainError):
        return
    row = view.lookup.rows_of("txouts", [txout], ["value_sat"])[txout]
    txid = format_hash(outpoint.txid)
    yield {
        "kind": "outpoint",
        "label": str(outpoint),
        "to": f"/tx/{txid}?vout={outpoint.vout}",
        "why": "exact",
        "value_sat": row["value_sat"],
    }


def _block(text: str, view: StoreView) -> Iterator[Row]:
    try:
        block = find_block(text, view)
    except (MisuseError, NotInChainError):
        return
    yield {
        "kind": "block",
        "label": str(block.height),
        "to": f"/block/{block.height}",
        "why": "exact",
        "hash": format_hash(block.block_hash),
        "time_utc": format_time(block.time_seconds),
    }


def _of_key(key: bytes, view: StoreView) -> Iterator[Row]:
    """The scripts that a public key is paid by."""
    scripts = [p2pkh(hash160(key)), p2pk(key)]
    if len(key) == 33:
        scripts.append(p2wpkh(hash160(key)))
    for script in scripts:
        name = address(script, view.network) or script.hex()
        yield from _script(name, view, "key")


def _script(text: str, view: StoreView, why: str) -> Iterator[Row]:
    try:
        script_id, keys = script_id_or_key(text, view)
    except (AddressError, MisuseError, NotInChainError):
        return
    who = party(view, script_id)
    name = text if keys and address(view.script_of(script_id), view.network) is None else None
    name = name or who["name"]
    yield {
        "kind": "address" if address(view.script_of(script_id), view.network) else "script",
        "label": name,
        "to": f"/address/{name}",
        "why": why,
        "service": who["service"],
        "tags": who["tags"],
    }
    if who["cluster_scripts"] is None or who["cluster_scripts"] > 1:
        yield {
            "kind": "cluster",
            "label": who["cluster"],
            "to": f"/cluster/{name}",
            "why": why,
            "scripts": who["cluster_scripts"],
            "service": who["service"],
        }


def _tag(text: str, view: StoreView) -> Iterator[Row]:
    for name in view.names:
        if name.what == "label" and name.id == text:
            yield {"kind": "tag", "label": name.text, "to": f"/tag/{text}", "why": "exact",
                   "category": name.category}  # fmt: skip
            return


def _named(text: str, view: StoreView) -> Iterator[Row]:
    """Services, and what else tags and actors name so."""
    found = names_beginning(view.names, text, MOST_NAMES)
    services: dict[str, Row] = {}
    marks = view.attribution.marks
    for name in found:
        for mark in marks:
            if mark.label == name.text or (mark.actor is not None and mark.actor == name.actor):
                services.setdefault(
                    mark.party,
                    {
                        "kind": "service",
                        "label": mark.label,
                        "to": f"/service/{path_part(mark.party)}",
                        "why": "beginning",
                        "service": service_told(mark),
                    },
                )
    yield from services.values()
    for name in found:
        if name.what == "label":
            yield {
                "kind": "tag",
                "label": name.text,
                "to": f"/tag/{path_part(name.id)}",
                "why": "beginning",
                "category": name.category,
                "count": name.count,
            }
        elif name.actor is not None:
            yield {
                "kind": "actor",
                "label": name.text,
                "to": f"/tag/{path_part(name.actor)}",
                "why": "beginning",
                "actor": name.actor,
            }


def _problem(text: str, view: StoreView, *, secret: bool) -> Row:
    """What is wrong with an address, and the addresses it may have been."""
    try:
        script_pubkey(text, view.network)
    except AddressError as error:
        message = str(error)
    else:
        return {"message": _absent("address", text, view), "mends": [], "valid": True}
    mends = [] if secret else mended(text, view.network)
    there = _there([mend.address for mend in mends], view)
    mends.sort(key=lambda mend: mend.address not in there)
    return {
        "message": message,
        "mends": [
            {**mend.__dict__, "in_chain": mend.address in there, "to": f"/address/{mend.address}"}
            for mend in mends[:5]
        ],
    }


def _there(addresses: list[str], view: StoreView) -> set[str]:
    scripts = {text: script_pubkey(text, view.network) for text in addresses}
    known = view.lookup.script_ids(scripts.values())
    return {text for text, script in scripts.items() if script in known}


def _absent(what: str, text: str, view: StoreView) -> str:
    return (
        f"{what} {shown(text)} never occurs in the chain up to height "
        f"{view.store.manifest.tip_height}; check it, or ingest newer blocks"
    )
