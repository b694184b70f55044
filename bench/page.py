"""docs/benchmarks.md, rendered from the saved results."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.bounds_page import bounds_section
from bench.bundle_page import bundle_section
from bench.cluster_page import cluster_section
from bench.esplora_page import esplora_section
from bench.extract_page import extract_section
from bench.join_table_page import join_table_section
from bench.measure import RESULTS, ROOT, saved
from bench.rpc_page import rpc_section
from bench.scale_page import scale_sections
from bench.stored_page import stored_section
from bench.tags_page import tags_section
from bench.trace_page import trace_section
from bench.web_page import web_section

PAGE = ROOT / "docs" / "benchmarks.md"

_WORK = {
    "ingest": "all of it: check, resolve spends, number scripts, write the store",
    "rows": "every transaction, input and output looked at; nothing resolved, nothing written",
    "txids": "txids alone",
}
_PARSER_WORK = {
    "walk": "parse; no hash",
    "txids": "parse; txids",
    "rows": "parse; txids, wtxids, the rows of inputs and outputs",
    "checked": "the same, and check the Merkle root and the witness commitment",
}


def write_page() -> Path:
    """Renders docs/benchmarks.md from what bench/results holds, and gives its path."""
    results = {p.stem: saved(p.stem) for p in sorted(RESULTS.glob("*.json"))}
    PAGE.write_text(benchmarks_page(results))
    return PAGE


def benchmarks_page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page, in Markdown. `results` maps the name of a benchmark to its saved result."""
    lines = [
        "# Benchmarks",
        "",
        "Rendered by `make bench` from `bench/results`; `bench/README.md` says what is measured",
        "and how to read it. Medians; in brackets the least and the most of all runs. MB are",
        "millions of bytes of raw blocks. The programs ran in turns on the same blocks and gave",
        "the same answers: sum of txids, counts, sum of values.",
    ]
    if "ingest" in results:
        lines += _ingest(results["ingest"])
    if "rpc" in results:
        lines += rpc_section(results["rpc"])
    if "parser" in results:
        lines += _parser(results["parser"])
    if "lookup" in results:
        lines += _lookup(results["lookup"])
    if "cluster" in results:
        lines += cluster_section(results["cluster"])
    if "explain" in results:
        lines += _explain(results["explain"])
    if "trace" in results:
        lines += trace_section(results["trace"])
    if "stored" in results:
        lines += stored_section(results["stored"])
    if "bounds" in results:
        lines += bounds_section(results["bounds"])
    if "join_table" in results:
        lines += join_table_section(results["join_table"])
    if "bundle" in results:
        lines += bundle_section(results["bundle"])
    if "extract" in results:
        lines += extract_section(results["extract"], _where(results["extract"]))
    if "tags" in results:
        lines += tags_section(results["tags"])
    if "web" in results:
        lines += web_section(results["web"])
    if "esplora" in results:
        lines += esplora_section(results["esplora"])
    lines += scale_sections(results)
    return "\n".join(lines) + "\n"


def _ingest(result: Mapping[str, Any]) -> list[str]:
    lines = ["", "## Ingest", "", _where(result), f"{result['runs']} runs of each program."]
    for name, facts in result["inputs"].items():
        rows = [r for r in result["results"] if r["input"] == name]
        counts = [f"{facts['bytes'] / 1e6:.1f} MB", f"{facts['blocks']:,} blocks"]
        counts.append(f"{facts['txs']:,} transactions")
        if facts["txouts"] is not None:
            counts += [f"{facts['txins']:,} inputs", f"{facts['txouts']:,} outputs"]
        lines += ["", f"### {name}", "", f"{_sentence(facts['what'])} {', '.join(counts)}.", ""]
        lines += _table(
            ("program", "work", "seconds", "MB/s", "tx/s", "outputs/s", "peak memory", "store"),
            [
                (
                    f"{r['program']} {r['version']}",
                    r["work"],
                    _seconds(r["seconds"]),
                    f"{r['mb_per_second']:,.1f}",
                    f"{r['txs_per_second']:,}",
                    "" if r["txouts_per_second"] is None else f"{r['txouts_per_second']:,}",
                    f"{r['peak_rss_bytes'] / 1e6:,.0f} MB",
                    "" if r["store_bytes"] is None else f"{r['store_bytes'] / 1e6:,.1f} MB",
                )
                for r in rows
            ],
        )
        if told := list(_comparisons(rows, facts["bytes"])):
            lines += ["", *told]
    lines += ["", "Work:", ""]
    return lines + [f"- *{work}*: {what}." for work, what in _WORK.items()]


def _comparisons(rows: Sequence[Mapping[str, Any]], size: int) -> Iterable[str]:
    for row in rows:
        if inner := row["seconds_after_start"]:
            yield (
                f"- Of peelchain's ingest, {_seconds(inner)} s come after Python and its libraries "
                f"have started: {size / inner['median'] / 1e6:,.1f} MB/s."
            )
        if ratio := row.get("times_peelchain"):
            peer = f"{row['program']} ({row['work']})"
            yield f"- {peer} takes {_seconds(ratio)} times as long as peelchain ({ratio['work']})."


def _parser(result: Mapping[str, Any]) -> list[str]:
    facts = result["input"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    lines = [
        "",
        "## Parsers",
        "",
        _where(result),
        f"{result['rounds']} rounds, one core, {facts['blocks']} real blocks in memory: "
        f"{facts['bytes'] / 1e6:.1f} MB, {facts['txs']:,} transactions, {facts['txins']:,} inputs, "
        f"{facts['txouts']:,} outputs.",
        f"{versions}. See [ADR 0002](adr/0002-block-parser.md).",
        "",
    ]
    lines += _table(
        ("work", "parser", "MB/s", "tx/s", "allocations", "allocated"),
        [
            (
                r["work"],
                r["parser"],
                _speed(r, facts["bytes"]),
                f"{r['txs_per_second']:,}",
                f"{r['allocations']:,}",
                f"{r['allocated_bytes'] / 1e6:.1f} MB",
            )
            for r in result["parsers"]
        ],
    )
    lines += ["", "Work:", ""]
    lines += [f"- *{work}*: {what}." for work, what in _PARSER_WORK.items()]
    lines += ["", "Double SHA-256, MB/s by the size of the message:", ""]
    sizes = sorted({r["message_bytes"] for r in result["hashes"]})
    names = list(dict.fromkeys(r["hash"] for r in result["hashes"]))
    cells = {(r["hash"], r["message_bytes"]): f"{r['mb_per_second']:,}" for r in result["hashes"]}
    lines += _table(
        ("library", *(f"{size:,} bytes" for size in sizes)),
        [(name, *(cells.get((name, size), "") for size in sizes)) for name in names],
    )
    return lines


def _lookup(result: Mapping[str, Any]) -> list[str]:
    counts = result["store"]["counts"]
    lines = [
        "",
        "## Look-ups",
        "",
        _where(result),
        f"A store of {counts['txs']:,} transactions, {counts['txouts']:,} outputs and "
        f"{counts['scripts']:,} scripts in {result['store']['segments']} segments; transactions "
        "and addresses drawn evenly from all. In an open store; cold means that no page of its "
        "look-ups and tables was in memory. An address is looked up with its latest 10,000 "
        "receipts and spends, and the sums of all.",
        "",
    ]
    lines += _table(
        ("milliseconds", "median", "99th percentile", "most"),
        [
            (
                f"{kind}, {state}",
                *(f"{1000 * told[end]:,.3f}" for end in ("median", "p99", "most")),
            )
            for kind in ("txid", "address")
            for state, told in (
                ("warm", result[kind]["warm_seconds"]),
                ("cold", result[kind]["cold_seconds"]),
            )
        ],
    )
    lines += ["", f"Whole processes, {result['runs']} runs each:", ""]
    lines += _table(
        ("command", "seconds", "processor seconds", "peak memory"),
        [
            (
                f"`{name}`",
                _seconds(told["seconds"]),
                _seconds(told["cpu_seconds"]),
                f"{told['peak_rss_bytes'] / 1e6:,.0f} MB",
            )
            for name, told in result["commands"].items()
        ],
    )
    this, whole = (result["open_seconds"][name]["median"] for name in ("this", "whole_chain"))
    lines += [
        "",
        f"Opening this store takes {1000 * this:.1f} ms; a manifest of 900 segments, as the whole "
        f"chain would have, {1000 * whole:.1f} ms.",
    ]
    return lines


def _explain(result: Mapping[str, Any]) -> list[str]:
    large, demo = result["large"], result["demo"]
    work = {
        "read": "both tables read, the cluster's links taken out",
        "graph": "graph of scripts and transactions",
        "chain": "shortest chain",
        "cut": "weakest cut of at most 16, and what falls away",
        "whole": "all of it",
        "peer_flow": f"{large['peer']}, its graph at hand",
    }
    lines = [
        "",
        "## Explanations",
        "",
        _where(result),
        f"A cluster of {large['scripts']:,} scripts by {large['memberships']:,} memberships in "
        f"transactions, in a table of {large['links']:,} links; {large['pairs']} pairs of its "
        "scripts, the most used among them. For each pair scipy's flow is the size of the cut, "
        "its breadth-first search as long as the chain, and without the cut its components part "
        "the two with as many scripts on each side.",
        "",
    ]
    lines += _table(
        ("seconds", "median", "least", "most"),
        [
            (what, *(f"{large['seconds'][step][end]:.3f}" for end in ("median", "least", "most")))
            for step, what in work.items()
        ],
    )
    lines += [
        "",
        f"The demo's chain (`{demo['what']}`): {demo['txs']:,} transactions, {demo['scripts']:,} "
        f"scripts, {demo['greatest_cluster']:,} in the greatest cluster; {demo['pairs']} pairs of "
        "addresses, half of them joined. The whole answer, from opening the store on; and the "
        "command as a whole process.",
        "",
    ]
    lines += _table(
        ("milliseconds", "median", "least", "most"),
        [
            (what, *(f"{1000 * demo[name][end]:,.1f}" for end in ("median", "least", "most")))
            for name, what in (
                ("joined", "joined: chain, cut, superclusters"),
                ("apart", "not joined: what came nearest, payments"),
                ("process", "`peelchain cluster explain`"),
            )
        ],
    )
    return lines


def _where(result: Mapping[str, Any]) -> str:
    machine = result["machine"]
    sha = "with" if machine["sha_extensions"] else "without"
    changed = " with changes not yet committed" if result["changed_since"] else ""
    return (
        f"{machine['cpu']} ({sha} SHA instructions), {machine['cores']} cores, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB, {machine['system']}, "
        f"Python {machine['python']}, load {machine['load_before']} before the start; "
        f"commit `{result['commit'][:12]}`{changed}."
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _seconds(seconds: Mapping[str, float]) -> str:
    return f"{seconds['median']:.2f} ({seconds['least']:.2f}–{seconds['most']:.2f})"


def _speed(row: Mapping[str, Any], size: int) -> str:
    slow, fast = (size / row["seconds"][end] / 1e6 for end in ("most", "least"))
    return f"{row['mb_per_second']:,} ({slow:,.0f}–{fast:,.0f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]
