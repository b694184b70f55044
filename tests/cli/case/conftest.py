"""A case worked on by the command line: opened, seeded, run, reported and spoken of."""

import shutil

import pytest
from tests.cli.running import Ran, peelchain

DAY = ("--date", "2024-01-31")


class Worked:
    """A case and its store; each call is a verb on it."""

    def __init__(self, folder, store):
        self.folder = folder
        self.store = store
        self.said: dict[str, Ran] = {}

    def __call__(self, *arguments: object, date="2024-01-31", stdin="") -> Ran:
        dated = () if date is None else ("--date", date)
        return peelchain("case", *arguments, "--case", self.folder, *dated, "--json", stdin=stdin)

    def look(self, *arguments: object) -> Ran:
        return peelchain("case", *arguments, "--case", self.folder, "--json")

    def journal(self):
        return self.look("journal").answer["entries"]


@pytest.fixture(scope="session")
def reported(session, tmp_path_factory):
    """A case taken as far as a report, which tests only read; copy it to change it."""
    folder = tmp_path_factory.mktemp("worked") / "case"
    opened = peelchain(
        *("case", "open", folder, "--store", session.store, "--title", "The site"),
        *("--subject", "site", *DAY, "--json"),
    )
    assert opened.code == 0, opened.err
    worked = Worked(folder, session.store)
    steps = {
        "case seeds add": ("seeds", "add", f"@{session.node / 'observed.txt'}"),
        "case run": ("run", "--store", session.store),
        "case report": ("report", "--store", session.store),
    }
    worked.said["case open"] = opened
    for name, step in steps.items():
        worked.said[name] = worked(*step)
        assert worked.said[name].code == 0, worked.said[name].err
    return worked


@pytest.fixture
def worked(reported, tmp_path):
    """A copy of the reported case, to add to."""
    folder = tmp_path / "case"
    shutil.copytree(reported.folder, folder)
    return Worked(folder, reported.store)
