"""Investigations that cannot be: refused in a line, the case folder and the store as before."""

import os
import stat
import subprocess

import pytest
from tests.cli.running import ENTRY, ENVIRONMENT, files, peelchain

WIF = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
WORDS = "abandon " * 11 + "about"


def investigate(session, case, *seeds, more=()):
    return peelchain("investigate", *seeds, "--store", session.store, "--case", case, *more)


@pytest.fixture
def unchanged(session):
    """Fails the test that changed the store."""
    before = files(session.store)
    yield
    assert files(session.store) == before


def wrong_checksum(address: str) -> str:
    return address[:-1] + ("1" if address[-1] != "1" else "2")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("seed", "code", "said"),
    [
        ("", 2, "empty"),
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", 2, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", 1, "never occurs in the chain"),
        ("00" * 32, 1, "00" * 32),
        ("00" * 32 + ":0", 1, "00" * 32),
        ("00" * 32 + ":x", 2, "outpoint"),
        ("@{tmp}/none.txt", 2, "none.txt: No such file"),
        ("@{tmp}/empty.txt", 2, "there is no seed"),
        ("@{tmp}/comments.txt", 2, "there is no seed"),
        ("@{tmp}/bytes.txt", 2, "not UTF-8"),
        ("@{tmp}", 2, "Is a directory"),
        ("@", 2, "@FILE"),
        ("not an address", 2, "white space"),
    ],
)
def test_bad_seeds_leave_no_case(session, tmp_path, seed, code, said):
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "empty.txt").write_text("")
    (lists / "comments.txt").write_text("# nothing\n\n  # here\n")
    (lists / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    case = tmp_path / "case"
    investigate(session, case, seed.format(tmp=lists)).refused(code, "error: ", said)
    assert not case.exists()


@pytest.mark.usefixtures("unchanged")
def test_a_rule_that_no_verifier_knows_is_refused(session, tmp_path):
    ran = investigate(session, tmp_path / "case", session.addresses[0], more=["--rule", "tiho"])
    ran.refused(2, "pro-rata and index-fifo", "trace compare")
    assert not (tmp_path / "case").exists()


@pytest.mark.usefixtures("unchanged")
def test_seed_with_a_wrong_checksum_says_so(session, tmp_path):
    wrong = wrong_checksum(session.addresses[0])
    said = investigate(session, tmp_path / "case", session.addresses[1], wrong).refused(2, wrong)
    assert "checksum" in said
    assert not (tmp_path / "case").exists()


@pytest.mark.usefixtures("unchanged")
def test_seed_of_a_file_is_named_with_its_fault(session, tmp_path):
    wrong = wrong_checksum(session.addresses[0])
    seeds = tmp_path / "seeds.txt"
    seeds.write_text(f"{session.addresses[1]}\n{wrong}\n")
    investigate(session, tmp_path / "case", f"@{seeds}").refused(2, wrong, "checksum")
    assert not (tmp_path / "case").exists()


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("secret", [WIF, WORDS], ids=["wif", "words"])
@pytest.mark.parametrize("place", ["argument", "file"])
def test_secrets_are_refused_and_never_repeated(session, tmp_path, secret, place):
    seed = secret
    if place == "file":
        (tmp_path / "seeds.txt").write_text(f"{session.addresses[0]}\n{secret}\n")
        seed = f"@{tmp_path / 'seeds.txt'}"
    said = investigate(session, tmp_path / "case", seed).refused(2, "private key")
    assert secret not in said
    assert secret[:12] not in said
    if place == "file":
        assert "seeds.txt line 2" in said
    assert not (tmp_path / "case").exists()


@pytest.mark.usefixtures("unchanged")
def test_finished_case_stays_as_it_is(investigated):
    before = files(investigated.case)
    ran = investigate(investigated, investigated.case, investigated.addresses[0])
    ran.refused(1, str(investigated.case), "finished case")
    assert files(investigated.case) == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
def test_folder_that_holds_something_else_stays_as_it_is(session, tmp_path, name):
    (tmp_path / name).write_text("mine")
    investigate(session, tmp_path, session.addresses[0]).refused(1, "not empty")
    assert files(tmp_path) == {name: b"mine"}


@pytest.mark.usefixtures("unchanged")
def test_case_that_is_a_file_or_below_one_is_refused(session, tmp_path):
    (tmp_path / "file").write_text("mine")
    investigate(session, tmp_path / "file", session.addresses[0]).refused(1, "--case")
    investigate(session, tmp_path / "file" / "case", session.addresses[0]).refused(1, "--case")
    assert files(tmp_path) == {"file": b"mine"}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_rights_is_refused(session, tmp_path):
    tmp_path.chmod(0o500)
    investigate(session, tmp_path / "case", session.addresses[0]).refused(1, "--case")
    tmp_path.chmod(0o700)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rule", "lifo"], "index-fifo"),
        (["--rule", "pro-rata", "--rule", "haircut"], "once"),
        (["--max-hops", "-1"], "--max-hops"),
        (["--min-value-sat", "99999999999999999999"], "--min-value-sat"),
        (["--date", "2024-02-30"], "--date"),
        (["--date", "1969-12-31"], "1970"),
        (["--date", "9999-12-31"], "2105"),
    ],
)
def test_bad_options_leave_no_case(session, tmp_path, options, said):
    investigate(session, tmp_path / "case", session.addresses[0], more=options).refused(2, said)
    assert not (tmp_path / "case").exists()


@pytest.mark.usefixtures("unchanged")
def test_seeds_come_through_a_pipe(session, tmp_path):
    # /dev/stdin is a process's own, so this takes one
    case = tmp_path / "case"
    ran = subprocess.run(
        [*ENTRY, "investigate", "-", "-s", session.store, "--case", case, "--date", "2024-01-31"],
        input="\n".join(session.addresses),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Next steps" in ran.stdout
    assert stat.S_IMODE(case.stat().st_mode) == 0o700
    assert (case / "bundle.zip").exists()
