"""Progress lines: few, none twice, none for quick work."""

import subprocess
import sys

import pytest
from tests.cli.running import ENVIRONMENT

from peelchain.cli.progress import Lines, time_text


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
    assert "2/2" in ran.stderr
