"""Texts of a chain, of tags and of a case that attack their reader: each page shows them inert."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
from playwright.sync_api import Dialog, Page
from tests.web.axe import settled
from tests.web.conftest import OpenPage
from tests.web.every_page import PATTERNS
from tests.web.hostile_store import ATTACKS, LONG, MARK, SPOKEN, make
from tests.web.serving import Served, serving

ACTIVE = (
    "script:not([src]), iframe, object, embed, foreignObject, base, meta[http-equiv], form[action]"
)
UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\x00-\x08\x0b-\x1f\x7f]")


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the hostile store and case, and the address that all is about."""
    folder = tmp_path_factory.mktemp("hostile")
    return folder, make(folder)


@pytest.fixture(scope="module")
def served(victim: tuple[Path, str]) -> Iterator[Served]:
    """A server of the hostile store; `open_page` takes it in place of the demo's."""
    folder, _ = victim
    with serving(folder / "store", folder / "cases") as running:
        yield running


@pytest.fixture(scope="module")
def names(served: Served, victim: tuple[Path, str]) -> dict[str, list[str]]:
    """What the parts of addresses may be: things whose pages show hostile texts, and texts."""
    with served.client() as client:
        tags = client.get("/api/tags", params={"address": victim[1]}).json()
        assert isinstance(tags, (dict, list))
        height = client.get("/api/status").json()["tip_height"]
        blocks = [client.get(f"/api/block/{height - back}").json() for back in (4, 5)]
    txids = re.findall(r'"txid": ?"([0-9a-f]{64})"', json.dumps(blocks))
    return {
        "txid": [*txids[:2], ATTACKS[0]],
        "address": [victim[1], ATTACKS[1]],
        "party": ["actor0", "actor1", ATTACKS[0]],
        "block": [str(height - 4), ATTACKS[0]],
        "id": ["0", "1", ATTACKS[0]],
        "case": ["hostile", ATTACKS[8]],
    }


def addresses(pattern: str, names: dict[str, list[str]], victim: str) -> list[str]:
    """The page with each name that its parts may have, and with hostile questions."""
    (part,) = re.findall(r":(\w+)", pattern) or [None]
    given = names[part] if part else [""]
    filled = [pattern.replace(f":{part}", quote(name, safe="")) for name in given]
    asked = {
        "/search": [f"?q={quote(text)}" for text in (ATTACKS[0], ATTACKS[3], "named", "red")],
        "/why": [f"?a={victim}&b={quote(ATTACKS[1])}"],
        "/trace": [f"?seed={victim}", f"?seed={quote(ATTACKS[2])}"],
        "/canvas": [f"?add=address:{victim}", f"?add={quote(ATTACKS[1])}"],
    }
    return [page + query for page in filled for query in asked.get(pattern, [""])]


def assert_inert(page: Page, where: str) -> None:
    assert page.evaluate("window.pwned") is None, where
    assert page.locator(f"[{MARK}]").count() == 0, where
    assert page.locator(ACTIVE).count() == 0, where
    hostile_links = page.locator("a[href^='javascript:' i], a[href^='data:' i]")
    assert hostile_links.count() == 0, where
    elsewhere = page.locator(f"a[href*='://']:not([href^='{page.url.split('/', 3)[2]}'])")
    assert elsewhere.count() == 0, where
    text = page.locator("main").inner_text() + page.title()
    assert not UNSEEN.search(text), (where, UNSEEN.search(text))
    # no text pushes the page wider than the window
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_page_of_hostile_texts_is_inert(
    pattern: str,
    names: dict[str, list[str]],
    victim: tuple[Path, str],
    served: Served,
    open_page: OpenPage,
) -> None:
    opened: list[str] = []

    def asked(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    page = open_page("/help")
    page.on("dialog", asked)
    page.on("popup", lambda popup: opened.append(popup.url))
    for address in addresses(pattern, names, victim[1]):
        page.goto(served.origin + address)
        settled(page)
        assert_inert(page, address)
    assert opened == []


def test_hostile_cells_of_a_table_are_inert(served: Served) -> None:
    cells = [*ATTACKS, SPOKEN, "+1", "-1", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "=1"]
    table = {"name": ATTACKS[3], "columns": [ATTACKS[6], "b"], "rows": [[c, 1] for c in cells]}
    with served.client() as client:
        as_csv = client.post("/api/tables/csv", json=table)
        as_xlsx = client.post("/api/tables/xlsx", json=table)
    for got in (as_csv, as_xlsx):
        assert got.status_code == 200, got.text
        said = got.headers["content-disposition"]
        assert re.fullmatch(r'attachment; filename="[A-Za-z0-9_-]+\.(csv|xlsx)"', said)
    rows = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(cells) + 1
    for row in rows:
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r")), row
    for row in openpyxl.load_workbook(io.BytesIO(as_xlsx.content)).active.iter_rows():
        assert row[0].data_type != "f"
        assert row[0].hyperlink is None


def test_a_long_note_is_whole_and_bounded(served: Served) -> None:
    with served.client() as client:
        got = client.get("/api/cases/hostile/journal")
        assert got.status_code == 200
        assert LONG[:1000] in got.text or len(got.content) < 2 << 20
