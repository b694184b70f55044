"""The flow canvas in a real browser: what is added stays where it is, and comes back the same."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.web.axe import axe_violations
from tests.web.conftest import Demo, OpenPage
from tests.web.serving import Served

PLACES = """() => Object.fromEntries(
  [...document.querySelectorAll('[data-node]')].map(
    (row) => [row.dataset.node, row.dataset.place]))"""


def canvas(open_page: OpenPage, path: str, **options) -> Page:
    page = open_page(path, **options)
    expect(page.locator(".canvas-region")).to_be_visible()
    return page


def press(page: Page, *keys: str) -> None:
    """Presses keys while the drawing has the focus."""
    page.locator(".canvas-region").focus()
    for key in keys:
        page.keyboard.press(key)


def write(page: Page, text: str) -> None:
    """Types into the dialog that a key has opened, which has put the focus where to write."""
    expect(page.locator("dialog :is(input, textarea):focus")).to_be_visible()
    page.keyboard.type(text)


def rows(page: Page) -> dict[str, str]:
    """The nodes of the outline by name, with where each stands on the drawing."""
    outline(page)
    told: dict[str, str] = page.evaluate(PLACES)
    return told


def outline(page: Page) -> None:
    if page.locator("#canvas-outline").count() == 0:
        page.get_by_role("tab").nth(1).click()


def grown(page: Page, before: int) -> dict[str, str]:
    """The nodes once there are more than `before`."""
    outline(page)
    expect(page.locator("[data-node]").nth(before)).to_be_visible()
    return rows(page)


def saved(page: Page) -> None:
    """Waits until the picture is kept with its case."""
    expect(page.locator("[data-saved]")).to_have_attribute("data-saved", "saved")


def picture(served: Served, name: str) -> dict[str, Any]:
    with served.client() as client:
        answer = client.get(f"/api/cases/pay-site/pictures/{name}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = json.loads(answer.json()["picture"])
    return told


@contextmanager
def said(page: Page, text: str) -> Iterator[None]:
    """Holds what is done within to being said to a screen reader."""
    yield
    expect(page.locator(".toast")).to_contain_text(text)


def test_expanding_moves_nothing_and_the_picture_comes_back_byte_for_byte(
    open_page: OpenPage, served: Served, demo: Demo
) -> None:
    seen = demo.observed[0]
    path = "/case/pay-site/canvas?picture=first"
    page = canvas(open_page, f"{path}&add=address:{seen}")
    begun = grown(page, 0)
    assert list(begun) == [f"address:{seen}"]

    press(page, "b")
    after = grown(page, 1)
    assert len(after) > len(begun)
    assert {node: after[node] for node in begun} == begun

    press(page, "ArrowRight", "e")
    further = grown(page, len(after))
    assert {node: further[node] for node in after} == after
    saved(page)
    with served.client() as client:
        kept = client.get("/api/cases/pay-site/pictures/first").json()["picture"]

    page.goto(served.origin + path)
    assert grown(page, len(further) - 1) == further
    saved(page)
    with served.client() as client:
        assert client.get("/api/cases/pay-site/pictures/first").json()["picture"] == kept


def test_undo_and_redo_go_all_the_way_back_and_forth(
    open_page: OpenPage, served: Served, demo: Demo
) -> None:
    page = canvas(open_page, f"/canvas?picture=undo&add=address:{demo.observed[0]}")
    one = grown(page, 0)
    press(page, "b")
    two = grown(page, 1)
    press(page, "Shift+ArrowDown", "Shift+ArrowDown", "x", "n")
    page.get_by_label("Text of the note").fill("seen on the pay site")
    page.get_by_role("button", name="Keep the note").click()
    moved = rows(page)
    assert moved != two

    press(page, "Control+z", "Control+z")
    assert rows(page) == moved
    press(page, "Control+z")
    expect(page.locator("[data-node]")).to_have_count(len(two))
    assert rows(page) == two
    press(page, "Control+z")
    expect(page.locator("[data-node]")).to_have_count(1)
    assert rows(page) == one
    press(page, "Control+z", "Control+z")
    expect(page.locator("[data-node]")).to_have_count(0)
    with said(page, "Nothing to undo"):
        press(page, "Control+z")

    for _ in range(5):
        press(page, "Control+Shift+z")
    expect(page.locator("[data-node]")).to_have_count(len(moved))
    assert rows(page) == moved


@pytest.fixture(scope="module")
def shop(served: Served, demo: Demo) -> str:
    """The node of the pay site's cluster, which has hundreds of neighbours."""
    with served.client() as client:
        asked = {"ids": [f"address:{demo.observed[0]}"]}
        return f"cluster:{client.post('/api/flow/nodes', json=asked).json()['nodes'][0]['cluster']}"


def test_more_opens_a_table_to_choose_from(open_page: OpenPage, shop: str) -> None:
    page = canvas(open_page, f"/canvas?picture=more&add={shop}")
    grown(page, 0)
    press(page, "i")
    before = grown(page, 12)
    page.locator(f'[data-node="{shop}"]').get_by_role("button", name="Edges of").click()
    page.get_by_role("button", name="536 more transactions").click()
    table = page.get_by_role("dialog")
    expect(table.get_by_text("Neighbours of Cluster")).to_be_visible()
    table.get_by_label("Order").select_option("time")
    ticks = table.get_by_role("checkbox", name="Select tx:")
    expect(ticks.nth(2)).to_be_visible()
    for index in range(3):
        ticks.nth(index).check()
    assert axe_violations(page) == []
    table.get_by_role("button", name="Add 3", exact=True).click()
    after = grown(page, 15)
    assert len(after) == len(before) + 3
    assert {node: after[node] for node in before} == before


def test_dust_and_time_leave_out_and_give_back(open_page: OpenPage, shop: str) -> None:
    page = canvas(open_page, f"/canvas?picture=dust&add={shop}")
    grown(page, 0)
    press(page, "o", "b")
    count = len(grown(page, 13))
    drawn = page.locator(".canvas-legend p")

    press(page, "d")
    page.get_by_label("Hide edges under").fill("2100000000000000")
    expect(page.get_by_role("dialog").get_by_text("0 edges")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawn).to_contain_text("not drawn")
    press(page, "Control+z")
    expect(page.locator("[data-node]")).to_have_count(count)

    press(page, "w")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    first = page.get_by_role("slider", name="From")
    assert (
        first.get_attribute("aria-valuetext")
        == page.locator(".canvas-time .time").first.inner_text()
    )
    expect(page.locator("[data-node]")).not_to_have_count(count)
    press(page, "Control+z")
    expect(page.locator("[data-node]")).to_have_count(count)


def test_files_say_what_is_drawn(open_page: OpenPage, demo: Demo) -> None:
    page = canvas(open_page, f"/canvas?picture=files&add=address:{demo.observed[0]}")
    press(page, "b")
    nodes = grown(page, 1)
    press(page, "Shift+X")

    def file(button: str) -> bytes:
        with page.expect_download() as waited:
            page.get_by_role("button", name=button, exact=True).click()
        return waited.value.path().read_bytes()

    svg = file("Drawing (SVG)").decode()
    assert svg.startswith(("<?xml", "<svg"))
    assert demo.observed[0][:8] in svg
    assert file("Drawing (PNG)").startswith(b"\x89PNG")
    told = file("Nodes (CSV)").decode()
    assert all(node in told for node in nodes)
    assert len(file("Edges (CSV)").decode().splitlines()) > 1
    assert json.loads(file("Picture as data (JSON)"))["nodes"].keys() == nodes.keys()


def test_everything_by_keyboard(open_page: OpenPage, served: Served, demo: Demo) -> None:
    page = canvas(open_page, "/case/pay-site/canvas?picture=keys")
    press(page, "a")
    write(page, demo.observed[0])
    page.keyboard.press("Enter")
    grown(page, 0)
    press(page, "e", "i")
    grown(page, 2)
    with said(page, "BTC"):
        press(page, "ArrowRight")
    with said(page, "fact"):
        press(page, ".")
    press(page, "ArrowLeft", "Escape", "Space", "Shift+F10")
    menu = page.get_by_role("menu")
    expect(menu).to_be_visible()
    assert axe_violations(page) == []
    menu.get_by_role("menuitem", name="Pin or unpin").press("Enter")
    press(page, "Shift+K")
    page.get_by_role("button", name="Teal").press("Enter")
    press(page, "n")
    write(page, "paid here")
    page.get_by_role("button", name="Keep the note").press("Enter")
    press(page, "Control+a")
    press(page, "Control+g")
    write(page, "The pay site")
    page.keyboard.press("Enter")
    press(page, "Escape", "t")
    expect(page.locator(".toast")).to_contain_text("Tidied up")
    press(page, "Control+k")
    write(page, "keys of the canvas")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keys of the canvas")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    press(page, "Control+s")
    page.get_by_label("Why it matters").fill("the way of the payment")
    page.get_by_role("button", name="Take the snapshot").press("Enter")
    expect(page.locator(".toast")).to_contain_text("exhibit E")
    saved(page)
    kept = picture(served, "keys")
    assert [note["text"] for note in kept["notes"].values()] == ["paid here"]
    assert [box["label"] for box in kept["groups"].values()] == ["The pay site"]
    assert sum(node["pinned"] for node in kept["nodes"].values()) == 1
    assert {node["colour"] for node in kept["nodes"].values()} == {"teal", None}


def test_another_tab_does_not_overwrite(open_page: OpenPage, served: Served, demo: Demo) -> None:
    path = f"/case/pay-site/canvas?picture=tabs&add=address:{demo.observed[0]}"
    first = canvas(open_page, path)
    grown(first, 0)
    saved(first)
    second = canvas(open_page, "/case/pay-site/canvas?picture=tabs")
    grown(second, 0)
    press(second, "Home", "e")
    grown(second, 1)
    saved(second)
    press(first, "x")
    expect(first.locator("[data-saved]")).to_have_attribute("data-saved", "conflict")
    first.get_by_role("button", name="Take what was saved elsewhere").click()
    grown(first, 1)
    assert rows(first) == rows(second)
    assert not any(node["pinned"] for node in picture(served, "tabs")["nodes"].values())


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("es", "light")])
def test_nothing_for_axe_to_find(
    open_page: OpenPage, demo: Demo, language: str, theme: str
) -> None:
    page = canvas(
        open_page,
        f"/canvas?picture={language}&add=address:{demo.observed[0]}",
        language=language,
        theme=theme,
    )
    expect(page.locator(".canvas-details h3")).to_be_visible()
    press(page, "b")
    grown(page, 1)
    assert axe_violations(page) == []
