"""The scripts that transactions spend, by look-ups of rows."""

from collections.abc import Sequence

from peelchain import _core

UNKNOWN = -1
"""Stands for the script of an input whose spent output is not known."""


def spent_scripts(tables: _core.TableRows, tx_ids: Sequence[int]) -> dict[int, list[int]]:
    """The distinct scripts that each transaction spends, rising; UNKNOWN for one not known.

    `tx_ids` rise. Raises StoreError when a table is damaged.
    """
    if not tx_ids:
        return {}
    txs = tables.fetch("txs", tx_ids, ["first_txin", "txin_count"])
    spans = [
        range(first, first + count)
        for first, count in zip(txs["first_txin"], txs["txin_count"], strict=True)
    ]
    rows = [row for span in spans for row in span]
    prevs = dict(
        zip(rows, tables.fetch("txins", rows, ["prev_txout_id"])["prev_txout_id"], strict=True)
    )
    wanted = sorted({prev for prev in prevs.values() if prev is not None})
    found = tables.fetch("txouts", wanted, ["script_id"])["script_id"] if wanted else []
    script_of = dict(zip(wanted, found, strict=True))
    return {
        tx_id: sorted({UNKNOWN if prevs[r] is None else script_of[prevs[r]] for r in span})
        for tx_id, span in zip(tx_ids, spans, strict=True)
    }
