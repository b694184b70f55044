"""How fast the page's server answers on the demo's chain: `python -m bench.bench_web`.

500 requests each of the pages and of `expand`, one after another over a connection that is kept,
to a real server; beside it the same neighbours by SQL in DuckDB, whose sums must be equal. Fails
where a page takes 200 ms or `expand` 300 ms at the 95th percentile, or where a picture of 2,000
elements moves at 30 frames a second or less. Writes bench/results/web.json and docs/benchmarks.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import httpx
from bench.measure import BenchError, commit, machine, save
from bench.page import write_page
from bench.scale import scratch
from bench.web.canvas_frames import frames
from bench.web.neighbours_duckdb import neighbours
from bench.web.server import WHAT, demo, serving
from bench.web.subjects import Subjects, subjects

from peelchain.actions.view import StoreView
from peelchain.script import script_pubkey
from peelchain.store.sql import connect

SEED = 19
PAGE_SECONDS, EXPAND_SECONDS = 0.2, 0.3
"""What the 95th percentile stays below."""

Ask = Callable[[], httpx.Response]
Expanded = tuple[str, str, str, str, str]
"""Kind and name of a node, direction, what its neighbours are shown as, their order."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed, was wrong or too slow."""
    parser = argparse.ArgumentParser(description="How fast the page's server answers.")
    parser.add_argument("--requests", type=int, default=500, help="of each kind")
    parser.add_argument("--compared", type=int, default=100, help="expansions that DuckDB repeats")
    parser.add_argument("--folder", type=Path, help="with `store` and `cases`, not made afresh")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        with scratch("web") as made:
            folder = chosen.folder or demo(made / "demo")
            result = measure(folder, chosen.requests, chosen.compared)
    except BenchError as e:
        print(f"bench_web: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("web", result).name)
        print(write_page().name)
    return 0


def measure(folder: Path, requests: int, compared: int) -> dict[str, Any]:
    """The whole result, as bench/results/web.json holds it. Raises BenchError."""
    result: dict[str, Any] = {"benchmark": "web", **commit(), "machine": machine(), "what": WHAT}
    with StoreView(folder / "store") as view, serving(folder) as client:
        result["counts"] = view.store.manifest.counts
        drawn = subjects(view, requests, SEED)
        result["pages"] = {}
        for name, paths in _pages(drawn, requests).items():
            told = _measured([_getting(client, path, query) for path, query in paths])
            result["pages"][name] = told
            _check(name, told, PAGE_SECONDS)
        expansions = _expansions(drawn, requests)
        result["expand"] = _measured([_expanding(client, one) for one in expansions])
        _check("expand", result["expand"], EXPAND_SECONDS)
        result["compared"] = _beside_duckdb(view, client, expansions[:compared])
        result["canvas"] = frames(client)
    return result


def _pages(drawn: Subjects, count: int) -> dict[str, list[tuple[str, dict[str, str]]]]:
    chance = Random(SEED)
    names = [*drawn.txs, *drawn.addresses, *drawn.services, *drawn.blocks]
    asked: dict[str, list[tuple[str, dict[str, str]]]] = {
        "transaction": [(f"/api/tx/{tx}", {}) for tx in drawn.txs],
        "address": [(f"/api/address/{a}", {}) for a in drawn.addresses],
        "cluster": [(f"/api/cluster/{a}", {}) for a in drawn.clusters],
        "service": [(f"/api/service/{party}", {}) for party in drawn.services],
        "block": [(f"/api/block/{block}", {}) for block in drawn.blocks],
        "search": [("/api/search", {"q": name[: chance.choice((6, 90))]}) for name in names],
        "why": [
            ("/api/why", {"a": a, "b": b})
            for a, b in zip(drawn.addresses, drawn.addresses[1:], strict=False)
        ],
    }
    return {
        name: [paths[i % len(paths)] for i in range(count)]
        if len(paths) < count
        else chance.sample(paths, count)
        for name, paths in asked.items()
    }


def _expansions(drawn: Subjects, count: int) -> list[Expanded]:
    """Random nodes of every kind each way as every kind in every order; the busiest first."""
    chance = Random(SEED)
    nodes = [
        node
        for some in zip(drawn.clusters, drawn.addresses, drawn.txs, strict=False)
        for node in zip(("cluster", "address", "tx"), some, strict=True)
    ]
    return [
        (
            *nodes[i],
            chance.choice(("in", "out")),
            chance.choice(("tx", "address", "cluster")),
            chance.choice(("value", "time", "tag")),
        )
        for i in range(count)
    ]


def _getting(client: httpx.Client, path: str, query: dict[str, str]) -> Ask:
    return lambda: client.get(path, params=query)


def _expanding(client: httpx.Client, one: Expanded) -> Ask:
    kind, name, direction, shown, order = one
    asked = {"node": f"{kind}:{name}", "direction": direction, "as": shown, "order": order}
    return lambda: client.post("/api/flow/expand", json=asked)


def _measured(asks: Sequence[Ask]) -> dict[str, float | int]:
    """Seconds from asking to the last byte of the answer, each asked once."""
    seconds, size = [], 0
    for ask in asks:
        start = time.perf_counter()
        answer = ask()
        seconds.append(time.perf_counter() - start)
        size = max(size, len(answer.content))
        if answer.status_code != 200:
            raise BenchError(f"{answer.request.url.path}: {answer.status_code} {answer.text[:200]}")
    return {
        "requests": len(seconds),
        "median": round(median(seconds), 6),
        "p95": round(sorted(seconds)[int(len(seconds) * 0.95)], 6),
        "most": round(max(seconds), 6),
        "most_bytes": size,
    }


def _check(name: str, told: dict[str, float | int], most: float) -> None:
    print(f"  {name}: {json.dumps(told)}", file=sys.stderr)
    if told["p95"] >= most:
        raise BenchError(f"{name} takes {told['p95']:.3f} s at the 95th percentile, not {most} s")


def _beside_duckdb(
    view: StoreView, client: httpx.Client, expansions: Sequence[Expanded]
) -> dict[str, Any]:
    """The same neighbours from the server and by SQL, in turns; sums and counts are compared."""
    ours, theirs = [], []
    connection = connect(view.store)
    try:
        for one in expansions:
            kind, name, direction, shown, _ = one
            key = name if kind == "tx" else script_pubkey(name, view.network)
            start = time.perf_counter()
            answer = _expanding(client, one)()
            between = time.perf_counter()
            rows = neighbours(connection, kind, key, direction, shown)
            theirs.append(time.perf_counter() - between)
            ours.append(between - start)
            found = _sums(client, one)
            expected = sorted((int(sat) for _, sat in rows), reverse=True)
            if answer.status_code != 200 or found != expected:
                raise BenchError(f"{one} has other neighbours by SQL")
    finally:
        connection.close()
    return {
        "requests": len(ours),
        "equal": True,
        "peelchain": {"median": round(median(ours), 6), "most": round(max(ours), 6)},
        "duckdb": {"median": round(median(theirs), 6), "most": round(max(theirs), 6)},
    }


def _sums(client: httpx.Client, one: Expanded) -> list[int]:
    """The satoshis of every neighbour that is no end, greatest first, over all pages."""
    return sorted(_every_sum(client, one), reverse=True)


def _every_sum(client: httpx.Client, one: Expanded) -> Iterator[int]:
    kind, name, direction, shown, _ = one
    near, far = ("to", "from") if direction == "in" else ("from", "to")
    offset = 0
    while True:
        asked = {"node": f"{kind}:{name}", "direction": direction, "as": shown}
        told = client.post(
            "/api/flow/expand", json={**asked, "limit": 200, "offset": offset}
        ).json()
        edges = [e for e in told["edges"] if e[near] == told["node"]]
        yield from (e["value_sat"] for e in edges if not e[far].startswith("end:"))
        if not told["more"]:
            return
        offset += 200


if __name__ == "__main__":
    sys.exit(main())
