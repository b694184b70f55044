"""The raw facts of a case: transactions with Merkle branches, their blocks, the header chain."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from peelchain import _core
from peelchain.case.services import inputs_of
from peelchain.case.sources import Sources
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.units import format_hash

Row = dict[str, Any]


@dataclass(frozen=True)
class Exhibits:
    """The lines of blocks.jsonl and transactions.jsonl, and all headers to the tip."""

    blocks: list[Row]
    transactions: list[Row]
    headers: bytes


def with_prevouts(sources: Sources, tx_ids: Iterable[int]) -> list[int]:
    """These transactions and those that made the outputs they spend, rising."""
    cited = set(tx_ids)
    spent = {prev for tx in sorted(cited) for prev in inputs_of(sources.chain, tx)}
    return sorted(cited.union(sources.chain.outputs(sorted(spent)).tx_id.tolist()))


def exhibits(
    store: Store,
    sources: Sources,
    tx_ids: list[int],
    progress: Callable[[int, int], None],
) -> Exhibits:
    """The raw bytes and proofs of these transactions, read from the node's blocks and checked.

    Raises StoreError where the block files no longer hold one.
    """
    raw_blocks = RawBlocks(store)
    by_height: dict[int, list[int]] = {}
    heights = sources.chain.transactions(tx_ids).height.tolist()
    for tx_id, height in zip(tx_ids, heights, strict=True):
        by_height.setdefault(height, []).append(tx_id)
    blocks: list[Row] = []
    transactions: list[Row] = []
    rows = sources.lookup.blocks(by_height)
    for done, row in enumerate(rows):
        if done % 50 == 0:
            progress(done, len(rows))
        raw = raw_blocks.block(row)
        spans = _core.transaction_spans(raw)
        txids = b"".join(span[0] for span in spans)
        blocks.append(
            {
                "height": row.height,
                "hash": format_hash(row.block_hash),
                "coinbase": _core.without_witness(raw[spans[0][1] : spans[0][2]]).hex(),
                "branch": [format_hash(h) for h in _core.merkle_branch(txids, 0)],
            }
        )
        for tx_id in by_height[row.height]:
            index = tx_id - row.first_tx_id
            txid, start, end = spans[index]
            transactions.append(
                {
                    "txid": format_hash(txid),
                    "height": row.height,
                    "index": index,
                    "branch": [format_hash(h) for h in _core.merkle_branch(txids, index)],
                    "raw": raw[start:end].hex(),
                }
            )
    progress(len(rows), len(rows))
    headers = b"".join(store.read("blocks", ["header"])["header"].to_pylist())
    return Exhibits(blocks, transactions, headers)
