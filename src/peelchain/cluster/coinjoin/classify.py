"""What each transaction of a stream is by its shape: a CoinJoin, or what looks like one."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from peelchain import _core
from peelchain.cluster.coinjoin.parse import Transaction
from peelchain.cluster.coinjoin.reasons import LINEAGES, reasons_of
from peelchain.errors import PeelchainError
from peelchain.network import MAINNET
from peelchain.script import script_pubkey, script_type
from peelchain.store.arrays import Int64

WASABI_COORDINATORS = (
    "bc1qs604c7jv6amk4cxqlnvuxv26hv3e48cds4m0ew",
    "bc1qa24tsgchvuxsaccp8vrnkfd85hrcpafg20kmjw",
)
"""To whom Wasabi 1 paid its fee up to 2020. Source: Wasabi's documentation; Dumplings."""

MOST_REMEMBERED = 500_000
"""Txids that are kept for lineage, the latest; and as many of Whirlpool's own."""

TX0 = "whirlpool_tx0"

_BATCH_TXS = 2_000
_BATCH_COINS = 100_000
_WHIRLPOOL = frozenset({"whirlpool_mix", TX0})
_ORDINARY = -1

_KINDS, _REASONS, _PROTOCOLS, _SCRIPT_TYPES = _core.coinjoin_vocabulary()
_TYPE_CODES = {name: code for code, name in enumerate(_SCRIPT_TYPES)}
_OP_RETURN = _TYPE_CODES["op_return"]


@dataclass(frozen=True)
class Judgement:
    """What a transaction is by its shape. An inference.

    `type` is that of a mix or `whirlpool_tx0`, else None; then `lookalike` names what it is taken
    for elsewhere, if anything. `score`, 0 to 1, orders those of one type and is no probability; 0
    without a type. `gives_links`: whether its inputs are held to be one party's. `lineage`, of a
    Whirlpool mix, is confirmed, undetermined or broken. `unknown_prevouts` were not given.
    """

    txid: bytes
    type: str | None
    participants_at_least: int
    score: float
    reasons: tuple[str, ...]
    lookalike: str | None
    lineage: str | None
    gives_links: bool
    unknown_prevouts: int


def classify(transactions: Iterable[Transaction]) -> Iterator[Judgement]:
    """A judgement for every transaction, in order.

    Lineage rests on the transactions that came before: a parent that has not come yet, or came more
    than MOST_REMEMBERED transactions ago, is not known. Memory is bounded by that and by batches.
    """
    seen = _Seen()
    batch: list[Transaction] = []
    coins = 0
    try:
        for tx in transactions:
            batch.append(tx)
            coins += len(tx.inputs) + len(tx.outputs)
            if len(batch) >= _BATCH_TXS or coins >= _BATCH_COINS:
                yield from _judged(batch, seen)
                batch, coins = [], 0
    except PeelchainError:
        # what came before the line that was refused is answered
        yield from _judged(batch, seen)
        raise
    yield from _judged(batch, seen)


class _Seen:
    """Codes of verdicts by txid; the oldest are forgotten."""

    def __init__(self) -> None:
        self._whirlpool: OrderedDict[bytes, int] = OrderedDict()
        self._others: OrderedDict[bytes, int] = OrderedDict()

    def get(self, txid: bytes) -> int | None:
        found = self._whirlpool.get(txid)
        return self._others.get(txid) if found is None else found

    def add(self, txid: bytes, code: int) -> None:
        kept = code != _ORDINARY and _KINDS[code][0] in _WHIRLPOOL
        into = self._whirlpool if kept else self._others
        into[txid] = code
        if len(into) > MOST_REMEMBERED:
            into.popitem(last=False)


def _judged(batch: list[Transaction], seen: _Seen) -> Iterator[Judgement]:
    if not batch:
        return
    rows, kinds, scores, numbers = _core.judge_coinjoins(
        *_columns(batch, seen), name_negatives=True
    )
    reasons = numbers.reshape(len(rows), len(_REASONS)).tolist()
    verdicts = {
        row: (kind, score, dict(zip(_REASONS, seen_here, strict=True)))
        for row, kind, score, seen_here in zip(
            rows.tolist(), kinds.tolist(), scores.tolist(), reasons, strict=True
        )
    }
    for row, tx in enumerate(batch):
        verdict = None if tx.is_coinbase else verdicts.get(row)
        seen.add(tx.txid, _ORDINARY if verdict is None else verdict[0])
        yield _judgement(tx, verdict)


def _judgement(tx: Transaction, verdict: tuple[int, float, dict[str, int]] | None) -> Judgement:
    unknown = 0 if tx.is_coinbase else tx.unknown_prevouts
    if verdict is None:
        said = () if not unknown else (f"{unknown} of {len(tx.inputs)} prevouts are not known",)
        if tx.is_coinbase:
            said = ("a coinbase",)
        return Judgement(tx.txid, None, 1, 0.0, said, None, None, True, unknown)
    code, score, numbers = verdict
    name, is_mix, gives_links = _KINDS[code]
    typed = is_mix or name == TX0
    return Judgement(
        txid=tx.txid,
        type=name if typed else None,
        participants_at_least=numbers["participants"],
        score=round(score, 4) if typed else 0.0,
        reasons=tuple(reasons_of(name, numbers, _PROTOCOLS)),
        lookalike=None if typed else name,
        lineage=LINEAGES[numbers["lineage"]],
        gives_links=gives_links,
        unknown_prevouts=unknown,
    )


def _columns(
    batch: list[Transaction], seen: _Seen
) -> tuple[
    Int64,
    Int64,
    Int64,
    Int64,
    Int64,
    Int64,
    Int64,
    Int64,
    Int64,
    Int64,
    list[bytes | None],
    Int64,
    list[int],
]:
    """The batch as the core's arrays; scripts are numbered within the batch."""
    ids: dict[bytes, int] = {}
    types: dict[bytes, int] = {}
    coordinators = [
        ids.setdefault(script_pubkey(text, MAINNET), len(ids)) for text in WASABI_COORDINATORS
    ]

    def script_id(script: bytes) -> int:
        return ids.setdefault(script, len(ids))

    def type_of(script: bytes) -> int:
        code = types.get(script)
        if code is None:
            code = types[script] = _TYPE_CODES[script_type(script)]
        return code

    # the first of a txid that comes twice is the parent; a coinbase spends nothing
    row_of = {tx.txid: row for row, tx in reversed(list(enumerate(batch)))}
    prior: list[int] = []
    first_input, first_output = [0], [0]
    inputs: list[tuple[int, int, int, int, int]] = []
    outputs: list[tuple[int, int, int]] = []
    payloads: list[bytes | None] = []
    for tx in batch:
        for spent in () if tx.is_coinbase else tx.inputs:
            script = spent.script_pubkey
            parent = row_of.get(spent.prev_txid, -1)
            if parent < 0 and (code := seen.get(spent.prev_txid)) is not None:
                parent = len(batch) + len(prior)
                prior.append(code)
            inputs.append(
                (
                    -1 if spent.value_sat is None else spent.value_sat,
                    -1 if script is None else script_id(script),
                    -1 if script is None else type_of(script),
                    parent,
                    int(spent.signs_single),
                )
            )
        payload = None
        for paid in tx.outputs:
            code = type_of(paid.script_pubkey)
            outputs.append((paid.value_sat, script_id(paid.script_pubkey), code))
            if payload is None and code == _OP_RETURN:
                payload = paid.script_pubkey
        payloads.append(payload)
        first_input.append(len(inputs))
        first_output.append(len(outputs))
    spent_columns = np.array(inputs, dtype=np.int64).reshape(-1, 5).T.copy()
    paid_columns = np.array(outputs, dtype=np.int64).reshape(-1, 3).T.copy()
    return (
        np.array(first_input, dtype=np.int64),
        np.array(first_output, dtype=np.int64),
        spent_columns[0],
        spent_columns[1],
        spent_columns[2],
        spent_columns[3],
        spent_columns[4],
        paid_columns[0],
        paid_columns[1],
        paid_columns[2],
        payloads,
        np.array(prior, dtype=np.int64),
        coordinators,
    )
