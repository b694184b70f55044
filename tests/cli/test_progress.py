"""Progress lines: few, none twice, none for quick work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.chain.crafted import genesis, grow, write_files
from tests.cli.running import ENVIRONMENT, peelchain

from peelchain.chain.progress import Step
from peelchain.cli.progress import Lines, anonymous_memory, time_text
from peelchain.cli.sizes import parse_size


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def written():
    return []


@pytest.fixture
def lines(written, clock):
    return Lines(written.append, clock)


def test_work_that_ends_within_a_second_says_nothing(lines, written, clock):
    for done in range(11):
        clock.now += 0.05
        lines.report("blocks", done, 10)
    lines.close()
    assert written == []


def test_long_work_says_rate_and_time_left_now_and_then_and_its_end_once(lines, written, clock):
    for done in range(1001):
        lines.report("blocks", done, 1000)
        clock.now += 0.125
    lines.report("blocks", 1000, 1000)
    lines.close()
    assert written[0] == "blocks: 8 of 1,000, 8.0/s, 2:04 left"
    assert written[1] == "blocks: 88 of 1,000, 8.0/s, 1:54 left"
    assert written[-1] == "blocks: 1,000 of 1,000, 8.0/s, took 2:05"
    assert len(written) == len(set(written)) == 14


def test_work_without_a_known_end_says_where_it_stopped(lines, written, clock):
    for done in range(300):
        lines.report("reading", done, 0)
        clock.now += 0.0625
    lines.close()
    assert written[-1].startswith("reading: 299, 16/s")
    assert len(written) == len(set(written))


def test_each_stage_of_long_work_has_a_line(lines, written, clock):
    clock.now += 2
    for stage in ("reading", "linking"):
        lines.report(stage, 0, 1)
        clock.now += 5
        lines.report(stage, 1, 1)
    lines.close()
    assert written == [
        "reading: 0 of 1",
        "reading: 1 of 1, 0.2/s, took 5 s",
        "linking: 0 of 1",
        "linking: 1 of 1, 0.2/s, took 5 s",
    ]


def test_one_long_step_is_announced_though_nobody_reports(lines, written, clock):
    lines.report("clustering", 0, 1)
    clock.now += 1
    lines.wake()
    assert written == ["clustering: 0 of 1"]
    lines.close()
    assert written == ["clustering: 0 of 1"]


def test_names_from_outside_are_inert(lines, written, clock):
    clock.now += 2
    lines.report("reading \x1b[2J\n.yaml", 1, 0)
    assert written == ["reading \\u001b[2J\\u000a.yaml: 1"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (3661, "1:01:01")]
)
def test_spans_read_as_people_say_them(seconds, text):
    assert time_text(seconds) == text


def test_bar_is_drawn_on_a_terminal_and_names_are_inert_there():
    code = (
        "import sys; sys.stderr.isatty = lambda: True\n"
        "from peelchain.cli.progress import progress\n"
        "with progress() as report:\n"
        "    report('reading [red]x\\x1b[2J', 1, 2); report('reading [red]x\\x1b[2J', 2, 2)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**ENVIRONMENT, "COLUMNS": "120", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == ""
    assert "reading [red]x\\u001b[2J" in ran.stderr
    assert "2 of 2" in ran.stderr


GB = 10**9


def reached(height, done, of=8 * GB, day=0):
    return Step("ingest", done, of, in_bytes=True, height=height, time_utc=1_463_443_200 + day)


@pytest.fixture(scope="module")
def crafted_node(tmp_path_factory):
    """The data directory of a node with forty blocks."""
    folder = tmp_path_factory.mktemp("node")
    write_files(folder / "blocks", grow([genesis()], 40))
    return folder


@pytest.fixture
def ingest_lines(written, clock):
    return Lines(written.append, clock, lambda: 3 << 30)


def test_an_ingest_says_height_day_bytes_rate_time_left_and_memory(ingest_lines, written, clock):
    for second in range(101):
        ingest_lines.take(reached(412_000 + second, second * GB // 20, 5 * GB))
        clock.now += 1
    assert written[0] == (
        "ingest: height 412,001 (2016-05-17), 0.1 of 5.0 GB, 50 MB/s, 1:39 left, 3.0 GiB memory"
    )
    assert written[1] == (
        "ingest: height 412,011 (2016-05-17), 0.6 of 5.0 GB, 50 MB/s, 1:29 left, 3.0 GiB memory"
    )
    assert written[-1] == (
        "ingest: height 412,100 (2016-05-17), 5.0 of 5.0 GB, 50 MB/s, took 1:40, 3.0 GiB memory"
    )
    assert len(written) == 11


def test_time_left_goes_by_the_rate_of_the_last_minute(ingest_lines, written, clock):
    """The first blocks are small and slow to the byte: they say little of the rest."""
    for second in range(1001):
        ingest_lines.take(reached(second, second * 1000, 80 * GB))
        clock.now += 1
    for second in range(1, 101):
        ingest_lines.take(reached(1000 + second, 10**6 + second * GB // 10, 80 * GB))
        clock.now += 1
    assert "0.0 MB/s" in written[99]
    assert "100 MB/s" in written[-1]
    assert "left" in written[-1]
    ingest_lines.take(reached(2000, 80 * GB, 80 * GB))
    assert "73 MB/s, took 18:21" in written[-1]


def test_a_step_without_a_block_yet_has_no_height(ingest_lines, written, clock):
    clock.now += 2
    ingest_lines.take(Step("ingest", 0, 900, in_bytes=True))
    ingest_lines.take(Step("scan", 500, 2_000_000, in_bytes=True))
    assert written == [
        "ingest: 0 of 900 bytes, 3.0 GiB memory",
        "scan: 0.0 of 2.0 MB, 3.0 GiB memory",
    ]


def test_work_of_unknown_length_in_between_is_said_now_and_then(ingest_lines, written, clock):
    """Merging begins anew with each file, between one segment and the next."""
    for segment in range(40):
        clock.now += 0.5
        ingest_lines.take(reached(segment, segment * GB // 10))
        for rows in (500, 1000, 500, 1000):
            clock.now += 0.125
            ingest_lines.take(Step("compact", rows, 0))
    ingest_lines.take(reached(40, 4 * GB))
    ingest_lines.close()
    assert len([line for line in written if line.startswith("compact: ")]) == 4
    assert len([line for line in written if line.startswith("ingest: ")]) == 5
    assert written[-1].startswith("ingest: height 40 ")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told on Linux alone")
def test_memory_is_what_the_process_holds():
    before = anonymous_memory()
    held = bytearray(64 << 20)
    held[::4096] = b"x" * len(held[::4096])
    after = anonymous_memory()
    assert before
    assert after
    assert 60 << 20 < after - before < 90 << 20
    del held


@pytest.mark.parametrize(
    ("text", "size"),
    [("8G", 8 << 30), ("1500M", 1500 << 20), ("256k", 256 << 10), ("0", 0), ("268435456", 1 << 28)],
)
def test_sizes_are_binary(text, size):
    assert parse_size(text, "--memory") == size


@pytest.mark.parametrize(
    "text", ["", "8GB", "1.5G", "-1", "G", "8 G", "8T", "٨G", "9" * 30, "\x1b"]
)
def test_sizes_that_are_none_say_what_one_is(text):
    ran = peelchain("chain", "ingest", "core:x", "--store", "y", "--memory", text)
    ran.refused(2, "--memory", "is no size", "8G, 1500M")


def test_an_ingest_on_a_terminal_shows_a_bar(crafted_node, tmp_path):
    code = (
        "import sys; sys.stderr.isatty = lambda: True\n"
        "from peelchain.cli.main import main\n"
        "main(sys.argv[1:])\n"
    )
    arguments = ["chain", "ingest", f"core:{crafted_node}", "--store", tmp_path / "s", "--json"]
    ran = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**ENVIRONMENT, "COLUMNS": "160", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    tip = json.loads(ran.stdout)["tip_height"]
    shown = next(line for line in ran.stderr.splitlines() if line.startswith("ingest: height"))
    assert shown.startswith(f"ingest: height {tip:,} (20")
    assert " MB" in shown or " kB" in shown
    assert ("iB memory" in shown) == Path("/proc/self/status").exists()


def test_memory_and_threads_change_no_answer(crafted_node, tmp_path):
    answers = [
        peelchain(
            *("chain", "ingest", f"core:{crafted_node}", "--json", "--store", tmp_path / f"{n}"),
            *more,
        ).answer
        for n, more in enumerate([[], ["--memory", "256M", "--threads", "1"], ["--threads", "3"]])
    ]
    for answer in answers:
        del answer["seconds"]
        assert answer["damage"] == []
    assert answers[0] == answers[1] == answers[2]


def test_too_little_memory_says_how_much_it_takes(crafted_node, tmp_path):
    for memory, threads in (("1M", 1), ("200M", 2)):
        ran = peelchain(
            *("chain", "ingest", f"core:{crafted_node}", "--store", tmp_path / "s"),
            *("--memory", memory, "--threads", threads),
        )
        ran.refused(2, f"{memory} is too low", "or more")
    refused = peelchain("chain", "ingest", "core:x", "--store", "y", "--threads", "0")
    assert (refused.code, "--threads" in refused.err) == (2, True)
    assert not (tmp_path / "s").exists()
