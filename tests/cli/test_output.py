"""What people see, and what happens to the command line in a pipe or in a bad hour."""

import json
import shlex
import shutil
import signal
import subprocess
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.running import ENTRY, ENVIRONMENT, files, peelchain

from peelchain.cli.output import form_of, table
from peelchain.cli.plain_text import inert, width
from peelchain.errors import MisuseError

HOSTILE = "\x1b[31mEvil\x1b]0;title\x07\r\nExchange\u202e [bold]=HYPERLINK(1)[/bold]\u200b"


def steers(text: str) -> set[str]:
    """The characters in a text that could steer a terminal."""
    return {c for c in text if c != "\n" and unicodedata.category(c)[0] == "C"}


@pytest.fixture
def tagged(session, tmp_path):
    """A copy of the store, with hostile tags on an observed address; and the file of the tags."""
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    file = tmp_path / "pack\x1b[2J\n.yaml"
    address = session.addresses[0]
    file.write_text(
        "title: t\ncreator: c\nsource: https://example.org\nlastmod: 2024-01-01\ncurrency: BTC\n"
        "tags:\n"
        f"  - address: {address}\n    label: {json.dumps(HOSTILE)}\n    category: exchange\n"
        f"  - address: {json.dumps('1' + HOSTILE)}\n    label: broken\n    category: exchange\n"
    )
    return store, file


def test_hostile_labels_and_names_are_inert(session, tagged):
    store, file = tagged
    imported = peelchain("tags", "import", file, "--store", store)
    assert imported.code == 0, imported.err
    assert "rejected" in imported.out
    address = session.addresses[0]
    shown = [
        imported,
        peelchain("address", address, "--store", store),
        peelchain("cluster", "show", address, "--store", store),
        peelchain("trace", "forward", "--seed", session.outpoint, "--store", store),
        peelchain("sql", "select * from tags", "--store", store),
        peelchain("chain", "ingest", f"core:{HOSTILE}", "--store", store),
        peelchain("address", HOSTILE, "--store", store),
        peelchain("tx", HOSTILE, "--store", store),
        peelchain("sql", f"select {HOSTILE}", "--store", store),
        peelchain(HOSTILE),
        peelchain("tx", "--" + HOSTILE),
    ]
    for ran in shown:
        assert steers(ran.out) | steers(ran.err) == set()
    assert "Evil" in shown[1].out
    for ran in shown[1:4]:
        # one line a label: nobody can forge a row
        assert not [line for line in ran.out.splitlines() if line.startswith("Exchange")]


def test_formulas_in_csv_are_text(session, tmp_path):
    made = peelchain(
        "sql", "select '=1+1' a, '@x' b, -5 c, 'plain' d", "-s", session.store, "--csv"
    )
    assert made.out == "a,b,c,d\n'=1+1,'@x,-5,plain\n"


@given(st.text(max_size=40))
def test_inert_text_steers_nothing_and_plain_text_stays(text):
    assert steers(inert(text)) == set()
    assert "\n" not in inert(text)
    if text.isascii() and text.isprintable():
        assert inert(text) == text


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5))
def test_columns_of_a_table_begin_under_their_headings(rows):
    lines = list(table(["a", "b"], rows))
    assert len(lines) == len(rows) + 1
    starts = max(width(inert(cell)) for cell in ("a", *(a for a, _ in rows))) + 2
    for (a, b), line in zip(rows, lines[1:], strict=True):
        assert line == (inert(a) + " " * (starts - width(inert(a))) + inert(b)).rstrip()


def test_forms_exclude_each_other():
    with pytest.raises(MisuseError, match="--json and --csv exclude each other"):
        form_of(json=True, csv=True)
    with pytest.raises(MisuseError, match="hashes in JSON and CSV are always whole"):
        form_of(json=True, short=True)


def in_shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a bash pipeline, failing when a part of it fails."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        check=False,
    )


def quoted(*arguments: object) -> str:
    return shlex.join(str(a) for a in (*ENTRY, *arguments))


def test_reader_that_leaves_early_is_no_error(session):
    query = "select range, repeat('x', 100) from range(200000)"
    for form in ("--csv", "--json", "--table"):
        ran = in_shell(
            f"{quoted('sql', query, form, '-s', session.store)} | head -c 100 > /dev/null"
        )
        assert ran.returncode == 0, form
        assert b"Traceback" not in ran.stderr
        assert b"error" not in ran.stderr.lower()


def test_pipe_from_one_command_into_the_next(session):
    ask = quoted("sql", f"select '{session.outpoint}' as outpoint", "--csv", "-s", session.store)
    trace = quoted("trace", "forward", "--seed", "-", "--json", "-s", session.store)
    ran = in_shell(f"{ask} | tail -1 | {trace}")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["seeds_sat"] > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_full_disk_is_told_in_a_line(session):
    for form in ("--json", "--table"):
        ran = in_shell(f"{quoted('chain', 'verify', '-s', session.store)} > /dev/full")
        assert ran.returncode == 1, form
        assert ran.stderr.startswith(b"error: No space left on device")
        assert b"Traceback" not in ran.stderr
    to_file = peelchain("cluster", "export", "-s", session.store, "-o", "/dev/full")
    to_file.refused(1, "/dev/full: No space left on device")


def test_terminal_that_knows_ascii_only_gets_escapes(session):
    ran = in_shell(
        quoted("sql", "select 'Börse' as name", "-s", session.store),
        PYTHONIOENCODING="ascii",
    )
    assert ran.returncode == 0, ran.stderr
    assert b"B\\xf6rse" in ran.stdout


def test_interrupt_exits_130_and_says_what_stays(tmp_path):
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    out = tmp_path / "node"
    with subprocess.Popen(
        [*ENTRY, "simulate", "--seed", "1", "--blocks", "5000", "--out", str(out)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        while running.poll() is None and not any(tmp_path.iterdir()):
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate()
    assert running.returncode == 130, stderr
    assert stdout == b""
    assert stderr.splitlines()[-1] == b"stopped; what was committed before stays"
    assert b"Traceback" not in stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage: peelchain"),
        (["chain"], "Usage: peelchain chain"),
        (["bogus"], "No such command 'bogus'"),
        (["chain", "status"], "Missing option '--store'"),
        (["tx", "--store", "x"], "Missing argument"),
        (["tx", "aa", "bb", "--store", "x"], "unexpected extra argument"),
        (["address", "x", "--store", "x", "--limit", "-1"], "--limit"),
        (["address", "x", "--store", "x", "--limit", "many"], "--limit"),
        (["trace", "forward", "--store", "x"], "--seed"),
        (["simulate", "--seed", "1", "--blocks", "x", "--out", "x"], "--blocks"),
        (["investigate", "x", "--store", "x", "--case", "y", "--date", "soon"], "--date"),
        (["chain", "status", "--store", "x", "--nonsense"], "No such option"),
    ],
)
def test_misuse_shows_the_usage_and_exits_2(arguments, said, monkeypatch):
    monkeypatch.delenv("PEELCHAIN_STORE", raising=False)
    ran = peelchain(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: peelchain")
    assert said in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["chain", "status", "--store", "{none}"], 1, "none"),
        (["chain", "ingest", "tape:/dev/st0", "--store", "{none}"], 2, "core:DIR"),
        (["chain", "ingest", "core:{none}", "--store", "{none}"], 2, "none"),
        (["chain", "ingest", "core:{none}", "--store", "{none}", "--network", "x"], 2, "mainnet"),
        (["chain", "decode", "{none}"], 1, "none"),
        (["tx", "zz", "--store", "{store}"], 2, "64 hex digits"),
        (["tx", "00" * 32, "--store", "{store}"], 1, "00" * 32),
        (["address", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "--store", "{store}"], 2, "error: "),
        (["cluster", "run", "--store", "{store}", "--without", "x"], 2, "64 hex digits"),
        (["trace", "forward", "--seed", "x", "--store", "{store}"], 2, "TXID:VOUT"),
        (["trace", "forward", "--seed", "00" * 32 + ":0", "--store", "{store}"], 1, "00" * 32),
        (["trace", "forward", "--seed", "{outpoint}=x", "--store", "{store}"], 2, "satoshis"),
        (
            ["trace", "forward", "--seed", "{outpoint}", "--rule", "lifo", "--store", "{store}"],
            2,
            "index-fifo",
        ),
        (["sql", "drop table txs", "--store", "{store}"], 2, "SELECT"),
        (["sql", "select 1; select 2", "--store", "{store}"], 2, "SELECT"),
        (["sql", "selec", "--store", "{store}"], 2, "docs/schema.md"),
        (["sql", "select * from read_csv('/etc/passwd')", "--store", "{store}"], 2, "error: "),
        (["verify", "{none}"], 1, "no such file"),
        (["tags", "import", "{none}", "--store", "{store}"], 1, "none"),
        (["rates", "import", "{none}", "--store", "{store}"], 1, "none"),
        (["simulate", "--seed", "1", "--blocks", "1", "--out", "{none}"], 2, "blocks"),
        (
            ["simulate", "--seed", "1", "--blocks", "300", "--case", "fraud", "--out", "{none}"],
            2,
            "no case is called 'fraud'; choose from ransomware, theft, layering",
        ),
        (["cluster", "export", "--store", "{store}", "-o", "{none}/x"], 1, "--output"),
        (["address", "{a}", "--store", "{store}", "--json", "--csv"], 2, "exclude each other"),
    ],
)
def test_refusals_name_what_failed(session, tmp_path, arguments, code, said):
    names = {
        "none": tmp_path / "none",
        "store": session.store,
        "a": session.addresses[0],
        "outpoint": session.outpoint,
    }
    before = files(session.store)
    ran = peelchain(*(part.format(**names) for part in arguments))
    ran.refused(code, said)
    assert ran.err.startswith("error: ")
    assert files(session.store) == before
    assert list(tmp_path.iterdir()) == []


ODD = st.text(st.characters(exclude_characters="\0"), max_size=30)
WORDS = st.sampled_from(
    [
        *("chain", "status", "verify", "decode", "cluster", "show", "export", "explain", "trace"),
        *("forward", "backward", "tx", "address", "sql", "--store", "--json", "--csv", "--table"),
        *("--short", "--limit", "--seed", "--rule", "--max-hops", "-s", "-o", "-", "--", "-1", "0"),
        *("99999999999999999999", "00" * 32, "00" * 32 + ":0", "00" * 32 + ":4294967296", "''"),
        *("--help", "--version", "select 1", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "6a"),
    ]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arguments=st.lists(WORDS | ODD, max_size=6))
def test_no_arguments_end_in_a_traceback(session, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEELCHAIN_STORE", str(session.store))
    ran = peelchain(*arguments)
    assert ran.code in (0, 1, 2)
    assert "Traceback" not in ran.out + ran.err
    assert "a defect of peelchain" not in ran.err
    assert ran.code == 0 or ran.err
    if ran.code == 0 and "--json" in arguments and not ran.out.startswith(("Usage", "peelchain")):
        json.loads(ran.out)


def test_version_names_the_program_and_its_version():
    from peelchain import __version__

    ran = peelchain("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"peelchain {__version__}\n", "")
