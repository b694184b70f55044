"""Marks on outputs whose value may have changed hands where no chain shows it.

A mark is an inference from shape and claims nothing beyond: not whose the output is, nor that
anything was moved unseen. A trace goes on over a marked output as over any other; whoever reads it
knows that the next spender need not be who was paid.

`channel_open`: an output that was spent as the funding output of a payment channel is. Its spend
has no other input and either is a commitment transaction (version 2 or 3, the upper 8 bits of
locktime 0x20 and of sequence 0x80; out of P2WSH by a 2-of-2, or out of P2TR by its key) or looks
like a mutual close (version 2, at most two outputs, out of P2WSH by a 2-of-2 of keys in rising
order; sequence final and locktime 0, or replaceable and locktime a height). `channel_close`: an
output of such a spend. Two parties' own 2-of-2 looks like the mutual close.
Source: BOLT 3, Funding, Commitment and Closing Transaction; BOLT 2 for simple closes.

`key_handover`: one of at least five outputs of one denomination of 0.001 times 2^k BTC, 8.192 at
most, made together with at most one other output by no CoinJoin and no coinbase, each paying a
script that is paid nothing else, and at least three of them spent, not half of them together:
coins made beforehand to be handed over as keys. Payouts of one sum to many customers look alike.
Source: Pakki et al. 2021, Everything You Ever Wanted to Know About Bitcoin Mixers; the
denominations are the service's own, as its help listed them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from peelchain.store.lookup import Lookup, Row

CHANNEL_OPEN = "channel_open"
CHANNEL_CLOSE = "channel_close"
KEY_HANDOVER = "key_handover"
MARKS = (CHANNEL_OPEN, CHANNEL_CLOSE, KEY_HANDOVER)

COMMITMENT = "commitment"
MUTUAL_CLOSE = "mutual_close"

DENOMINATIONS_SAT = frozenset(100_000 << k for k in range(14))
LEAST_BATCH = 5
LEAST_SPENT = 3
MOST_OTHERS = 1
ANCHOR_SAT = 330

_FINAL, _REPLACEABLE = 0xFFFFFFFF, 0xFFFFFFFD
_FIRST_TIME = 500_000_000
_TWO_OF_TWO_BYTES = 71
# two signatures of 70 to 73 bytes, an empty element and the script, with their lengths
_TWO_OF_TWO_WITNESS = range(76 + 2 * 70, 76 + 2 * 73 + 1)
_KEY_PATH_WITNESS = (66, 67)
_AT_ONCE = 50_000
"""Outputs looked at together: bounds what is held of them."""

_Mark = tuple[int, str, str | None, list[str]]

Stacks = Mapping[int, list[list[bytes]]]
Witnesses = Callable[[Collection[int]], Stacks]
"""The witnesses of every input of some transactions, by tx_id: see store.witnesses."""

SCHEMA = pa.schema(
    [
        pa.field("txout_id", pa.int64(), nullable=False),
        pa.field("mark", pa.string(), nullable=False),
        pa.field("kind", pa.string()),
        pa.field(
            "reasons", pa.list_(pa.field("item", pa.string(), nullable=False)), nullable=False
        ),
    ]
)
"""An output, its mark, how a channel closed (null for no channel), what was seen in words."""

_TX = ["tx_index", "version", "locktime", "first_txin", "txin_count", "first_txout_id"]
_TX += ["txout_count"]
_TXIN = ["prev_txout_id", "sequence", "script_sig_bytes", "witness_items", "witness_bytes"]
_TXOUT = ["tx_id", "value_sat", "script_id", "script_type"]


@dataclass(frozen=True)
class Spend:
    """A transaction of one input, and the output that it spends."""

    tx: Row
    txin: Row
    script_type: str
    witness: Sequence[bytes] | None


@dataclass(frozen=True)
class ChannelSpend:
    """What a spend of a funding output looks like: a commitment or a mutual close, and why."""

    kind: str
    reasons: list[str]


def marks(
    lookup: Lookup,
    txouts: Collection[int],
    *,
    coinjoin_txs: Collection[int] = (),
    witnesses: Witnesses | None = None,
) -> pa.Table:
    """The marks of some outputs, by txout_id and name; most have none. The schema is SCHEMA.

    `coinjoin_txs` are tx_ids of CoinJoins, which make no handed-over coins. Without `witnesses`
    a 2-of-2 is told by the size of its witness alone, and the reasons say so.
    """
    asked = sorted(set(txouts))
    mixes = frozenset(coinjoin_txs)
    found: list[_Mark] = []
    for first in range(0, len(asked), _AT_ONCE):
        found += _marks(lookup, asked[first : first + _AT_ONCE], mixes, witnesses)
    rows = [dict(zip(SCHEMA.names, row, strict=True)) for row in found]
    return pa.Table.from_pylist(rows, SCHEMA)


def _marks(
    lookup: Lookup, asked: list[int], mixes: frozenset[int], witnesses: Witnesses | None
) -> list[_Mark]:
    made = lookup.rows_of("txouts", asked, _TXOUT)
    spenders = dict(zip(asked, lookup.spenders(asked), strict=True))
    tx_ids = {row["tx_id"] for row in made.values()} | {s[0] for s in spenders.values() if s}
    txs = lookup.rows_of("txs", tx_ids, _TX)
    channels = _channel_spends(lookup, txs, witnesses)
    batches = _batches(lookup, txs, {row["tx_id"] for row in made.values()} - mixes)
    found: list[_Mark] = []
    for txout, row in made.items():
        spender = spenders[txout]
        if spender and spender[0] in channels:
            spent = channels[spender[0]]
            found.append((txout, CHANNEL_OPEN, spent.kind, spent.reasons))
        if row["tx_id"] in channels:
            spent = channels[row["tx_id"]]
            said = spent.reasons
            if row["value_sat"] == ANCHOR_SAT and row["script_type"] in ("p2wsh", "p2tr"):
                said = [*said, f"itself of {ANCHOR_SAT} sat, as an anchor is"]
            found.append((txout, CHANNEL_CLOSE, spent.kind, said))
        if txout in batches:
            found.append((txout, KEY_HANDOVER, None, batches[txout]))
    return sorted(found, key=lambda mark: mark[:2])


def _channel_spends(
    lookup: Lookup, txs: dict[int, Row], witnesses: Witnesses | None
) -> dict[int, ChannelSpend]:
    """The transactions that spend what looks like a funding output."""
    single = {tx: row for tx, row in txs.items() if row["txin_count"] == 1 and row["tx_index"] != 0}
    txins = lookup.rows_of("txins", [row["first_txin"] for row in single.values()], _TXIN)
    likely = {
        tx: txins[row["first_txin"]]
        for tx, row in single.items()
        if txins[row["first_txin"]]["prev_txout_id"] is not None
        and txins[row["first_txin"]]["script_sig_bytes"] == 0
    }
    prevouts = lookup.rows_of(
        "txouts", [txin["prev_txout_id"] for txin in likely.values()], ["script_type"]
    )
    spends = {
        tx: Spend(txs[tx], txin, prevouts[txin["prev_txout_id"]]["script_type"], None)
        for tx, txin in likely.items()
    }
    found = {tx: said for tx, spend in spends.items() if (said := channel_spend(spend))}
    if witnesses is None or not found:
        return found
    stacks = witnesses(sorted(found))
    seen = {
        tx: Spend(spends[tx].tx, spends[tx].txin, spends[tx].script_type, stacks[tx][0])
        for tx in found
    }
    return {tx: said for tx, spend in seen.items() if (said := channel_spend(spend))}


def channel_spend(spend: Spend) -> ChannelSpend | None:
    """How a spend looks as if it spent a funding output; None where it does not."""
    tx, txin = spend.tx, spend.txin
    locked, sequence = tx["locktime"], txin["sequence"]
    is_commitment = tx["version"] in (2, 3) and locked >> 24 == 0x20 and sequence >> 24 == 0x80
    if spend.script_type == "p2tr":
        by_key = txin["witness_items"] == 1 and txin["witness_bytes"] in _KEY_PATH_WITNESS
        return _commitment("a P2TR output by its key") if is_commitment and by_key else None
    if spend.script_type != "p2wsh" or txin["witness_items"] != 4:
        return None
    if txin["witness_bytes"] not in _TWO_OF_TWO_WITNESS:
        return None
    by = "a P2WSH output by a witness of the size of a 2-of-2"
    if spend.witness is not None:
        keys = two_of_two(spend.witness)
        if keys is None or (not is_commitment and keys != sorted(keys)):
            return None
        by = "a P2WSH output by the signatures of a 2-of-2"
    if is_commitment:
        return _commitment(by)
    is_legacy = sequence == _FINAL and locked == 0
    is_simple = sequence == _REPLACEABLE and locked < _FIRST_TIME
    if tx["version"] != 2 or tx["txout_count"] > 2 or not (is_legacy or is_simple):
        return None
    order = "" if spend.witness is None else ", whose keys are in rising order"
    return ChannelSpend(
        MUTUAL_CLOSE,
        [
            f"one input spends {by}{order}",
            f"version 2, {tx['txout_count']} of at most two outputs, "
            + ("final with no locktime" if is_legacy else "replaceable"),
            "so does a mutual close of a channel, and any wallet of two keys",
        ],
    )


def two_of_two(witness: Sequence[bytes]) -> list[bytes] | None:
    """The keys of the 2-of-2 that a witness satisfies, in the order of its script; None for none.

    Source: BOLT 3, Funding Transaction Output.
    """
    if len(witness) != 4 or witness[0]:
        return None
    script = witness[3]
    if len(script) != _TWO_OF_TWO_BYTES or script[:2] != b"\x52\x21" or script[-2:] != b"\x52\xae":
        return None
    if script[35:36] != b"\x21":
        return None
    return [script[2:35], script[36:69]]


def _commitment(by: str) -> ChannelSpend:
    return ChannelSpend(
        COMMITMENT,
        [
            f"one input spends {by}",
            "upper 8 bits of locktime 0x20 and of sequence 0x80, as in a commitment transaction",
        ],
    )


def _batches(lookup: Lookup, txs: dict[int, Row], tx_ids: set[int]) -> dict[int, list[str]]:
    """The outputs of batches that were handed over, and why."""
    found: dict[int, list[str]] = {}
    for tx in sorted(tx_ids):
        row = txs[tx]
        if row["tx_index"] == 0 or row["txout_count"] < LEAST_BATCH:
            continue
        first = row["first_txout_id"]
        outputs = lookup.rows_of("txouts", range(first, first + row["txout_count"]), _TXOUT)
        values = Counter(o["value_sat"] for o in outputs.values())
        value, count = max(values.items(), key=lambda item: (item[1], item[0]))
        if value not in DENOMINATIONS_SAT or count < LEAST_BATCH:
            continue
        coins = [txout for txout, o in outputs.items() if o["value_sat"] == value]
        if len(outputs) - count > MOST_OTHERS or not _paid_once(lookup, outputs, coins):
            continue
        spends = Counter(s[0] for s in lookup.spenders(coins) if s)
        spent = sum(spends.values())
        if spent < LEAST_SPENT or 2 * max(spends.values()) > spent:
            continue
        said = [
            f"one of {count} outputs of {value} sat made together, 0.001 BTC times a power of two",
            "each pays a script that is paid nothing else",
            f"{spent} of them are spent, in {len(spends)} transactions",
        ]
        found.update(dict.fromkeys(coins, said))
    return found


def _paid_once(lookup: Lookup, outputs: dict[int, Row], coins: list[int]) -> bool:
    return all(lookup.receipts(outputs[txout]["script_id"]) == [txout] for txout in coins)
