"""Tracing by accounts, slow and plain: every transaction in turn, lines one satoshi at a time.

Written from docs/methods/account-rules.md, not from the kernel. For chains of a few transactions
and, under account_fifo and account_lifo, of a few satoshis. The books of every account are kept
from the first block on. Backward, the two rules of lines follow each satoshi of a payment to the
satoshi of the receipt that the forward books matched it with.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.oracle.trace import Tx, largest_remainder, transactions

from peelchain.store.arrays import ChainArrays

FEE = None
Labels = list[int]
"""Of each satoshi of a line: 0 for an untraced one, claimant + 1 for another."""


@dataclass(frozen=True)
class Question:
    """What to trace. `seeds` are (txout, claimant, satoshis); `owner` the account by script."""

    direction: Literal["forward", "backward"]
    seeds: tuple[tuple[int, int, int], ...]
    owner: dict[int, int]
    boundary: dict[int, str] = field(default_factory=dict)
    exempt: frozenset[int] = frozenset()
    coinjoins: frozenset[int] = frozenset()
    target_scripts: frozenset[int] = frozenset()
    target_txouts: frozenset[int] = frozenset()
    max_hops: int | None = None
    min_value_sat: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    max_account_outputs: int | None = None
    max_txs: int | None = None

    def claims(self, txout: int) -> list[tuple[int, int]]:
        """(claimant, satoshis) of a seed, by claimant."""
        return sorted((claimant, sat) for seed, claimant, sat in self.seeds if seed == txout)

    @property
    def claimants(self) -> int:
        return 1 + max(claimant for _, claimant, _ in self.seeds)


@dataclass
class Answer:
    """(type, tx, txout, account, value), (account, type, tx, balance): traced satoshis by claimant.

    `payments` are (account, tx, txout, to_account, type, value, traced) in the order of the walk.
    """

    terminals: dict[tuple[Any, ...], list[int]] = field(default_factory=dict)
    holdings: dict[tuple[Any, ...], list[int]] = field(default_factory=dict)
    payments: list[tuple[Any, ...]] = field(default_factory=list)
    partial: bool = False


class Chain:
    """The arrays and what the question says of them."""

    def __init__(self, arrays: ChainArrays, question: Question) -> None:
        self.question = question
        self.txs = transactions(arrays)
        self.value: list[int] = arrays.txout_value.tolist()
        self.maker: list[int] = arrays.txout_tx.tolist()
        self.spender: list[int] = arrays.txout_spender.tolist()
        self.script: list[int] = arrays.txout_script.tolist()
        self.unspendable: list[bool] = arrays.txout_unspendable.tolist()
        self.seeds = {txout for txout, _, _ in question.seeds}

    def owner(self, txout: int) -> int:
        return self.question.owner[self.script[txout]]

    def boundary(self, txout: int) -> str | None:
        script = self.script[txout]
        return None if script in self.question.exempt else self.question.boundary.get(script)

    def is_target(self, txout: int) -> bool:
        q = self.question
        return txout in q.target_txouts or self.script[txout] in q.target_scripts

    def known(self, tx: Tx) -> list[int]:
        return [txout for txout in tx.inputs if txout >= 0]

    def payer(self, tx: Tx) -> int | str:
        """The account that pays, else why there is none."""
        if -1 in tx.inputs:
            return "coinbase"
        if tx.tx in self.question.coinjoins:
            return "coinjoin"
        if -2 in tx.inputs:
            return "unresolved"
        payers = {self.owner(txout) for txout in tx.inputs}
        return payers.pop() if len(payers) == 1 else "cut"

    def made(self, tx: Tx) -> list[int]:
        return [txout for txout in tx.outputs if self.value[txout]]

    def internal(self, tx: Tx, txout: int) -> bool:
        if self.payer(tx) != self.owner(txout) or self.unspendable[txout] or txout in self.seeds:
            return False
        ends = self.is_target(txout) or self.boundary(txout)
        return not (self.question.direction == "forward" and ends)

    def fee(self, tx: Tx) -> int:
        return sum(self.value[o] for o in tx.inputs) - sum(self.value[o] for o in tx.outputs)

    def outside(self, tx: Tx) -> bool:
        low, high = self.question.min_height, self.question.max_height
        return (low is not None and tx.height < low) or (high is not None and tx.height > high)

    def limited(self, txout: int, hops: int, account: int) -> bool:
        q = self.question
        paid = [s for s in self.script if q.owner[s] == account]
        return (
            (q.max_hops is not None and hops > q.max_hops)
            or (q.min_value_sat is not None and self.value[txout] < q.min_value_sat)
            or (q.max_account_outputs is not None and len(paid) > q.max_account_outputs)
        )

    def spends(self, tx: Tx, account: int) -> bool:
        return any(self.owner(o) == account and self.value[o] for o in self.known(tx))

    def paid(self, tx: Tx, account: int) -> list[tuple[int | None, int]]:
        """(output, its value), the fee last, that an account pays in a transaction."""
        payer = self.payer(tx)
        if payer == account:
            made = [o for o in self.made(tx) if not self.internal(tx, o)]
            fee = [(FEE, self.fee(tx))] if self.fee(tx) else []
            return [*((o, self.value[o]) for o in made), *fee]
        if isinstance(payer, int):
            return []
        spent = [o for o in self.known(tx) if self.owner(o) == account and self.value[o]]
        return [(o, self.value[o]) for o in spent]

    def received(self, tx: Tx, account: int) -> list[int]:
        """The outputs that an account receives in a transaction."""
        made = [o for o in self.made(tx) if self.owner(o) == account]
        return [o for o in made if not self.unspendable[o] and not self.internal(tx, o)]

    def pays(self, tx: Tx, account: int) -> bool:
        """Whether outputs of a transaction are an account's, its own change included."""
        return any(self.owner(o) == account and not self.unspendable[o] for o in self.made(tx))

    def accounts(self, tx: Tx) -> list[int]:
        return sorted({self.owner(o) for o in [*self.known(tx), *self.made(tx)]})

    def end_forward(self, txout: int, hops: int) -> str | None:
        if self.is_target(txout):
            return "target"
        if self.unspendable[txout]:
            return "unspendable"
        if self.boundary(txout):
            return self.boundary(txout)
        return "cut" if self.limited(txout, hops, self.owner(txout)) else None

    def end_backward(self, tx: Tx, txout: int, hops: int) -> str | None:
        payer = self.payer(tx)
        if self.is_target(txout):
            return "target"
        if payer in ("coinbase", "coinjoin"):
            return str(payer)
        if any(self.is_target(o) for o in self.known(tx)):
            return "target"
        for prevout in self.known(tx):
            if self.boundary(prevout):
                return self.boundary(prevout)
        if isinstance(payer, str):
            return payer
        return "cut" if self.outside(tx) or self.limited(txout, hops, payer) else None


def count(labels: Labels, claimants: int) -> list[int]:
    return [labels.count(claimant + 1) for claimant in range(claimants)]


class Lines:
    """Every account as a line of satoshis, read forward."""

    def __init__(self, chain: Chain, last_first: bool) -> None:
        self.claimants = chain.question.claimants
        self.line: dict[int, Labels] = {}
        self.last_first = last_first

    def clean(self, value: int) -> Labels:
        return [0] * value

    def seed(self, value: int, claims: list[tuple[int, int]]) -> Labels:
        told = [claimant + 1 for claimant, sat in claims for _ in range(sat)]
        return told + [0] * (value - len(told))

    def amounts(self, parcel: Labels) -> list[int]:
        return count(parcel, self.claimants)

    def receive(self, account: int, parcel: Labels) -> None:
        self.line.setdefault(account, []).extend(parcel)

    def pay(self, account: int, widths: list[int]) -> list[Labels]:
        line = self.line.setdefault(account, [])
        if self.last_first:
            return [[line.pop() for _ in range(width)] for width in widths]
        return [[line.pop(0) for _ in range(width)] for width in widths]

    def balance(self, account: int) -> int:
        return len(self.line.get(account, []))

    def close(self, account: int) -> list[int]:
        line = self.line[account]
        self.line[account] = [0] * len(line)
        return count(line, self.claimants)


@dataclass
class Amount:
    value: int
    claims: list[int]


class Amounts:
    """Every account as a balance and what of it is each claimant's."""

    def __init__(self, chain: Chain, own_first: bool) -> None:
        self.claimants = chain.question.claimants
        self.held: dict[int, Amount] = {}
        self.own_first = own_first

    def clean(self, value: int) -> Amount:
        return Amount(value, [0] * self.claimants)

    def seed(self, value: int, claims: list[tuple[int, int]]) -> Amount:
        amount = self.clean(value)
        for claimant, sat in claims:
            amount.claims[claimant] += sat
        return amount

    def amounts(self, parcel: Amount) -> list[int]:
        return parcel.claims

    def receive(self, account: int, parcel: Amount) -> None:
        held = self.held.setdefault(account, self.clean(0))
        held.value += parcel.value
        held.claims = [a + b for a, b in zip(held.claims, parcel.claims, strict=True)]

    def pay(self, account: int, widths: list[int]) -> list[Amount]:
        held = self.held.setdefault(account, self.clean(0))
        traced = sum(held.claims)
        widths = [*widths, held.value - sum(widths)]
        if self.own_first:
            columns, own = [], held.value - traced
            for width in widths:
                columns.append(width - min(own, width))
                own -= min(own, width)
        else:
            columns = largest_remainder(traced, widths)
        table = []
        for claim in held.claims:
            row = largest_remainder(claim, columns)
            columns = [lacking - cell for lacking, cell in zip(columns, row, strict=True)]
            table.append(row)
        parcels = [Amount(width, [row[at] for row in table]) for at, width in enumerate(widths)]
        self.held[account] = parcels.pop()
        return parcels

    def balance(self, account: int) -> int:
        return self.held.get(account, self.clean(0)).value

    def close(self, account: int) -> list[int]:
        claims = self.held[account].claims
        self.held[account] = self.clean(self.held[account].value)
        return claims


def books(chain: Chain, rule: str) -> Lines | Amounts:
    if rule in ("account_fifo", "account_lifo"):
        return Lines(chain, rule == "account_lifo")
    return Amounts(chain, rule == "account_libr")


def forward(arrays: ChainArrays, question: Question, rule: str) -> Answer:
    """The trace forward under one rule."""
    chain = Chain(arrays, question)
    state: Any = books(chain, rule)
    answer = Answer()
    reached: dict[int, int] = {}
    walked = 0

    def rest(
        kind: str, txout: int | None, tx: int, account: int | None, value: int, sat: list[int]
    ) -> None:
        if sum(sat):
            answer.terminals[kind, tx, txout, account, value] = sat

    def close(account: int, kind: str, tx: int | None) -> None:
        balance = state.balance(account)
        del reached[account]
        sat = state.close(account)
        if sum(sat):
            answer.holdings[account, kind, tx, balance] = sat

    def seed_rests(txout: int, kind: str) -> None:
        sat = state.amounts(state.seed(chain.value[txout], question.claims(txout)))
        rest(kind, txout, chain.maker[txout], None, chain.value[txout], sat)

    for tx in chain.txs:
        if question.max_txs is not None and walked >= question.max_txs:
            for account in sorted(reached):
                later = [t.tx for t in chain.txs[tx.tx :] if chain.spends(t, account)]
                close(account, "cut" if later else "unspent", min(later, default=None))
                answer.partial = answer.partial or bool(later)
            for seed in sorted(chain.seeds):
                if chain.maker[seed] >= tx.tx:
                    seed_rests(seed, "cut")
                    answer.partial = True
            return answer
        payer = chain.payer(tx)
        carried: dict[int, Any] = {}
        hops = -1
        for account in chain.accounts(tx):
            if not chain.spends(tx, account):
                continue
            if account in reached and chain.outside(tx):
                close(account, "cut", tx.tx)
            widths = chain.paid(tx, account)
            parcels = state.pay(account, [width for _, width in widths])
            if account not in reached:
                continue
            if payer == account:
                hops = reached[account] + 1
                walked += 1
            for (paid, width), parcel in zip(widths, parcels, strict=True):
                sat = state.amounts(parcel)
                if paid is FEE:
                    kind: str | None = "fee"
                elif payer != account:
                    kind = str(payer)
                else:
                    kind = "seed" if paid in chain.seeds else chain.end_forward(paid, hops)
                made_in = tx.tx if paid is FEE else chain.maker[paid]
                to = None if kind or paid is FEE else chain.owner(paid)
                if sum(sat):
                    answer.payments.append((account, tx.tx, paid, to, kind, width, sum(sat)))
                if kind:
                    rest(kind, paid, made_in, account, width, sat)
                elif paid is not FEE:
                    carried[paid] = parcel
        for txout in chain.made(tx):
            account, value = chain.owner(txout), chain.value[txout]
            made: Any = state.clean(value)
            reaches = -1
            if txout in carried:
                made, reaches = carried[txout], hops
            if txout in chain.seeds:
                end = chain.end_forward(txout, 0)
                if end:
                    seed_rests(txout, end)
                else:
                    made, reaches = state.seed(value, question.claims(txout)), 0
            if chain.unspendable[txout] or chain.internal(tx, txout):
                continue
            state.receive(account, made)
            if reaches >= 0:
                reached[account] = min(reaches, reached.get(account, reaches))
        for account in list(reached):
            if state.balance(account) == 0:
                del reached[account]
    for account in sorted(reached):
        close(account, "unspent", None)
    return answer


Satoshi = tuple[int, int]
"""An output received, and the place on its line."""


def matched(chain: Chain, last_first: bool) -> dict[tuple[int, int | None], list[Satoshi]]:
    """Of each (transaction, position) paid the satoshis received that went, in order."""
    lines: dict[int, list[Satoshi]] = {}
    found: dict[tuple[int, int | None], list[Satoshi]] = {}
    for tx in chain.txs:
        for account in chain.accounts(tx):
            line = lines.setdefault(account, [])
            for txout, width in chain.paid(tx, account):
                take = [line.pop(-1 if last_first else 0) for _ in range(width)]
                found[tx.tx, txout] = take
        for account in chain.accounts(tx):
            for txout in chain.received(tx, account):
                lines[account].extend((txout, at) for at in range(chain.value[txout]))
    return found


class Wanted:
    """Backward: the satoshis received that fund what is traced."""

    def __init__(self, chain: Chain, last_first: bool) -> None:
        self.chain = chain
        self.source = matched(chain, last_first)
        self.wanted: dict[int, dict[Satoshi, int]] = {}

    def seed(self, value: int, claims: list[tuple[int, int]]) -> Labels:
        told = [claimant + 1 for claimant, sat in claims for _ in range(sat)]
        return told + [0] * (value - len(told))

    def amounts(self, parcel: Labels) -> list[int]:
        return count(parcel, self.chain.question.claimants)

    def fund(self, tx: int, account: int, txout: int | None, parcel: Labels) -> None:
        of_account = self.wanted.setdefault(account, {})
        for satoshi, label in zip(self.source[tx, txout], parcel, strict=True):
            if label:
                of_account[satoshi] = label

    def hand_on(self, account: int, receipts: list[int], balance: int) -> list[Labels]:
        of_account = self.wanted.setdefault(account, {})
        return [
            [of_account.pop((txout, at), 0) for at in range(self.chain.value[txout])]
            for txout in receipts
        ]

    def close(self, account: int) -> list[int]:
        return self.amounts(list(self.wanted.pop(account, {}).values()))


class WantedPool:
    """Backward: of each account the amount that what it holds must fund, spread over all of it."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.amount: dict[int, list[int]] = {}

    def seed(self, value: int, claims: list[tuple[int, int]]) -> list[int]:
        amounts = [0] * self.chain.question.claimants
        for claimant, sat in claims:
            amounts[claimant] += sat
        return amounts

    def amounts(self, parcel: list[int]) -> list[int]:
        return parcel

    def fund(self, tx: int, account: int, txout: int | None, parcel: list[int]) -> None:
        held = self.amount.get(account, [0] * len(parcel))
        self.amount[account] = [a + b for a, b in zip(held, parcel, strict=True)]

    def hand_on(self, account: int, receipts: list[int], balance: int) -> list[list[int]]:
        claims = self.amount.get(account, [0] * self.chain.question.claimants)
        widths = [self.chain.value[txout] for txout in receipts]
        columns = largest_remainder(sum(claims), [*widths, balance - sum(widths)])
        table = []
        for claim in claims:
            row = largest_remainder(claim, columns)
            columns = [lacking - cell for lacking, cell in zip(columns, row, strict=True)]
            table.append(row)
        self.amount[account] = [row[-1] for row in table]
        return [[row[at] for row in table] for at in range(len(widths))]

    def close(self, account: int) -> list[int]:
        return self.amount.pop(account, [0] * self.chain.question.claimants)


def balances(chain: Chain) -> dict[tuple[int, int], int]:
    """What each account holds before each transaction, and after the last."""
    found: dict[tuple[int, int], int] = {}
    held: dict[int, int] = dict.fromkeys(set(chain.question.owner.values()), 0)
    for tx in chain.txs:
        found |= {(tx.tx, account): sat for account, sat in held.items()}
        for account in chain.accounts(tx):
            held[account] -= sum(width for _, width in chain.paid(tx, account))
            held[account] += sum(chain.value[o] for o in chain.received(tx, account))
    return found | {(len(chain.txs), account): sat for account, sat in held.items()}


def backward(arrays: ChainArrays, question: Question, rule: str) -> Answer:
    """The trace backward under one rule."""
    chain = Chain(arrays, question)
    held = balances(chain)
    state: Any = WantedPool(chain)
    if rule != "account_pool":
        state = Wanted(chain, rule == "account_lifo")
    answer = Answer()
    reached: dict[int, int] = {}
    walked = 0

    def rest(kind: str, txout: int, account: int | None, sat: list[int]) -> None:
        if sum(sat):
            row = (kind, chain.maker[txout], txout, account, chain.value[txout])
            answer.terminals[row] = sat

    def close(account: int, tx: int, at: int) -> None:
        del reached[account]
        sat = state.close(account)
        if sum(sat):
            answer.holdings[account, "cut", tx, held[at, account]] = sat

    def seed(txout: int) -> Any:
        return state.seed(chain.value[txout], question.claims(txout))

    for tx in reversed(chain.txs):
        if question.max_txs is not None and walked >= question.max_txs:
            for account in sorted(reached):
                earlier = [t.tx for t in chain.txs[: tx.tx + 1] if chain.pays(t, account)]
                close(account, max(earlier), tx.tx + 1)
                answer.partial = True
            for txout in sorted(chain.seeds):
                if chain.maker[txout] <= tx.tx:
                    rest("cut", txout, None, state.amounts(seed(txout)))
                    answer.partial = True
            return answer
        payer = chain.payer(tx)
        funded: dict[int, Any] = {}
        hops: int | None = None
        for account in [a for a in chain.accounts(tx) if a in reached]:
            receipts = chain.received(tx, account)
            if not receipts:
                continue
            if chain.outside(tx):
                close(account, tx.tx, tx.tx + 1)
                continue
            # what it holds after the transaction, less what it paid in it afterwards
            paid = sum(width for _, width in chain.paid(tx, account))
            after = held[tx.tx, account] - paid
            after += sum(chain.value[o] for o in receipts)
            for txout, parcel in zip(
                receipts, state.hand_on(account, receipts, after), strict=True
            ):
                sat = state.amounts(parcel)
                distance = reached[account] + 1
                is_seed = txout in chain.seeds
                kind = "seed" if is_seed else chain.end_backward(tx, txout, distance)
                to = None if kind else payer
                if sum(sat):
                    answer.payments.append(
                        (account, tx.tx, txout, to, kind, chain.value[txout], sum(sat))
                    )
                if kind:
                    rest(kind, txout, account, sat)
                else:
                    funded[txout] = parcel
                    hops = distance if hops is None else min(hops, distance)
        for txout in [o for o in chain.made(tx) if o in chain.seeds]:
            kind = chain.end_backward(tx, txout, 0)
            if kind:
                rest(kind, txout, None, state.amounts(seed(txout)))
            else:
                funded[txout] = seed(txout)
                hops = 0
        if hops is not None and isinstance(payer, int):
            walked += 1
            reached[payer] = min(hops, reached.get(payer, hops))
            for txout, parcel in funded.items():
                state.fund(tx.tx, payer, txout, parcel)
        for account in list(reached):
            if held[tx.tx, account] == 0:
                del reached[account]
    assert not reached
    return answer


def trace(arrays: ChainArrays, question: Question, rule: str) -> Answer:
    """The trace under one rule."""
    way = forward if question.direction == "forward" else backward
    return way(arrays, question, rule)


def ledger(
    entries: list[tuple[int, list[tuple[int, int]] | None]], claimants: int, rule: str
) -> tuple[list[list[int]], list[int]]:
    """By claimant what each payment, an entry without claims, carries; and what is left."""

    class One:
        question = Question("forward", ((0, claimants - 1, 1),), {})

    one: Any = One()
    state: Any = books(one, rule)
    paid = []
    state.receive(0, state.clean(0))
    for value, claims in entries:
        if claims is None:
            paid += [state.amounts(parcel) for parcel in state.pay(0, [value])]
        else:
            state.receive(0, state.seed(value, claims))
    return paid, state.close(0)
