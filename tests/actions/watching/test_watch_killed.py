"""A watch killed at every step: no notice is missed, none is decided twice, none told anew."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.actions.watching.peers import Hook, MailBox, mail_file, mail_server, web_server
from tests.actions.watching.scene import Scene, spend
from tests.chain.crafted import COIN
from tests.chain.stores import ENVIRONMENT

from peelchain.actions.watching import channels as to
from peelchain.actions.watching.change import notices

SCRIPT = Path(__file__).with_name("killed.py")
SECRET = "a secret of the test, long enough"


class Looks:
    """The process that runs looks and tells how they ended."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            env={**ENVIRONMENT, to.WEBHOOK_SECRET: SECRET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, step: int, *arguments: object) -> tuple[int, int]:
        """The exit code, or minus the signal, and the steps of a look that dies at one."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"step": step, "arguments": [str(a) for a in arguments]}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            assert line, "the process of the looks ended"
            if line.startswith("["):
                code, made = json.loads(line)
                return code, made


@pytest.fixture
def looks() -> Iterator[Looks]:
    made = Looks()
    yield made
    made.process.communicate()


class Peers:
    """A desktop folder, a mail server and a web server, and the options that name them."""

    def __init__(self, folder: Path, box: MailBox, hook: Hook) -> None:
        self.desktop, self.box, self.hook = folder / "desktop", box, hook
        self.desktop.mkdir()
        self.mail = mail_file(folder, box)

    @property
    def options(self) -> list[object]:
        return ["--desktop", self.desktop, "--mail", self.mail, "--webhook", self.hook.url]

    def files(self) -> set[str]:
        return {path.stem for path in self.desktop.glob("*.json")}

    def posted(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.hook.posted]

    def clear(self) -> None:
        shutil.rmtree(self.desktop)
        self.desktop.mkdir()
        self.box.messages.clear()
        self.hook.posted.clear()


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[Peers]:
    with mail_server() as box, web_server() as hook:
        yield Peers(tmp_path, box, hook)


@pytest.mark.slow
def test_killed_at_any_step_every_notice_is_told_and_none_decided_twice(
    here: Scene, looks: Looks, peers: Peers, tmp_path: Path
) -> None:
    """A look that has to retract one notice and raise two, killed at each of its steps."""
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    (first,) = here.watch()
    here.fork(1)
    double = spend(here.seed, 0, [(8 * COIN, "b"), (COIN, "exchange")])
    here.mine(double, spend(double, 0, [(7 * COIN, "c")]), count=2, tag="other")
    asked = ["watch", "run", here.case, "--store", here.store, "--source", here.source, "--once"]
    kept = tmp_path / "kept"
    shutil.copytree(here.folder, kept)

    def again(step: int) -> tuple[int, int]:
        shutil.rmtree(here.folder)
        shutil.copytree(kept, here.folder)
        peers.clear()
        return looks(step, *asked, *peers.options)

    code, steps = again(0)
    assert code == 0
    told = [row["id"] for row in notices(here.case)["notices"]][1:]
    assert len(told) == 3
    assert steps > 30
    assert peers.box.ids() == peers.posted() == told
    twice = 0
    # what is on the disk after one step is mostly what is there before the next: by fours, which
    # comes to the beginning, the middle and the end of transactions in turn
    for step in range(1, steps + 1, 4):
        code, _ = again(step)
        assert code == -signal.SIGKILL, step
        code, _ = looks(0, *asked, *peers.options)
        assert code == 0, step
        found = notices(here.case)
        assert [row["id"] for row in found["notices"]] == [first["id"], *told], step
        assert found["owed"] == 0
        assert peers.files() == set(told)
        for sent in (peers.box.ids(), peers.posted()):
            # only what was taken and not yet noted as taken may come again, under its own name
            assert sorted(set(sent), key=sent.index) == told, step
            assert len(sent) - len(told) in (0, 1), step
            twice += len(sent) - len(told)
    # the docs say so: the other side may see one twice
    assert twice > 0


def test_a_full_disk_is_told_and_the_notice_comes_when_there_is_room(here: Scene) -> None:
    """The journal cannot be written: what moved is not lost, and nothing is told before it is."""
    here.watch()
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    asked = ["watch", "run", here.case, "--store", here.store, "--source", here.source, "--once"]
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2);"
        "from peelchain.cli.main import main; main(sys.argv[2:])"
    )
    most = (here.case / "journal.sqlite").stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", program, str(most), *map(str, asked)],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    assert done.stdout == ""
    assert len(here.watch()) == 1
