"""A small chain that a case watches, grown and forked by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chain.crafted import COIN, Block, Tx, genesis, p2wpkh, pay, transaction, write_files

from peelchain.actions import chain
from peelchain.actions.casework.open import open_case
from peelchain.actions.casework.run import RunRequest, run_case
from peelchain.actions.casework.seeds import change_seeds
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.watching.channels import Channel, payload
from peelchain.actions.watching.follow import WatchAsked, watch
from peelchain.case.watching.outbox import Owed
from peelchain.network import REGTEST
from peelchain.script import address

DAY = datetime(2024, 1, 31, 12, tzinfo=UTC)
SERVICE = "Exchange Crafted"


def address_of(name: str) -> str:
    found = address(p2wpkh(name), REGTEST)
    assert found is not None
    return found


@dataclass
class Scene:
    """A node's folder, a store, a case on the party `subject`; `told` is what channels were given.

    The subject was paid 10 BTC (`seed`) and 4 BTC; `exchange` is a service.
    """

    folder: Path
    blocks: list[Block]
    seed: Tx
    told: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    stale: list[Block] = field(default_factory=list)
    case_name: str = "case"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def case(self) -> Path:
        return self.folder / self.case_name

    @property
    def source(self) -> str:
        return f"core:{self.folder / 'node'}"

    def mine(self, *txs: Tx, count: int = 1, tag: str = "") -> Block:
        """Mines blocks, the first with these transactions, and has the node hold them."""
        self.blocks = pay(self.blocks, txs, tag=tag)
        found = self.blocks[-1]
        for _ in range(count - 1):
            self.blocks = pay(self.blocks, tag=tag)
        self.write()
        return found

    def fork(self, depth: int) -> list[Block]:
        """Takes the last blocks off the chain, which the node keeps as stale; gives them."""
        gone = self.blocks[-depth:]
        self.blocks = self.blocks[:-depth]
        self.stale += gone
        return gone

    def write(self) -> None:
        write_files(self.folder / "node" / "blocks", [*self.stale, *self.blocks])

    def channel(self, name: str = "list") -> Channel:
        def take(owed: Owed) -> None:
            self.told.append(payload(owed))

        return Channel(name, take)

    def watch(
        self, *channels: Channel, confirmations: int = 1, source: bool = True
    ) -> list[dict[str, Any]]:
        """Looks once, with a channel that keeps what it is told; gives what this look told."""
        before = len(self.told)
        asked = WatchAsked(
            self.case,
            self.store,
            self.source if source else None,
            once=True,
            confirmations=confirmations,
        )
        watch(asked, [self.channel(), *channels], say=self.said.append, sleep=lambda _: False)
        return self.told[before:]


def scene(folder: Path) -> Scene:
    """The scene at the start: a case with one run, on a chain of some blocks."""
    blocks = [genesis()]
    for _ in range(4):
        blocks = pay(blocks, rewards=[(50 * COIN, p2wpkh("payer"))])
    coin = blocks[1].txs[0]
    seed = spend(coin, 0, [(10 * COIN, "subject"), (39 * COIN, "payer change")])
    other = spend(blocks[2].txs[0], 0, [(4 * COIN, "subject"), (45 * COIN, "payer change")])
    made = Scene(folder, blocks, seed)
    made.mine(seed, other, spend(blocks[3].txs[0], 0, [(50 * COIN, "exchange")]), count=3)
    chain.ingest(made.source, made.store)
    pack = folder / "tags.yaml"
    pack.write_text(
        "title: t\ncreator: c\ncurrency: BTC\nconfidence: service_data\nis_cluster_definer: true\n"
        "lastmod: '2023-07-01'\nsource: https://crafted.example\ntags:\n"
        f"- address: {address_of('exchange')}\n  label: {SERVICE}\n  category: exchange\n"
    )
    import_tags([pack], made.store, DAY)
    open_case(made.case, "Crafted", "subject", store=made.store, date_utc=DAY)
    change_seeds(made.case, [address_of("subject")], add=True, date_utc=DAY)
    run_case(RunRequest(made.case, made.store, date_utc=DAY))
    return made


def spend(tx: Tx, vout: int, outputs: Sequence[tuple[int, str]], *more: tuple[Tx, int]) -> Tx:
    """A transaction that spends outputs and pays amounts to scripts by name."""
    inputs = [(tx.txid, vout), *((other.txid, at) for other, at in more)]
    return transaction(inputs, [(value, p2wpkh(name)) for value, name in outputs])
