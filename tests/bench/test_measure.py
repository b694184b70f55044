import sys

import pytest
from bench.bench_ingest import Contender, agreed
from bench.measure import BenchError, run


@pytest.fixture(autouse=True)
def folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PEELCHAIN_BENCH_DIR", str(tmp_path))


def program(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_peak_memory_is_that_of_the_command_and_not_of_the_one_who_asks():
    ballast = b"x" * 300_000_000
    small = run(program("print('done')"))
    large = run(program("print(len(b'x' * 200_000_000))"))
    assert len(ballast) > small.peak_rss_bytes
    assert small.peak_rss_bytes < 100_000_000 < 200_000_000 < large.peak_rss_bytes
    assert small.stdout == "done\n"


def test_a_command_that_fails_is_no_measurement():
    with pytest.raises(BenchError, match="no such block"):
        run(program("raise SystemExit('no such block')"))


def test_two_programs_that_disagree_stop_the_benchmark():
    ours = Contender("ours", "1", "ingest", lambda found, store: [])
    peer = Contender("peer", "2", "txids", lambda found, store: [])
    assert agreed("x", {ours: {"txs": 2, "txouts": 3}, peer: {"txs": 2}}) == {"txs": 2, "txouts": 3}
    with pytest.raises(BenchError, match=r"peer \(txids\) gives txs 1, ours \(ingest\) gives 2"):
        agreed("x", {ours: {"txs": 2}, peer: {"txs": 1}})
