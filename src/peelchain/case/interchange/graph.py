"""Statements as a graph: GraphML, and CSV tables as i2 Analyst's Notebook imports them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from peelchain.case.interchange.statements import FACT, INFERENCE, Flow, Statements
from peelchain.csv_text import csv_bytes

UNKNOWN = "unknown"
"""The node of payers that the report does not name."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Node:
    """A party, an address or an output."""

    node: str
    kind: str
    label: str
    category: str
    basis: str
    source: str


@dataclass(frozen=True)
class Edge:
    """A statement between two nodes; amounts None where it has none."""

    edge: str
    source_node: str
    target_node: str
    kind: str
    label: str
    time_utc: str
    value_sat: int | None
    traced_sat: int | None
    rule: str
    txid: str
    basis: str
    source: str
    error: str


def nodes(said: Statements) -> Iterator[Node]:
    """Every node once: parties, addresses, and the outputs that value flowed through."""
    for party in said.parties:
        kind = party.category or party.role
        sources = "; ".join(party.sources)
        yield Node(f"party:{party.party}", "party", party.label, kind, party.basis, sources)
    if any(p.payer is None or p.payee is None for p in said.payments):
        yield Node(f"party:{UNKNOWN}", "party", "not named by the report", UNKNOWN, INFERENCE, "")
    for name in dict.fromkeys(a.name for a in said.addresses):
        yield Node(f"address:{name}", "address", name, "", FACT, "block chain")
    outputs: dict[str, None] = {}
    for p in said.payments:
        outputs[p.outpoint] = None
    for f in _first_rule(said):
        outputs[f.source_outpoint] = None
        outputs[f.target_outpoint or f"fee:{f.txid}"] = None
    for name in outputs:
        yield Node(f"output:{name}", "output", name, "", FACT, "block chain")


def edges(said: Statements) -> Iterator[Edge]:
    """Every statement once: whose address, why, who paid whom, and the first rule's flows."""
    name_of = {a.script_pubkey: a.name for a in said.addresses}
    for a in said.addresses:
        yield Edge(
            f"of:{a.name}", f"address:{a.name}", f"party:{a.party}", "belongs_to", "belongs to", "",
            None, None, "", "", a.basis, a.source, a.error,
        )  # fmt: skip
    for number, k in enumerate(said.links, 1):
        ends = [f"address:{name_of.get(s, s)}" for s in (k.script_a, k.script_b)]
        yield Edge(
            f"link:{number}", ends[0], ends[1], "same_party", k.rule, "", None, None, k.rule,
            k.txid, k.basis, k.source, k.error,
        )  # fmt: skip
    first = said.rules[0]
    for p in said.payments:
        yield Edge(
            f"payment:{p.finding}", f"party:{p.payer or UNKNOWN}", f"party:{p.payee or UNKNOWN}",
            p.kind, p.finding, p.time_utc, p.value_sat, p.traced_sat.get(first), first, p.txid,
            p.basis, p.source, p.error,
        )  # fmt: skip
    for number, f in enumerate(_first_rule(said), 1):
        yield Edge(
            f"flow:{number}", f"output:{f.source_outpoint}",
            f"output:{f.target_outpoint or f'fee:{f.txid}'}", f"{f.direction}_flow", f.rule, "",
            f.value_sat, f.traced_sat, f.rule, f.txid, FACT,
            f"block chain; the amount follows from the rule {f.rule}", "exact under the rule",
        )  # fmt: skip


def _first_rule(said: Statements) -> list[Flow]:
    return [f for f in said.flows if f.rule == said.rules[0]]


_NODE_KEYS = ("kind", "label", "category", "basis", "source")
_EDGE_KEYS = (
    "kind", "label", "time_utc", "value_sat", "traced_sat", "rule", "txid", "basis", "source",
    "error",
)  # fmt: skip


def graphml(said: Statements) -> dict[str, bytes]:
    """One GraphML file, a directed multigraph."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ]
    for domain, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for key in keys:
            kind = "long" if key.endswith("_sat") else "string"
            lines.append(
                f'<key id="{domain}_{key}" for="{domain}" attr.name="{key}" attr.type="{kind}"/>'
            )
    lines.append('<key id="about" for="graph" attr.name="about" attr.type="string"/>')
    lines.append(f'<graph id={_quoted(said.case)} edgedefault="directed">')
    lines.append(f'<data key="about">{_plain(said.about())}</data>')
    for node in nodes(said):
        lines.append(f"<node id={_quoted(node.node)}>{_data('node', node, _NODE_KEYS)}</node>")
    for edge in edges(said):
        ends = f"source={_quoted(edge.source_node)} target={_quoted(edge.target_node)}"
        lines.append(
            f"<edge id={_quoted(edge.edge)} {ends}>{_data('edge', edge, _EDGE_KEYS)}</edge>"
        )
    lines += ["</graph>", "</graphml>", ""]
    return {"statements.graphml": "\n".join(lines).encode()}


_STRENGTH = {FACT: "Confirmed"}


def i2(said: Statements) -> dict[str, bytes]:
    """Entities and links as CSV, dates and times apart, link strength by basis.

    A fact is Confirmed, everything else Unconfirmed.
    """
    entity_columns = ("Identity", "Type", "Label", "Category", "Basis", "Source", "Case")
    link_columns = (
        "Link Identity", "From Identity", "To Identity", "Type", "Label", "Date", "Time",
        "Direction", "Strength", "Value (satoshis)", "Traced (satoshis)", "Rule", "Transaction",
        "Basis", "Source", "Error",
    )  # fmt: skip
    kinds = {"party": "Person or organisation", "address": "Bitcoin address", "output": "Output"}
    return {
        "i2-entities.csv": csv_bytes(
            entity_columns,
            [
                (n.node, kinds[n.kind], n.label, n.category, n.basis, n.source, said.case)
                for n in nodes(said)
            ],
        ),
        "i2-links.csv": csv_bytes(
            link_columns,
            [
                (
                    e.edge, e.source_node, e.target_node, e.kind.replace("_", " "), e.label,
                    e.time_utc[:10], e.time_utc[11:19],
                    "None" if e.kind == "same_party" else "Forward",
                    _STRENGTH.get(e.basis, "Unconfirmed"), e.value_sat, e.traced_sat, e.rule,
                    e.txid, e.basis, e.source, e.error,
                )
                for e in edges(said)
            ],
        ),
    }  # fmt: skip


def _data(domain: str, item: Node | Edge, keys: tuple[str, ...]) -> str:
    values = ((key, getattr(item, key)) for key in keys)
    return "".join(
        f'<data key="{domain}_{key}">{_plain(str(value))}</data>'
        for key, value in values
        if value is not None and value != ""
    )


def _plain(text: str) -> str:
    return escape(_NOT_IN_XML.sub("\ufffd", text))


def _quoted(text: str) -> str:
    return quoteattr(_NOT_IN_XML.sub("\ufffd", text))
