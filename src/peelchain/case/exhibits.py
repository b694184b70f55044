"""The raw facts of a case: transactions with Merkle branches, their blocks, the header chain."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from peelchain import _core
from peelchain.case.canonical import canonical_json
from peelchain.case.merkle import merkle_branches
from peelchain.case.services import inputs_of
from peelchain.case.sources import Sources
from peelchain.errors import BundleError
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.units import format_hash


@dataclass(frozen=True)
class Exhibits:
    """Files of blocks.jsonl and transactions.jsonl, and all headers to the tip.

    `lowest` is the height of the first block cited, None without one.
    """

    blocks: Path
    transactions: Path
    headers: bytes
    transaction_count: int
    lowest: int | None


def with_prevouts(sources: Sources, tx_ids: Iterable[int]) -> list[int]:
    """These transactions and those that made the outputs they spend, rising."""
    cited = set(tx_ids)
    spent = {prev for tx in sorted(cited) for prev in inputs_of(sources.chain, tx)}
    return sorted(cited.union(sources.chain.outputs(sorted(spent)).tx_id.tolist()))


def exhibits(
    store: Store,
    sources: Sources,
    tx_ids: list[int],
    folder: Path,
    progress: Callable[[int, int], None],
) -> Exhibits:
    """The raw bytes and proofs of these transactions, read from the node's blocks and checked.

    They are written to `folder` as they are read, block by block: a case may cite more than memory
    holds. Raises StoreError where the block files no longer hold one.
    """
    if not store.network.is_bitcoin:
        raise BundleError(
            f"an evidence bundle of {store.network.coin} cannot be made: its verify.py knows the "
            "headers of Bitcoin alone; give the recipient the transactions and a node to check them"
        )
    raw_blocks = RawBlocks(store)
    by_height: dict[int, list[int]] = {}
    heights = sources.chain.transactions(tx_ids).height.tolist()
    for tx_id, height in zip(tx_ids, heights, strict=True):
        by_height.setdefault(height, []).append(tx_id)
    rows = sources.lookup.blocks(by_height)
    blocks, transactions = folder / "blocks.jsonl", folder / "transactions.jsonl"
    with blocks.open("wb") as block_lines, transactions.open("wb") as lines:
        for done, row in enumerate(rows):
            if done % 50 == 0:
                progress(done, len(rows))
            raw = raw_blocks.block(row)
            spans = raw_blocks.spans(raw)
            txids = b"".join(span[0] for span in spans)
            indices = [tx_id - row.first_tx_id for tx_id in by_height[row.height]]
            branches = merkle_branches(txids, [0, *indices])
            block = {
                "height": row.height,
                "hash": format_hash(row.block_hash),
                "coinbase": _core.without_witness(raw[spans[0][1] : spans[0][2]]).hex(),
                "branch": [format_hash(h) for h in branches[0]],
            }
            block_lines.write(canonical_json(block))
            for index in indices:
                txid, start, end = spans[index]
                branch = [format_hash(h) for h in branches[index]]
                raw_hex = raw[start:end].hex()
                lines.write(_line(format_hash(txid), row.height, index, branch, raw_hex))
    progress(len(rows), len(rows))
    headers = b"".join(store.read("blocks", ["header"])["header"].to_pylist())
    lowest = min(by_height, default=None)
    return Exhibits(blocks, transactions, headers, len(tx_ids), lowest)


def _line(txid: str, height: int, index: int, branch: list[str], raw: str) -> bytes:
    """A line of transactions.jsonl. A million are written: canonical JSON, put together by hand."""
    siblings = ",".join([f'"{h}"' for h in branch])
    text = f'"branch":[{siblings}],"height":{height},"index":{index},"raw":"{raw}","txid":"{txid}"'
    return f"{{{text}}}\n".encode("ascii")
