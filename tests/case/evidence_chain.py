"""A small regtest chain mined in Python, and a true evidence payload about it.

Nothing here comes from the verifier: transactions are written, not parsed, and values are shared
with fractions and with runs of satoshis. Only the package's scripts and canonical JSON are used.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

from peelchain import __version__, script
from peelchain.case.canonical import canonical_json, canonical_jsonl
from peelchain.network import REGTEST

Place = tuple[int, int]
Out = tuple[Place, int]
RULES = ("pro_rata", "index_fifo")
DATE = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
STAMP = "2026-01-31T12:00:00Z"
RATES = {
    ("2020-01-04", "EUR"): "6583.42",
    ("2020-01-04", "USD"): "7347.1",
    ("2020-01-05", "EUR"): "6600.005",
    ("2020-01-06", "EUR"): "6999.99999999",
    ("2020-01-06", "USD"): "7759.24",
}


def sha256d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def spk(name: str, kind: str = "p2wpkh") -> bytes:
    """A script of the kind, fixed by the name."""
    digest = sha256(name.encode()).digest()
    if kind == "p2pk":
        return script.p2pk(b"\x02" + digest)
    whole = {"p2wsh": script.p2wsh, "p2tr": script.p2tr}
    if kind in whole:
        return whole[kind](digest)
    short = {"p2pkh": script.p2pkh, "p2sh": script.p2sh, "p2wpkh": script.p2wpkh}
    return short[kind](digest[:20])


def address_of(script_pubkey: bytes) -> str | None:
    return script.address(script_pubkey, REGTEST)


def size_of(number: int) -> bytes:
    if number < 253:
        return bytes([number])
    return b"\xfd" + number.to_bytes(2, "little")


@dataclass(frozen=True)
class Tx:
    """A transaction with its parts and bytes; the txid is in display hex."""

    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[int, bytes], ...]
    raw: bytes
    stripped: bytes

    @property
    def txid(self) -> str:
        return sha256d(self.stripped)[::-1].hex()

    def out(self, vout: int) -> tuple[str, int]:
        return self.txid, vout


def make_tx(
    inputs: Sequence[tuple[str, int]],
    outputs: Sequence[tuple[int, bytes]],
    *,
    segwit: bool = False,
    script_sig: bytes = b"",
) -> Tx:
    body = size_of(len(inputs))
    for txid, vout in inputs:
        body += bytes.fromhex(txid)[::-1] + vout.to_bytes(4, "little")
        body += size_of(len(script_sig)) + script_sig + b"\xfd\xff\xff\xff"
    body += size_of(len(outputs))
    for value, script_pubkey in outputs:
        body += value.to_bytes(8, "little") + size_of(len(script_pubkey)) + script_pubkey
    head, tail = b"\x02\0\0\0", b"\0\0\0\0"
    stripped = head + body + tail
    raw = stripped
    if segwit:
        witness = b"\x02\x03sig\x04keys" * len(inputs)
        raw = head + b"\0\1" + body + witness + tail
    return Tx(tuple(inputs), tuple(outputs), raw, stripped)


def coinbase(tag: bytes, outputs: Sequence[tuple[int, bytes]]) -> Tx:
    return make_tx([("00" * 32, 0xFFFFFFFF)], outputs, script_sig=tag)


def merkle(leaves: list[bytes], index: int) -> tuple[bytes, list[str]]:
    """Root, and the branch of the leaf at `index` in display hex."""
    branch = []
    while len(leaves) > 1:
        if len(leaves) % 2:
            leaves = [*leaves, leaves[-1]]
        branch.append(leaves[index ^ 1][::-1].hex())
        leaves = [sha256d(leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
        index //= 2
    return leaves[0], branch


@dataclass
class Chain:
    """Blocks of a regtest chain from its genesis, with what each transaction spends."""

    headers: list[bytes] = field(default_factory=lambda: [REGTEST.genesis_header])
    blocks: list[list[Tx]] = field(default_factory=lambda: [[]])
    prevouts: dict[Place, list[Out]] = field(default_factory=dict)
    spender: dict[Out, Place] = field(default_factory=dict)
    latest: dict[str, Place] = field(default_factory=dict)

    def add(self, *txs: Tx, first: Tx | None = None) -> None:
        """Mines a block of the transactions, eight hours after the last one."""
        height = len(self.blocks)
        tag = b"\x02" + height.to_bytes(2, "little")
        block = [first or coinbase(tag, [(50 * 10**8, spk("miner"))]), *txs]
        for index, tx in enumerate(block):
            place = (height, index)
            if index:
                self.prevouts[place] = [(self.latest[txid], vout) for txid, vout in tx.inputs]
                for out in self.prevouts[place]:
                    assert out not in self.spender
                    self.spender[out] = place
                assert self.fee(tx, place) >= 0
            self.latest[tx.txid] = place
            if index == 0:
                self.blocks.append(block)
        root, _ = merkle([sha256d(tx.stripped) for tx in block], 0)
        seconds = int(datetime(2020, 1, 3, tzinfo=UTC).timestamp()) + height * 8 * 3600
        head = b"\0\0\0\x20" + sha256d(self.headers[-1]) + root + seconds.to_bytes(4, "little")
        nonce = 0
        while True:
            header = head + 0x207FFFFF.to_bytes(4, "little") + nonce.to_bytes(4, "little")
            if int.from_bytes(sha256d(header), "little") < 1 << 255:
                break
            nonce += 1
        self.headers.append(header)

    def tx(self, place: Place) -> Tx:
        return self.blocks[place[0]][place[1]]

    def output(self, out: Out) -> tuple[int, bytes]:
        return self.tx(out[0]).outputs[out[1]]

    def name(self, out: Out) -> str:
        return f"{self.tx(out[0]).txid}:{out[1]}"

    def fee(self, tx: Tx, place: Place) -> int:
        return sum(self.output(o)[0] for o in self.prevouts[place]) - sum(v for v, _ in tx.outputs)

    def places(self) -> list[Place]:
        return [(h, i) for h, block in enumerate(self.blocks) for i in range(len(block))]

    def time(self, height: int) -> str:
        seconds = int.from_bytes(self.headers[height][68:72], "little")
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Service:
    entity: str
    label: str
    category: str
    tagged: tuple[bytes, ...]
    scripts: tuple[bytes, ...]
    is_mixer: bool = False


@dataclass(frozen=True)
class Scene:
    """A chain and what is held to be known of it."""

    chain: Chain
    subject: tuple[bytes, ...]
    asked: tuple[str, ...]
    services: tuple[Service, ...]
    coinjoins: frozenset[Place] = frozenset()
    min_value_sat: int | None = None
    max_hops: int | None = None
    also_cited: frozenset[Place] = frozenset()


def largest_remainder(amount: int, weights: Sequence[int]) -> list[int]:
    if amount == 0:
        return [0] * len(weights)
    exact = [Fraction(amount * w, sum(weights)) for w in weights]
    parts = [int(share) for share in exact]
    ranked = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in ranked[: amount - sum(parts)]:
        parts[i] += 1
    return parts


Runs = list[tuple[int, bool]]
"""The satoshis of an output in order: (how many, traced?)."""


def cut(runs: Runs, sizes: Sequence[int]) -> list[Runs]:
    """The line of satoshis cut into pieces of the sizes."""
    pieces: list[Runs] = []
    line = list(runs)
    for size in sizes:
        piece: Runs = []
        while size:
            count, traced = line.pop(0)
            taken = min(count, size)
            piece.append((taken, traced))
            if taken < count:
                line.insert(0, (count - taken, traced))
            size -= taken
        pieces.append(piece)
    return pieces


def traced_of(runs: Runs) -> int:
    return sum(count for count, traced in runs if traced)


def fate(scene: Scene, direction: str, out: Out, depth: int) -> tuple[str, str | None] | None:
    """(type, entity) of the terminal an output is, None where the walk goes on."""
    chain, owner = scene.chain, {s: v for v in scene.services for s in v.scripts}
    value, script_pubkey = chain.output(out)
    if direction == "forward":
        if script_pubkey[:1] == b"\x6a":
            return "unspendable", None
        if script_pubkey in owner:
            service = owner[script_pubkey]
            return ("mixer" if service.is_mixer else "service"), service.entity
        if out not in chain.spender:
            return "unspent", None
        next_place = chain.spender[out]
    else:
        next_place = out[0]
        if next_place[1] == 0:
            return "coinbase", None
        for prevout in chain.prevouts[next_place]:
            service_ = owner.get(chain.output(prevout)[1])
            if service_ is not None:
                return ("mixer" if service_.is_mixer else "service"), service_.entity
    if next_place in scene.coinjoins:
        return "coinjoin", None
    if scene.min_value_sat is not None and value < scene.min_value_sat:
        return "cut", None
    if scene.max_hops is not None and depth >= scene.max_hops:
        return "cut", None
    return None


@dataclass
class Run:
    direction: str
    rule: str
    seeds: list[tuple[Out, int]]
    terminals: list[dict[str, Any]] = field(default_factory=list)
    hops: list[tuple[Out, Place, Out | None, int]] = field(default_factory=list)
    visited: set[Place] = field(default_factory=set)
    depth: dict[Out, int] = field(default_factory=dict)


def trace(scene: Scene, seeds: list[tuple[Out, int]], direction: str, rule: str) -> Run:
    """One run, by brute force over the whole chain in order."""
    chain, forward = scene.chain, direction == "forward"
    run = Run(direction, rule, seeds)
    seed_amounts = dict(seeds)
    held: dict[Out, Runs] = {}

    def rest(kind: str, out: Out, amount: int, entity: str | None) -> None:
        basis = {"unspent": "scan", "unresolved": "scan"}.get(kind, "fact")
        if kind in ("service", "mixer", "coinjoin"):
            basis = "inference"
        run.terminals.append(
            {
                "type": kind,
                "outpoint": chain.name(out),
                "txid": chain.tx(out[0]).txid,
                "value_sat": chain.output(out)[0],
                "traced_sat": amount,
                "entity": entity,
                "basis": basis,
            }
        )

    def arrive(out: Out, runs: Runs, depth: int, *, is_seed: bool) -> None:
        amount = traced_of(runs)
        if not amount:
            return
        if out in seed_amounts and not is_seed:
            rest("seed", out, amount, None)
            return
        run.depth[out] = depth
        end = fate(scene, direction, out, depth)
        if end:
            rest(end[0], out, amount, end[1])
        else:
            held[out] = runs

    for out, amount in seeds:
        spare = chain.output(out)[0] - amount
        arrive(out, [(amount, True), (spare, False)], 0, is_seed=True)
    for place in sorted(chain.prevouts, reverse=not forward):
        tx, inputs = chain.tx(place), chain.prevouts[place]
        made: list[Out | None] = [(place, vout) for vout in range(len(tx.outputs))]
        in_values = [chain.output(o)[0] for o in inputs]
        out_values = [value for value, _ in tx.outputs]
        if forward:
            made.append(None)
            out_values.append(chain.fee(tx, place))
        sources, source_values, sinks, sink_values = (
            (inputs, in_values, made, out_values)
            if forward
            else (made, out_values, inputs, in_values)
        )
        mine = [held.get(o) if o else None for o in sources]
        if not any(mine):
            continue
        run.visited.add(place)
        depth = 1 + min(run.depth[o] for o, runs in zip(sources, mine, strict=True) if o and runs)
        lines = [runs or [(v, False)] for runs, v in zip(mine, source_values, strict=True)]
        cells: dict[tuple[int, int], int] = {}
        if rule == "index_fifo":
            whole = [piece for line in lines for piece in line]
            padded = [*whole, (sum(sink_values) - sum(source_values), False)]
            got = cut(padded, sink_values)
            offsets = [sum(source_values[:i]) for i in range(len(sources))]
            for s, line in enumerate(lines):
                before = [(offsets[s], False)]
                after = [(sum(sink_values) - offsets[s] - source_values[s], False)]
                for k, piece in enumerate(cut(before + list(line) + after, sink_values)):
                    cells[(s, k) if forward else (k, s)] = traced_of(piece)
        else:
            amounts = [traced_of(line) for line in lines]
            shares = largest_remainder(sum(amounts), sink_values)
            got = [
                [(share, True), (value - share, False)]
                for share, value in zip(shares, sink_values, strict=True)
            ]
            rows, columns = (amounts, list(shares)) if forward else (shares, list(amounts))
            for i, row in enumerate(rows):
                for j, part in enumerate(largest_remainder(row, columns)):
                    cells[i, j] = part
                    columns[j] -= part
        for (i, j), amount in sorted(cells.items()):
            if amount:
                run.hops.append((inputs[i], place, made[j], amount))
        for sink, runs in zip(sinks, got, strict=True):
            if sink is None:
                if traced_of(runs):
                    run.terminals.append(
                        {
                            "type": "fee",
                            "outpoint": None,
                            "txid": tx.txid,
                            "value_sat": out_values[-1],
                            "traced_sat": traced_of(runs),
                            "entity": None,
                            "basis": "fact",
                        }
                    )
            else:
                arrive(sink, runs, depth, is_seed=False)
    total = sum(amount for _, amount in seeds)
    assert sum(t["traced_sat"] for t in run.terminals) == total
    return run


def trace_json(scene: Scene, run: Run) -> dict[str, Any]:
    seeds_sat = sum(amount for _, amount in run.seeds)
    totals: dict[str, int] = {}
    for terminal in run.terminals:
        kind = terminal["type"]
        totals[kind] = totals.get(kind, 0) + terminal["traced_sat"]
    return {
        "direction": run.direction,
        "rule": run.rule,
        "parameters": {"max_hops": scene.max_hops, "min_value_sat": scene.min_value_sat},
        "seeds": [{"outpoint": scene.chain.name(o), "traced_sat": s} for o, s in run.seeds],
        "seeds_sat": seeds_sat,
        "seeds_net_sat": seeds_sat - totals.get("seed", 0),
        "terminals": run.terminals,
        "totals": totals,
    }


def hops_csv(chain: Chain, run: Run) -> bytes:
    lines = ["seq,from_outpoint,txid,to_outpoint,value_sat,traced_sat"]
    for seq, (source, place, to, amount) in enumerate(run.hops):
        tx = chain.tx(place)
        value = chain.output(to)[0] if to else chain.fee(tx, place)
        shown = chain.name(to) if to else ""
        lines.append(f"{seq},{chain.name(source)},{tx.txid},{shown},{value},{amount}")
    return ("\n".join(lines) + "\n").encode()


def links_between(
    chain: Chain, scripts: Sequence[bytes]
) -> tuple[list[dict[str, Any]], set[Place]]:
    """multi_input links among the scripts, one per script beyond the first of a transaction."""
    links, used = [], set()
    for place in sorted(chain.prevouts):
        mine = sorted({chain.output(o)[1] for o in chain.prevouts[place]} & set(scripts))
        for other in mine[1:]:
            used.add(place)
            links.append(
                {
                    "txid": chain.tx(place).txid,
                    "rule": "multi_input",
                    "script_a": mine[0].hex(),
                    "script_b": other.hex(),
                }
            )
    return links, used


def money(value_sat: int, day: str) -> dict[str, str]:
    made = {}
    for (date, currency), price in RATES.items():
        if date == day:
            exact = Decimal(value_sat) * Decimal(price) / Decimal(10**8)
            made[currency] = str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
    return made


def add_up(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    total: dict[str, Decimal] = {}
    for row in rows:
        for currency, amount in row["fiat"].items():
            total[currency] = total.get(currency, Decimal("0.00")) + Decimal(amount)
    return {currency: str(amount) for currency, amount in total.items()}


def csv_of(rows: list[dict[str, Any]], columns: str) -> bytes:
    spread = {"traced_sat": RULES, "fiat": ("EUR", "USD")}
    head = [f"{c}_{p}" if p else c for c in columns.split() for p in spread.get(c, ("",))]
    lines = [",".join(head)]
    for row in rows:
        cells: list[str] = []
        for column in columns.split():
            value = row[column]
            if column in spread:
                cells += [str(value.get(part, "")) for part in spread[column]]
            elif isinstance(value, list):
                cells.append(" ".join(value))
            else:
                cells.append("" if value is None else str(value))
        lines.append(",".join(cells))
    return ("\n".join(lines) + "\n").encode()


def paths_of(scene: Scene, direction: str, runs: Sequence[Run]) -> dict[Out, tuple[Out, ...]]:
    """A shortest path in the direction of the money for each output by which a service pays or is
    paid; amounts play no part, but where a run ends no path goes on."""
    chain, forward = scene.chain, direction == "forward"
    seeds = runs[0].seeds
    stops = {t["outpoint"] for run in runs for t in run.terminals if t["type"] != "seed"}
    ends: dict[Out, tuple[Out, ...]] = {}
    starts = {out for out, _ in seeds}
    seen = set(starts)
    edge: list[tuple[Out, ...]] = [(out,) for out in sorted(starts)]
    while edge:
        following: list[tuple[Out, ...]] = []
        for path in edge:
            out = path[-1]
            end = fate(scene, direction, out, len(path) - 1)
            if end and end[0] == "service":
                ends[out] = path if forward else path[::-1]
            if end or chain.name(out) in stops:
                continue
            if forward:
                place = chain.spender[out]
                steps = [(place, vout) for vout in range(len(chain.tx(place).outputs))]
            else:
                steps = chain.prevouts[out[0]]
            for step in steps:
                if step not in seen and chain.output(step)[0]:
                    seen.add(step)
                    following.append((*path, step))
        edge = following
    return ends


def report_json(scene: Scene, runs: dict[tuple[str, str], Run]) -> dict[str, Any]:
    chain = scene.chain
    seeds = runs["backward", RULES[0]].seeds
    names = {out: f"R{n}" for n, (out, _) in enumerate(seeds, 1)}

    def row(out: Out, name: str, amount: int) -> dict[str, Any]:
        value, script_pubkey = chain.output(out)
        stamp = chain.time(out[0][0])
        return {
            "id": name,
            "outpoint": chain.name(out),
            "address": address_of(script_pubkey),
            "time_utc": stamp,
            "height": out[0][0],
            "value_sat": value,
            "fiat": money(amount, stamp[:10]),
        }

    receipts = [row(out, names[out], chain.output(out)[0]) for out, _ in seeds]

    def reached(out: Out, rule: str) -> set[Out]:
        if out in names:
            return {out}
        found: set[Out] = set()
        for source, _, to, _ in runs["backward", rule].hops:
            if source == out and to is not None:
                found |= reached(to, rule)
        return found

    sides: dict[str, list[dict[str, Any]]] = {}
    for side, direction in (("inflows", "backward"), ("outflows", "forward")):
        both = [runs[direction, rule] for rule in RULES]
        paths = paths_of(scene, direction, both)
        rows = []
        for n, out in enumerate(sorted(paths), 1):
            outpoint, path = chain.name(out), paths[out]
            traced = {
                run.rule: sum(
                    t["traced_sat"]
                    for t in run.terminals
                    if t["type"] == "service" and t["outpoint"] == outpoint
                )
                for run in both
            }
            made = row(out, f"{side[0].upper()}{n}", traced[RULES[0]])
            end = fate(scene, direction, out, len(path) - 1)
            assert end is not None
            made |= {
                "entity": end[1],
                "traced_sat": traced,
                "basis": "inference",
                "path": [chain.name(o) for o in path],
                "hops": len(path) - 1,
            }
            if side == "inflows":
                found = {path[-1]}.union(*(reached(out, rule) for rule in RULES))
                made["receipts"] = [
                    names[o] for o in sorted(found, key=lambda o: int(names[o][1:]))
                ]
            else:
                # Any of them will do: the verifier only asks that they are spent there.
                made["deposit_candidates"] = sorted(chain.name(o) for o in chain.prevouts[out[0]])
            rows.append(made)
        sides[side] = rows
    labels = {service.entity: service.label for service in scene.services}
    by_service = {
        side: [
            {
                "entity": entity,
                "label": labels[entity],
                "count": len(mine),
                "traced_sat": {r: sum(x["traced_sat"][r] for x in mine) for r in RULES},
                "fiat": add_up(mine),
            }
            for entity in sorted({x["entity"] for x in rows})
            for mine in [[x for x in rows if x["entity"] == entity]]
        ]
        for side, rows in sides.items()
    }
    first = RULES[0]
    internal = sum(
        t["traced_sat"] for t in runs["backward", first].terminals if t["type"] == "seed"
    )
    everything = receipts + sides["inflows"] + sides["outflows"]
    return {
        "title": "A site \u2013 \u00fcber <all>",
        "date_utc": STAMP,
        "network": "regtest",
        "tip": tip_of(chain),
        "subject": "site",
        "rules": list(RULES),
        "totals": {
            "receipts": len(receipts),
            "received_sat": sum(r["value_sat"] for r in receipts),
            "internal_sat": internal,
            "inflow_sat": sum(r["traced_sat"][first] for r in sides["inflows"]),
            "outflow_sat": sum(r["traced_sat"][first] for r in sides["outflows"]),
            "fiat": add_up(receipts),
        },
        "receipts": receipts,
        "inflows": sides["inflows"],
        "outflows": sides["outflows"],
        "by_service": by_service,
        "without_rate": sorted({r["outpoint"] for r in everything if len(r["fiat"]) < 2}),
    }


def tip_of(chain: Chain) -> dict[str, Any]:
    # A target of 7fffff at 32 bytes takes two tries of work, to the nearest whole number.
    return {
        "height": len(chain.headers) - 1,
        "hash": sha256d(chain.headers[-1])[::-1].hex(),
        "chainwork": f"{2 * len(chain.headers):064x}",
    }


def journal_jsonl(parameters: dict[str, Any]) -> bytes:
    """Two entries, hashed here by hand."""
    lines, prev = [], "0" * 64
    for seq, kind, body in (
        (1, "open", {"case": "demo"}),
        (2, "investigate", {"parameters": parameters}),
    ):
        entry = {"seq": seq, "time_utc": STAMP, "kind": kind, "body": body, "prev": prev}
        prev = sha256(canonical_json(entry)).hexdigest()
        lines.append(entry | {"hash": prev, "opened": {}, "signer": None, "signature": None})
    return canonical_jsonl(lines)


def chain_files(chain: Chain, cited: set[Place]) -> dict[str, bytes]:
    """The headers, the cited transactions and the blocks they are in."""
    blocks, transactions = [], []
    for height in sorted({place[0] for place in cited}):
        leaves = [sha256d(tx.stripped) for tx in chain.blocks[height]]
        blocks.append(
            {
                "height": height,
                "hash": sha256d(chain.headers[height])[::-1].hex(),
                "coinbase": chain.blocks[height][0].stripped.hex(),
                "branch": merkle(leaves, 0)[1],
            }
        )
        for place in sorted(p for p in cited if p[0] == height):
            tx = chain.tx(place)
            transactions.append(
                {
                    "txid": tx.txid,
                    "height": height,
                    "index": place[1],
                    "branch": merkle(leaves, place[1])[1],
                    "raw": tx.raw.hex(),
                }
            )
    return {
        "headers.bin": b"".join(chain.headers),
        "blocks.jsonl": canonical_jsonl(blocks),
        "transactions.jsonl": canonical_jsonl(transactions),
    }


def case_json(chain: Chain, parameters: dict[str, Any]) -> bytes:
    return canonical_json(
        {
            "format": "peelchain-evidence",
            "version": 1,
            "case": "demo",
            "date_utc": STAMP,
            "network": "regtest",
            "software": {"name": "peelchain", "version": __version__},
            "tip": tip_of(chain),
            "headers": {"from_height": 0, "count": len(chain.headers)},
            "parameters": parameters,
            "policy": "multi_input",
        }
    )


def payload_of(scene: Scene, seeds: list[tuple[Out, int]] | None = None) -> dict[str, bytes]:
    """Every file under data/ of a bundle that tells the truth about the scene.

    The seeds are the receipts of the subject, unless they are given.
    """
    chain = scene.chain
    seeds = seeds or [
        ((place, vout), value)
        for place in chain.places()
        for vout, (value, script_pubkey) in enumerate(chain.tx(place).outputs)
        if script_pubkey in scene.subject
        and value
        and not any(chain.output(o)[1] in scene.subject for o in chain.prevouts.get(place, ()))
    ]
    runs = {
        (direction, rule): trace(scene, seeds, direction, rule)
        for direction in ("backward", "forward")
        for rule in RULES
    }
    cited = {out[0] for out, _ in seeds}
    whole: set[Place] = set(scene.also_cited)
    for run in runs.values():
        whole |= run.visited
        for terminal in run.terminals:
            place = chain.latest[terminal["txid"]]
            cited.add(place)
            if run.direction == "backward" and terminal["type"] in ("service", "mixer"):
                whole.add(place)
    for direction in ("backward", "forward"):
        for path in paths_of(scene, direction, [runs[direction, rule] for rule in RULES]).values():
            whole |= {out[0] for out in path[direction == "forward" :]}
    entities, tags = [], []
    groups: list[tuple[dict[str, Any], tuple[bytes, ...], dict[bytes, str]]] = [
        (
            {
                "entity": "site",
                "role": "subject",
                "label": "the site",
                "category": None,
                "basis": "inference",
            },
            scene.subject,
            {s: "seed" for s in scene.subject if address_of(s) in scene.asked},
        )
    ]
    for service in scene.services:
        anchors = {}
        for n, script_pubkey in enumerate(service.tagged):
            tag_id = f"{service.entity}-{n}"
            anchors[script_pubkey] = f"tag:{tag_id}"
            tags.append(
                {
                    "tag_id": tag_id,
                    "address": address_of(script_pubkey),
                    "script_pubkey": script_pubkey.hex(),
                    "label": f"{service.label} hot wallet",
                    "category": service.category,
                    "actor": service.label,
                    "source": "https://tags.example",
                    "creator": None,
                    "confidence": "service_data",
                    "lastmod": "2021-01-01",
                    "file": "tags.yaml",
                }
            )
        groups.append(
            (
                {
                    "entity": service.entity,
                    "role": "service",
                    "label": service.label,
                    "category": service.category,
                    "basis": "inference",
                },
                service.scripts,
                anchors,
            )
        )
    for head, scripts, anchors in groups:
        links, used = links_between(chain, scripts)
        whole |= used
        entities.append(
            head
            | {
                "links": links,
                "scripts": [
                    {"script_pubkey": s.hex(), "address": address_of(s), "anchor": anchors.get(s)}
                    for s in scripts
                ],
            }
        )
    for place in whole:
        cited |= {place, *(out[0] for out in chain.prevouts[place])}
    parameters = {
        "seeds": list(scene.asked),
        "rules": list(RULES),
        "max_hops": scene.max_hops,
        "min_value_sat": scene.min_value_sat,
    }
    report = report_json(scene, runs)
    rates = "".join(
        f"{d},{c},{p},daily list, of the tests\n" for (d, c), p in sorted(RATES.items())
    )
    common = "id {} outpoint address time_utc height value_sat {} fiat {}"
    payload = {
        **chain_files(chain, cited),
        "case.json": case_json(chain, parameters),
        "entities.jsonl": canonical_jsonl(entities),
        "tags.jsonl": canonical_jsonl(tags),
        "rates.csv": f"date,currency,price,source\n{rates}".encode(),
        "report.json": canonical_json(report),
        "receipts.csv": csv_of(report["receipts"], common.format("", "", "")),
        "inflows.csv": csv_of(
            report["inflows"], common.format("entity", "traced_sat", "receipts hops basis")
        ),
        "outflows.csv": csv_of(
            report["outflows"],
            common.format("entity", "traced_sat", "hops deposit_candidates basis"),
        ),
        "report.pdf": b"%PDF-1.7\nany bytes\n",
        "journal.jsonl": journal_jsonl(parameters),
    }
    for (direction, rule), run in runs.items():
        payload[f"traces/{direction}-{rule}.json"] = canonical_json(trace_json(scene, run))
        payload[f"traces/{direction}-{rule}.hops.csv"] = hops_csv(chain, run)
    return payload


def scene() -> Scene:
    """Two exchanges, a mixer, a CoinJoin and a site: every type of terminal but `unresolved`."""
    chain = Chain()
    n1, n2, n3 = spk("n1"), spk("n2", "p2pkh"), spk("n3", "p2sh")
    s1, s2, mixer = spk("s1", "p2tr"), spk("s2", "p2wsh"), spk("m")
    a1, a2, a3 = spk("a1"), spk("a2", "p2pkh"), spk("a3", "p2tr")
    coin = 10**8
    # The same coinbase twice: the later one is the one that is spent (BIP 30).
    double = coinbase(b"twice", [(7 * coin, spk("x1", "p2pk")), (3 * coin, spk("x2"))])
    fund = coinbase(b"fund", [(9 * coin, n1), (8 * coin, n2), (7 * coin, n3), (2 * coin, spk("v"))])
    fund2 = coinbase(b"fund2", [(5 * coin, s1), (4 * coin, s2), (6 * coin, n3)])
    chain.add(first=double)
    chain.add(first=fund)
    chain.add(first=double)
    chain.add(first=fund2)
    t1 = make_tx(
        [fund.out(0), fund.out(1)],
        [(4 * coin + 1, spk("u1")), (3 * coin, spk("w1")), (9 * coin, n1)],
    )
    t2 = make_tx([fund.out(2), t1.out(2)], [(2 * coin, spk("u2")), (13 * coin, n3)], segwit=True)
    t0 = make_tx([fund2.out(0), fund2.out(1)], [(8 * coin, s2), (99_999_000, s1)])
    chain.add(t1, t2, t0)
    t3 = make_tx(
        [t1.out(0), double.out(0)], [(7 * coin + 12_345, a1), (3 * coin, spk("u1c"))], segwit=True
    )
    t4 = make_tx([fund2.out(2)], [(123_456_789, a2), (4 * coin, n3)])
    t5 = make_tx([t2.out(0), double.out(1)], [(4 * coin + 77, a3), (99_990_000, spk("u2c"))])
    chain.add(t3, t4, t5)
    t6 = make_tx(
        [t3.out(0), t5.out(0)],
        [(6 * coin, spk("p1")), (3 * coin, spk("p2", "p2tr")), (190_000_000, a1)],
    )
    chain.add(t6)
    t7 = make_tx(
        [t6.out(0), fund.out(3)], [(5 * coin, a2), (299_000_000, spk("p3")), (400, spk("dust"))]
    )
    t8 = make_tx(
        [t7.out(1), t6.out(2)], [(3 * coin, s2), (150_000_000, spk("p4")), (38_000_000, spk("d1"))]
    )
    chain.add(t7, t8)
    t9 = make_tx(
        [t6.out(1), t4.out(0)],
        [
            (2 * coin, mixer),
            (100_000, script.op_return(b"hello")),
            (0, script.op_return(b"zero")),
            (223_000_001, spk("p5")),
        ],
    )
    join = make_tx(
        [t9.out(3), t5.out(1)], [(coin, spk("j1")), (coin, spk("j2")), (coin, spk("j3"))]
    )
    sweep = make_tx([t8.out(2), t7.out(2), t1.out(1)], [(337_000_000, s1)], segwit=True)
    chain.add(t9, join, sweep)
    chain.add()
    return Scene(
        chain=chain,
        subject=(a1, a2, a3),
        asked=(str(address_of(a1)), str(address_of(a2))),
        services=(
            Service("north", "Exchange North", "exchange", (n1,), (n1, n2, n3)),
            Service("south", "Exchange South", "exchange", (s1, s2), (s1, s2)),
            Service("mix", "A Mixer", "mixing_service", (mixer,), (mixer,), is_mixer=True),
        ),
        coinjoins=frozenset({chain.latest[join.txid]}),
        min_value_sat=1000,
    )


def faint_scene() -> Scene:
    """Value that comes from a service and goes to one though every amount rounds to nothing.

    The bundle cites more than it has to, so that paths can be drawn where none should be: through a
    CoinJoin, a service, a receipt, an output without value.
    """
    chain = Chain()
    coin = 10**8
    n1, s1, a1, a2 = spk("n1"), spk("s1"), spk("a1"), spk("a2")
    fund = coinbase(b"fund", [(10 * coin, n1), (9 * coin, spk("big")), (coin, spk("c"))])
    fund2 = coinbase(b"fund2", [(49 * coin, spk("q")), (50 * coin, spk("r")), (coin, s1)])
    chain.add(first=fund)
    chain.add(first=fund2)
    paid = make_tx([fund.out(0)], [(1500, spk("w1")), (9 * coin, n1)])
    mixed = make_tx([paid.out(0), fund.out(1)], [(899_990_000, spk("b")), (2000, spk("w2"))])
    bought = make_tx([mixed.out(1), fund.out(2)], [(coin, a1)])
    spent = make_tx(
        [bought.out(0), fund2.out(0)],
        [(48 * coin, spk("p1")), (1500, spk("p2")), (0, spk("p3")), (coin, spk("p4"))],
    )
    swept = make_tx(
        [spent.out(1), fund2.out(1), spent.out(2)], [(50 * coin, spk("p5")), (1500, s1)]
    )
    back = make_tx([spent.out(3)], [(coin - 500, a2)])
    join = make_tx([spent.out(0)], [(24 * coin, spk("j1")), (24 * coin - 500, spk("j2"))])
    after = make_tx([join.out(0)], [(23 * coin, s1)])
    onward = make_tx([swept.out(1), fund2.out(2)], [(coin, n1)])
    for tx in (paid, mixed, bought, spent, swept, back, join, after, onward):
        chain.add(tx)
    return Scene(
        chain=chain,
        subject=(a1, a2),
        asked=(str(address_of(a1)), str(address_of(a2))),
        services=(
            Service("north", "Exchange North", "exchange", (n1,), (n1,)),
            Service("south", "Exchange South", "exchange", (s1,), (s1,)),
        ),
        coinjoins=frozenset({chain.latest[join.txid]}),
        also_cited=frozenset(chain.latest[tx.txid] for tx in (join, after, onward)),
    )


def random_scene(seed: int) -> Scene:
    """A tangle of spends among services, a site and others, fixed by the seed."""
    dice = random.Random(seed)
    chain, unspent = Chain(), list[tuple[str, int, int]]()
    named = {kind: [spk(f"{kind}{n}") for n in range(3)] for kind in ("site", "north", "other")}
    everyone = (
        named["site"] + named["north"] + named["other"] * 4 + [spk(f"o{n}") for n in range(20)]
    )
    for height in range(1, 13):
        first = coinbase(
            b"cb%d" % height, [(dice.randrange(1, 5000), dice.choice(everyone)) for _ in range(3)]
        )
        txs = []
        for _ in range(dice.randrange(4)):
            dice.shuffle(unspent)
            spent, unspent = unspent[: dice.randrange(1, 4)], unspent[3:]
            worth = sum(value for _, _, value in spent)
            if not worth:
                continue
            marks = sorted(dice.randrange(worth + 1) for _ in range(dice.randrange(1, 5)))
            values = [b - a for a, b in zip([0, *marks], marks, strict=False)]
            tx = make_tx(
                [(t, v) for t, v, _ in spent],
                [(v, dice.choice(everyone)) for v in values],
                segwit=dice.random() < 0.5,
            )
            txs.append(tx)
            unspent += [(tx.txid, n, value) for n, value in enumerate(values)]
        chain.add(*txs, first=first)
        unspent += [(first.txid, n, value) for n, (value, _) in enumerate(first.outputs)]
    north = tuple(named["north"])
    return Scene(
        chain=chain,
        subject=tuple(named["site"]),
        asked=tuple(str(address_of(s)) for s in named["site"]),
        services=(Service("north", "North", "exchange", north, north),),
        min_value_sat=dice.choice([None, 50]),
        max_hops=dice.choice([None, 1, 2, 4]),
    )
