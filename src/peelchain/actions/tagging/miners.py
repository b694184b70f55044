"""Who mined blocks, by the texts in their coinbases and by tags on what these paid."""

from pathlib import Path
from typing import Any

from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.store.raw_blocks import RawBlocks
from peelchain.tags.knowledge import ALL, Knowledge
from peelchain.tags.pools import coinbase_script, mark_pairs, pools_signing
from peelchain.units import format_hash, format_time

Row = dict[str, Any]

COLUMNS = ("height", "block_hash", "time_utc", "txid", "marks", "pools", "payouts")
_MOST_BLOCKS = 10_000
_MINER = "miner"
_TX = ["txid", "first_txout_id", "txout_count"]


def miners(store: Path, first: int, last: int, knowledge: Knowledge = ALL) -> Row:
    """The pools that blocks `first` to `last` are signed by, and the miners that tags pay them to.

    Both are assertions: anybody may write a pool's text into a coinbase. Raises MisuseError for
    heights that are not there, or more than 10,000 of them.
    """
    with StoreView(store, knowledge=knowledge) as view:
        tip = view.store.manifest.tip_height
        if not 0 <= first <= last <= tip or last - first >= _MOST_BLOCKS:
            raise MisuseError(
                f"heights {first} to {last} cannot be told; give up to {_MOST_BLOCKS:,} of those "
                f"from 0 to {tip}"
            )
        pairs = mark_pairs(view.pool_marks)
        paid = _payouts(view)
        raw_blocks = RawBlocks(view.store)
        rows = []
        for block in view.lookup.blocks(range(first, last + 1)):
            raw = raw_blocks.transactions(raw_blocks.block(block), [0])[0]
            found = pools_signing(coinbase_script(raw), pairs)
            (tx,) = view.lookup.rows_of("txs", [block.first_tx_id], _TX).values()
            first_out = tx["first_txout_id"]
            outs = range(first_out, first_out + tx["txout_count"])
            outputs = view.lookup.rows_of("txouts", outs, ["script_id"]).values()
            rows.append(
                {
                    "height": block.height,
                    "block_hash": format_hash(block.block_hash),
                    "time_utc": format_time(block.time_seconds),
                    "txid": format_hash(tx["txid"]),
                    "marks": [mark for mark, _ in found],
                    "pools": list(dict.fromkeys(label for _, label in found)),
                    "payouts": sorted(
                        {label for out in outputs for label in paid.get(out["script_id"], ())}
                    ),
                }
            )
        return {
            **view.tip,
            "basis": "assertion",
            "as_of": knowledge.described()["as_of"],
            "pool_marks": len(pairs),
            "blocks": rows,
        }


def _payouts(view: StoreView) -> dict[int, list[str]]:
    """The labels of miners by the scripts that tags give them."""
    labels: dict[int, list[str]] = {}
    columns = (view.tags[name].to_pylist() for name in ("label", "category"))
    for script, label, category in zip(view.tag_script_ids.tolist(), *columns, strict=True):
        if script >= 0 and category == _MINER:
            labels.setdefault(script, []).append(label)
    return labels
