"""Witnesses of transactions, which a store's tables know by their shape only."""

from collections.abc import Collection

from peelchain.errors import SourceError
from peelchain.network import BITCOIN_RULES, Rules
from peelchain.raw_tx import parsed
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks

Stack = list[bytes]
"""The elements of one input's witness, as they lie on the stack; empty for none."""


def witnesses(lookup: Lookup, blocks: RawBlocks, tx_ids: Collection[int]) -> dict[int, list[Stack]]:
    """The witness of every input of each transaction, in order of vin.

    Reads the whole block of each. Raises StoreError where the node's files no longer have it.
    """
    rows = lookup.rows_of("txs", tx_ids, ["height", "tx_index"])
    by_height: dict[int, dict[int, int]] = {}
    for tx_id, row in rows.items():
        by_height.setdefault(row["height"], {})[row["tx_index"]] = tx_id
    rules = lookup.store.network.rules
    found = {}
    for block in lookup.blocks(sorted(by_height)):
        wanted = by_height[block.height]
        for index, raw in blocks.transactions(blocks.block(block), sorted(wanted)).items():
            found[wanted[index]] = witness_stacks(raw, rules)
    return found


def witness_stacks(raw: bytes, rules: Rules = BITCOIN_RULES) -> list[Stack]:
    """The witness of every input of a raw transaction, of a chain with these rules.

    Raises SourceError where it is none.
    """
    try:
        return [list(given.witness) for given in parsed(raw, rules).inputs]
    except SourceError as e:
        raise SourceError(f"a transaction of {len(raw)} bytes is damaged: {e}") from None
