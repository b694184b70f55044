"""The block under construction, the calendar of what is to come, and who owns which script."""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import TYPE_CHECKING, Literal

from peelchain.simulate.families import wallet_habits
from peelchain.simulate.ground_flow import GroundFlow
from peelchain.simulate.habits import Habits
from peelchain.simulate.keys import Kind, Lock
from peelchain.simulate.leg import Leg
from peelchain.simulate.parameters import Parameters
from peelchain.simulate.patterns import Patterns
from peelchain.simulate.rates import Rates
from peelchain.simulate.transaction import Coin, Draft, Signed, sign
from peelchain.simulate.truth import Owner, Truth, shown_address, shown_txid

if TYPE_CHECKING:
    from peelchain.simulate.wallet import Wallet


Shape = Literal[
    "ordinary",
    "coinjoin",
    "tx0",
    "payjoin",
    "trade",
    "stonewall",
    "equal_batch",
    "consolidation",
    "omni",
    "open_assets",
    "runes",
]

_EQUAL_BATCH = 3
_BIG_CONSOLIDATION = 10


@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """A lock, the wallet that holds its keys, and what it was made for."""

    lock: Lock
    wallet: "Wallet"
    purpose: str

    @property
    def script(self) -> bytes:
        """Its script_pubkey."""
        return self.lock.script_pubkey

    @property
    def text(self) -> str:
        """Its regtest address."""
        return shown_address(self.script)


@dataclass(frozen=True, slots=True)
class Output:
    """An output to be: an address, or the bytes of an OP_RETURN script."""

    to: Address | bytes
    value_sat: int
    is_change: bool = False

    @property
    def script(self) -> bytes:
        """Its script_pubkey."""
        return self.to if isinstance(self.to, bytes) else self.to.script


@dataclass(frozen=True, slots=True)
class Receipt:
    """A submitted transaction: its txid, internal order, and a coin an output (OP_RETURN: None)."""

    txid: bytes
    coins: tuple[Coin | None, ...]

    def coin(self, vout: int) -> Coin:
        """The coin at this index; raises LookupError for an OP_RETURN."""
        coin = self.coins[vout]
        if coin is None:
            raise LookupError(f"output {vout} carries data")
        return coin


class Ledger:
    """State that every party shares. `height` is that of the block being filled."""

    def __init__(
        self,
        seed: int,
        blocks: int,
        times: Sequence[int],
        rates: Rates,
        parameters: Parameters,
    ) -> None:
        self.seed = seed
        self.parameters = parameters
        self.blocks = blocks
        self.times = times
        self.rates = rates
        self.rng = Random(f"peelchain economy {seed}")
        self.height = 0
        self.truth = Truth()
        self.patterns = Patterns()
        self.flow = GroundFlow()
        self.owners: dict[str, Owner] = {}
        self.pending: list[Signed] = []
        self.fees_sat = 0
        self.fee_rate = 5.0
        self.transactions = 0
        self._scripts: dict[bytes, tuple[str, str, str, str]] = {}
        self._on_chain: set[bytes] = set()
        self._calendar: list[tuple[int, int, Callable[[], object]]] = []
        self._entries = 0

    @property
    def day(self) -> date:
        """Day, UTC, of the block being filled."""
        return datetime.fromtimestamp(self.times[self.height], UTC).date()

    def add_owner(self, owner: Owner) -> Owner:
        """Enter a party in the truth."""
        self.owners[owner.owner_id] = owner
        self.truth.owners.add(
            owner.owner_id, owner.role, owner.name, owner.country, owner.wallet_kind, owner.label
        )
        return owner

    def own(
        self, script: bytes, owner_id: str, purpose: str, wallet_id: str = "", family: str = ""
    ) -> None:
        """Note whose script this is, before it first appears on the chain."""
        self._scripts.setdefault(script, (owner_id, purpose, wallet_id, family))

    def owner_of(self, script: bytes) -> str:
        """Who owns the script; raises KeyError where nobody noted it."""
        return self._scripts[script][0]

    def appear(self, script: bytes) -> None:
        """Enter a script in the truth when the chain first carries it."""
        if script not in self._on_chain:
            self._on_chain.add(script)
            self.truth.scripts.add(script.hex(), shown_address(script), *self._scripts[script])

    def habits(self, kind: Kind | None = None, *, reuse: bool | None = None) -> Habits:
        """Habits of a private wallet, drawn by the parameters; a given kind or reuse is kept."""
        chosen = self.parameters
        return wallet_habits(self.rng, chosen.families, chosen.position_noise, kind, reuse=reuse)

    def draw_fee_rate(self) -> None:
        """Set the going rate of the block being filled, in satoshis a virtual byte."""
        chosen = self.parameters
        drawn = self.rng.lognormvariate(chosen.fee_log_mean, chosen.fee_log_spread)
        self.fee_rate = min(max(drawn, 1.0), chosen.fee_most)

    def amount(self, median_sat: int, most_sat: int) -> int:
        """A log-normal amount, often rounded the way people round, 50,000 sat at least."""
        rng, chosen = self.rng, self.parameters
        median_sat = median_sat * chosen.amount_percent // 100
        value = min(int(median_sat * rng.lognormvariate(0.0, chosen.amount_spread)), most_sat)
        step = rng.choices((1, 10_000, 100_000, 1_000_000), chosen.rounding)[0]
        return max(value // step * step, 50_000)

    def after(self, blocks: int, action: Callable[[], object]) -> None:
        """Call the action when that many more blocks are there; never, if the chain ends before."""
        self._entries += 1
        heapq.heappush(self._calendar, (self.height + blocks, self._entries, action))

    def run_due(self) -> None:
        """Call what is due at this height, in order of entry."""
        while self._calendar and self._calendar[0][0] <= self.height:
            heapq.heappop(self._calendar)[2]()

    def submit(
        self,
        kind: str,
        owner_id: str,
        coins: Sequence[Coin],
        outputs: Sequence[Output],
        *,
        version: int = 2,
        locktime: int = 0,
        sequence: int = 0xFFFFFFFF,
        shape: Shape | None = None,
        offered: int | None = None,
    ) -> Receipt:
        """Sign the transaction, put it into the block and hand out its coins.

        The spenders must have taken `coins` out of their wallets. `shape` is its class in the
        truth; without one it follows from kind, inputs and outputs; `offered` is as in Draft.
        Raises ValueError when it spends more than it has, or, where the parameters promise that
        none does, looks like a CoinJoin and is none: both are defects of the economy.
        """
        pairs = tuple((output.script, output.value_sat) for output in outputs)
        fee = sum(coin.value_sat for coin in coins) - sum(value for _, value in pairs)
        if fee < 0:
            raise ValueError(f"{kind} of {owner_id} spends {-fee} sat more than it has")
        values = [value for _, value in pairs]
        if self.parameters.keeps_shapes and looks_mixed(coins, values) != (kind == "coinjoin"):
            raise ValueError(f"{kind} of {owner_id} has the wrong shape: {[v for _, v in pairs]}")
        signed = sign(Draft(version, locktime, sequence, tuple(coins), pairs, offered))
        self.pending.append(signed)
        self.transactions += 1
        self.fees_sat += fee
        spent = [self._scripts[coin.lock.script_pubkey] for coin in coins]
        families = {family for _, _, _, family in spent}
        self.truth.transactions.add(
            shown_txid(signed.txid),
            self.height,
            kind,
            owner_id,
            shape or shape_of(kind, len(coins), values),
            families.pop() if len(families) == 1 else "",
            " ".join(sorted({owner for owner, _, _, _ in spent})),
        )
        made = tuple(
            self._deliver(signed.txid, vout, output, owner_id, self.height)
            for vout, output in enumerate(outputs)
        )
        self._label(kind, owner_id, signed.txid, coins, outputs, made)
        return Receipt(signed.txid, made)

    def _label(
        self,
        kind: str,
        owner_id: str,
        txid: bytes,
        coins: Sequence[Coin],
        outputs: Sequence[Output],
        made: Sequence[Coin | None],
    ) -> None:
        """Tell of the transaction those who label patterns and follow the proceeds of a case."""
        spent = [Leg(coin, *self._scripts[coin.lock.script_pubkey][:2]) for coin in coins]
        legs = [
            Leg(coin, *self._scripts[output.script][:2], output.is_change)
            for output, coin in zip(outputs, made, strict=True)
            if coin is not None
        ]
        if kind != "coinjoin" and {leg.owner_id for leg in spent} == {owner_id}:
            self.patterns.observe(kind, owner_id, spent, legs)
        fee = sum(c.value_sat for c in coins) - sum(output.value_sat for output in outputs)
        self.flow.observe(txid, spent, legs, fee)

    def _deliver(
        self, txid: bytes, vout: int, output: Output, owner_id: str, spendable: int
    ) -> Coin | None:
        if output.is_change:
            self.truth.change.add(shown_txid(txid), vout)
        if isinstance(output.to, bytes):
            self.own(output.to, owner_id, "op_return")
            self.appear(output.to)
            return None
        self.appear(output.script)
        coin = Coin(txid, vout, output.value_sat, output.to.lock, spendable)
        output.to.wallet.coins.append(coin)
        return coin

    def mined(self, txid: bytes, rewards: Sequence[Output], spendable: int) -> None:
        """Hand out a coinbase's outputs; they can be spent from that height on."""
        for vout, output in enumerate(rewards):
            self._deliver(txid, vout, output, "", spendable)


def shape_of(kind: str, inputs: int, values: Sequence[int]) -> Shape:
    """The class of a transaction of one owner, or of a CoinJoin, by what it does."""
    if kind == "coinjoin":
        return "coinjoin"
    if kind == "premix":
        return "tx0"
    if kind == "withdrawal" and max(Counter(values).values()) >= _EQUAL_BATCH:
        return "equal_batch"
    if inputs >= _BIG_CONSOLIDATION and len(values) <= 2:
        return "consolidation"
    return "ordinary"


def looks_mixed(coins: Sequence[Coin], values: Sequence[int]) -> bool:
    """Whether n >= 3 of n to 2n + 1 outputs are equal, with at least n distinct input scripts."""
    if len(values) < 3:
        return False
    equal = max(Counter(values).values())
    if equal < 3 or not equal <= len(values) <= 2 * equal + 1:
        return False
    return len({coin.lock.script_pubkey for coin in coins}) >= equal
