"""What findings rest on in a bundle: the part of its evidence that some rows need."""

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peelchain.case.canonical import canonical_jsonl
from peelchain.case.redacted.evidence_read import Evidence
from peelchain.errors import BundleError

Row = dict[str, Any]

TABLES = ("receipts", "inflows", "outflows")
_OF_ALL_FINDINGS = ("traces", "doubts", "assurance")


@dataclass
class Part:
    """The documents of a part; `rates` are lines of rates.csv with its header."""

    case: Row
    report: Row
    entities: list[Row]
    tags: list[Row]
    blocks: bytes
    transactions: bytes
    rates: list[bytes]
    withheld_rows: int = 0
    withheld_traces: int = 0


@dataclass
class _Needs:
    """What rows rest on: scripts by party, lines of transactions, seeds asked for."""

    scripts: dict[str, set[str]]
    lines: set[int] = field(default_factory=set)
    seeds: set[str] = field(default_factory=set)


def part_of_rows(evidence: Evidence, findings: frozenset[str] | None) -> Part:
    """The evidence of these findings alone, or all of it. Nothing of `evidence` is changed.

    Raises BundleError where a row's path or party is not in the bundle.
    """
    rows = {name: evidence.report[name] for name in TABLES}
    count = sum(map(len, rows.values()))
    if findings is not None:
        rows = _chosen(evidence, findings)
    withheld = count - sum(map(len, rows.values()))
    if not withheld:
        return Part(
            case=evidence.case,
            report=json.loads(evidence.payload("report.json")),
            entities=json.loads(json.dumps(evidence.entities)),
            tags=json.loads(json.dumps(evidence.tags)),
            blocks=evidence.payload("blocks.jsonl"),
            transactions=evidence.payload("transactions.jsonl"),
            rates=evidence.payload("rates.csv").rstrip(b"\n").split(b"\n"),
        )
    needs = _needs(evidence, rows)
    entities = [_joined(evidence, row, needs) for row in evidence.entities]
    entities = [row for row in entities if row["scripts"] or row["role"] == "subject"]
    anchors = {script["anchor"] for row in entities for script in row["scripts"]}
    tags = [dict(tag) for tag in evidence.tags if f"tag:{tag['tag_id']}" in anchors]
    kept = sorted(
        line
        for number in evidence.with_prevouts(needs.lines)
        for line in evidence.lines_of(evidence.transactions[number]["txid"])
    )
    transactions = [evidence.transactions[number] for number in dict.fromkeys(kept)]
    heights = {row["height"] for row in transactions}
    blocks = [line for line in evidence.payload("blocks.jsonl").splitlines(keepends=True)
              if json.loads(line)["height"] in heights]  # fmt: skip
    rates = _rates(evidence, rows)
    parameters = {
        **evidence.case["parameters"],
        "seeds": [seed for seed in evidence.case["parameters"]["seeds"] if seed in needs.seeds],
    }
    traces = [
        name for name in evidence.names if name.startswith("traces/") and name[-5:] == ".json"
    ]
    return Part(
        case={**evidence.case, "parameters": parameters},
        report=_report(evidence, rows, entities, tags, rates),
        entities=entities,
        tags=tags,
        blocks=b"".join(blocks),
        transactions=canonical_jsonl(transactions),
        rates=rates,
        withheld_rows=withheld,
        withheld_traces=len(traces),
    )


def _chosen(evidence: Evidence, findings: frozenset[str]) -> dict[str, list[Row]]:
    """The rows of these ids, and of the receipts at the ends of their paths."""
    report = evidence.report
    ends = {row["path"][-1] for row in report["inflows"] if row["id"] in findings}
    ends |= {row["path"][0] for row in report["outflows"] if row["id"] in findings}
    return {
        name: [
            row
            for row in report[name]
            if row["id"] in findings or (name == "receipts" and row["outpoint"] in ends)
        ]
        for name in TABLES
    }


def _needs(evidence: Evidence, rows: dict[str, list[Row]]) -> _Needs:
    parties = {row["entity"]: {s["script_pubkey"] for s in row["scripts"]}
               for row in evidence.entities}  # fmt: skip
    needs = _Needs({entity: set() for entity in parties})
    asked = set(evidence.case["parameters"]["seeds"])
    for row in rows["receipts"]:
        needs.scripts[evidence.report["subject"]].add(evidence.script(row["outpoint"]))
        needs.lines.add(evidence.number_of(row["outpoint"])[0])
        needs.seeds |= {row["outpoint"]} & asked
    for side in ("inflows", "outflows"):
        for row in rows[side]:
            needs.lines.update(evidence.number_of(outpoint)[0] for outpoint in row["path"])
            own = parties.get(row["entity"], set())
            if side == "outflows":
                there = {evidence.script(row["path"][-1])}
            else:
                payer = evidence.number_of(row["path"][0])[0]
                there = {evidence.tx(line).outputs[vout][1].hex()
                         for line, vout in evidence.spent(payer)}  # fmt: skip
            if not there & own:
                raise BundleError(f"{row['id']} is not of {row['entity']}: the bundle is not whole")
            needs.scripts[row["entity"]].add(min(there & own))
    return needs


def _joined(evidence: Evidence, row: Row, needs: _Needs) -> Row:
    """A party with the scripts needed of it, joined to its anchors by the fewest links.

    Adds the transactions of those links, and the seeds that anchor them, to what is needed.
    """
    scripts = {script["script_pubkey"]: script for script in row["scripts"]}
    beside: dict[str, list[tuple[str, Row]]] = {}
    for link in row["links"]:
        beside.setdefault(link["script_a"], []).append((link["script_b"], link))
        beside.setdefault(link["script_b"], []).append((link["script_a"], link))
    anchored = [name for name, script in scripts.items() if script["anchor"]]
    came: dict[str, tuple[str, Row] | None] = dict.fromkeys(anchored)
    queue = deque(anchored)
    while queue:
        script = queue.popleft()
        for other, link in beside.get(script, []):
            if other not in came:
                came[other] = (script, link)
                queue.append(other)
    kept: set[str] = set()
    links: list[int] = []
    for script in sorted(needs.scripts[row["entity"]]):
        at: str | None = script
        while at is not None and at not in kept:
            if at not in came:
                raise BundleError(f"{row['entity']} has {at}, which nothing joins to it")
            kept.add(at)
            step = came[at]
            at = None
            if step is not None:
                at = step[0]
                links.append(id(step[1]))
                needs.lines.update(evidence.lines_of(step[1]["txid"])[-1:])
    _keep_seeds(evidence, [scripts[s] for s in sorted(kept)], needs)
    return {
        **row,
        "scripts": [script for name, script in scripts.items() if name in kept],
        "links": [link for link in row["links"] if id(link) in set(links)],
    }


def _keep_seeds(evidence: Evidence, scripts: Iterable[Row], needs: _Needs) -> None:
    """The seeds that anchor these scripts stay, and the transaction of one that is an outpoint."""
    asked = evidence.case["parameters"]["seeds"]
    outpoints = [seed for seed in asked if ":" in seed]
    for script in scripts:
        if script["anchor"] != "seed":
            continue
        if script["address"] in asked:
            needs.seeds.add(script["address"])
            continue
        seed = next(o for o in outpoints if evidence.script(o) == script["script_pubkey"])
        needs.seeds.add(seed)
        needs.lines.add(evidence.number_of(seed)[0])


def _rates(evidence: Evidence, rows: dict[str, list[Row]]) -> list[bytes]:
    """The lines of rates.csv, with the header, for the days of the rows."""
    days = {row["time_utc"][:10].encode() for table in rows.values() for row in table}
    header, *lines = evidence.payload("rates.csv").rstrip(b"\n").split(b"\n")
    return [header, *(line for line in lines if line.split(b",")[0] in days)]


def _report(
    evidence: Evidence,
    rows: dict[str, list[Row]],
    entities: list[Row],
    tags: list[Row],
    rates: list[bytes],
) -> Row:
    report = {k: v for k, v in evidence.report.items() if k not in _OF_ALL_FINDINGS}
    rules = report["rules"]
    labels = {row["entity"]: row["label"] for row in entities}
    cells = [line.decode().split(",", 3) for line in rates[1:]]
    priced = {currency for _, currency, _, _ in cells}
    by_service = {}
    for side in ("inflows", "outflows"):
        by_service[side] = [
            {
                "entity": entity,
                "label": labels[entity],
                "count": len(own),
                "traced_sat": {rule: sum(row["traced_sat"][rule] for row in own) for rule in rules},
                "fiat": _fiat(own),
            }
            for entity in sorted({row["entity"] for row in rows[side]})
            for own in [[row for row in rows[side] if row["entity"] == entity]]
        ]
    report.update(
        rows,
        totals={
            "receipts": len(rows["receipts"]),
            "received_sat": sum(row["value_sat"] for row in rows["receipts"]),
            "inflow_sat": sum(row["traced_sat"][rules[0]] for row in rows["inflows"]),
            "outflow_sat": sum(row["traced_sat"][rules[0]] for row in rows["outflows"]),
            "fiat": _fiat(rows["receipts"]),
        },
        by_service=by_service,
        without_rate=sorted(
            {
                row["outpoint"]
                for table in rows.values()
                for row in table
                if not row["fiat"] or len(row["fiat"]) < len(priced)
            }
        ),
    )
    if "entities" in report:
        said = {tag["tag_id"]: {key: tag[key] for key in ("label", "source")} for tag in tags}
        report["entities"] = {
            row["entity"]: {
                **{key: row[key] for key in ("label", "category", "role")},
                "tags": [
                    said[tag_id]
                    for tag_id in sorted(
                        script["anchor"].removeprefix("tag:")
                        for script in row["scripts"]
                        if (script["anchor"] or "").startswith("tag:")
                    )
                ],
            }
            for row in entities
        }
    if "rates" in report:
        named = {(currency, source) for _, currency, _, source in cells}
        report["rates"] = [{"currency": c, "source": source} for c, source in sorted(named)]
    return report


def _fiat(rows: list[Row]) -> dict[str, str]:
    """The sum of the rows' fiat amounts, by currency, in hundredths exactly."""
    sums: dict[str, int] = {}
    for row in rows:
        for currency, amount in row["fiat"].items():
            sums[currency] = sums.get(currency, 0) + int(amount.replace(".", ""))
    return {currency: f"{n // 100}.{n % 100:02d}" for currency, n in sums.items()}
