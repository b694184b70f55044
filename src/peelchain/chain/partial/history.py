"""All that paid or spent a script, as a server tells it, each transaction checked to do so."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from peelchain.chain.partial.fetch import fetch_transactions, is_kept
from peelchain.chain.partial.records import Transaction
from peelchain.chain.partial.sitting import Sitting
from peelchain.chain.partial.source import Mention, Tip
from peelchain.errors import FalseAnswerError
from peelchain.units import OutPoint, format_hash

MOST_OF_SCRIPT = 5_000
"""Transactions of one script that are fetched, unless the user says otherwise."""


@dataclass(frozen=True)
class History:
    """How many transactions of a script are kept, and whether these are all up to the tip."""

    tip: Tip
    txs: int
    complete: bool


@dataclass(frozen=True)
class _Listing:
    """The transactions of a script, newest first, up to a tip, as a server told them."""

    tip: Tip
    mentions: tuple[Mention, ...]
    complete: bool
    source: str


def fetch_history(sitting: Sitting, script_pubkey: bytes, most: int = MOST_OF_SCRIPT) -> History:
    """Fetches the transactions that pay or spend a script, at most so many, the newest of them.

    Where they are all, the outputs of the script that none of them spends are told unspent. What
    was told at this tip is not asked for again, and of an older tip only what is newer. Raises
    FalseAnswerError where a transaction has nothing to do with the script.
    """
    vault = sitting.vault
    known = vault.history_of(script_pubkey)
    if known is not None and not (
        sitting.is_due(script_pubkey, known[0]) or (not known[2] and known[1] < most)
    ):
        return History(*known)
    listing = _listing(sitting, script_pubkey, most)
    by_txid = {m.txid: m for m in listing.mentions}

    def concerns(tx: Transaction) -> bool:
        if any(o.script_pubkey == script_pubkey for o in tx.outputs):
            return True
        waits = False
        for i in tx.inputs:
            if i.prevout is None:
                continue
            output = vault.output(i.prevout.outpoint)
            if output is not None and output.script_pubkey == script_pubkey:
                return True
            waits |= output is None and (i.prevout.outpoint.txid in by_txid or not listing.complete)
        if waits:
            return False
        raise _unrelated(sitting, tx.txid)

    for mention in listing.mentions:
        tx = vault.transaction(mention.txid) if is_kept(sitting, mention.txid) else None
        if tx is not None:
            concerns(tx)
    absent = fetch_transactions(sitting, reversed(listing.mentions), concerns)
    if absent:
        raise FalseAnswerError(
            f"{sitting.name}: it tells transaction {format_hash(min(absent))} in a script's "
            "history, in a block, and has no proof of it; use another server"
        )
    kept = [m.txid for m in listing.mentions if is_kept(sitting, m.txid)]
    if listing.complete and len(kept) < len(listing.mentions):
        raise _unrelated(sitting, min(by_txid.keys() - set(kept)))
    if listing.complete:
        vault.tell_unspent(_unspent(sitting, script_pubkey, kept), sitting.tip, sitting.name)
    else:
        sitting.take_note(
            f"a script of {len(kept):,} transactions or more was fetched in part, its newest; "
            "raise the limit to fetch the others"
        )
    vault.tell_history(
        script_pubkey, sitting.tip, txs=len(kept), complete=listing.complete, source=sitting.name
    )
    vault.commit()
    sitting.asked.add(script_pubkey)
    return History(sitting.tip, len(kept), listing.complete)


def _unrelated(sitting: Sitting, txid: bytes) -> FalseAnswerError:
    return FalseAnswerError(
        f"{sitting.name}: it tells transaction {format_hash(txid)} in the history of a script "
        "that it neither pays nor spends; use another server"
    )


def _unspent(sitting: Sitting, script_pubkey: bytes, txids: list[bytes]) -> Iterator[OutPoint]:
    for txid in txids:
        tx = sitting.vault.transaction(txid)
        for vout, output in enumerate(tx.outputs if tx else ()):
            outpoint = OutPoint(txid, vout)
            if output.script_pubkey == script_pubkey and outpoint not in sitting.spends.by_outpoint:
                yield outpoint


def _listing(sitting: Sitting, script_pubkey: bytes, most: int) -> _Listing:
    """The history listed: what was kept of an earlier listing, and what is newer."""
    key = f"history {script_pubkey.hex()}"
    before = _read(sitting.vault.answer(key))
    # a reorganisation, or a lie of the server that told it, takes a history back
    stands = sitting.vault.history_of(script_pubkey) is not None
    if before is not None and not stands and before.source != sitting.name:
        before = None
    fresh = script_pubkey not in sitting.asked and sitting.refresh
    enough = before is not None and (before.complete or len(before.mentions) >= most)
    if before is not None and before.tip == sitting.tip and enough and not fresh:
        return before
    known = {m.txid for m in before.mentions} if before and before.complete and stands else set()
    mentions: list[Mention] = []
    complete = True
    for mention in sitting.source.history(script_pubkey):
        if mention.txid in known and not fresh:
            mentions += before.mentions if before else ()
            break
        if mention.height is None or mention.height > sitting.tip.height:
            continue
        if len(mentions) >= most:
            complete = False
            break
        mentions.append(mention)
        if len(mentions) % 100 == 0:
            sitting.watch("history listed", len(mentions), 0)
    listing = _Listing(sitting.tip, tuple(mentions), complete, sitting.name)
    sitting.vault.keep_answer(key, _written(listing))
    sitting.vault.commit()
    return listing


def _written(listing: _Listing) -> bytes:
    return json.dumps(
        {
            "height": listing.tip.height,
            "block_hash": listing.tip.block_hash.hex(),
            "complete": listing.complete,
            "source": listing.source,
            "txs": [[m.txid.hex(), m.height] for m in listing.mentions],
        }
    ).encode()


def _read(body: bytes | None) -> _Listing | None:
    if body is None:
        return None
    kept = json.loads(body)
    return _Listing(
        Tip(kept["height"], bytes.fromhex(kept["block_hash"])),
        tuple(Mention(bytes.fromhex(txid), height) for txid, height in kept["txs"]),
        kept["complete"],
        kept["source"],
    )
