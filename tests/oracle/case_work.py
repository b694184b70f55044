"""The work that follows a trace, held against the truth of a simulated chain.

Reads block files and truth with the tests' own readers, and what the commands said as JSON; knows
nothing of peelchain's store, cases or vault. `python -m tests.oracle.case_work DEMO` compares what
scripts/demo.sh left in a folder, prints the table and exits 1 on any difference.
"""

import csv
import json
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.oracle.truth import SERVICES, OutPoint
from tests.simulate.reading import Chain, co_spend_clusters, read_chain, read_truth

Row = dict[str, Any]
_WORD = re.compile(rb"[A-Za-z0-9@.-]+")
WHO = ("name", "birth_date", "email", "document", "country")


@dataclass(frozen=True)
class Line:
    """One comparison: what was compared, what the case says, what is true."""

    what: str
    found: Any
    true: Any

    @property
    def holds(self) -> bool:
        return bool(self.found == self.true)


class World:
    """The truth of a simulated chain, as far as the comparisons need it."""

    def __init__(self, node: Path) -> None:
        self.node = node
        self._read: dict[str, list[dict[str, str]]] = {}

    @cached_property
    def chain(self) -> Chain:
        return read_chain(self.node)

    def truth(self, name: str) -> list[dict[str, str]]:
        if name not in self._read:
            self._read[name] = read_truth(self.node, name)
        return self._read[name]

    @cached_property
    def identities(self) -> list[dict[str, str]]:
        """The holder of each account, as its service knows it."""
        return read_csv(self.node / "truth" / "people" / "identities.csv")

    @cached_property
    def customers(self) -> dict[str, list[dict[str, str]]]:
        """The same by the label of the service."""
        label = {row["owner_id"]: row["label"] for row in self.truth("owners")}
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in self.identities:
            found[label[row["service_id"]]].append(row)
        return found

    @cached_property
    def owner(self) -> dict[bytes, str]:
        """Who owns a script."""
        return {bytes.fromhex(r["script_pubkey"]): r["owner_id"] for r in self.truth("scripts")}

    @cached_property
    def services(self) -> set[str]:
        return {r["owner_id"] for r in self.truth("owners") if r["role"] in SERVICES}

    @cached_property
    def site(self) -> set[bytes]:
        """The scripts co-spent with the addresses that were observed."""
        by_address = {
            r["address"]: bytes.fromhex(r["script_pubkey"]) for r in self.truth("scripts")
        }
        lines = (self.node / "observed.txt").read_text().splitlines()
        seen = [by_address[t] for t in (line.split("#")[0].strip() for line in lines) if t]
        cluster = co_spend_clusters(self.chain)
        party = {cluster.get(script, script) for script in seen}
        scripts = {script for tx in self.chain.txs.values() for script, _ in tx.outputs}
        return {script for script in scripts if cluster.get(script, script) in party}

    @cached_property
    def spent(self) -> set[OutPoint]:
        return {prevout for tx in self.chain.spends for prevout in tx.inputs}

    def owner_of(self, outpoint: OutPoint) -> str:
        return self.owner[self.chain.txs[outpoint[0]].outputs[outpoint[1]][0]]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def place(text: str) -> OutPoint:
    return text[:64], int(text[65:])


# Whom the returns link


def known_as(world: World, label: str, said: Mapping[str, str]) -> str:
    """The owner whom a service knows by just what a return says of a holder."""
    given = [field for field in ("account", *WHO) if said.get(field)]
    fitting = {
        row["owner_id"]
        for row in world.customers[label]
        if all(row[field] == said[field] for field in given)
    }
    assert len(fitting) == 1, f"{len(fitting)} customers of {label} fit what was said of one"
    return fitting.pop()


def owners_of_refs(world: World, persons: Iterable[Row]) -> dict[str, str]:
    """The owner behind each ref, from persons as they were before anything was decided."""
    return {
        row["person"]: known_as(world, row["accounts"][0]["label"], row["said"]) for row in persons
    }


def links(world: World, answers: Path, persons: list[Row]) -> Iterator[Line]:
    """Every payment is linked to whom it truly was of, the mistakes of the answers apart."""
    owner = owners_of_refs(world, persons)
    found: dict[str, set[tuple[str, str]]] = {"payments": set(), "differing": set()}
    for row in persons:
        for account in row["accounts"]:
            for kind, those in found.items():
                those |= {(p["outpoint"], owner[row["person"]]) for p in account[kind]}
    true = {(r["outpoint"], r["owner_id"]) for r in read_csv(answers / "truth" / "links.csv")}
    wrong: dict[str, set[str]] = defaultdict(set)
    for row in read_csv(answers / "truth" / "mistakes.csv"):
        wrong[row["error"]].add(row["outpoint"])
    lost, off = (
        set().union(*(wrong[kind] for kind in kinds))
        for kinds in (("missing", "txid"), ("amount", "time", "address"))
    )
    expected = {(out, who) for out, who in true if out not in lost | off}
    yield Line("payments linked to their true account holders", found["payments"], expected)
    doubted = {(out, who) for out, who in true if out in off - lost}
    yield Line("links that do not agree: the mistakes made", found["differing"], doubted)


def paying_users(world: World, answers: Path, persons: list[Row]) -> Iterator[Line]:
    """Who withdrew to the site, straight or by one transaction of their own, and no one else."""
    owner = owners_of_refs(world, persons)
    found = {
        owner[row["person"]]
        for row in persons
        for account in row["accounts"]
        for payment in account["payments"]
        if any(finding.startswith("I") for finding in payment["findings"])
    }
    true_payers = {row["payer_id"] for row in world.truth("payments")}
    yield Line("paying users found that are none", found - true_payers, set())
    wrong = wrongly_told(answers)
    asked = {row["service_id"] for row in read_csv(answers / "truth" / "links.csv")}
    near = near_withdrawals(world)
    expected = {
        row["customer_id"]
        for row in world.truth("withdrawals")
        if row["service_id"] in asked
        and place_of(row) in near
        and f"{row['txid']}:{row['vout']}" not in wrong
    }
    yield Line("paying users found", found, expected)


def place_of(row: Mapping[str, str]) -> OutPoint:
    return row["txid"], int(row["vout"])


def near_withdrawals(world: World) -> set[OutPoint]:
    """Outputs of services that are receipts of the site, or that a receipt's transaction spends."""
    near: set[OutPoint] = set()
    mixes = {row["txid"] for row in world.truth("coinjoins")}
    for tx in world.chain.spends:
        if any(script in world.site for script, _ in tx.prevouts):
            continue
        paid = [
            (tx.txid, vout) for vout, (script, value) in enumerate(tx.outputs)
            if script in world.site and value
        ]  # fmt: skip
        if not paid or tx.txid in mixes:
            continue
        if world.owner_of(tx.inputs[0]) in world.services:
            near.update(paid)
            continue
        for prevout in tx.inputs:
            before = world.chain.txs[prevout[0]]
            if not before.is_coinbase and world.owner_of(before.inputs[0]) in world.services:
                near.add(prevout)
    return near


def same_persons(world: World, before: list[Row], after: list[Row]) -> Iterator[Line]:
    """Accounts joined are one owner's, and every two with one identity document are joined."""
    owner = owners_of_refs(world, before)
    document = {row["person"]: row["said"]["document"] for row in before}
    groups = [row["refs"] for row in after]
    mixed = [refs for refs in groups if len({owner[ref] for ref in refs}) > 1]
    yield Line("persons joined of several", mixed, [])
    by_document: dict[str, set[str]] = defaultdict(set)
    for ref, number in document.items():
        if number:
            by_document[number].add(ref)
    expected = {frozenset(refs) for refs in by_document.values() if len(refs) > 1}
    yield Line("persons joined", {frozenset(g) for g in groups if len(g) > 1}, expected)


# The seized table


def table(world: World, joined: Row, shown: Row) -> Iterator[Line]:
    """What users paid: in all, and each of them."""
    paid = world.truth("payments")
    users = {row["site_user"] for row in world.truth("site_users")}
    per_user: dict[str, int] = defaultdict(int)
    for row in paid:
        per_user[row["site_user"]] += int(row["value_sat"])
    totals = joined["totals"]
    yield Line("users in the table", joined["table"]["users"], len(users))
    yield Line("users who paid", totals["users_paid"], len(per_user))
    yield Line("receipts", totals["receipts"], len(paid))
    yield Line("received (sat)", totals["received_sat"], sum(per_user.values()))
    times = [world.chain.times[world.chain.txs[row["txid"]].height] for row in paid]
    heights = [world.chain.txs[row["txid"]].height for row in paid]
    ends = [times[heights.index(height)] for height in (min(heights), max(heights))]
    expected = [datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for t in ends]
    yield Line("first payment", totals["first_utc"], expected[0])
    yield Line("last payment", totals["last_utc"], expected[1])
    told = {row["user"]: row["value_sat"] for row in shown["payers"]}
    yield Line("paid by each user (sat)", told, dict(per_user))
    addresses = {row["address"] for row in world.truth("site_users")}
    scripts = {r["address"]: bytes.fromhex(r["script_pubkey"]) for r in world.truth("scripts")}
    there = {scripts[a] for a in addresses if a in scripts}
    cluster = joined["cluster"]
    yield Line(
        "addresses of the table in the cluster, of those on the chain",
        f"{cluster['found']} of {cluster['of']}",
        f"{len(there & world.site)} of {len(there)}",
    )


# Referrals


def referrals(world: World, answers: Path, packages: Path, after: list[Row]) -> Iterator[Line]:
    """Each country's package holds its own persons, whom a payment leads to directly, and no other.

    `after` are the persons as they were joined, which `same_persons` holds against the truth.
    """
    owner, wrong = true_links(answers), wrongly_told(answers)
    home = {row["owner_id"]: row["country"] for row in world.truth("owners")}
    straight = {out for out, _ in site_receipts(world)} & {
        place_of(row) for row in world.truth("withdrawals")
    }
    expected: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in after:
        paid = {p["outpoint"] for account in row["accounts"] for p in account["payments"]} - wrong
        if any(place(outpoint) in straight for outpoint in paid):
            for outpoint in paid:
                expected[home[owner[outpoint]]].add((owner[outpoint], outpoint))
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    listed: dict[str, list[str]] = defaultdict(list)
    for path in sorted(packages.iterdir()):
        for person in json.loads((path / "persons.json").read_text())["persons"]:
            (holder,) = {known_as(world, said["service"], said) for said in person["said_of_them"]}
            listed[path.name].append(person["ref"])
            found[path.name] |= {(holder, p["outpoint"]) for p in person["payments"]}
    yield Line("countries with a package", set(found), set(expected))
    yield Line("persons and payments of each country", dict(found), dict(expected))
    every = [ref for refs in listed.values() for ref in refs]
    yield Line("persons in two packages, or twice in one", len(every) - len(set(every)), 0)
    holders = {country: {who for who, _ in pairs} for country, pairs in found.items()}
    yield Line(
        "traces of others in a package",
        [
            f"{path.name}: {text}"
            for path in sorted(packages.iterdir())
            for text in traces(world, path, holders[path.name])
        ],
        [],
    )


def traces(world: World, package: Path, own: set[str]) -> Iterator[str]:
    """Mail, document and account numbers of others in any file of a package, its zips' too."""
    content = b"".join(content for path in sorted(package.iterdir()) for content in contents(path))
    told: dict[bool, set[str]] = {True: set(), False: set()}
    for row in world.identities:
        told[row["owner_id"] in own] |= {row["email"], row["document"], row["account"]}
    words = {word.decode() for word in _WORD.findall(content)}
    yield from sorted(words & (told[False] - told[True]))


def contents(path: Path) -> Iterator[bytes]:
    if path.suffix != ".zip":
        yield path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield archive.read(name)


def true_links(answers: Path) -> dict[str, str]:
    """The owner of the account of each payment asked about."""
    return {r["outpoint"]: r["owner_id"] for r in read_csv(answers / "truth" / "links.csv")}


def wrongly_told(answers: Path) -> set[str]:
    """Payments that an answer leaves out or gives wrongly."""
    return {
        row["outpoint"]
        for row in read_csv(answers / "truth" / "mistakes.csv")
        if row["error"] in ("missing", "txid", "amount", "time", "address")
    }


# What is left


def forfeiture(world: World, schedule: Row) -> Iterator[Line]:
    """Unspent outputs of the site and of others that its money came to; sums to the satoshi."""
    mine = {
        (tx.txid, vout): value
        for tx in world.chain.txs.values()
        for vout, (script, value) in enumerate(tx.outputs)
        if script in world.site and value and (tx.txid, vout) not in world.spent
    }
    found = {
        place(r["outpoint"]): r["value_sat"]
        for r in schedule["unspent"]
        if r["held_by"] == "subject"
    }
    yield Line("unspent outputs of the site", set(found), set(mine))
    totals = schedule["totals"]
    yield Line("their value (sat)", totals["subject_unspent_sat"], sum(mine.values()))
    others = {place(r["outpoint"]) for r in schedule["unspent"] if r["held_by"] != "subject"}
    reached = reachable_unspent(world) - set(mine)
    yield Line("unspent outputs of others that no value reached", others - reached, set())
    own = {out for out in reached if world.owner_of(out) == "operator"}
    found_own = {out for out in others if world.owner_of(out) == "operator"}
    yield Line("unspent outputs of the operator", found_own, own)
    receipts = sum(v for _, v in site_receipts(world))
    for rule in schedule["rules"]:
        parts = sum(row["traced_sat"][rule] for row in schedule["where"])
        yield Line(f"where it went, by {rule} (sat)", parts, receipts)


def site_receipts(world: World) -> Iterator[tuple[OutPoint, int]]:
    """What others paid to the site."""
    for tx in world.chain.txs.values():
        if not any(script in world.site for script, _ in tx.prevouts):
            for vout, (script, value) in enumerate(tx.outputs):
                if value and script in world.site:
                    yield (tx.txid, vout), value


def reachable_unspent(world: World) -> set[OutPoint]:
    """Unspent outputs that a path of value leads to, over no CoinJoin and through no service."""
    spender = {prevout: tx for tx in world.chain.spends for prevout in tx.inputs}
    mixes = {row["txid"] for row in world.truth("coinjoins")}
    todo = [out for out, _ in site_receipts(world)]
    seen, ends = set(todo), set()
    while todo:
        output = todo.pop()
        if world.owner_of(output) in world.services:
            continue
        tx = spender.get(output)
        if tx is None:
            ends.add(output)
            continue
        for vout, (_, value) in enumerate(tx.outputs if tx.txid not in mixes else []):
            if value and (tx.txid, vout) not in seen:
                seen.add((tx.txid, vout))
                todo.append((tx.txid, vout))
    return ends


# The table


def compare(node: Path, work: Path) -> list[Line]:
    """Every comparison of what a case's commands said, in `work`, with the truth in `node`."""
    world = World(node)

    def said(name: str) -> Row:
        answer: Row = json.loads((work / f"{name}.json").read_text())
        return answer

    before, after = said("persons-suggested")["persons"], said("persons")["persons"]
    answers = work / "answers"
    lines = [*links(world, answers, before), *paying_users(world, answers, before)]
    lines += same_persons(world, before, after)
    lines += table(world, said("table"), said("payers"))
    lines += referrals(world, answers, work / "packages", after)
    lines += forfeiture(world, said("forfeiture"))
    return lines


def printed(lines: Iterable[Line]) -> Iterator[str]:
    """The comparisons as a table; collections by their size, what differs in full."""

    def short(value: Any) -> str:
        if isinstance(value, (set, dict)) or (isinstance(value, list) and value[:1] == []):
            return f"{len(value):,}"
        return f"{value:,}" if isinstance(value, int) else " ".join(map(str, _listed(value)))

    rows = [(line.what, short(line.found), short(line.true), line.holds) for line in lines]
    widths = [max(len(str(row[i])) for row in rows) for i in range(3)]
    heads = ("", "case", "truth")
    yield "  ".join(h.ljust(w) for h, w in zip(heads, widths, strict=True))
    for what, found, true, holds in rows:
        cells = (what.ljust(widths[0]), found.rjust(widths[1]), true.rjust(widths[2]))
        yield "  ".join((*cells, "" if holds else "DIFFERS")).rstrip()


def differing(line: Line) -> str:
    """What differs, some of it."""
    found, true = line.found, line.true
    if isinstance(found, dict):
        found, true = ({(k, str(v)) for k, v in held.items()} for held in (found, true))
    if isinstance(found, set):
        more, less = sorted(map(str, found - true))[:5], sorted(map(str, true - found))[:5]
        return f"too many {more}, missing {less}"
    return f"{found!r} is not {true!r}"


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else [value]


def main(folder: Path) -> int:
    """Compares the demo's folder; 0 where all holds."""
    lines = compare(folder / "node", folder)
    for text in printed(lines):
        print(text)
    broken = [line for line in lines if not line.holds]
    for line in broken:
        print(f"\n{line.what}: {differing(line)}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
