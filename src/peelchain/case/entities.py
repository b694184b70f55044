"""The parties of a case: whose which script is held to be, with the chain of reasons for each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.case.findings import Findings
from peelchain.case.services import ServiceName, inputs_of, service_name
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.cluster.explain import Step, spanning
from peelchain.script import address
from peelchain.trace.walk import Trace
from peelchain.units import format_hash

SUBJECT = "subject"

Row = dict[str, Any]


@dataclass(frozen=True)
class Entities:
    """The lines of entities.jsonl and tags.jsonl, and the transactions that the links rest on."""

    entities: list[Row]
    tags: list[Row]
    tx_ids: list[int]


def entities(
    sources: Sources, subject: Subject, found: Findings, backward: Trace, forward: Trace, label: str
) -> Entities:
    """The subject and each service that ends a trace, with the scripts that the traces rely on."""
    relied: dict[ServiceName, set[int]] = {name: set() for name in found.marks}
    for trace in (backward, forward):
        for kind in ("service", "mixer"):
            for txout in trace.reached.ends(kind):
                end = found.ends[trace.direction, txout]
                scripts = _scripts_at(sources, trace, txout)
                marks = sources.services.marks_at(scripts)
                for script, mark in zip(scripts, marks, strict=True):
                    if mark is not None and service_name(mark) == end:
                        relied[end].add(script)
    receivers = set(sources.chain.outputs(subject.receipts).script_id.tolist())
    own = _party(
        sources,
        {
            "entity": SUBJECT,
            "role": "subject",
            "label": label,
            "category": None,
            "basis": "inference",
        },
        {int(script): "seed" for script in subject.anchors},
        receivers,
    )
    lines, steps = [own.row], list(own.steps)
    used: set[int] = set()
    for name, entity in found.entity_of.items():
        mark = found.marks[name]
        tag_rows = anchor_tags(sources, name)
        anchors = {int(sources.tag_script_ids[r]): f"tag:{_tag_id(sources, r)}" for r in tag_rows}
        made = _party(
            sources,
            {
                "entity": entity,
                "role": "service",
                "label": mark.label,
                "category": mark.category,
                "basis": "inference",
            },
            anchors,
            relied[name],
        )
        lines.append(made.row)
        steps += made.steps
        kept = {s["anchor"] for s in made.row["scripts"] if s["anchor"]}
        used.update(r for r in tag_rows if f"tag:{_tag_id(sources, r)}" in kept)
    tags = [_tag_line(sources, row) for row in used]
    return Entities(
        entities=lines,
        tags=sorted(tags, key=lambda tag: str(tag["tag_id"])),
        tx_ids=sorted({step.tx_id for step in steps}),
    )


def _scripts_at(sources: Sources, trace: Trace, txout: int) -> list[int]:
    chain = sources.chain
    there = chain.outputs([txout])
    if trace.direction == "backward":
        there = chain.outputs(list(inputs_of(chain, int(there.tx_id[0]))))
    return [int(script) for script in there.script_id]


@dataclass(frozen=True)
class _Party:
    row: Row
    steps: tuple[Step, ...]


def _party(sources: Sources, head: Row, anchors: dict[int, str], relied: set[int]) -> _Party:
    """The entity's line: the scripts relied on, the steps that join them, the anchors they need."""
    tree = spanning(sources.links, anchors, relied)
    if tree.unjoined:
        raise AssertionError(f"scripts of {head['entity']} hang on no anchor: {tree.unjoined}")
    reached = {step.script_b for step in tree.steps} | {step.script_a for step in tree.steps}
    roots = {i for i in anchors if i in reached or i in relied}
    members = sorted(relied | reached | roots)
    scripts = sources.lookup.scripts(members)
    txids = sources.lookup.txids(step.tx_id for step in tree.steps)
    row = {
        **head,
        "scripts": [
            {
                "script_pubkey": scripts[i].hex(),
                "address": address(scripts[i], sources.network),
                "anchor": anchors.get(i),
            }
            for i in members
        ],
        "links": [
            {
                "txid": format_hash(txids[step.tx_id]),
                "rule": step.rule,
                "script_a": scripts[step.script_a].hex(),
                "script_b": scripts[step.script_b].hex(),
            }
            for step in tree.steps
        ],
    }
    return _Party(row, tree.steps)


def anchor_tags(sources: Sources, name: ServiceName) -> list[int]:
    """The rows of tags with the service's own label and category, one a script of its."""
    tags = sources.tags
    labels = tags["label"].to_pylist()
    categories = tags["category"].to_pylist()
    _, label, category = name
    scripts = sources.services.of_service(name)
    rows = []
    seen: set[int] = set()
    for row in np.flatnonzero(np.isin(sources.tag_script_ids, scripts)).tolist():
        script = int(sources.tag_script_ids[row])
        said = labels[row] == label and categories[row] == category
        if said and script not in seen:
            seen.add(script)
            rows.append(row)
    return rows


def _tag_id(sources: Sources, row: int) -> str:
    return str(sources.tags["tag_id"][row].as_py())


def _tag_line(sources: Sources, row: int) -> Row:
    tag = sources.tags.slice(row, 1).to_pylist()[0]
    return {
        "tag_id": tag["tag_id"],
        "address": address(tag["script_pubkey"], sources.network),
        "script_pubkey": tag["script_pubkey"].hex(),
        "label": tag["label"],
        "category": tag["category"],
        "actor": tag["actor"],
        "source": tag["source"],
        "creator": tag["creator"],
        "confidence": tag["confidence"],
        "lastmod": tag["lastmod"],
        "file": tag["file"],
    }
