"""The neighbours of a node by brute force: every output of the chain is looked at."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from peelchain.actions.view import StoreView
from peelchain.script import address, is_unspendable


@dataclass(frozen=True)
class Output:
    """An output of the chain with all that is asked of it."""

    outpoint: str
    value_sat: int
    maker: str
    spender: str | None
    address: str
    cluster: str
    dead: bool

    def party(self, kind: str) -> str:
        return f"{kind}:{getattr(self, kind)}"

    def is_of(self, node: str) -> bool:
        return node in (f"address:{self.address}", f"cluster:{self.cluster}")


@dataclass(frozen=True)
class Found:
    """What leads to one neighbour: outputs by outpoint with their values, and transactions."""

    values: dict[tuple[str, str], int]

    @property
    def value_sat(self) -> int:
        return sum(self.values.values())

    @property
    def txs(self) -> set[str]:
        return {tx for tx, _ in self.values}


class WholeChain:
    """A chain read whole: its outputs, and of each transaction what it spends and makes."""

    def __init__(self, view: StoreView) -> None:
        def column(table: str, name: str) -> list[Any]:
            return list(view.store.read(table, [name])[name].to_pylist())

        scripts = column("scripts", "script_pubkey")
        names = [address(s, view.network) or s.hex() for s in scripts]
        owner = dict(
            zip(
                *(view.clusters.table[c].to_pylist() for c in ("script_id", "cluster_id")),
                strict=True,
            )
        )
        txids = [txid[::-1].hex() for txid in column("txs", "txid")]
        spender: dict[int, str] = {}
        for tx_id, prev in zip(
            column("txins", "tx_id"), column("txins", "prev_txout_id"), strict=True
        ):
            if prev is not None:
                spender[prev] = txids[tx_id]
        self.outputs = [
            Output(
                f"{txids[tx_id]}:{vout}",
                value_sat,
                txids[tx_id],
                spender.get(at),
                names[script],
                names[owner.get(script, script)],
                # the output of the genesis block is in no node's set
                is_unspendable(scripts[script]) or tx_id == 0,
            )
            for at, (tx_id, vout, value_sat, script) in enumerate(
                zip(
                    *(column("txouts", c) for c in ("tx_id", "vout", "value_sat", "script_id")),
                    strict=True,
                )
            )
        ]
        self.txids = txids
        self.spent: dict[str, list[Output]] = defaultdict(list)
        self.made: dict[str, list[Output]] = defaultdict(list)
        for output in self.outputs:
            self.made[output.maker].append(output)
            if output.spender:
                self.spent[output.spender].append(output)

    def neighbours(self, node: str, direction: str, kind: str) -> dict[str, Found]:
        """What lies next to a node, by the neighbour's node id."""
        found: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        for other, tx, outpoint, value_sat in self._strands(node, direction, kind):
            found[other][tx, outpoint] = value_sat
        return {other: Found(values) for other, values in found.items()}

    def _strands(self, node: str, direction: str, kind: str) -> list[tuple[str, str, str, int]]:
        rows = []
        if node.startswith("tx:"):
            tx = node[3:]
            if direction == "in":
                for o in self.spent[tx]:
                    other = f"tx:{o.maker}" if kind == "tx" else o.party(kind)
                    rows.append((other, tx, o.outpoint, o.value_sat))
                if not rows:
                    total = sum(o.value_sat for o in self.made[tx])
                    rows.append((f"end:coinbase:{tx}", tx, "", total))
                return rows
            for o in self.made[tx]:
                other = o.party(kind) if kind != "tx" else f"tx:{o.spender}"
                if o.dead:
                    other = f"end:unspendable:{o.outpoint}"
                elif kind == "tx" and o.spender is None:
                    other = f"end:unspent:{o.outpoint}"
                rows.append((other, tx, o.outpoint, o.value_sat))
            return rows
        own = [o for o in self.outputs if o.is_of(node)]
        if kind == "tx":
            for o in own:
                moved_in = o.maker if direction == "in" else o.spender
                if moved_in is not None:
                    rows.append((f"tx:{moved_in}", moved_in, o.outpoint, o.value_sat))
            return rows
        if direction == "out":
            for tx in {o.spender for o in own if o.spender}:
                for o in self.made[tx]:
                    if not o.is_of(node) and not o.dead:
                        rows.append((o.party(kind), tx, o.outpoint, o.value_sat))
            return rows
        for o in own:
            for payer in {p.party(kind) for p in self.spent[o.maker] if not p.is_of(node)}:
                rows.append((payer, o.maker, o.outpoint, o.value_sat))
        return rows
