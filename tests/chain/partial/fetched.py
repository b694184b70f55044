"""Vaults filled from a whole chain, as an honest server would fill them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from peelchain import _core
from peelchain.chain.partial.source import Inclusion, Tip
from peelchain.chain.partial.vault import Vault
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.units import OutPoint

SERVER = "esplora:http://127.0.0.1/api"


@dataclass(frozen=True)
class Fact:
    """A transaction of a whole chain with its proof."""

    txid: bytes
    raw: bytes
    header: bytes
    inclusion: Inclusion


def facts_of(store: Path) -> list[Fact]:
    """Every transaction of a store made from block files, in chain order."""
    return list(_facts(store))


def _facts(store: Path) -> Iterator[Fact]:
    with Store.open(store) as opened, Lookup(opened) as lookup:
        blocks = RawBlocks(opened)
        for row in lookup.blocks(range(opened.manifest.tip_height + 1)):
            raw = blocks.block(row)
            spans = _core.transaction_spans(raw)
            txids = b"".join(txid for txid, _, _ in spans)
            for position, (txid, start, end) in enumerate(spans):
                branch = tuple(_core.merkle_branch(txids, position))
                yield Fact(txid, raw[start:end], raw[:80], Inclusion(row.height, position, branch))


def fill(vault: Vault, facts: Iterable[Fact], wanted: Callable[[Fact], bool] = bool) -> None:
    """Puts the wanted transactions into a vault, with every header."""
    for fact in facts:
        vault.add_header(fact.header, fact.inclusion.height, SERVER)
        if wanted(fact):
            vault.add_raw(fact.raw, SERVER, asked=fact.txid)
            vault.add_place(fact.txid, fact.inclusion, SERVER)
    vault.commit()


def tell_the_unspent(vault: Vault, store: Path) -> None:
    """Says of every output that nobody spends in a whole chain that it is unspent."""
    with Store.open(store) as opened, Lookup(opened) as lookup:
        manifest = opened.manifest
        tip = Tip(manifest.tip_height, bytes.fromhex(manifest.tip_hash)[::-1])
        rows = lookup.rows(
            "SELECT t.txid, o.vout FROM txouts o JOIN txs t USING (tx_id) "
            "WHERE o.txout_id NOT IN (SELECT prev_txout_id FROM txins WHERE state = 'spent')"
        )
        vault.tell_unspent([OutPoint(r["txid"], r["vout"]) for r in rows], tip, SERVER)
    vault.commit()
