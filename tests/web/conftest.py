"""The demo's store and case, a server of them, and a real browser."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from tests.cli.running import peelchain
from tests.web.serving import Served, serving

STATIC = Path(__file__).resolve().parents[2] / "src" / "peelchain" / "web" / "static" / "workbench"
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SEED, BLOCKS = 7, 1500


@dataclass(frozen=True)
class Demo:
    """The chain that `make demo` makes: its node with the truth, its store, its finished case."""

    folder: Path

    @property
    def node(self) -> Path:
        return self.folder / "node"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def case(self) -> Path:
        return self.folder / "case"

    @property
    def observed(self) -> list[str]:
        """The addresses that were seen on the pay site."""
        lines = (self.node / "observed.txt").read_text().splitlines()
        return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


@contextmanager
def once(folder: Path, name: str) -> Iterator[Path | None]:
    """A folder to make, for the one worker that comes first; None for those that find it made."""
    with (folder / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / f".{name}.made"
        if made.exists():
            yield None
            return
        # never made elsewhere and moved: a store remembers where its blocks lie
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
        yield folder / name
        made.touch()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo's chain with a case on it; all workers share it, so nobody writes to it."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with once(shared, "demo-chain") as folder:
        if folder is not None:
            _make(folder)
    return Demo(shared / "demo-chain")


def _make(folder: Path) -> None:
    node, on = folder / "node", ("--store", folder / "store")
    for step in (
        ("simulate", "--seed", SEED, "--blocks", BLOCKS, "--out", node),
        ("chain", "ingest", f"core:{node}", *on),
        ("cluster", "run", *on),
        ("tags", "import", node / "tagpack.yaml", node / "actorpack.yaml", *on),
        ("rates", "import", node / "rates.csv", *on),
        (
            *("investigate", f"@{node / 'observed.txt'}", *on, "--case", folder / "case"),
            *("--title", "Pay site", "--subject", "pay site", "--date", "2024-01-31T12:00:00Z"),
        ),
    ):
        ran = peelchain(*step)
        assert ran.code == 0, ran.err


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the demo's store with a copy of its case, named `pay-site`, for one module."""
    cases = tmp_path_factory.mktemp("cases")
    shutil.copytree(demo.case, cases / "pay-site")
    with serving(demo.store, cases) as running:
        yield running


@dataclass
class Seen:
    """What a browser complained of, and what it asked of others than the server."""

    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((p for p in BROWSERS if Path(p).exists()), None)
    if path is None:
        pytest.skip("no Chromium; 'make .chromium' installs it")
    if not (STATIC / "index.html").is_file():
        pytest.skip("the workbench page was not built; run 'make install'")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


OpenPage = Callable[..., Page]
Theme = Literal["dark", "light"]


@pytest.fixture
def open_page(browser: Browser, served: Served) -> Iterator[OpenPage]:
    """Opens an address of the page in a browser of its own, with the token.

    `open_page("/tx/…", language="es", theme="dark")`. Fails a test whose page logged an error,
    broke the Content-Security-Policy or asked anything of another host.
    """
    contexts = []
    seen = Seen()

    def opened(path: str = "/", *, language: str = "en", theme: Theme = "light", **options) -> Page:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900},
            color_scheme=theme,
            locale="en-GB",
            timezone_id="UTC",
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        contexts.append(context)
        settings = json.dumps({"token": served.token, "language": language, "theme": theme})
        context.add_init_script(
            f"for (const [k, v] of Object.entries({settings}))"
            "  if (localStorage.getItem('peelchain.' + k) === null)"
            "    localStorage.setItem('peelchain.' + k, v);"
        )
        page = context.new_page()

        def logged(message: ConsoleMessage) -> None:
            # a refusal that the page handles is logged by the browser itself as a failed resource
            if message.type == "error" and "Failed to load resource" not in message.text:
                seen.complaints.append(message.text)

        def asked(request: Request) -> None:
            if not request.url.startswith((served.origin, "data:", "blob:")):
                seen.elsewhere.append(request.url)

        page.on("console", logged)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", asked)
        page.goto(served.origin + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert seen.elsewhere == []
    assert seen.complaints == []
