"""A case made in one environment comes out the same in another: machine, day, place, user, program.

Each has a home, a working folder, a locale, a time zone, a umask, a hash seed, a clock and a copy
of the program of its own, and its own store, made anew from a copy of the node's files.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.running import files

SOURCE = Path(__file__).resolve().parent.parent / "src"

CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static const time_t ahead = 5000L * 86400;
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(id, now);
    if (!failed && id == CLOCK_REALTIME) now->tv_sec += ahead;
    return failed;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec, now->tv_usec = found.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *out) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (out) *out = found.tv_sec;
    return found.tv_sec;
}
"""
"""A clock 5,000 days ahead, for a process that is started with it."""


@dataclass
class Machine:
    """An environment of its own; `folder` holds all that it has."""

    folder: Path
    environment: dict[str, str]
    umask: int

    @property
    def store(self) -> Path:
        return self.folder / "chain" / "store"

    def __call__(self, *arguments: object, code: int = 0) -> str:
        ran = subprocess.run(
            [sys.executable, "-s", "-c", "from peelchain.cli.main import main; main()",
             *map(str, arguments)],
            env=self.environment, cwd=self.folder / "work", capture_output=True,
            text=True, umask=self.umask, check=False,
        )  # fmt: skip
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout

    def ask(self, *arguments: object, code: int = 0):
        return json.loads(self(*arguments, "--json", code=code))


def machine(folder: Path, umask: int, **environment: str) -> Machine:
    for name in ("home", "work", "chain", "program"):
        (folder / name).mkdir(parents=True)
    shutil.copytree(
        SOURCE, folder / "program" / "src", ignore=shutil.ignore_patterns("__pycache__")
    )
    return Machine(
        folder,
        {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "PYTHONPATH": str(folder / "program" / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        umask,
    )


def clock(folder: Path) -> dict[str, str]:
    """What has a process start with the other clock; nothing where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return {}
    (folder / "clock.c").write_text(CLOCK)
    library = folder / "clock.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", library, folder / "clock.c", "-ldl"], check=True
    )
    return {"LD_PRELOAD": str(library)}


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Two machines with the same node and lists, each with a store of its own."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    folder = tmp_path_factory.mktemp("two")
    here = machine(
        folder / "here", 0o022, TZ="Pacific/Kiritimati", LANG="C.UTF-8", PYTHONHASHSEED="1"
    )
    there = machine(
        folder / "there with a space \u00e9", 0o077,
        TZ="America/Los_Angeles", LANG="C", LC_ALL="C", PYTHONHASHSEED="4242", COLUMNS="40",
        **clock(folder),
    )  # fmt: skip
    here("simulate", "--seed", 6, "--blocks", 115, "--out", here.folder / "chain" / "node")
    shutil.copytree(here.folder / "chain" / "node", there.folder / "chain" / "node")
    for made in (here, there):
        node = made.folder / "chain" / "node"
        made("chain", "ingest", f"core:{node}", "--store", made.store)
        made("tags", "import", node / "tagpack.yaml", "--store", made.store, *RECORDED)
        made("rates", "import", node / "rates.csv", "--store", made.store)
    return here, there


RECORDED = ("--recorded", "2024-01-30")
DAY = ("--date", "2024-01-31T12:00:00Z")


def test_the_clocks_of_the_two_are_apart(machines):
    if "LD_PRELOAD" not in machines[1].environment:
        pytest.skip("no C compiler to make another clock with")
    years = []
    for made in machines:
        case = made.folder / "clock"
        made("case", "open", case, "--network", "regtest")
        years.append(int(made.ask("case", "show", "--case", case)["first_utc"][:4]))
    assert years[1] - years[0] in (13, 14)


def test_the_whole_job_gives_the_same_bytes(machines):
    made = []
    for each in machines:
        observed = f"@{each.folder / 'chain' / 'node' / 'observed.txt'}"
        case = each.folder / "cases" / "site"
        case.parent.mkdir()
        each("investigate", observed, "--store", each.store, "--case", case, *DAY)
        made.append({n: c for n, c in files(case).items() if n not in ("journal.sqlite", ".lock")})
        made[-1]["journal"] = each("case", "journal", "--case", case, "--csv").encode()
    here, there = made
    assert set(here) == set(there)
    assert [name for name in here if here[name] != there[name]] == []
    assert {"report.pdf", "bundle.zip", "report.json"} <= set(here)


def test_a_case_replays_elsewhere(machines):
    here, there = machines
    case, out = here.folder / "cases" / "worked", here.folder / "worked.zip"
    observed = here.folder / "chain" / "node" / "observed.txt"
    on = ("--case", case, *DAY)
    store = ("--store", here.store)
    here("case", "open", case, *store, "--title", "\u00dcber =1+1", *DAY)
    here("case", "seeds", "add", f"@{observed}", *on)
    here("case", "run", *store, *on, "--as-of", "2024-01-31")
    here("case", "note", "found by hand \u00e9", *on)
    here("case", "report", *store, *on)
    here("case", "hypothesis", "one operator", *on)
    here("case", "exhibit", "add", observed, "--as", "observed addresses", *on)
    here("case", "export", out, *on)

    taken = there.folder / "cases" / "taken"
    there("case", "import", out, taken)
    replayed = there.ask("case", "replay", "--case", taken, "--store", there.store)
    results = {row["entry"]: row["result"] for row in replayed["entries"]}
    assert replayed["agrees"] is True
    assert (results[3], results[5]) == ("same", "same")
    again = there.folder / "again.zip"
    there("case", "export", again, "--case", taken, *DAY)
    assert again.read_bytes() == out.read_bytes()
    there("verify", taken / "bundle.zip", "--expect", (taken / "digest.txt").read_text().strip())
