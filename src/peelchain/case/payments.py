"""The payments that a service can be asked about, from report.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from peelchain.case.report.nearness import between

Direction = Literal["paid_out", "paid_in"]


@dataclass(frozen=True)
class Payment:
    """A finding as the service sees it: it paid this output out, or was paid it.

    `traced_sat` is by rule; `between` counts the private transactions between the service and the
    subject on the shortest path. `payers` are the subject's addresses that a withdrawal reached:
    where each customer has an address of their own, the customers. `candidates` are the outpoints
    that the transaction of a payment to the service gathered: one may be a customer's deposit.
    """

    finding: str
    entity: str
    direction: Direction
    outpoint: str
    traced_sat: Mapping[str, int]
    between: int
    payers: tuple[str, ...]
    candidates: tuple[str, ...]

    @property
    def carries(self) -> bool:
        """Whether any rule assigns it an amount that does not round to nothing."""
        return any(self.traced_sat.values())


def payments_of(report: Mapping[str, Any]) -> list[Payment]:
    """Every payment by or to a service that a report names: inflows, then outflows, in its order.

    A receipt without an address counts as a payer by its outpoint.
    """
    paid = {r["id"]: r["address"] or r["outpoint"] for r in report["receipts"]}
    made_by = {r["id"]: _txid(r["outpoint"]) for r in report["receipts"]}
    made = [
        Payment(
            finding=row["id"],
            entity=row["entity"],
            direction="paid_out",
            outpoint=row["outpoint"],
            traced_sat=row["traced_sat"],
            between=between(row, "inflows"),
            payers=tuple(sorted({paid[r] for r in _reached(row, made_by)})),
            candidates=(),
        )
        for row in report["inflows"]
    ]
    made += [
        Payment(
            finding=row["id"],
            entity=row["entity"],
            direction="paid_in",
            outpoint=row["outpoint"],
            traced_sat=row["traced_sat"],
            between=between(row, "outflows"),
            payers=(),
            candidates=tuple(row["deposit_candidates"]),
        )
        for row in report["outflows"]
    ]
    return made


def _reached(row: Mapping[str, Any], made_by: Mapping[str, str]) -> list[str]:
    """The receipts that an inflow is as near to as it says.

    Those made by the transaction at the end of its path; the others that it leads to lie further.
    """
    end = _txid(row["path"][-1])
    return [receipt for receipt in row["receipts"] if made_by[receipt] == end]


def _txid(outpoint: str) -> str:
    return outpoint.partition(":")[0]
