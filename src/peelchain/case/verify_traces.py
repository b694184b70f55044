"""Checks the parties and traces of a peelchain evidence bundle; verify.py runs it.

Start reading at `check_traces`, the last function. Parties: each script is joined to a seed or a
tag by transactions that spend both. Traces: hops, ends and totals are derived anew from the seeds,
the ends' outpoints and the raw transactions. The rules: docs/evidence-format.md of peelchain.
`facts` is the `Evidence` of verify.py, with headers, transactions and spends already checked; as
there, a place is (height, index) and an output is (place, vout).
"""

from __future__ import annotations

import heapq
import re
from hashlib import sha256
from itertools import accumulate
from typing import Any

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BASIS = {"service": "inference", "mixer": "inference", "coinjoin": "inference", "seed": "fact",
         "fee": "fact", "coinbase": "fact", "unspendable": "fact", "cut": "fact",
         "unspent": "scan", "unresolved": "scan"}  # fmt: skip


def need(holds: object, what: str) -> None:
    """Fails, saying what, unless the condition holds."""
    if not holds:
        raise AssertionError(what[:300])


def fields(value: Any, names: str) -> list[Any]:
    """The values of an object that has exactly these fields."""
    need(type(value) is dict and set(value) == set(names.split()), f"fields must be {names}")
    return [value[name] for name in names.split()]


def address(network: list[str], script: bytes) -> str | None:
    """The address of a script, None if it has none: base58check, bech32 or bech32m (BIP 350)."""
    text, prefix = "", network[6]
    for first, head, tail in ((network[4], "76a914", "88ac"), (network[5], "a914", "87")):
        if re.fullmatch(f"{head}[0-9a-f]{{40}}{tail}", script.hex()):
            data = bytes.fromhex(first) + script[len(head) // 2 :][:20]
            check = sha256(sha256(data).digest()).digest()[:4]
            rest = int.from_bytes(data + check, "big")
            while rest:
                rest, digit = divmod(rest, 58)
                text = BASE58[digit] + text
            return "1" * (len(data) - len(data.lstrip(b"\0"))) + text
    program = re.fullmatch("(00|5[1-9a-f]|60)(..)((..){2,40})", script.hex())
    if not program or int(program[2], 16) != len(script) - 2:
        return None
    version = max(script[0] - 80, 0)
    if not version and len(script) not in (22, 34):
        return None
    bits = "".join(f"{byte:08b}" for byte in script[2:])
    words = [version] + [int(bits[i : i + 5].ljust(5, "0"), 2) for i in range(0, len(bits), 5)]
    spelt, checksum = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix], 1
    for value in spelt + words + [0] * 6:
        top, checksum = checksum >> 25, (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, mask in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= mask * (top >> bit & 1)
    checksum ^= 0x2BC830A3 if version else 1
    words += [checksum >> shift & 31 for shift in range(25, -1, -5)]
    return prefix + "1" + "".join(BECH32[word] for word in words)


def apportion(amount: int, weights: list[int]) -> list[int]:
    """The amount shared in proportion: largest remainder, ties to the lower position."""
    total = sum(weights) or 1
    parts = [amount * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda k: (-(amount * weights[k] % total), k))
    for k in order[: amount - sum(parts)]:
        parts[k] += 1
    return parts


def pro_rata(held: list[Any], _: list[int], sinks: list[int], forward: bool) -> list[Any]:
    """Pieces (from, to, start, end) of the traced satoshis in proportion to the sinks' values."""
    amounts = [sum(end - start for start, end in spans) for spans in held]
    shares = apportion(sum(amounts), sinks)
    lines, lacking = (amounts, shares) if forward else (shares, amounts)
    pieces, filled = [], [0] * len(sinks)
    for i, amount in enumerate(lines):
        parts = apportion(amount, lacking) if amount else []
        for j, part in enumerate(parts):
            lacking[j] -= part
            source, sink = (i, j) if forward else (j, i)
            if part:
                pieces.append((source, sink, filled[sink], filled[sink] + part))
                filled[sink] += part
    return pieces


def index_fifo(held: list[Any], sources: list[int], sinks: list[int], _: bool) -> list[Any]:
    """Pieces (from, to, start, end) of the traced satoshis, laid end to end in index order."""
    pieces, offset, ends = [], 0, list(accumulate(sinks))
    for source, spans in enumerate(held):
        for start, end in spans:
            for sink, top in enumerate(ends):
                base = top - sinks[sink]
                low, high = max(start + offset, base), min(end + offset, top)
                if low < high:
                    pieces.append((source, sink, low - base, high - base))
        offset += sources[source]
    return pieces


class Traces:
    """What is said of parties and traces, as far as it was checked."""

    def __init__(self, facts: Any) -> None:
        self.facts, self.subject = facts, ""
        self.owner: dict[bytes, str] = {}  # script -> entity
        self.parties: dict[str, dict[str, Any]] = {}  # by entity, as report.json describes them
        self.swept: dict[str, set[bytes]] = {}  # txid -> scripts it spends
        self.stops: dict[Any, Any] = {}  # (direction, output) -> type and entity of the terminal
        self.runs: dict[Any, Any] = {}  # (direction, rule) -> trace, with its hops and ends

    def address(self, script: bytes) -> str | None:
        """The address of a script on the network of the case."""
        return address(self.facts.network, script)

    def services_at(self, out: Any, forward: bool) -> set[str]:
        """The services that an output pays or, backward, that sign the transaction it is from."""
        outs = [out] if forward else self.facts.spent.get(out[0], [])
        return {self.owner.get(self.facts.script[o], self.subject) for o in outs} - {self.subject}

    def scripts_spent(self, txid: str) -> set[bytes]:
        """The scripts a transaction spends. Remembered: a sweep carries a link for each."""
        if txid not in self.swept:
            outs = self.facts.prevouts(self.facts.place(txid))
            self.swept[txid] = {self.facts.script[out] for out in outs}
        return self.swept[txid]

    def check_tags(self) -> dict[str, Any]:
        """The tags, each of a script whose address is the one that was tagged."""
        tags: dict[str, Any] = {}
        names = "tag_id address script_pubkey label category actor source creator confidence "
        for row in self.facts.rows("data/tags.jsonl", names + "lastmod file"):
            tag, written, script, label, category, actor, source, _, _, lastmod, _ = row
            need(f"tag:{tag}" not in tags, f"there is a second {tag!a}")
            need(written == self.address(bytes.fromhex(script)), "address of another script")
            said = {"label": label, "source": source, "lastmod": lastmod}
            tags[f"tag:{tag}"] = bytes.fromhex(script), category, actor, said
        self.facts.checked["tags"] = len(tags)
        return tags

    def check_parties(self) -> None:
        """Each script of a party is joined to a seed or tag by transactions that spend both."""
        facts, tags, links_seen = self.facts, self.check_tags(), 0
        seeds = facts.case["parameters"]["seeds"]
        asked = {facts.script[facts.find(seed)] if ":" in seed else seed for seed in seeds}
        names = "entity role label category basis scripts links"
        for row in facts.rows("data/entities.jsonl", names):
            entity, role, label, category, basis, scripts, links = row
            need(re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]*", entity), "entity is no plain id")
            need(entity not in self.parties, "there is a second entity of this id")
            need(role == "service" or (role == "subject" and not self.subject), "role, or a second")
            need(basis in ("inference", "assertion"), "basis")
            self.subject = entity if role == "subject" else self.subject
            party = {"label": label, "category": category, "role": role, "scripts": len(scripts)}
            self.parties[entity] = {**party, "tags": []}
            joined: dict[bytes, list[bytes]] = {}
            reached: list[bytes] = []
            for item in scripts:
                text, written, anchor = fields(item, "script_pubkey address anchor")
                script = bytes.fromhex(text)
                need(script not in self.owner, f"script {text} is in two entities, or twice")
                need(written == self.address(script), f"{text} has another address")
                self.owner[script], joined[script] = entity, []
                reached += [script] if anchor else []
                if anchor == "seed":
                    need(role == "subject" and asked & {script, written}, f"{text} is no seed")
                elif anchor:
                    need(anchor in tags, f"there is no {anchor!a}")
                    tagged, kind, actor, said = tags[anchor]
                    need(tagged == script, f"{anchor} is of another script than {text}")
                    agrees = label in (said["label"], actor) and category == kind
                    need(role == "subject" or agrees, f"{anchor} has another label or category")
                    self.parties[entity]["tags"].append(said)
            for link in links:
                txid, rule, *pair = fields(link, "txid rule script_a script_b")
                one, other = (bytes.fromhex(text) for text in pair)
                need(rule == "multi_input", f"the rule {rule!a} is not known here")
                need(
                    {one, other} <= self.scripts_spent(txid), f"{txid} does not spend both scripts"
                )
                joined[one].append(other)
                joined[other].append(one)
            for script in reached:  # grows while it is read
                reached += joined.pop(script, [])
            need(not joined, f"{[s.hex() for s in joined][:1]} is joined to no seed or tag")
            links_seen += len(links)
        facts.checked.update(entities=len(self.parties), scripts=len(self.owner), links=links_seen)

    def walk(self, run: dict[str, Any]) -> tuple[list[Any], dict[Any, int], dict[Any, int]]:
        """The run derived anew: hops (from, place, to, satoshis), ends, least depth of outputs."""
        facts, direction, forward = self.facts, run["direction"], run["direction"] == "forward"
        move = {"pro_rata": pro_rata, "index_fifo": index_fifo}[run["rule"]]
        seeds = {facts.find(seed["outpoint"]): seed["traced_sat"] for seed in run["seeds"]}
        depth: dict[Any, int] = dict.fromkeys(seeds, 0)
        held: dict[Any, Any] = {}  # output -> its traced satoshis, as (start, end)
        ends: dict[Any, int] = {}
        hops: list[Any] = []
        queue: list[Any] = []

        def arrive(out: Any, spans: list[Any], kind: str | None) -> None:
            """Value reaches an output: it ends there as `kind`, or goes on with the next spend."""
            services = self.services_at(out, forward)
            known = kind in ("service", "mixer", "seed") or (kind == "coinjoin" and not forward)
            need(
                known or not services, f"{facts.name[out]} should end at {services}, not as {kind}"
            )
            if kind:
                ends[kind, facts.name[out]] = sum(end - start for start, end in spans)
                return
            need(not forward or out in facts.spender, f"{facts.name[out]} is not spent, nor an end")
            held[out] = spans
            heapq.heappush(queue, facts.spender[out] if forward else (-out[0][0], -out[0][1]))

        for out, sat in seeds.items():
            need(0 < sat <= facts.value[out], f"seed {facts.name[out]} of {facts.value[out]} sat")
            arrive(out, [(0, sat)], self.stops.get((direction, out), [None])[0])
        # In chain order, backward in reverse: what flows into a transaction is known by its turn.
        while queue:
            height, index = heapq.heappop(queue)
            place = (abs(height), abs(index))
            inputs = facts.prevouts(place)
            made: list[Any] = [(place, vout) for vout in range(len(facts.txs[place].outputs))]
            paid = [facts.value[out] for out in inputs]
            values = [facts.value[out] for out in made]
            if forward:
                made, values = [*made, None], [*values, facts.fee(place)]
            sources, sinks = (inputs, made) if forward else (made, inputs)
            spans = [held.pop(out, []) for out in sources]
            if not any(spans):
                continue  # it was visited by way of another output
            cells: dict[Any, int] = {}
            got: dict[int, list[Any]] = {}
            near: dict[int, int] = {}
            sizes = (paid, values) if forward else (values, paid)
            for source, sink, start, end in move(spans, *sizes, forward):
                cell = (source, sink) if forward else (sink, source)
                cells[cell] = cells.get(cell, 0) + end - start
                near[sink] = min(near.get(sink, 1 << 60), depth[sources[source]] + 1)
                # Pieces that touch are joined, or they would multiply from hop to hop.
                before = got.setdefault(sink, [(start, start)])
                start = before.pop()[0] if before[-1][1] == start else start
                before.append((start, end))
            hops += [(inputs[i], place, made[j], sat) for (i, j), sat in sorted(cells.items())]
            for sink, pieces in sorted(got.items()):
                out = sinks[sink]
                if out is None:
                    ends["fee", facts.txs[place].txid] = sum(end - start for start, end in pieces)
                elif out in seeds:
                    arrive(out, pieces, "seed")
                else:
                    depth[out] = near[sink]
                    arrive(out, pieces, self.stops.get((direction, out), [None])[0])
        return hops, ends, depth

    def check_terminal(self, run: dict[str, Any], terminal: list[Any], depth: Any) -> None:
        """A terminal is of its type, as far as the bundle can tell, and has the value it says."""
        kind, outpoint, txid, value, _, entity, basis = terminal
        facts, forward, limits = self.facts, run["direction"] == "forward", run["parameters"]
        place = facts.place(txid)
        need(BASIS[kind] == basis, f"the basis of {kind} is {BASIS[kind]}")
        if kind == "fee":
            need(value == facts.fee(place) and not outpoint, f"fee of {txid} is {facts.fee(place)}")
            return
        out = facts.find(outpoint)
        need(out[0] == place and value == facts.value[out], f"{outpoint}: another txid or value")
        script, deepest = facts.script[out], limits.get("max_hops")
        holds = {
            "service": entity in self.services_at(out, forward),
            "mixer": entity in self.services_at(out, forward),
            "unspent": forward and out not in facts.spender,
            "unspendable": script[:1] == b"\x6a" or len(script) > 10000,
            "coinbase": not forward and facts.txs[place].is_coinbase,
            "cut": value < (limits.get("min_value_sat") or 0)
            or (deepest is not None and depth.get(out, 0) >= deepest)
            or any(limits[limit] is not None for limit in limits if limit.endswith("_height")),
        }
        need(holds.get(kind, True), f"{outpoint} is not {kind} {entity or ''}")
        need(entity is None or kind in ("service", "mixer"), f"{outpoint}: {kind} has no entity")

    def check_runs(self) -> None:
        """Hops, terminals and totals all follow from the seeds, the ends and the transactions."""
        facts, loaded = self.facts, []
        names = "type outpoint txid value_sat traced_sat entity basis"
        for name in sorted(n for n in facts.files if re.fullmatch("data/traces/.*[.]json", n)):
            run = facts.read_json(name)
            fields(run, "direction rule parameters seeds seeds_sat seeds_net_sat terminals totals")
            key = (run["direction"], run["rule"])
            need(key[0] in ("forward", "backward") and key not in self.runs, "direction or rule")
            self.runs[key] = run
            terminals = [fields(terminal, names) for terminal in run["terminals"]]
            for kind, outpoint, _, _, _, entity, _ in terminals:
                if kind not in ("fee", "seed"):
                    stop = self.stops.setdefault((key[0], facts.find(outpoint)), (kind, entity))
                    need(stop == (kind, entity), f"{outpoint} ends otherwise under another rule")
            loaded.append((name, run, terminals))
        for name, run, terminals in loaded:
            facts.where = name
            totals: dict[str, int] = {}
            hops, ends, depth = self.walk(run)
            for (kind, _), sat in ends.items():
                totals[kind] = totals.get(kind, 0) + sat
            given = {(kind, o or txid): sat for kind, o, txid, _, sat, _, _ in terminals}
            for end in sorted({*ends, *given}):
                sat = ends.get(end, 0)
                need(given.get(end) == sat, f"terminal {end} has {given.get(end)}, not {sat} sat")
            need(len(given) == len(terminals), "a terminal is given twice")
            for terminal in terminals:
                self.check_terminal(run, terminal, depth)
            seeds_sat = sum(fields(seed, "outpoint traced_sat")[1] for seed in run["seeds"])
            need(run["totals"] == totals, f"totals are {totals}")
            need(run["seeds_sat"] == seeds_sat == sum(totals.values()), f"seeds hold {seeds_sat}")
            need(run["seeds_net_sat"] == seeds_sat - totals.get("seed", 0), "seeds_net_sat")
            lines = ["seq,from_outpoint,txid,to_outpoint,value_sat,traced_sat"]
            for seq, (source, place, to, sat) in enumerate(hops):
                end = f"{facts.name[to]},{facts.value[to]}" if to else f",{facts.fee(place)}"
                lines.append(f"{seq},{facts.name[source]},{facts.txs[place].txid},{end},{sat}")
            facts.check_lines(name[:-4] + "hops.csv", lines)
            run.update(hops=hops, ends=ends)
            for count, number in (("hops", len(hops)), ("terminals", len(ends))):
                facts.checked[count] = facts.checked.get(count, 0) + number


def check_traces(facts: Any) -> Traces:
    """The parties and traces of the bundle, checked; raises AssertionError where one fails."""
    traces = Traces(facts)
    traces.check_parties()
    traces.check_runs()
    return traces
