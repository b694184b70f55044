"""The account rules of lines on real amounts: a line is a list of runs of satoshis.

`tests.oracle.accounts` holds a line one satoshi at a time, which accounts of many bitcoins forbid.
This does the same with lengths; a property holds the two together on small amounts.
"""

from collections import deque

from tests.oracle.accounts import Chain

Parcel = list[tuple[int, int]]
"""Label (0: not traced; claimant + 1) and length, in order."""


class RunLines:
    """Every account as a line of satoshis, read forward."""

    def __init__(self, chain: Chain, last_first: bool) -> None:
        self.claimants = chain.question.claimants
        self.line: dict[int, deque[tuple[int, int]]] = {}
        self.last_first = last_first

    def clean(self, value: int) -> Parcel:
        return [(0, value)]

    def seed(self, value: int, claims: list[tuple[int, int]]) -> Parcel:
        told = sum(sat for _, sat in claims)
        return [*((claimant + 1, sat) for claimant, sat in claims), (0, value - told)]

    def amounts(self, parcel: Parcel) -> list[int]:
        totals = [0] * (self.claimants + 1)
        for label, length in parcel:
            totals[label] += length
        return totals[1:]

    def receive(self, account: int, parcel: Parcel) -> None:
        self.line.setdefault(account, deque()).extend(run for run in parcel if run[1])

    def pay(self, account: int, widths: list[int]) -> list[Parcel]:
        return [self.take(account, width) for width in widths]

    def take(self, account: int, width: int) -> Parcel:
        """So many satoshis from the end of the line whose turn it is."""
        line = self.line.setdefault(account, deque())
        parcel: Parcel = []
        while width:
            label, length = line.pop() if self.last_first else line.popleft()
            taken = min(width, length)
            if length > taken:
                rest = (label, length - taken)
                (line.append if self.last_first else line.appendleft)(rest)
            parcel.append((label, taken))
            width -= taken
        return parcel

    def balance(self, account: int) -> int:
        return sum(length for _, length in self.line.get(account, ()))

    def close(self, account: int) -> list[int]:
        line = list(self.line[account])
        self.line[account] = deque([(0, sum(length for _, length in line))])
        return self.amounts(line)
