"""The sections of docs/benchmarks.md on scale: ingest, memory, a day, late state, projection."""

from collections.abc import Mapping
from typing import Any

Result = Mapping[str, Any]


def scale_sections(results: Mapping[str, Result]) -> list[str]:
    """The sections for those of the results that are there, in Markdown lines."""
    lines: list[str] = []
    for name, section in (
        ("scale", _scale),
        ("late", _late),
        ("kill", _kill),
        ("projection", _projection),
    ):
        if name in results:
            lines += section(results[name])
    return lines


def _scale(result: Result) -> list[str]:
    made, ingest = result["input"], result["ingest"]
    verify, sql, day = result["verify"], result["sql"], result["day"]
    lines = [
        "",
        "## Scale",
        "",
        f"{_at(result)}, {result['runs']} runs after one that warms the caches; whole processes. "
        "The chain is",
        f"by `bench/chain`: {_gb(made['bytes'])}, {made['blocks']:,} blocks, {made['txs']:,} "
        f"transactions, {made['txins']:,} inputs,",
        f"{made['txouts']:,} outputs, {made['scripts']:,} scripts.",
        "",
        "| what | figure | least to most |",
        "| --- | --- | --- |",
        _row("ingest with look-ups", ingest["seconds"], "s"),
        _row("", ingest["mb_per_second"], "MB/s"),
        _row("", ingest["txs_per_second"], "tx/s"),
        _row("", ingest["txouts_per_second"], "outputs/s"),
        _row("anonymous memory", _in(ingest["peak_anon_bytes"], 1e6), "MB"),
        f"| store | {ingest['store_bytes'] / 1e6:,.0f} MB | |",
        _row("`chain verify`", verify["mb_per_second"], "MB/s"),
        _row("SQL: value by script type and year", sql["seconds"], "s"),
        f"| its memory | {sql['peak_rss_bytes'] / 1e6:,.0f} MB | |",
    ]
    if "peer" in result:
        peer = result["peer"]
        lines += [
            "",
            f"{peer['program']} on the same blocks in the same run, which only looks at each "
            f"transaction's parts: {peer['mb_per_second']} MB/s;",
            "peelchain's whole ingest is "
            f"{peer['seconds'] / ingest['seconds']['median']:.1f} times as fast.",
        ]
    memory, large = result["memory"], result["large_input"]
    lines += [
        "",
        f"{_gb(large['bytes'])} of such a chain, with `--memory {memory['cap_bytes'] >> 20}M` and "
        "without; the tables were the same, byte for byte:",
        "",
        "| | seconds | MB/s | anonymous memory |",
        "| --- | --- | --- | --- |",
    ]
    for name in ("uncapped", "capped"):
        told = memory[name]
        lines.append(
            f"| {name} | {told['seconds']:,.1f} | {told['mb_per_second']:,.1f} | "
            f"{told['peak_anon_bytes'] / (1 << 20):,.0f} MiB |"
        )
    return [
        *lines,
        "",
        f"The last {day['blocks']} blocks added to a store of the others: {day['seconds']:.1f} s.",
    ]


def _late(result: Result) -> list[str]:
    lines = [
        "",
        "## Late state",
        "",
        f"{_at(result)}. On top of virtual unspent outputs and scripts, of which the",
        "blocks spend and pay a share chosen evenly; ids as wide as late in the chain. Cold: the",
        "system had dropped every page of the state.",
        "",
        "| unspent outputs | scripts | state | old inputs, outputs | cache | added | MB/s | tx/s "
        "| anonymous memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for state in result["states"]:
        for cache in ("warm", "cold"):
            told = state[cache]
            shares = (
                f"{state['old_inputs_per_mille'] / 10:.0f} %, "
                f"{state['old_outputs_per_mille'] / 10:.0f} %"
            )
            lines.append(
                f"| {state['coins']:,} | {state['scripts']:,} | {_gb(state['state_bytes'])} | "
                f"{shares} | {cache} | {_gb(state['added_bytes'])} "
                f"| {told['mb_per_second']:,.1f} | "
                f"{told['txs_per_second']:,} | {told['peak_anon_bytes'] / (1 << 20):,.0f} MiB |"
            )
    return lines


def _kill(result: Result) -> list[str]:
    heights = [kill["tip_height"] for kill in result["kills"]]
    return [
        "",
        "## Kills",
        "",
        f"{_at(result)}. Ingest of {_gb(result['bytes'])} killed {len(heights)} times at random "
        "moments, each run going on from the last;",
        "the tables were those of an undisturbed ingest. Heights reached at the kills: "
        f"{', '.join(f'{h:,}' for h in heights)} (-1: nothing yet).",
    ]


def _projection(result: Result) -> list[str]:
    whole = result["whole"]
    hours, late, disk = (
        whole["hours"],
        whole["hours_at_late_rate_throughout"],
        whole["disk_gb"],
    )
    return [
        "",
        "## The whole chain",
        "",
        "![seconds by GB of blocks](projection.svg)",
        "",
        f"{_at(result)}. From the chains measured and the late state, to 800 GB, 1.4 billion "
        "transactions,",
        "3.8 billion outputs, 1.5 billion scripts. Each figure three times, by bytes, transactions",
        "and outputs: the generated mix is not mainnet's, so the truth lies somewhere about them.",
        "",
        "| | by bytes | by transactions | by outputs |",
        "| --- | --- | --- | --- |",
        _by("hours, rate falling evenly to the late one", hours),
        _by("hours, at the late rate throughout", late),
        _by("GB of store", disk),
        "",
        f"Anonymous memory {whole['peak_anon_bytes'] / (1 << 30):.1f} GiB. A disk slower than that "
        "measured on (1.4 GB/s, 40,000 reads a second)",
        "costs more, since late look-ups read it. Chain and store do not fit in memory then: the",
        "warm figures suppose that what late blocks touch does.",
    ]


def _at(result: Result) -> str:
    return f"Commit `{result['commit'][:12]}`"


def _by(what: str, figures: Mapping[str, float]) -> str:
    return f"| {what} | {figures['bytes']} | {figures['txs']} | {figures['txouts']} |"


def _row(what: str, spread: Mapping[str, float], unit: str) -> str:
    def shown(value: float) -> str:
        return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"

    median, least, most = (shown(spread[k]) for k in ("median", "least", "most"))
    return f"| {what} | {median} {unit} | {least}–{most} |"


def _in(spread: Mapping[str, float], unit: float) -> dict[str, float]:
    return {name: value / unit for name, value in spread.items()}


def _gb(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
