"""What a server gives, checked and put into the vault: nothing is kept that does not prove itself.

A transaction is kept when its bytes hash to its txid, its Merkle branch leads to the root of a
header with proof of work, and its place agrees with those of the transactions that it spends and
that spend it. That an output is unspent cannot be proven: that is kept as a server's word.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from peelchain.chain.partial.records import Transaction, of_raw
from peelchain.chain.partial.sitting import Sitting
from peelchain.chain.partial.source import Inclusion, Mention, UntoldError, Watched
from peelchain.errors import FalseAnswerError, RemoteError
from peelchain.units import OutPoint, format_hash

_CHUNK = 64

Check = Callable[[Transaction], bool]
"""Whether a transaction is what it was said to be; False: ask again when others are there."""


@dataclass(frozen=True)
class _Given:
    """A transaction as the server gave it: nothing of it is checked."""

    txid: bytes
    raw: bytes
    inclusion: Inclusion


def fetch_transactions(
    sitting: Sitting, mentions: Iterable[Mention], check: Check = lambda _tx: True
) -> set[bytes]:
    """Fetches transactions that are not kept; the txids of those that no block has.

    Each is kept once it was checked, durably within a second. `check` sees the transaction before;
    one for which it never gives True is not kept. Raises FalseAnswerError, RemoteError and
    EnoughError.
    """
    wanted = {m.txid: m for m in mentions if not is_kept(sitting, m.txid)}
    waiting = list(wanted.values())
    absent: set[bytes] = set()
    later: list[_Given] = []
    while waiting:
        count = sitting.room_for(min(len(waiting), _CHUNK))
        chunk, waiting = waiting[:count], waiting[count:]
        there = _placed(sitting, chunk)
        absent |= {m.txid for m in chunk} - there.keys()
        raws = sitting.source.raw_txs(list(there))
        for (txid, inclusion), raw in zip(there.items(), raws, strict=True):
            given = _Given(txid, raw, inclusion)
            # each is kept as it comes: what fails later takes nothing back
            if not _keep(sitting, given, check):
                later.append(given)
            elif later:
                later = _keep_all(sitting, later, check)
    sitting.vault.commit()
    return absent


def is_kept(sitting: Sitting, txid: bytes) -> bool:
    """Whether a transaction is in the vault with its proof."""
    return sitting.vault.branch_of(txid) is not None and sitting.vault.raw(txid) is not None


def fetch_parents(sitting: Sitting, txids: Iterable[bytes]) -> None:
    """Fetches the transactions whose outputs kept transactions spend: what their inputs hold.

    Raises RemoteError where the server cannot say where one of them is.
    """
    parents = {
        i.prevout.outpoint.txid: None
        for txid in txids
        for i in _kept(sitting, txid).inputs
        if i.prevout
    }
    absent = fetch_transactions(sitting, [Mention(parent, None) for parent in parents])
    if absent:
        raise RemoteError(
            f"{sitting.name}: it has no proof of transaction {format_hash(min(absent))}, which a "
            "block of the chain spends from; use another server"
        )


def fetch_spenders(sitting: Sitting, outpoints: Iterable[OutPoint]) -> None:
    """Fetches the transactions that spend outputs of kept ones; what nobody spends is told so.

    An output whose spender is kept is not asked for, nor one that was told unspent at this tip.
    Raises FalseAnswerError where the transaction named does not spend the output, and UntoldError,
    once the others are fetched, for those of which the server cannot tell it.
    """
    untold: dict[OutPoint, str] = {}
    asked = [o for o in dict.fromkeys(outpoints) if _is_unknown(sitting, o)]
    while asked:
        sitting.room_for(1)
        chunk, asked = asked[:_CHUNK], asked[_CHUNK:]
        watched = [Watched(o, _kept(sitting, o.txid).outputs[o.vout].script_pubkey) for o in chunk]
        claims: dict[bytes, list[OutPoint]] = {}
        mentions = []
        unspent = []
        for one, spent in zip(watched, sitting.source.spenders(watched), strict=True):
            if spent.untold is not None:
                untold[one.outpoint] = spent.untold
            elif spent.txid is None:
                unspent.append(one.outpoint)
            elif spent.height is None or spent.height > sitting.tip.height:
                sitting.unconfirmed[one.outpoint] = spent.txid
                unspent.append(one.outpoint)
            else:
                claims.setdefault(spent.txid, []).append(one.outpoint)
                mentions.append(Mention(spent.txid, spent.height))
        sitting.vault.tell_unspent(unspent, sitting.tip, sitting.name)
        sitting.vault.commit()
        sitting.asked.update(unspent)
        _fetch_claimed(sitting, mentions, claims)
    if untold:
        sitting.asked.update(untold)
        more = f" (and so of {len(untold) - 1:,} more outputs)" if len(untold) > 1 else ""
        raise UntoldError(f"{next(iter(untold.values()))}{more}")


def _is_unknown(sitting: Sitting, outpoint: OutPoint) -> bool:
    if outpoint in sitting.spends.by_outpoint:
        return False
    return sitting.is_due(outpoint, sitting.vault.unspent_as_of(outpoint))


def _fetch_claimed(
    sitting: Sitting, mentions: list[Mention], claims: Mapping[bytes, Sequence[OutPoint]]
) -> None:
    def spends(tx: Transaction) -> bool:
        spent = {i.prevout.outpoint for i in tx.inputs if i.prevout}
        for outpoint in claims.get(tx.txid, ()):
            if outpoint not in spent:
                raise FalseAnswerError(
                    f"{sitting.name}: it says that transaction {format_hash(tx.txid)} spends "
                    f"{outpoint}, and it does not; use another server"
                )
        return True

    for txid in claims:
        known = sitting.vault.transaction(txid) if is_kept(sitting, txid) else None
        if known is not None:
            spends(known)
    absent = fetch_transactions(sitting, mentions, spends)
    if absent:
        txid = min(absent)
        raise FalseAnswerError(
            f"{sitting.name}: it says that transaction {format_hash(txid)} in a block spends "
            f"{claims[txid][0]}, and has no proof of it; use another server"
        )


def _placed(sitting: Sitting, chunk: Sequence[Mention]) -> dict[bytes, Inclusion]:
    """Where transactions are that a block up to the tip has; the headers of those are at hand."""
    places = zip(chunk, sitting.source.inclusions(chunk), strict=True)
    # a block that came since the sitting began is left for the next
    there = {
        mention.txid: place
        for mention, place in places
        if place is not None and place.height <= sitting.tip.height
    }
    missing = sorted({p.height for p in there.values() if sitting.vault.header(p.height) is None})
    sitting.headers.update(zip(missing, sitting.source.headers(missing), strict=True))
    return there


def _keep_all(sitting: Sitting, given: Sequence[_Given], check: Check) -> list[_Given]:
    """Keeps what holds, parents before those that spend from them; gives what is to be asked later.

    Each round keeps at least one, or ends.
    """
    waiting = list(given)
    while True:
        left = [one for one in waiting if not _keep(sitting, one, check)]
        if len(left) == len(waiting):
            return left
        waiting = left


def _keep(sitting: Sitting, given: _Given, check: Check) -> bool:
    """Keeps one transaction with its proof, all of it or nothing; False: `check` said later."""
    vault, name = sitting.vault, sitting.name
    inclusion = given.inclusion
    try:
        with vault.atomically():
            if vault.header(inclusion.height) is None:
                vault.add_header(sitting.headers[inclusion.height], inclusion.height, name)
            vault.add_raw(given.raw, name, asked=given.txid)
            tx = of_raw(given.raw, rules=vault.network.rules)
            if not check(tx):
                raise _Later
            _check_neighbours(sitting, tx, inclusion)
            vault.add_place(given.txid, inclusion, name)
    except _Later:
        return False
    spent = [i.prevout.outpoint for i in tx.inputs if i.prevout]
    _note_contradicted(sitting, tx, spent, inclusion.height)
    sitting.spends.add(tx.txid, spent)
    sitting.fetched += 1
    sitting.save_now_and_then()
    sitting.check_stopped()
    return True


class _Later(Exception):  # noqa: N818 - it is no error: nothing is kept, and it is asked again
    pass


def _check_neighbours(sitting: Sitting, tx: Transaction, inclusion: Inclusion) -> None:
    """Refuses a transaction that spends what comes later, or what another spends.

    Both would be proven by blocks of one chain, so one of the blocks is not where it was told.
    """
    own = inclusion.height, inclusion.position
    shown = f"{sitting.name}: transaction {format_hash(tx.txid)} at height {own[0]}"
    for i in tx.inputs:
        if i.prevout is None:
            continue
        outpoint = i.prevout.outpoint
        other = sitting.spends.by_outpoint.get(outpoint)
        if other is not None and other != tx.txid:
            raise FalseAnswerError(
                f"{shown} spends {outpoint}, which transaction {format_hash(other)} in another "
                "place spends already; a chain has one of them: use another server"
            )
        parent = sitting.vault.transaction(outpoint.txid)
        if parent is not None and outpoint.vout >= len(parent.outputs):
            raise FalseAnswerError(f"{shown} spends {outpoint}, which is no output")
        before = _place(sitting, outpoint.txid)
        if before is not None and before >= own:
            raise FalseAnswerError(
                f"{shown} spends from transaction {format_hash(outpoint.txid)}, which comes at "
                f"height {before[0]}, not before it; use another server"
            )
    for vout, child in sitting.spends.of_tx.get(tx.txid, {}).items():
        after = _place(sitting, child)
        if vout >= len(tx.outputs) or (after is not None and after <= own):
            raise FalseAnswerError(
                f"{shown} would come after transaction {format_hash(child)}, which spends from "
                "it; use another server"
            )


def _place(sitting: Sitting, txid: bytes) -> tuple[int, int] | None:
    place = sitting.vault.place_of(txid)
    if place is None or place.height is None or place.position is None:
        return None
    return place.height, place.position


def _note_contradicted(
    sitting: Sitting, tx: Transaction, spent: Iterable[OutPoint], height: int
) -> None:
    for outpoint in spent:
        told = sitting.vault.unspent_as_of(outpoint)
        if told is not None and told.height >= height:
            sitting.take_note(
                f"a server said that nobody spends {outpoint} up to height {told.height}; "
                f"transaction {format_hash(tx.txid)} spends it at height {height}: check what else "
                "it told, with --refresh and another server"
            )


def _kept(sitting: Sitting, txid: bytes) -> Transaction:
    tx = sitting.vault.transaction(txid)
    if tx is None:
        raise AssertionError("what is asked for is kept")
    return tx
