"""Where the proceeds of a case truly went, to the satoshi, by the books of those who moved them."""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.simulate.leg import Leg
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import Truth, shown_txid

_KEPT = ("hot", "cold")


@dataclass(frozen=True, slots=True)
class Part:
    """How much of an output is proceeds: by the books, and by any flow that conserves value."""

    case_sat: int
    least_sat: int
    most_sat: int


_NONE = Part(0, 0, 0)


class GroundFlow:
    """Follows the proceeds through every transaction, whoever makes it. Draws nothing.

    People of the case pay with proceeds first and keep clean money as change; everybody else pays
    out clean money first. Who signs together with others gets its own share back. A service keeps
    what comes to its hot or cold wallet: there the flow ends. So each transaction's inputs bring as
    much as its outputs and its fee take, and no output takes more than its value. What other books
    could say lies between a least and a most: what the other outputs and the fee cannot hold, and
    what the inputs can bring.
    """

    def __init__(self) -> None:
        self.people: set[str] = set()
        self._held: dict[bytes, tuple[Leg, Part]] = {}
        self._ended: list[tuple[str, Leg, Part]] = []
        self._fees: list[tuple[bytes, int, Part, str]] = []
        self._flow: list[tuple[str, str, int | str, str, int, int]] = []
        self._seeds: list[tuple[Coin, str]] = []

    def start(self, coin: Coin, owner_id: str, claimant: str) -> None:
        """All of an output, just made, is proceeds taken from the claimant.

        What reached it of earlier proceeds ends there, as a trace that comes to a seed does.
        """
        self._seeds.append((coin, claimant))
        if coin.outpoint in self._held:
            self._ended.append(("seed", *self._held[coin.outpoint]))
        whole = Part(coin.value_sat, coin.value_sat, coin.value_sat)
        self._held[coin.outpoint] = (Leg(coin, owner_id, "seed"), whole)

    def part(self, coin: Coin) -> Part:
        """How many satoshis of an output not yet spent are proceeds."""
        held = self._held.get(coin.outpoint)
        return held[1] if held else _NONE

    def observe(self, txid: bytes, spent: Sequence[Leg], made: Sequence[Leg], fee_sat: int) -> None:
        """Carry the proceeds that a transaction spends over to what it makes."""
        parts = [self._held.pop(leg.coin.outpoint, (leg, _NONE))[1] for leg in spent]
        least, most = sum(part.least_sat for part in parts), sum(part.most_sat for part in parts)
        if not most:
            return
        whole = sum(leg.coin.value_sat for leg in spent)
        brought = [part.case_sat for part in parts]
        taken = [
            Part(case, max(least - (whole - value), 0), min(most, value))
            for case, value in zip(
                self._apportion(spent, brought, made, fee_sat),
                [*(leg.coin.value_sat for leg in made), fee_sat],
                strict=True,
            )
        ]
        shown = shown_txid(txid)
        for vin, (leg, case) in enumerate(zip(spent, brought, strict=True)):
            if case:
                value = leg.coin.value_sat
                self._flow.append((shown, "in", vin, leg.owner_id, value, case))
        for leg, part in zip(made, taken, strict=False):
            coin, case = leg.coin, part.case_sat
            if case:
                self._flow.append((shown, "out", coin.vout, leg.owner_id, coin.value_sat, case))
            if part.most_sat and leg.purpose in _KEPT:
                self._ended.append(("service", leg, part))
            elif part.most_sat:
                self._held[coin.outpoint] = (leg, part)
        if taken[-1].case_sat:
            self._flow.append((shown, "fee", "", "", fee_sat, taken[-1].case_sat))
        if taken[-1].most_sat:
            self._fees.append((txid, fee_sat, taken[-1], spent[0].owner_id))

    def write(self, truth: Truth) -> None:
        """Enter seeds, flow and ends in the truth."""
        for coin, claimant in self._seeds:
            truth.case_seeds.add(shown_txid(coin.txid), coin.vout, coin.value_sat, claimant)
        for row in self._flow:
            truth.case_flow.add(*row)
        resting = [("unspent", *held) for held in self._held.values()]
        ends: list[tuple[bytes, int | str, int, Part, str, str]] = [
            (leg.coin.txid, leg.coin.vout, leg.coin.value_sat, part, kind, leg.owner_id)
            for kind, leg, part in (*self._ended, *resting)
        ]
        ends += [(txid, "", fee, part, "fee", payer) for txid, fee, part, payer in self._fees]
        for txid, vout, value, part, kind, owner in ends:
            if not part.case_sat:
                continue
            truth.case_ends.add(
                shown_txid(txid), vout, value, part.case_sat, part.least_sat, part.most_sat, kind,
                owner,
            )  # fmt: skip

    def _apportion(
        self, spent: Sequence[Leg], brought: Sequence[int], made: Sequence[Leg], fee_sat: int
    ) -> list[int]:
        """What each output, and last the fee, takes of the proceeds."""
        taken = [0] * (len(made) + 1)
        room = [*(leg.coin.value_sat for leg in made), fee_sat]
        owners = list(dict.fromkeys(leg.owner_id for leg in spent))
        left = {
            owner: sum(b for leg, b in zip(spent, brought, strict=True) if leg.owner_id == owner)
            for owner in owners
        }
        alone = len(owners) == 1
        # Whoever signs with others first gets its own back, then fills what is left of the rest.
        for own_only in (False,) if alone else (True, False):
            for owner in owners:
                for place in self._order(owner, made):
                    if own_only and (place == len(made) or made[place].owner_id != owner):
                        continue
                    amount = min(left[owner], room[place] - taken[place])
                    taken[place] += amount
                    left[owner] -= amount
        return taken

    def _order(self, owner_id: str, made: Sequence[Leg]) -> list[int]:
        """The order in which a spender's proceeds fill what it pays, keeps and gives to miners."""
        paid = [i for i, leg in enumerate(made) if not leg.is_change]
        kept = [i for i, leg in enumerate(made) if leg.is_change]
        if owner_id in self.people:
            return [*paid, *kept, len(made)]
        return [*kept, *paid, len(made)]
