"""A realistic report and case, made up from counters and hashes."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

Made = tuple[dict[str, Any], dict[str, Any]]
RULES = ("pro_rata", "index_fifo")
CHARS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def hash_of(*parts: object) -> str:
    """64 hex digits fixed by the parts."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def number_of(least: int, most: int, *parts: object) -> int:
    """A number in least..most fixed by the parts."""
    return least + int(hash_of(*parts)[:12], 16) % (most - least + 1)


def address_of(*parts: object) -> str:
    """Something shaped like a regtest address."""
    length = 38 if number_of(0, 1, "kind", *parts) else 58
    digits = bytes.fromhex(hash_of(*parts) + hash_of(*parts, "more"))
    kind = "q" if length == 38 else "p"
    return f"bcrt1{kind}" + "".join(CHARS[b % 32] for b in digits[:length])


def fiat_of(value_sat: int, day: int) -> dict[str, str]:
    """EUR and USD at a rate that moves with the day."""
    rate = Decimal(9000 + day * 7)
    return {
        currency: str((Decimal(value_sat) * price / 10**8).quantize(Decimal("0.01"), ROUND_HALF_UP))
        for currency, price in (("EUR", rate), ("USD", rate * Decimal("1.12")))
    }


def place(kind: str, i: int, count: int, value_sat: int) -> dict[str, Any]:
    """The columns that every row has."""
    day = i * 120 // max(1, count)
    when = datetime(2019, 3, 4, 9, tzinfo=UTC) + timedelta(days=day, minutes=i % 700)
    return {
        "outpoint": f"{hash_of(kind, i)}:{number_of(0, 12, kind, i)}",
        "address": address_of(kind, i),
        "time_utc": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "height": 200 + i * 3,
        "value_sat": value_sat,
        "fiat": fiat_of(value_sat, day),
    }


def between(kind: str, i: int, hops: int) -> list[str]:
    """The outpoints of a path of so many hops that lie between its ends."""
    return [f"{hash_of(kind, 'between', i, n)}:{n}" for n in range(hops - 1)]


def inflow(i: int, count: int, entity: str, paid: list[dict[str, Any]]) -> dict[str, Any]:
    """An inflow; the first of every five is itself a receipt, while there are receipts."""
    end = paid[i % len(paid)]
    hops = i % 5 if i < len(paid) else 1 + i % 4
    row = flow("in", "I", i, count, entity) | {"hops": hops}
    if hops == 0:
        same = {key: end[key] for key in end if key != "id"}
        traced = dict.fromkeys(RULES, end["value_sat"])
        row |= same | {"traced_sat": traced, "path": [end["outpoint"]]}
    else:
        row["path"] = [row["outpoint"], *between("in", i, hops), end["outpoint"]]
    return row | {"receipts": [end["id"]]}


def outflow(i: int, count: int, entity: str, paid: list[dict[str, Any]]) -> dict[str, Any]:
    """An outflow, a hop away from the receipt that it spends or further."""
    hops = 1 + i % 4
    row = flow("out", "O", i, count, entity) | {"hops": hops}
    row["path"] = [paid[i % len(paid)]["outpoint"], *between("out", i, hops), row["outpoint"]]
    return row | {
        "deposit_candidates": sorted(f"{hash_of('deposit', i, n)}:{n}" for n in range(i % 3))
    }


def flow(kind: str, letter: str, i: int, count: int, entity: str) -> dict[str, Any]:
    """What an inflow and an outflow have in common."""
    value = number_of(200_000, 90_000_000, kind, "value", i)
    row = place(kind, i, count, value)
    first = value * number_of(40, 100, kind, "share", i) // 100
    return row | {
        "id": f"{letter}{i + 1}",
        "entity": entity,
        "traced_sat": {"pro_rata": first, "index_fifo": min(value, first + number_of(0, 999, i))},
        "fiat": fiat_of(first, i),
        "basis": "inference",
    }


def by_service(rows: list[dict[str, Any]], labels: dict[str, str]) -> list[dict[str, Any]]:
    """The rows summed by entity."""
    made = []
    for entity in sorted({row["entity"] for row in rows}):
        mine = [row for row in rows if row["entity"] == entity]
        made.append(
            {
                "entity": entity,
                "label": labels[entity],
                "count": len(mine),
                "traced_sat": {r: sum(row["traced_sat"][r] for row in mine) for r in RULES},
                "fiat": {
                    c: str(sum(Decimal(row["fiat"][c]) for row in mine)) for c in ("EUR", "USD")
                },
            }
        )
    return made


def trace(
    direction: str, rule: str, services: int, seeds: int, rest: dict[str, int]
) -> dict[str, Any]:
    """The summary of one trace, balanced by its `unspent` or `unresolved` end."""
    totals = {"service": services, **rest}
    totals["unspent" if direction == "forward" else "unresolved"] = seeds - sum(totals.values())
    return {
        "direction": direction,
        "rule": rule,
        "seeds_sat": seeds,
        "seeds_net_sat": seeds - totals.get("seed", 0),
        "seed_count": 42,
        "totals": totals,
        "parameters": {"max_hops": 12, "min_value_sat": 10_000, "to_height": None},
    }


def made_report(
    receipts: int = 42, inflows: int = 24, outflows: int = 9, services: int = 4
) -> Made:
    """report.json and case.json of a site with so many rows."""
    names = ("Exchange North", "Exchange South", "Market East", "Pay Desk West")
    labels = {
        f"service-{n + 1}": names[n] if n < len(names) else f"Exchange No. {n + 1}"
        for n in range(services)
    }
    ids = sorted(labels)
    paid = [
        place("receipt", i, receipts, number_of(100_000, 60_000_000, "receipt", i))
        | {"id": f"R{i + 1}"}
        for i in range(receipts)
    ]
    ins = [inflow(i, inflows, ids[i * 7 // 3 % services], paid) for i in range(inflows)]
    outs = [outflow(i, outflows, ids[i % min(2, services)], paid) for i in range(outflows)]
    received = sum(row["value_sat"] for row in paid)
    sums = {
        (side, r): sum(row["traced_sat"][r] for row in rows)
        for side, rows in (("in", ins), ("out", outs))
        for r in RULES
    }
    seeds = max(received, *sums.values()) + 50_000_000
    report: dict[str, Any] = {
        "title": "Proceeds of the pay site",
        "date_utc": "2026-01-31T12:00:00Z",
        "network": "regtest",
        "subject": "site",
        "rules": list(RULES),
        "tip": {"height": 2400, "hash": hash_of("tip"), "chainwork": hash_of("work")},
        "totals": {
            "receipts": receipts,
            "received_sat": received,
            "internal_sat": 12_345_678,
            "inflow_sat": sums["in", "pro_rata"],
            "outflow_sat": sums["out", "pro_rata"],
            "fiat": {
                c: str(sum((Decimal(row["fiat"][c]) for row in paid), Decimal("0.00")))
                for c in ("EUR", "USD")
            },
        },
        "receipts": paid,
        "inflows": ins,
        "outflows": outs,
        "by_service": {"inflows": by_service(ins, labels), "outflows": by_service(outs, labels)},
        "without_rate": [],
        "entities": {
            "site": {"label": "pay site", "category": None, "role": "subject", "scripts": 57},
            **{
                entity: {
                    "label": label,
                    "category": "exchange",
                    "role": "service",
                    "scripts": 300,
                    "tags": [
                        {
                            "label": label,
                            "source": "https://tags.example/list",
                            "lastmod": "2025-11-02",
                        }
                    ],
                }
                for entity, label in labels.items()
            },
        },
        "traces": [
            trace(
                d,
                r,
                sums["in" if d == "backward" else "out", r],
                seeds,
                {"coinjoin": 4_000_000, "cut": 700_000}
                | ({"fee": 123_456, "seed": 12_345_678} if d == "forward" else {}),
            )
            for d in ("backward", "forward")
            for r in RULES
        ],
        "rates": [
            {"currency": "EUR", "source": "ECB reference rates, daily"},
            {"currency": "USD", "source": "daily close, published list"},
        ],
        "versions": {"python": "3.11", "typst": "0.15.2"},
    }
    case: dict[str, Any] = {
        "format": "peelchain-evidence",
        "version": 1,
        "case": "demo-2026-01",
        "date_utc": "2026-01-31T12:00:00Z",
        "network": "regtest",
        "software": {"name": "peelchain", "version": "0.1.0"},
        "tip": report["tip"],
        "headers": {"from_height": 0, "count": 2401},
        "policy": "multi_input, no CoinJoins",
        "parameters": {
            "seeds": [address_of("seed", n) for n in range(6)],
            "forward": {"max_hops": 12},
            "backward": {"max_hops": 12},
        },
    }
    return report, case


@pytest.fixture
def make_report() -> Callable[..., Made]:
    """A function (receipts, inflows, outflows, services) -> (report, case)."""
    return made_report
