"""Checks the findings and the journal of a peelchain evidence bundle; verify.py runs it last.

Start reading at `check_report`, the last function. Each receipt is a seed of the traces. Each other
finding is the far end of a path of value and has the amounts of the traces. Totals, fiat at the
day's rates and the CSV twins follow. The format: docs/evidence-format.md of peelchain. `facts` is
the `Evidence` of verify.py and `traces` the `Traces` of verify_traces.py, both already checked.
"""

from __future__ import annotations

import re
import time
from hashlib import sha256
from typing import Any

ROW = "outpoint address time_utc height value_sat"
TABLES = {  # columns of the CSV twins
    "receipts": f"id {ROW} fiat",
    "inflows": f"id entity {ROW} traced_sat fiat receipts hops basis",
    "outflows": f"id entity {ROW} traced_sat fiat hops deposit_candidates basis",
}


def need(holds: object, what: str) -> None:
    """Fails, saying what, unless the condition holds."""
    if not holds:
        raise AssertionError(what[:300])


def fields(value: Any, names: str) -> list[Any]:
    """The values of an object that has exactly these fields."""
    need(type(value) is dict and set(value) == set(names.split()), f"fields must be {names}")
    return [value[name] for name in names.split()]


def money(cents: int) -> str:
    """An amount in fiat as the format writes it."""
    return f"{cents // 100}.{cents % 100:02d}"


def fiat_sum(rows: list[Any]) -> dict[str, str]:
    """The sum of the rows' fiat amounts, by currency."""
    sums: dict[str, int] = {}
    for currency, amount in [pair for row in rows for pair in row["fiat"].items()]:
        sums[currency] = sums.get(currency, 0) + int(amount.replace(".", ""))
    return {currency: money(cents) for currency, cents in sums.items()}


def compare(given: Any, right: dict[str, Any], what: str) -> None:
    """The object has these fields and values and no others."""
    for key in sorted({*given, *right}):
        need(given.get(key) == right.get(key), f"{what}: {key} should be {right.get(key)!a}")


class Findings:
    """The report under check, and what the checks before found."""

    def __init__(self, facts: Any, traces: Any) -> None:
        self.facts, self.traces = facts, traces
        self.report: dict[str, Any] = {}
        self.receipts: dict[Any, int] = {}  # output -> number
        self.rates: dict[Any, int] = {}  # (day, currency) -> price in 1/10^8
        self.currencies: list[str] = []
        self.unpriced: set[str] = set()  # outpoints that lack a rate
        self.part = bool(facts.withheld.get("traces"))  # findings, so traces, are left out
        self.closed = 0  # sealed fields of the journal without their opening

    def check_rates(self) -> None:
        """Each line of rates is well formed, and each day has one rate for a currency."""
        header, *lines = self.facts.lines("data/rates.csv")
        need(header == "date,currency,price,source", "line 1: is another header")
        form = r"([0-9-]{10}),([A-Z]{3}),([0-9]{1,12})(?:\.([0-9]{1,8}))?,.+"
        for number, line in enumerate(lines, 2):
            match = re.fullmatch(form, line)
            day, currency, whole, part = match.groups() if match else [""] * 4
            need(match and (day, currency) not in self.rates, f"line {number}: malformed")
            self.rates[day, currency] = int(whole + (part or "").ljust(8, "0"))
        self.currencies = sorted({currency for _, currency in self.rates})

    def check_row(self, row: Any, name: str, out: Any, sat: int, more: dict[str, Any]) -> None:
        """A finding states the facts of its output, what `sat` was worth on its day, and `more`."""
        facts, fiat = self.facts, {}
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(facts.time(out[0][0])))
        for currency in self.currencies:
            price = self.rates.get((stamp[:10], currency))
            if price is not None:
                fiat[currency] = money((price * sat + 5 * 10**13) // 10**14)
        if not fiat or len(fiat) < len(self.currencies):
            self.unpriced.add(facts.name[out])
        right = {"id": name, "outpoint": facts.name[out], "value_sat": facts.value[out]}
        right.update(address=self.traces.address(facts.script[out]), time_utc=stamp)
        compare(row, {**right, "height": out[0][0], "fiat": fiat, **more}, name)

    def numbered(self, table: str) -> list[Any]:
        """The rows of a table with their numbers: from 1, or rising where rows are withheld."""
        rows, numbers = self.report[table], list(range(1, len(self.report[table]) + 1))
        if self.part:
            names = [re.fullmatch("[RIO]([1-9][0-9]{0,9})", row["id"]) for row in rows]
            numbers = [int(match[1]) if match else 0 for match in names]
            need(all(a < b for a, b in zip([0, *numbers], numbers)), f"{table}: ids do not rise")
        return list(zip(numbers, rows))

    def check_receipts(self) -> None:
        """Receipts are the seeds of all traces: the subject's, and not paid by the subject."""
        facts, traces = self.facts, self.traces
        asked = facts.case["parameters"]["seeds"]
        for number, row in self.numbered("receipts"):
            out, name = facts.find(row["outpoint"]), f"R{number}"
            need(out not in self.receipts, f"{name} is given twice")
            owner = traces.owner.get(facts.script[out])
            need(owner == traces.subject, f"{name} is not the subject's")
            self.check_row(row, name, out, facts.value[out], {})
            payers = {traces.owner.get(facts.script[o]) for o in facts.spent.get(out[0], [])}
            own = traces.subject in payers and row["outpoint"] not in asked
            need(not own, f"{name} is paid by the subject itself")
            self.receipts[out] = number
        for run in traces.runs.values():
            seeds = [facts.find(seed["outpoint"]) for seed in run["seeds"]]
            right = len(self.receipts) == len(self.report["receipts"]) == len(seeds)
            right &= set(seeds) == set(self.receipts)
            need(right, "the seeds of a trace are not the receipts")

    def check_path(self, path: list[str], direction: str) -> tuple[Any, Any]:
        """The receipt and the far end that a path of value joins; nothing between is an end."""
        facts, traces = self.facts, self.traces
        outs = [facts.find(outpoint) for outpoint in path]
        for step, later in enumerate(outs[1:]):
            out = outs[step]
            spends = facts.spender.get(out) == later[0]
            need(spends, f"path: what made {facts.name[later]} does not spend {facts.name[out]}")
        need(all(facts.value[out] for out in outs), "path: an output has no value")
        outs = outs if direction == "forward" else outs[::-1]
        need(outs[0] in self.receipts, "path: no receipt is at its end")
        need(not any(out in self.receipts for out in outs[1:]), "path: a second receipt is on it")
        for out in outs[:-1]:
            ends = (direction, out) in traces.stops
            ends |= bool(traces.services_at(out, direction == "forward"))
            need(not ends, f"path: goes on from {facts.name[out]}, where a flow ends")
        return outs[0], outs[-1]

    def led_to(self) -> dict[Any, set[int]]:
        """The numbers of the receipts that each output's hops lead to, over all backward runs."""
        leads: dict[Any, set[int]] = {}
        for (direction, _), run in self.traces.runs.items():
            found: dict[Any, set[int]] = {}
            if direction == "forward":
                continue
            for source, _, to, _ in run["hops"]:
                there = {self.receipts[to]} if to in self.receipts else found[to]
                found.setdefault(source, set()).update(there)
            for out, numbers in found.items():
                leads.setdefault(out, set()).update(numbers)
        return leads

    def check_side(self, side: str, direction: str) -> None:
        """Inflows or outflows: every service that a run ends at, and others that a path joins."""
        facts, traces, rules = self.facts, self.traces, self.report["rules"]
        rows = self.report[side]
        ends = {} if self.part else {r: traces.runs[direction, r]["ends"] for r in rules}
        given = [row["outpoint"] for row in rows]
        needed = {outpoint for end in ends.values() for kind, outpoint in end if kind == "service"}
        lacking = sorted(needed - set(given))
        need(not lacking and len(set(given)) == len(rows), f"{side}: one twice, or lack {lacking}")
        leads = self.led_to()
        for number, row in self.numbered(side):
            name, entity, outpoint = f"{side[0].upper()}{number}", row["entity"], row["outpoint"]
            facts.where = f"data/report.json: {name}"
            receipt, out = self.check_path(row["path"], direction)
            need(facts.name[out] == outpoint, f"path: ends at {facts.name[out]}")
            is_there = entity in traces.services_at(out, direction == "forward")
            stop = traces.stops.get((direction, out), ("service", entity))
            need(is_there and stop == ("service", entity), f"entity: {entity!a} is not there")
            if self.part:  # as the row has them: how much was traced cannot be told from a part
                sats = dict(zip(rules, fields(row["traced_sat"], " ".join(rules))))
                bounded = all(type(s) is int and s <= facts.value[out] for s in sats.values())
                need(bounded, "traced_sat: exceeds the value")
            else:
                sats = {rule: ends[rule].get(("service", outpoint), 0) for rule in rules}
            more = {"entity": entity, "traced_sat": sats, "basis": "inference"}
            more.update(path=row["path"], hops=len(row["path"]) - 1)
            if direction == "backward":
                led = leads.get(out, set()) if out != receipt else set()
                if self.part:
                    others = row["receipts"]
                    led = {int(n[1:]) for n in others if re.fullmatch("R[1-9][0-9]{0,9}", n)}
                more["receipts"] = [f"R{n}" for n in sorted({self.receipts[receipt], *led})]
            else:
                more["deposit_candidates"] = fed = row["deposit_candidates"]
                spent = {f"{txid}:{vout}" for txid, vout in facts.txs[out[0]].inputs}
                need(fed == sorted(spent & set(fed)), "deposit_candidates: not spent there")
            facts.where = "data/report.json"
            self.check_row(row, name, out, sats[rules[0]], more)

    def check_sums(self) -> None:
        """Totals and sums by service are those of the rows; outpoints without a rate are named."""
        report, first = self.report, self.report["rules"][0]
        totals = {
            "receipts": len(report["receipts"]),
            "received_sat": sum(row["value_sat"] for row in report["receipts"]),
            "inflow_sat": sum(row["traced_sat"][first] for row in report["inflows"]),
            "outflow_sat": sum(row["traced_sat"][first] for row in report["outflows"]),
            "fiat": fiat_sum(report["receipts"]),
        }
        if not self.part:
            run = self.traces.runs["backward", first]
            totals["internal_sat"] = run["totals"].get("seed", 0)
        need(report["totals"] == totals, f"totals should be {totals}")
        for side in ("inflows", "outflows"):
            sums = []
            for entity in sorted({row["entity"] for row in report[side]}):
                rows = [row for row in report[side] if row["entity"] == entity]
                traced = {r: sum(row["traced_sat"][r] for row in rows) for r in report["rules"]}
                label = self.traces.parties[entity]["label"]
                total = {"entity": entity, "label": label, "count": len(rows)}
                sums.append({**total, "traced_sat": traced, "fiat": fiat_sum(rows)})
            need(report["by_service"][side] == sums, f"by_service: {side} should be {sums}")
        unpriced = sorted(self.unpriced)
        need(report["without_rate"] == unpriced, f"without_rate should be {unpriced}")

    def check_further_parts(self) -> None:
        """Two parts that the report may have, on parties and runs, agree with their files."""
        for entity, said in self.report.get("entities", {}).items():
            tags, party = said.get("tags", []), self.traces.parties[entity]
            same = all(said[key] == party[key] for key in said if key != "tags")
            same &= all(any(tag.items() <= t.items() for t in party["tags"]) for tag in tags)
            need(same, f"entities: {entity} is otherwise in data/entities.jsonl")
        for said in self.report.get("traces", []):
            run = self.traces.runs[said["direction"], said["rule"]]
            same = all(said[key] == run[key] for key in said if key != "seed_count")
            same &= said.get("seed_count") in (None, len(self.receipts))
            need(same, "traces: a run is otherwise in data/traces")

    def check_twins(self) -> None:
        """The tables as CSV say what they say in report.json."""
        spread = {"traced_sat": self.report["rules"], "fiat": self.currencies}
        for table, columns in TABLES.items():
            cells = [(c, part) for c in columns.split() for part in spread.get(c, [""])]
            lines = [",".join(f"{c}_{part}" if part else c for c, part in cells)]
            for row in self.report[table]:
                values = [row[c].get(part) if part else row[c] for c, part in cells]
                lists = [" ".join(v) if type(v) is list else v for v in values]
                lines.append(",".join("" if v is None else str(v) for v in lists))
            self.facts.check_lines(f"data/{table}.csv", lines)
            self.facts.checked[table] = len(self.report[table])

    def check_journal(self, is_signed: Any) -> None:
        """The journal's entries are chained, and one asked for what the case says was asked."""
        seq, previous, asked, hidden, signed, facts = 0, "0" * 64, False, 0, 0, self.facts
        names = "seq time_utc kind body prev hash opened signer signature"
        for number, stamp, kind, body, before, seal, opened, signer, signature in facts.rows(
            "data/journal.jsonl", names
        ):
            seq += 1
            need((number, before) == (seq, previous), "does not follow the entry before it")
            previous = seal
            if signer is not None or signature is not None:
                key, signature = bytes.fromhex(signer), bytes.fromhex(signature)
                valid = is_signed(key, bytes.fromhex(seal), signature)
                need(valid, "signature is not that of its signer")
                signed += 1
            if body is None and facts.withheld.get("entries") and not opened:
                hidden += 1
                continue
            entry = {"seq": seq, "time_utc": stamp, "kind": kind, "body": body, "prev": before}
            right = sha256(facts.canonical(entry).encode()).hexdigest()
            need(seal == right, "was changed after it was sealed")
            sealed = body.get("sealed", {})
            for name, opening in opened.items():
                salt, value = fields(opening, "salt value")
                text = facts.canonical(value).encode()
                right = sha256(bytes.fromhex(salt) + text).hexdigest()
                need(len(salt) == 64 and sealed.get(name) == right, f"{name!a}: was not sealed")
            self.closed += len(sealed) - len(opened)
            in_time = stamp <= facts.case["date_utc"]
            asked |= in_time and body.get("parameters") == facts.case["parameters"]
        facts.where = "data/journal.jsonl"
        need(asked or hidden, "no entry by the date of data/case.json has its parameters")
        need(hidden == facts.withheld.get("entries", 0), f"{hidden} entries are withheld")
        facts.checked.update({"journal entries": seq, "signed entries": signed})

    def unchecked(self) -> list[str]:
        """What no bundle can show, so that nobody takes it for checked."""
        kinds = [t["type"] for run in self.traces.runs.values() for t in run["terminals"]]
        facts, count, network = self.facts, self.facts.checked, self.facts.network[0]
        found = []
        if network in ("testnet3", "testnet4", "signet"):
            found.append("the difficulty or signature rule of " + network)
        if self.part:
            found.append(
                f"traced amounts of {count['inflows'] + count['outflows']} findings, and which "
                "receipts an inflow led to: the traces are withheld"
            )
        if facts.withheld.get("names"):
            found.append("names that are withheld: what a party is called and who says so")
        if facts.withheld.get("entries"):
            found.append("entries of the journal that are withheld: time, kind and contents")
        if self.closed:
            found.append(f"{self.closed} fields of the journal, which are withheld or erased")
        if count["signed entries"]:
            found.append(f"{count['signed entries']} signatures of entries: whose the keys are")
        found.append(
            f"the tip {facts.case['tip']['hash']}: that the world agrees on it; ask any node"
        )
        if not self.part:
            found.append(
                f"{kinds.count('unspent')} ends unspent, {kinds.count('unresolved')} unresolved: "
                "that nothing else spends or made them; needs a full node"
            )
        found += [
            f"{count['receipts']} receipts: that there are no others; needs a full node",
            "inflows and outflows without an amount: that there are no others; needs a full node",
            f"{count['links']} co-spends: that who signs together is one party; an inference",
            f"{kinds.count('coinjoin')} ends at a CoinJoin: that it is one; an inference",
            f"{count['tags']} tags, and the rates: that they are right; assertions",
            "signatures of transactions: the network checked them when it took the blocks",
        ]
        pages = "data/report.pdf, and " * ("data/report.pdf" in facts.files)
        found.append(f"{pages}the texts of report.json: that they say what the tables say")
        if "software files" in count:
            found.append("software.json: that these files made the bundle; replay the case")
        further = sorted({*self.report} & {"assurance", "doubts", "method"})
        if further:
            found.append(f"{', '.join(further)} of report.json: measured and inferred elsewhere")
        return found


def check_report(facts: Any, traces: Any, is_signed: Any) -> None:
    """Checks all that is left and adds what cannot be; raises AssertionError where one fails."""
    findings = Findings(facts, traces)
    findings.check_journal(is_signed)
    findings.check_rates()
    findings.report = report = facts.read_json("data/report.json")
    for key in ("date_utc", "network", "tip"):
        need(report[key] == facts.case[key], f"{key} is not that of data/case.json")
    need(report["subject"] == traces.subject, "subject is not that of data/entities.jsonl")
    runs = {(way, rule) for way in ("forward", "backward") for rule in report["rules"]}
    if findings.part:
        runs.clear()
    need(runs == set(traces.runs), "rules or traces: there must be one run each way for each rule")
    findings.check_receipts()
    findings.check_side("inflows", "backward")
    findings.check_side("outflows", "forward")
    findings.check_sums()
    findings.check_further_parts()
    findings.check_twins()
    facts.unchecked += findings.unchecked()
