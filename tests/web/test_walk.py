"""The model case by clicks and keys alone, as docs/guide tells it, to a bundle a stranger checks.

`make guide` (PEELCHAIN_SCREENSHOTS=1) takes the guide's pictures anew.
"""

import os
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.case.stranger import stranger
from tests.cli.running import ENVIRONMENT
from tests.web import guide
from tests.web.axe import settled
from tests.web.conftest import Demo, OpenPage
from tests.web.serving import Served, serving

TAKES_PICTURES = bool(os.environ.get("PEELCHAIN_SCREENSHOTS"))
WINDOW = (1280, 800)
LONG_MS = 240_000
"""How long to wait for work that takes as long as it takes."""


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the demo's store without any case, whose clock stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENVIRONMENT, "SOURCE_DATE_EPOCH", "1706702400")
        with serving(demo.store, tmp_path_factory.mktemp("cases")) as running:
            yield running


@dataclass
class Walk:
    """One who walks through the page: what he saw since the last step, and the steps he took."""

    page: Page
    seen: list[str] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)

    def see(self) -> None:
        settled(self.page)
        self.seen.append(self.page.locator("body").aria_snapshot())

    def click(self, target: Locator) -> None:
        self.see()
        target.click()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str)).first

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name, exact=isinstance(name, str)).first

    def done(self, step: guide.Step, view: Locator | None = None) -> None:
        """Ends a step: each name that the guide has in bold was on the page; takes its picture."""
        if view is not None:
            view.evaluate("element => element.scrollIntoView({block: 'center'})")
        self.see()
        shown = " ".join("\n".join(self.seen).split())
        missing = [name for name in step.names if name not in shown]
        assert not missing, (step.title, missing)
        if TAKES_PICTURES:
            # what is said in passing would come out differently each time
            self.page.locator(".toast").evaluate_all("all => all.forEach(t => t.remove())")
            (picture,) = step.pictures
            self.page.screenshot(path=guide.FOLDER / picture, animations="disabled")
        self.seen.clear()
        self.taken.append(step.number)


def test_the_guide_and_its_pictures_are_of_a_piece() -> None:
    steps = guide.steps()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert all(len(step.pictures) == 1 and step.names for step in steps)
    shown = [step.pictures[0] for step in steps]
    assert sorted(shown) == sorted(p.name for p in guide.FOLDER.glob("*.png"))
    for name in shown:
        head = (guide.FOLDER / name).read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", head[16:]) == WINDOW


@pytest.mark.slow
def test_the_model_case_from_an_address_to_a_verified_bundle(
    demo: Demo, served: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    first, second = demo.observed[0], demo.observed[1]
    mistyped = first[:-1] + ("S" if first[-1] != "S" else "R")
    steps = iter(guide.steps())
    page = open_page(f"/#token={served.token}")
    page.set_viewport_size({"width": WINDOW[0], "height": WINDOW[1]})
    page.set_default_timeout(30_000)
    walk = Walk(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Workbench")
    walk.done(next(steps))

    page.keyboard.press("/")
    page.keyboard.type(mistyped)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(first)
    walk.done(next(steps))

    walk.click(walk.page.get_by_role("alert").get_by_role("link", name=first))
    expect(page).to_have_url(re.compile(f"/address/{first}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(first)
    walk.done(next(steps))

    page.get_by_role("textbox", name="Address B").fill(second)
    walk.click(walk.button("Why one party?"))
    expect(page.get_by_text("Held to be one party")).to_be_visible()
    walk.done(next(steps))

    joining = page.locator("main a[href^='/tx/']").first
    txid = str(joining.get_attribute("href")).rpartition("/")[2]
    walk.click(joining)
    expect(page.get_by_role("heading", level=1)).to_contain_text(txid)
    walk.done(next(steps))

    step = next(steps)
    walk.click(walk.link("Cases"))
    walk.click(walk.button("New case"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title of the report").fill("Pay site")
    dialog.get_by_role("textbox", name="Seeds").fill("\n".join(demo.observed))
    expect(dialog.get_by_text("all occur in the chain")).to_be_visible()
    walk.done(step)

    walk.click(dialog.get_by_role("button", name="Open, trace and report"))
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay site", timeout=LONG_MS)
    page.get_by_role("complementary").get_by_role("button", name="Close").click()
    walk.done(next(steps))

    name = page.url.rpartition("/")[2]
    folder = served.cases / name
    step = next(steps)
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(first)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/(search|address)"))
    if "/search" in page.url:
        walk.click(page.locator(f"main a[href='/address/{first}']").first)
    expect(page).to_have_url(re.compile(f"/address/{first}$"))
    walk.click(walk.link("Show on canvas"))
    expect(page.get_by_role("application", name="1 nodes")).to_be_visible()
    page.get_by_role("application").focus()
    page.keyboard.press("e")
    expect(page.get_by_role("application", name="1 nodes")).to_have_count(0)
    walk.click(walk.button(re.compile("^Fit")))
    expect(page.get_by_role("main").get_by_text("Saved", exact=True)).to_be_visible()
    drawn = page.get_by_role("application").get_attribute("aria-label")
    walk.done(step)
    expect(page.get_by_role("main").get_by_text("Saved", exact=True)).to_be_visible()
    (picture,) = (folder / "pictures").glob("*.json")
    kept = picture.read_bytes()

    step = next(steps)
    walk.click(page.get_by_text("To the case"))
    walk.click(page.get_by_role("navigation").get_by_role("link", name="Notes"))
    page.get_by_label("New hypothesis").fill("The pay site was run through one exchange")
    walk.click(walk.button("State the hypothesis"))
    for word, what in (
        ("for", "O1"),
        ("against", "The tag of the exchange is older than its site"),
    ):
        evidence = page.get_by_label("Evidence on H1")
        evidence.fill(what)
        walk.click(walk.button(f"Speaks {word} it"))
        expect(evidence).to_have_value("")
    walk.done(step, page.get_by_role("article").first)

    step = next(steps)
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(txid)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/(search|tx)"))
    if "/search" in page.url:
        walk.click(page.locator(f"main a[href='/tx/{txid}']").first)
    expect(page.get_by_role("heading", level=1)).to_contain_text(txid)
    walk.click(walk.button(re.compile("^Add to case")))
    walk.click(page.get_by_role("main").get_by_role("link", name="Exhibits"))
    expect(page.get_by_text("E1").first).to_be_visible()
    walk.done(step)

    step = next(steps)
    walk.click(page.get_by_role("navigation").get_by_role("link", name="Trace", exact=True))
    page.get_by_label("Seeds", exact=True).fill(first)
    expect(page.get_by_role("list", name="What the seeds are")).to_contain_text("output")
    walk.click(walk.button("Trace forward"))
    sums = page.get_by_role("list", name="Conservation of value by rule")
    expect(sums).to_contain_text("equal to the satoshi", timeout=LONG_MS)
    walk.click(page.get_by_role("tab", name="Flow between parties"))
    bands = page.get_by_role("group", name=re.compile("^Flow between parties"))
    expect(bands.first).to_be_visible()
    walk.done(step, bands.first)

    step = next(steps)
    walk.click(page.get_by_role("navigation").get_by_role("link", name=f"Case {name}"))
    walk.click(page.get_by_role("navigation").get_by_role("link", name="Requests"))
    walk.click(walk.button(re.compile("^Write the schedules of")))
    expect(page.get_by_role("button", name=re.compile(r"\.pdf$")).first).to_be_visible(
        timeout=LONG_MS
    )
    walk.done(step, page.get_by_role("heading", name="Plan", exact=True))

    step = next(steps)
    walk.click(page.get_by_role("navigation").get_by_role("link", name="Journal"))
    expect(page.get_by_text("The chain holds")).to_be_visible()
    walk.done(step)

    step = next(steps)
    walk.click(page.get_by_role("navigation").get_by_role("link", name="Report"))
    before = (folder / "digest.txt").read_text().strip()
    walk.click(walk.button("Write report and bundle"))
    expect(page.get_by_role("main")).not_to_contain_text(before[8:40], timeout=LONG_MS)
    digest = (folder / "digest.txt").read_text().strip()
    assert digest != before
    expect(page.get_by_role("main")).to_contain_text(digest[8:40])
    walk.done(step, page.get_by_role("heading", name="The last report"))

    step = next(steps)
    walk.click(walk.button("Verify"))
    expect(page.get_by_role("main").get_by_text("All holds").first).to_be_visible(timeout=LONG_MS)
    walk.see()
    with page.expect_download() as saved:
        walk.button("bundle.zip").click()
    verified_by_a_stranger(saved.value.path(), digest, tmp_path)
    walk.done(step, page.get_by_role("main").get_by_text("All holds").first)

    step = next(steps)
    page.close()
    page = open_page("/")
    page.set_viewport_size({"width": WINDOW[0], "height": WINDOW[1]})
    walk.page = page
    walk.click(page.get_by_role("main").get_by_role("link", name=re.compile(name)).first)
    walk.click(page.get_by_role("navigation", name=f"Pages of the case {name}").get_by_text("Flow"))
    expect(page.get_by_role("application")).to_have_attribute("aria-label", str(drawn))
    assert picture.read_bytes() == kept
    walk.done(step)
    assert next(steps, None) is None


def verified_by_a_stranger(bundle: Path, digest: str, folder: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    verifier = next(folder.glob("*/verify.py")).parent
    good = stranger(verifier, "--expect", digest)
    assert (good.returncode, good.stderr) == (0, ""), good
    other = stranger(verifier, "--expect", "0" * 64)
    assert other.returncode == 1
