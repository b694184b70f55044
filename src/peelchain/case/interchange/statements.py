"""What a report states, ready for any format: parties, addresses, payments, links and flows.

Every statement says what it rests on: `basis` is fact, inference or assertion (DESIGN.md); `source`
who says so; `error` how often such an inference was wrong where that was measured.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peelchain.errors import CaseError

Row = dict[str, Any]

SUBJECT = "subject"
CHAIN = "block chain"
FACT, INFERENCE, ASSERTION = "fact", "inference", "assertion"


@dataclass(frozen=True)
class Party:
    """Who is held to be one: the subject, or a service. `sources` are those of its tags."""

    party: str
    label: str
    role: str
    category: str | None
    basis: str
    sources: tuple[str, ...]
    scripts: int


@dataclass(frozen=True)
class Address:
    """A script that the report relies on, and whose it is held to be."""

    script_pubkey: str
    address: str | None
    party: str
    basis: str
    source: str
    error: str

    @property
    def name(self) -> str:
        """The address, or the script of one that has none."""
        return self.address or self.script_pubkey


@dataclass(frozen=True)
class Payment:
    """A finding: an output by which `payer` paid `payee`, None for whom the report does not name.

    That the output exists is a fact; whose it is, and what part is traced, is `basis`.
    """

    finding: str
    kind: str
    payer: str | None
    payee: str | None
    outpoint: str
    address: str | None
    time_utc: str
    height: int
    value_sat: int
    traced_sat: Mapping[str, int]
    fiat: Mapping[str, str]
    hops: int | None
    path: tuple[str, ...]
    basis: str
    source: str
    error: str

    @property
    def txid(self) -> str:
        """The transaction that made the output."""
        return self.outpoint.partition(":")[0]

    def words(self) -> str:
        """What the statement rests on, in a line."""
        traced = ", ".join(f"{rule} {sat:,} sat" for rule, sat in sorted(self.traced_sat.items()))
        parts = [f"finding {self.finding} ({self.kind})", f"basis: {self.basis}"]
        parts += [f"traced: {traced}"] if traced else []
        return "; ".join([*parts, f"source: {self.source}", f"error: {self.error}"])


@dataclass(frozen=True)
class Link:
    """Why two scripts are held to be one party: a rule, in a transaction."""

    party: str
    script_a: str
    script_b: str
    txid: str
    rule: str
    error: str
    basis: str = INFERENCE
    source: str = CHAIN


@dataclass(frozen=True)
class Flow:
    """One hop of a trace: value of one output that went into another, or the fee (None)."""

    direction: str
    rule: str
    txid: str
    source_outpoint: str
    target_outpoint: str | None
    value_sat: int
    traced_sat: int


@dataclass(frozen=True)
class Statements:
    """All that a report states, with what it was made from."""

    case: str
    title: str
    date_utc: str
    network: str
    tip_height: int
    tip_hash: str
    digest: str
    software: str
    rules: tuple[str, ...]
    parties: tuple[Party, ...]
    addresses: tuple[Address, ...]
    payments: tuple[Payment, ...]
    links: tuple[Link, ...]
    flows: tuple[Flow, ...]

    @property
    def label_of(self) -> dict[str, str]:
        """The label of each party."""
        return {party.party: party.label for party in self.parties}

    def about(self) -> str:
        """What these statements are and may be taken for, in a few sentences."""
        return (
            f"Statements of the report {self.title!r} of {self.date_utc}, on {self.network} up to "
            f"height {self.tip_height} ({self.tip_hash}). The digest of its evidence bundle is "
            f"{self.digest}. Facts are in the block chain and can be proven from the bundle; "
            "inferences are conclusions of a rule and can be wrong; assertions are what a source "
            "said."
        )


def statements_of(report: Row, bundle: bytes, digest: str) -> Statements:
    """The statements of a report and of its evidence bundle. Raises CaseError for a bundle cut."""
    files = _data_of(bundle)
    try:
        case = json.loads(files["case.json"])
        entities = [json.loads(line) for line in files["entities.jsonl"].splitlines()]
        tags = {tag["tag_id"]: tag for tag in map(json.loads, files["tags.jsonl"].splitlines())}
    except KeyError as e:
        raise CaseError(f"the bundle of the report lacks {e}; make the report again") from None
    error = _link_error(report)
    return Statements(
        case=str(case["case"]),
        title=str(report["title"]),
        date_utc=str(report["date_utc"]),
        network=str(report["network"]),
        tip_height=int(report["tip"]["height"]),
        tip_hash=str(report["tip"]["hash"]),
        digest=digest,
        software=f"peelchain {case['software']['version']}",
        rules=tuple(report["rules"]),
        parties=tuple(_party(entity, tags, report) for entity in entities),
        addresses=tuple(a for entity in entities for a in _addresses(entity, tags, error)),
        payments=tuple(_payments(report)),
        links=tuple(
            Link(entity["entity"], k["script_a"], k["script_b"], k["txid"], k["rule"], error)
            for entity in entities
            for k in entity["links"]
        ),
        flows=tuple(_flows(files)),
    )


def _data_of(bundle: bytes) -> dict[str, bytes]:
    """The files of a bundle that statements are made from, by path under data/."""
    wanted = ("case.json", "entities.jsonl", "tags.jsonl")
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        names = {name.partition("/data/")[2]: name for name in archive.namelist()}
        return {
            path: archive.read(name)
            for path, name in sorted(names.items())
            if path in wanted or path.endswith(".hops.csv")
        }


def _party(entity: Row, tags: Mapping[str, Row], report: Row) -> Party:
    anchors = (s["anchor"] for s in entity["scripts"] if s["anchor"])
    names = {a.removeprefix("tag:") for a in anchors if a.startswith("tag:")}
    known = report.get("entities", {}).get(entity["entity"], {})
    return Party(
        party=entity["entity"],
        label=entity["label"],
        role=entity["role"],
        category=entity["category"],
        basis=ASSERTION if names else entity["basis"],
        sources=tuple(sorted({str(tags[name]["source"]) for name in names if name in tags})),
        scripts=int(known.get("scripts", len(entity["scripts"]))),
    )


def _addresses(entity: Row, tags: Mapping[str, Row], error: str) -> list[Address]:
    rows = []
    for script in entity["scripts"]:
        anchor = script["anchor"] or ""
        basis, source, wrong = INFERENCE, f"{CHAIN}: spent together (multi_input)", error
        if anchor == "seed":
            basis, source, wrong = ASSERTION, "seed of the case", "not measured"
        elif anchor.startswith("tag:"):
            tag = tags.get(anchor.removeprefix("tag:"), {})
            basis, source, wrong = ASSERTION, str(tag.get("source", anchor)), "not measured"
        rows.append(
            Address(
                script_pubkey=script["script_pubkey"],
                address=script["address"],
                party=entity["entity"],
                basis=basis,
                source=source,
                error=wrong,
            )
        )
    return rows


def _payments(report: Row) -> list[Payment]:
    assured = report.get("assurance", {}).get("findings", {})
    found = []
    for kind, payer, payee in (
        ("receipts", None, report["subject"]),
        ("inflows", None, report["subject"]),
        ("outflows", report["subject"], None),
    ):
        for row in report[kind]:
            found.append(
                Payment(
                    finding=row["id"],
                    kind=kind.removesuffix("s"),
                    payer=row["entity"] if kind == "inflows" else payer,
                    payee=row["entity"] if kind == "outflows" else payee,
                    outpoint=row["outpoint"],
                    address=row["address"],
                    time_utc=row["time_utc"],
                    height=row["height"],
                    value_sat=row["value_sat"],
                    traced_sat=row.get("traced_sat", {}),
                    fiat=row["fiat"],
                    hops=row.get("hops"),
                    path=tuple(row.get("path", ())),
                    basis=row.get("basis", INFERENCE),
                    source=f"{CHAIN}, traced by peelchain {report['versions']['peelchain']}",
                    error=_finding_error(assured.get(row["id"], {})),
                )
            )
    return found


def _finding_error(assured: Row) -> str:
    """How sure a finding is, as far as the report says."""
    said = []
    if assured.get("truth_low") is not None:
        said.append(f"true with at least {assured['truth_low']}")
    if assured.get("least_sat") is not None and assured.get("most_sat") is not None:
        said.append(f"any rule gives {assured['least_sat']:,} to {assured['most_sat']:,} sat")
    return ", ".join(said) or "see the report's method"


def _link_error(report: Row) -> str:
    """The measured error of joining scripts, as the report's method has it for the policy."""
    for row in report.get("method", {}).get("error_rates", []):
        if str(row["rule"]).startswith("policy:") and row["stratum"] == "all":
            return (
                f"precision {row['precision']} ({row['precision_low']} to "
                f"{row['precision_high']}), {row['basis']}: {row['data']}"
            )
    return "not measured"


def _flows(files: Mapping[str, bytes]) -> list[Flow]:
    found = []
    for name in sorted(files):
        if not name.startswith("traces/") or not name.endswith(".hops.csv"):
            continue
        direction, rule = name.removeprefix("traces/").split(".")[:2]
        for row in csv.DictReader(io.StringIO(files[name].decode())):
            found.append(
                Flow(
                    direction=direction,
                    rule=rule,
                    txid=row["txid"],
                    source_outpoint=row["from_outpoint"],
                    target_outpoint=row["to_outpoint"] or None,
                    value_sat=int(row["value_sat"]),
                    traced_sat=int(row["traced_sat"]),
                )
            )
    return found
