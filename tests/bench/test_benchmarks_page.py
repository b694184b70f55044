from bench.measure import RESULTS, ROOT, saved
from bench.page import benchmarks_page

PROVENANCE = {"benchmark", "commit", "changed_since", "machine"}
MACHINE = {"cpu", "sha_extensions", "cores", "memory_bytes", "system", "python", "load_before"}


def results():
    return {path.stem: saved(path.stem) for path in sorted(RESULTS.glob("*.json"))}


def test_the_page_is_rendered_from_the_saved_results():
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    assert page == benchmarks_page(results()), "run 'make bench', or render with bench.page"


def test_every_saved_result_says_where_it_was_measured_and_does_not_name_the_machine():
    found = results()
    assert {"ingest", "parser"} <= found.keys()
    for result in found.values():
        assert result.keys() >= PROVENANCE
        assert result["machine"].keys() == MACHINE


def test_every_input_was_also_read_by_a_peer_and_its_content_is_pinned():
    ingest = saved("ingest")
    for name, facts in ingest["inputs"].items():
        assert len(bytes.fromhex(facts["sha256"])) == 32
        programs = {r["program"] for r in ingest["results"] if r["input"] == name}
        assert "peelchain" in programs
        assert programs - {"peelchain"}


def test_speeds_follow_from_the_medians():
    ingest = saved("ingest")
    for row in ingest["results"]:
        size = ingest["inputs"][row["input"]]["bytes"]
        assert abs(row["mb_per_second"] - size / row["seconds"]["median"] / 1e6) < 0.01
        assert row["seconds"]["least"] <= row["seconds"]["median"] <= row["seconds"]["most"]


def test_a_peer_that_is_faster_is_shown_as_faster():
    ingest = saved("ingest")
    name = next(iter(ingest["inputs"]))
    row = {
        "input": name,
        "version": "1",
        "seconds": {"median": 1.0, "least": 1.0, "most": 1.0},
        "mb_per_second": 1.0,
        "txs_per_second": 1,
        "txouts_per_second": None,
        "peak_rss_bytes": 1,
        "store_bytes": None,
        "seconds_after_start": None,
    }
    ours = {**row, "program": "peelchain", "work": "ingest"}
    half = {"median": 0.5, "least": 0.5, "most": 0.5}
    ratio = {"work": "ingest", **half}
    peer = {**row, "program": "peer", "work": "rows", "seconds": half, "times_peelchain": ratio}
    result = {**ingest, "inputs": {name: ingest["inputs"][name]}, "results": [ours, peer]}
    page = benchmarks_page({"ingest": result})
    assert "peer (rows) takes 0.50 (0.50–0.50) times as long as peelchain (ingest)" in page
