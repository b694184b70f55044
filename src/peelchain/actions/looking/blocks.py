"""A block: its header, its transactions a page at a time, and what its miner wrote into it."""

from contextlib import suppress
from typing import Any

from peelchain.actions.looking.dealings import dealings
from peelchain.actions.looking.parties import service_told
from peelchain.actions.looking.payloads import readable_runs
from peelchain.actions.looking.stamp import names_of, stamp
from peelchain.actions.looking.worth import worth_in
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError, NotInChainError, StoreError
from peelchain.store.lookup import BlockRow
from peelchain.store.raw_blocks import RawBlocks, transactions
from peelchain.tags.pools import coinbase_script, mark_pairs, pools_signing
from peelchain.units import format_hash, format_time, parse_height, parse_txid, shown

Row = dict[str, Any]

MOST = 200
_TX = ["txid", "tx_index", "size_bytes", "weight", "fee_sat", "txin_count", "txout_count"]
_TX += ["first_txout_id"]


def find_block(text: str, view: StoreView) -> BlockRow:
    """The block of a height or hash. Raises MisuseError for neither, NotInChainError."""
    if len(text) == 64:
        height = view.height_of_block(parse_txid(text))
        heights = [] if height is None else [height]
    elif text.isascii() and text.isdigit():
        heights = [parse_height(text)]
    else:
        raise MisuseError(f"{shown(text)} is no block; give a height, or a hash of 64 hex digits")
    rows = view.lookup.blocks(heights)
    if not rows:
        raise NotInChainError(
            f"block {shown(text)} is not in the chain up to height "
            f"{view.store.manifest.tip_height}; check it, or ingest newer blocks"
        )
    return rows[0]


def look_at_block(
    text: str, view: StoreView, *, currency: str | None = None, offset: int = 0, limit: int = 100
) -> Row:
    """A block by height or hash, with the transactions after the first `offset`."""
    block = find_block(text, view)
    header = block.header
    return {
        **stamp(view),
        "basis": "fact",
        "height": block.height,
        "hash": format_hash(block.block_hash),
        "prev_hash": format_hash(header[4:36]) if block.height else None,
        "next_height": block.height + 1 if block.height < view.store.manifest.tip_height else None,
        "header": header.hex(),
        "version": int.from_bytes(header[:4], "little", signed=True),
        "merkle_root": format_hash(header[36:68]),
        "time_utc": format_time(block.time_seconds),
        "bits": f"{int.from_bytes(header[72:76], 'little'):08x}",
        "nonce": int.from_bytes(header[76:80], "little"),
        "size_bytes": block.size_bytes,
        "tx_count": block.tx_count,
        "confirmations": view.store.manifest.tip_height - block.height + 1,
        "subsidy_sat": view.network.subsidy(block.height),
        "coinbase": _coinbase(view, block),
        "offset": offset,
        "transactions": _transactions(view, block, currency, offset, limit),
    }


def _coinbase(view: StoreView, block: BlockRow) -> Row | None:
    """What the miner wrote, and the pools whose marks are in it; None without the block's file."""
    with suppress(StoreError):
        raw = transactions(RawBlocks(view.store).block(block), [0])[0]
        script = coinbase_script(raw)
        found = pools_signing(script, mark_pairs(view.pool_marks))
        return {
            "script": script.hex(),
            "texts": readable_runs(script),
            "pools": list(dict.fromkeys(label for _, label in found)),
            "basis": "assertion",
        }
    return None


def _transactions(
    view: StoreView, block: BlockRow, currency: str | None, offset: int, limit: int
) -> list[Row]:
    first = block.first_tx_id + min(offset, block.tx_count)
    ids = range(first, min(first + limit, block.first_tx_id + block.tx_count))
    rows = view.lookup.rows_of("txs", ids, _TX)
    spans = {
        tx: range(row["first_txout_id"], row["first_txout_id"] + row["txout_count"])
        for tx, row in rows.items()
    }
    every = [out for span in spans.values() for out in span]
    outputs = view.lookup.rows_of("txouts", every, ["value_sat"])
    worth = worth_in(view, currency)
    deals = dealings(view, list(ids)) if len(ids) else {}
    payers = {tx: max(d.payers, key=lambda c: (d.payers[c], -c), default=None)
              for tx, d in deals.items()}  # fmt: skip
    named = sorted({payer for payer in payers.values() if payer is not None})
    names = names_of(named, view)
    marks = dict(zip(named, view.services.marks_at(named), strict=True))
    mixes = set(view.clusters.coinjoins["tx_id"].to_pylist()) if len(ids) else set()
    told = []
    for tx, row in rows.items():
        value = sum(outputs[out]["value_sat"] for out in spans[tx])
        payer = payers[tx]
        told.append(
            {
                "txid": format_hash(row["txid"]),
                "tx_index": row["tx_index"],
                "input_count": row["txin_count"],
                "output_count": row["txout_count"],
                "output_sat": value,
                "fiat": worth(value, block.time_seconds),
                "fee_sat": row["fee_sat"],
                "weight": row["weight"],
                "coinjoin": tx in mixes,
                "payer": None
                if payer is None
                else {"cluster": names[payer], "service": service_told(marks[payer])},
            }
        )
    return told
