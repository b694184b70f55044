"""The files of an evidence bundle, from the findings of a case (docs/evidence-format.md)."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from peelchain import __version__
from peelchain.case.archive import Content
from peelchain.case.attestation.software import software
from peelchain.case.canonical import canonical_json, canonical_jsonl
from peelchain.case.entities import SUBJECT, Entities
from peelchain.case.exhibits import Exhibits
from peelchain.case.findings import Findings
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.store.manifest import Manifest
from peelchain.trace.walk import RuleTrace, Trace
from peelchain.units import format_hash

Row = dict[str, Any]

_BASIS = {"unspent": "scan", "unresolved": "scan"}
_INFERRED = frozenset({"service", "mixer", "coinjoin"})


def case_json(
    name: str, date_utc: str, manifest: Manifest, parameters: Mapping[str, Any], policy: str
) -> Row:
    """What was asked, of which chain, with what."""
    return {
        "format": "peelchain-evidence",
        "version": 1,
        "case": name,
        "date_utc": date_utc,
        "network": manifest.network,
        "software": {"name": "peelchain", "version": __version__},
        "tip": {
            "height": manifest.tip_height,
            "hash": manifest.tip_hash,
            "chainwork": manifest.chainwork,
        },
        "headers": {"from_height": 0, "count": manifest.tip_height + 1},
        "parameters": dict(parameters),
        "policy": policy,
    }


def report_json(
    case: Row,
    title: str,
    found: Findings,
    owned: Entities,
    traces: list[Row],
    rates: list[Row],
    *,
    doubts: Row,
    error_rates: list[dict[str, str | None]],
) -> Row:
    """The findings and what a reader needs beside them."""
    tags = {tag["tag_id"]: tag for tag in owned.tags}
    return {
        "title": title,
        "date_utc": case["date_utc"],
        "network": case["network"],
        "tip": case["tip"],
        "subject": SUBJECT,
        "rules": case["parameters"]["rules"],
        "totals": found.totals,
        "receipts": found.receipts,
        "inflows": found.inflows,
        "outflows": found.outflows,
        "by_service": found.by_service,
        "without_rate": found.without_rate,
        "traces": [
            {
                "direction": t["direction"],
                "rule": t["rule"],
                "seeds_sat": t["seeds_sat"],
                "seeds_net_sat": t["seeds_net_sat"],
                "seed_count": len(t["seeds"]),
                "totals": t["totals"],
                "parameters": t["parameters"],
            }
            for t in traces
        ],
        "entities": {
            e["entity"]: {
                "label": e["label"],
                "category": e["category"],
                "role": e["role"],
                "scripts": len(e["scripts"]),
                "tags": [
                    {"label": tags[i]["label"], "source": tags[i]["source"]} for i in _anchoring(e)
                ],
            }
            for e in owned.entities
        },
        "rates": [
            {"currency": currency, "source": source}
            for currency, source in sorted({(r["currency"], r["source"]) for r in rates})
        ],
        "versions": {"peelchain": __version__},
        "doubts": doubts,
        "method": {"error_rates": error_rates},
    }


def _anchoring(entity: Row) -> list[str]:
    anchors = (s["anchor"] for s in entity["scripts"] if s["anchor"])
    return sorted(a.removeprefix("tag:") for a in anchors if a.startswith("tag:"))


def trace_rows(
    sources: Sources, subject: Subject, trace: Trace, found: Findings, parameters: Row
) -> dict[str, tuple[Row, bytes]]:
    """For each rule's run: the content of its .json and of its .hops.csv."""
    ids: set[int] = set(subject.receipts.tolist())
    txs: set[int] = set()
    for outcome in trace.rules.values():
        for column in ("from_txout_id", "to_txout_id"):
            ids.update(outcome.hops[column].drop_null().to_pylist())
        ids.update(outcome.terminals["txout_id"].drop_null().to_pylist())
        txs.update(outcome.hops["tx_id"].to_pylist())
        txs.update(outcome.terminals["tx_id"].to_pylist())
    outpoints = sources.outpoints(sorted(ids))
    txids = {i: format_hash(t) for i, t in sources.lookup.txids(txs).items()}
    return {
        f"{trace.direction}.{rule}": (
            _run(sources, subject, trace, outcome, found, parameters, outpoints, txids),
            _hops(outcome, outpoints, txids),
        )
        for rule, outcome in trace.rules.items()
    }


def _run(
    sources: Sources,
    subject: Subject,
    trace: Trace,
    outcome: RuleTrace,
    found: Findings,
    parameters: Row,
    outpoints: dict[int, str],
    txids: dict[int, str],
) -> Row:
    values = sources.chain.outputs(subject.receipts).value_sat.tolist()
    terminals = []
    for row in outcome.terminals.to_pylist():
        kind = row["type"]
        entity = None
        if kind in ("service", "mixer"):
            entity = found.entity_at(trace.direction, row["txout_id"])
        terminals.append(
            {
                "type": kind,
                "outpoint": None if row["txout_id"] is None else outpoints[row["txout_id"]],
                "txid": txids[row["tx_id"]],
                "value_sat": row["value_sat"],
                "traced_sat": row["traced_sat"],
                "entity": entity,
                "basis": "inference" if kind in _INFERRED else _BASIS.get(kind, "fact"),
            }
        )
    return {
        "direction": trace.direction,
        "rule": outcome.rule,
        "parameters": parameters,
        "seeds": [
            {"outpoint": outpoints[txout], "traced_sat": value}
            for txout, value in zip(subject.receipts.tolist(), values, strict=True)
        ],
        "seeds_sat": outcome.seeds_sat,
        "seeds_net_sat": outcome.seeds_net_sat,
        "terminals": terminals,
        "totals": outcome.totals,
    }


def _hops(outcome: RuleTrace, outpoints: dict[int, str], txids: dict[int, str]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["seq", "from_outpoint", "txid", "to_outpoint", "value_sat", "traced_sat"])
    hops = outcome.hops
    for seq, source, tx, target, value, traced in zip(
        *(hops[c].to_pylist() for c in hops.column_names), strict=True
    ):
        to = "" if target is None else outpoints[target]
        writer.writerow([seq, outpoints[source], txids[tx], to, value, traced])
    return buffer.getvalue().encode()


def rate_rows(sources: Sources, found: Findings) -> list[Row]:
    """The rates of the days that findings fall on, sorted by day and currency."""
    days = {row["time_utc"][:10] for row in (*found.receipts, *found.inflows, *found.outflows)}
    return [
        {"date": str(day), "currency": currency, "price": f"{rate.price:f}", "source": rate.source}
        for (day, currency), rate in sorted(sources.rates.items())
        if str(day) in days
    ]


def rates_csv(rows: list[Row]) -> bytes:
    """rates.csv: the source is the rest of the line, commas and all."""
    lines = ["date,currency,price,source"]
    for row in rows:
        source = "".join(c if c.isprintable() else " " for c in row["source"])
        lines.append(f"{row['date']},{row['currency']},{row['price']},{source}")
    return ("\n".join(lines) + "\n").encode("ascii", "replace")


def evidence_files(
    case: Row, report: Row, owned: Entities, raw: Exhibits, runs: dict[str, tuple[Row, bytes]]
) -> dict[str, Content]:
    """The files of the bundle that hold facts, reasons and traces, by path under data/."""
    files: dict[str, Content] = {
        "case.json": canonical_json(case),
        "headers.bin": raw.headers[80 * case["headers"]["from_height"] :],
        "blocks.jsonl": raw.blocks,
        "transactions.jsonl": raw.transactions,
        "software.json": canonical_json(software()),
        "entities.jsonl": canonical_jsonl(owned.entities),
        "tags.jsonl": canonical_jsonl(owned.tags),
        "report.json": canonical_json(report),
    }
    for name, (run, hops) in runs.items():
        files[f"traces/{name}.json"] = canonical_json(run)
        files[f"traces/{name}.hops.csv"] = hops
    return files
