"""The pages of a case in a real browser: from a pasted address to a verified bundle, by clicks."""

import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.web.axe import axe_violations
from tests.web.conftest import Demo, OpenPage
from tests.web.serving import Served

LONG = 90_000
HOSTILE = (
    '<img src=x onerror="document.title=1"><script>document.title=2</script>{{7*7}}\u202egpj.exe'
)


@pytest.fixture
def copied(served: Served, demo: Demo, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a copy of the demo's case, for one test to write into."""
    name = re.sub(r"\W+", "-", request.node.name)[:40].strip("-")
    shutil.copytree(demo.case, served.cases / name)
    yield name
    shutil.rmtree(served.cases / name)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_from_a_pasted_address_to_a_verified_bundle(
    open_page: OpenPage, served: Served, demo: Demo, tmp_path: Path
) -> None:
    page = open_page("/cases")
    button(page, "New case")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title of the report").fill("User 4711")
    expect(dialog.get_by_label("Name of the case")).to_have_value("user-4711")
    seed = demo.observed[0]
    # a slip of the finger is said as it is typed, and nothing can be opened with it
    slip = seed[:-1] + ("A" if seed[-1] != "A" else "B")
    dialog.get_by_label("Seeds").fill(slip)
    expect(dialog.get_by_role("status").filter(has_text=slip)).to_be_visible()
    expect(dialog.get_by_role("button", name="Open", exact=True)).to_be_disabled()
    dialog.get_by_label("Seeds").fill(f"{seed}  # seen on the site")
    expect(dialog.get_by_text("all occur in the chain")).to_be_visible()
    dialog.get_by_role("button", name="Open", exact=True).click()

    expect(page.get_by_role("heading", level=1, name="User 4711")).to_be_visible()
    button(page, "Trace the seeds")
    expect(page.get_by_role("region", name="Runs")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_label("Language of the report").select_option("es")
    button(page, "Write report and bundle")
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_role("heading", name="The last report")).to_be_visible(timeout=LONG)
    button(page, "Verify")
    expect(page.get_by_text("All holds").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("is the one that was expected.")).to_be_visible()
    with page.expect_download() as fetched:
        button(page, "bundle.zip")
    fetched.value.save_as(tmp_path / "bundle.zip")
    assert zipfile.ZipFile(tmp_path / "bundle.zip").testzip() is None
    whole = (served.cases / "user-4711" / "bundle.zip").read_bytes()
    assert (tmp_path / "bundle.zip").read_bytes() == whole
    assert axe_violations(page) == []
    # the findings lead on to the chain and to the notes
    page.get_by_role("tab", name=re.compile("To services")).click()
    page.get_by_role("button", name="Details").first.click()
    page.get_by_role("link", name="Note or evidence").first.click()
    expect(page.get_by_role("heading", name="Notes and hypotheses")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^O\d+$")).first).to_be_visible()


def test_a_hypothesis_gets_evidence_and_loses_it_again(open_page: OpenPage, copied: str) -> None:
    page = open_page(f"/case/{copied}/notes")
    page.get_by_label("New hypothesis").fill("The site banks with one exchange")
    button(page, "State the hypothesis")
    stated = page.get_by_role("article", name=re.compile("^H1 "))
    stated.get_by_label("Evidence on H1").fill("O1")
    stated.get_by_role("button", name="Speaks for it").click()
    expect(stated.get_by_role("link", name="O1", exact=True)).to_be_visible()
    stated.get_by_label("Evidence on H1").fill("the accounts may be lent")
    stated.get_by_role("button", name="Speaks against it").click()
    expect(stated.get_by_text("the accounts may be lent")).to_be_visible()
    assert axe_violations(page) == []
    # by keyboard alone
    stated.get_by_role("listitem").filter(has_text="O1").get_by_role("button").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    dialog.get_by_label("Reason").focus()
    page.keyboard.type("wrong output")
    dialog.get_by_role("button", name="Undo", exact=True).focus()
    page.keyboard.press("Enter")
    expect(stated.get_by_role("link", name="O1", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Journal", exact=True).click()
    undone = page.get_by_role("listitem").filter(has_text="for H1: O1")
    expect(undone.get_by_text("undone", exact=False).first).to_be_visible()
    expect(page.get_by_text("wrong output")).to_be_visible()
    assert axe_violations(page) == []


def test_the_journal_is_replayed(open_page: OpenPage) -> None:
    page = open_page("/case/pay-site/journal", language="es", theme="dark")
    button(page, "Repetir el caso")
    expect(page.get_by_text("Todo es como era").first).to_be_visible(timeout=LONG)
    assert axe_violations(page) == []


def test_a_broken_journal_is_shown_and_cannot_be_added_to(
    open_page: OpenPage, served: Served, copied: str
) -> None:
    with sqlite3.connect(served.cases / copied / "journal.sqlite") as journal:
        journal.execute("DROP TRIGGER entries_are_final")
        journal.execute("UPDATE entries SET body = replace(body, 'regtest', 'mainnet') WHERE seq=2")
    page = open_page(f"/case/{copied}")
    for rest in ("", "/notes", "/exhibits", "/journal", "/report"):
        page.goto(f"{served.origin}/case/{copied}{rest}")
        said = page.get_by_role("alert").filter(has_text="can only be read")
        expect(said).to_contain_text("entry 2")
        offered = page.get_by_role("button", name=re.compile("Undo|Add|Trace|Write|State|Record"))
        expect(offered).to_have_count(0)
        assert axe_violations(page) == []


def test_hostile_texts_stay_texts(open_page: OpenPage, served: Served, copied: str) -> None:
    with served.client() as client:
        for where, text in (
            ("notes", {"text": HOSTILE}),
            ("hypotheses", {"text": HOSTILE}),
            (
                "exhibits",
                {"content": {"name": "=cmd|' /C calc'!A0.svg", "text": "x"}, "text": HOSTILE},
            ),
        ):
            assert client.post(f"/api/cases/{copied}/{where}", json=text).status_code == 201
    page = open_page(f"/case/{copied}/notes")
    for rest in ("/notes", "", "/exhibits", "/journal"):
        page.goto(f"{served.origin}/case/{copied}{rest}")
        # as it was written, its turning of direction made visible
        expect(page.get_by_text("onerror=").first).to_contain_text("\\u{202e}gpj.exe")
        assert page.locator("main img, main script").count() == 0
        assert page.title() not in ("1", "2")


def test_two_tabs_add_to_one_case(open_page: OpenPage, served: Served, copied: str) -> None:
    pages = [open_page(f"/case/{copied}/notes") for _ in range(2)]
    for page, text in zip(pages, ("from the first", "from the second"), strict=True):
        page.get_by_label("Text", exact=True).fill(text)
    for page in pages:
        button(page, "Add the note")
    expect(pages[1].get_by_text("from the first", exact=True)).to_be_visible()
    expect(pages[1].get_by_text("from the second", exact=True)).to_be_visible()
    with served.client() as client:
        assert client.get(f"/api/cases/{copied}/journal").json()["holds"] is True


def test_an_exhibit_is_added_from_a_file_and_saved_again(
    open_page: OpenPage, copied: str, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("a letter")
    page = open_page(f"/case/{copied}/exhibits")
    page.get_by_label("What it is").select_option("file")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "letter.txt")
    page.get_by_label("Why it matters").fill("sent by the bank")
    button(page, "Add as exhibit")
    row = page.get_by_role("row").filter(has_text="sent by the bank")
    expect(row).to_contain_text("letter.txt")
    with page.expect_download() as fetched:
        row.get_by_role("button", name="Save the file of E1").click()
    assert fetched.value.path().read_text() == "a letter"
    assert axe_violations(page) == []


def test_a_signed_case_asks_for_its_passphrase(
    open_page: OpenPage, served: Served, copied: str
) -> None:
    page = open_page(f"/case/{copied}/journal")
    button(page, "Set up a key")
    page.get_by_label("Name of the new key").fill("analyst")
    page.get_by_label("Whose it is").fill("A. Analyst")
    page.get_by_label("Passphrase").fill("correct horse 9")
    page.get_by_label("Once more").fill("correct horse 9")
    button(page, "Sign with it from now on")
    expect(page.get_by_text("The key analyst is open")).to_be_visible()
    page.get_by_role("link", name="Notes", exact=True).click()
    page.get_by_label("Text", exact=True).fill("a signed note")
    button(page, "Add the note")
    expect(page.get_by_text("a signed note", exact=True)).to_be_visible()
    with served.client() as client:
        told = client.get(f"/api/cases/{copied}/journal").json()
    assert told["holds"] is True
    assert told["entries"][0]["signed"] == "signed"
    assert b"correct horse" not in b"".join(
        path.read_bytes() for path in served.cases.rglob("*") if path.is_file()
    )
