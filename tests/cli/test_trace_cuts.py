"""The cuts of trace compare, checked as docs/methods/bounds.md says: by adding up and walking."""

import csv

import pytest

from peelchain.actions.view import StoreView
from peelchain.store.arrays import ChainArrays
from peelchain.units import format_hash


@pytest.fixture(scope="module")
def compared(session):
    """A comparison of what a service paid out, and the outpoints traced."""
    with (session.node / "truth" / "withdrawals.csv").open() as file:
        rows = list(csv.DictReader(file))
    seeds = sorted({f"{row['txid']}:{row['vout']}" for row in rows[:12]})
    asked = [word for seed in seeds for word in ("--seed", seed)]
    return session.ask("trace", "compare", *asked), set(seeds)


def sides(answer, scope):
    for row in answer["destinations"]:
        for side in ("least", "most"):
            yield row, side, row["cuts"][scope][side]


@pytest.mark.parametrize("scope", ["transaction", "account"])
def test_what_a_cut_holds_is_the_bound(compared, scope):
    answer, _ = compared
    for row, side, cut in sides(answer, scope):
        bound = row["bounds"][scope]
        assert cut["count"] == len(cut["parts"])
        assert cut["sat"] == sum(part["value_sat"] for part in cut["parts"])
        expected = {"least": answer["seeds_sat"] - bound["least_sat"], "most": bound["most_sat"]}
        assert cut["sat"] == expected[side]
        for part in cut["parts"]:
            assert part["value_sat"] > 0
            assert part["account"] is None or part["kind"] == "held"


class ByHand:
    """The chain as an explorer shows it, and where this trace stops."""

    def __init__(self, view: StoreView) -> None:
        self.chain: ChainArrays = view.arrays
        self.services = view.services
        self.coinjoins = set(view.clusters.coinjoins["tx_id"].to_pylist())
        txids = view.lookup.txids(range(self.chain.tx_count))
        self.txid = {tx: format_hash(txid) for tx, txid in txids.items()}
        self.tx = {txid: tx for tx, txid in self.txid.items()}

    def txout(self, outpoint: str) -> int:
        txid, vout = outpoint.split(":")
        return int(self.chain.tx_first_txout[self.tx[txid]]) + int(vout)

    def fee(self, tx: int) -> int:
        chain = self.chain
        spent = chain.txin_prev_txout[chain.tx_first_txin[tx] : chain.tx_first_txin[tx + 1]]
        made = slice(chain.tx_first_txout[tx], chain.tx_first_txout[tx + 1])
        return int(chain.txout_value[spent].sum() - chain.txout_value[made].sum())

    def met(self, seeds: set[int], struck_seeds: set[int], struck: set[int], fees: set[str]):
        """The destinations that value meets on its way when these are struck out."""
        chain = self.chain
        found = set()
        pending = sorted(seeds - struck_seeds)
        seen = set(pending)
        while pending:
            txout = pending.pop()
            end = self.end(txout, seeds, at_seed=txout in seeds)
            if end is not None:
                found.add(end)
                continue
            tx = int(chain.txout_spender[txout])
            if self.txid[tx] not in fees and self.fee(tx) > 0:
                found.add("fee")
            for made in range(int(chain.tx_first_txout[tx]), int(chain.tx_first_txout[tx + 1])):
                if chain.txout_value[made] == 0 or made in struck:
                    continue
                if made in seeds:
                    found.add("seed")
                elif made not in seen:
                    seen.add(made)
                    pending.append(made)
        return found

    def end(self, txout: int, seeds: set[int], *, at_seed: bool) -> str | None:
        mark = self.services.mark(int(self.chain.txout_script[txout]))
        if mark is not None and not at_seed:
            return f"{mark.kind}:{mark.label}"
        if self.chain.txout_unspendable[txout]:
            return "unspendable"
        spender = int(self.chain.txout_spender[txout])
        if spender < 0:
            return "unspent"
        return "coinjoin" if spender in self.coinjoins else None


def test_without_the_cut_no_way_leads_there(session, compared):
    answer, seeds = compared
    assert {row["type"] for row in answer["destinations"]} >= {"service", "fee", "unspent"}
    with StoreView(session.store) as view:
        by_hand = ByHand(view)
        started = {by_hand.txout(seed) for seed in seeds}
        every = by_hand.met(started, set(), set(), set())
        assert every == {row["destination"] for row in answer["destinations"]}
        for row, side, cut in sides(answer, "transaction"):
            named: dict[str, set[str]] = {"seed": set(), "output": set(), "fee": set()}
            for part in cut["parts"]:
                named[part["kind"]].add(part["at"])
                if part["kind"] == "fee":
                    assert part["value_sat"] == by_hand.fee(by_hand.tx[part["at"]])
                else:
                    value = by_hand.chain.txout_value[by_hand.txout(part["at"])]
                    assert part["value_sat"] == value
            met = by_hand.met(
                started,
                {by_hand.txout(at) for at in named["seed"]},
                {by_hand.txout(at) for at in named["output"]},
                named["fee"],
            )
            if side == "most":
                assert not met & {row["destination"], "cut", "unresolved"}
            else:
                assert met <= {row["destination"]}


def test_an_answer_lists_the_greatest_parts_and_the_tables_have_all(
    session, compared, monkeypatch, tmp_path
):
    answer, seeds = compared
    monkeypatch.setattr("peelchain.actions.tracing.cuts.MOST_PARTS", 2)
    asked = [word for seed in sorted(seeds) for word in ("--seed", seed)]
    short = session.ask("trace", "compare", *asked, "--tables", tmp_path / "tables")
    with (tmp_path / "tables" / "cuts.csv").open() as file:
        written = list(csv.DictReader(file))
    most = 0
    for scope in ("transaction", "account"):
        for (row, side, cut), (_, _, listed) in zip(
            sides(answer, scope), sides(short, scope), strict=True
        ):
            assert (listed["sat"], listed["count"]) == (cut["sat"], cut["count"])
            assert listed["parts"] == cut["parts"][:2]
            values = [part["value_sat"] for part in cut["parts"]]
            assert values == sorted(values, reverse=True)
            where = (scope, row["destination"], side)
            assert values == [
                int(part["value_sat"])
                for part in written
                if (part["scope"], part["destination"], part["bound"]) == where
            ]
            most = max(most, cut["count"])
    assert most > 2
