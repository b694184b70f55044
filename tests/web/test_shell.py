"""The frame of the page in a real browser: token, server gone and back, settings, keys, files."""

import csv
import json
import shutil
import socket
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from tests.cli.running import ENTRY, ENVIRONMENT
from tests.web.axe import axe_violations
from tests.web.conftest import Demo, OpenPage
from tests.web.serving import Served

ADDRESSES = ("/", "/status", "/help", "/search", "/cases", "/trace", "/nothing/here")


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def test_the_printed_address_opens_the_page_and_leaves_no_token_in_it(
    browser: Browser, served: Served
):
    page = browser.new_page()
    page.goto(served.address)
    expect(heading(page)).to_have_text("Workbench")
    assert "token" not in page.url
    page.reload()
    expect(page.get_by_role("link", name="pay-site")).to_be_visible()
    page.context.close()


def test_without_the_token_the_page_says_where_it_is_and_takes_it(browser: Browser, served: Served):
    page = browser.new_page()
    page.goto(served.origin + "/status")
    expect(heading(page)).to_have_text("This address lacks its token")
    page.get_by_label("Printed address").fill("http://127.0.0.1/")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text("No token is in this")).to_be_visible()
    page.get_by_label("Printed address").fill(served.address)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(heading(page)).to_have_text("The store")
    page.context.close()


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_address_stands_for_itself_and_has_one_heading(open_page: OpenPage, path: str):
    page = open_page(path)
    expect(page.locator("main")).not_to_contain_text("Loading")
    if path != "/nothing/here":
        expect(heading(page)).to_have_count(1)
        assert page.title().endswith("peelchain")
    else:
        expect(page.get_by_role("alert")).to_contain_text("There is no such page")


def test_language_theme_and_unit_are_kept(open_page: OpenPage):
    page = open_page("/help")
    page.get_by_label("Language").select_option("es")
    expect(heading(page)).to_have_text("Ayuda")
    assert page.evaluate("document.documentElement.lang") == "es"
    page.get_by_label("Colores").select_option("dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_label("Colores").select_option("light")
    assert page.evaluate(ground) != dark
    page.get_by_label("Unidad de los importes").select_option("EUR")
    page.reload()
    expect(heading(page)).to_have_text("Ayuda")
    assert page.get_by_label("Unidad de los importes").input_value() == "EUR"


def test_the_keyboard_alone_goes_everywhere(open_page: OpenPage):
    page = open_page("/")
    expect(heading(page)).to_have_text("Workbench")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the page")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    expect(heading(page)).to_have_text("Help")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search").first).to_be_focused()
    page.keyboard.type("g c?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=g+c%3F")
    page.go_back()
    page.wait_for_url("**/cases")


def test_the_search_box_offers_what_matches_by_keyboard(open_page: OpenPage, demo: Demo):
    page = open_page("/")
    address = demo.observed[0]
    expect(heading(page)).to_have_text("Workbench")
    page.keyboard.press("/")
    page.keyboard.type("pay-s")
    found = page.get_by_role("option", name="case pay-site")
    expect(found).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(found).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/case/pay-site")
    expect(heading(page)).to_contain_text("Pay site")
    mistyped = address[:-1] + ("1" if address[-1] != "1" else "2")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(mistyped)
    expect(page.locator(".search-problem").first).to_contain_text("is not an address")
    page.get_by_role("option", name=address).click()
    page.wait_for_url(f"**/address/{address}")


def test_a_table_leaves_as_csv_and_xlsx_as_it_is_shown(open_page: OpenPage):
    page = open_page("/status")
    table = page.get_by_role("region", name="Runs that stand")
    expect(table.get_by_role("row")).to_have_count(4)
    page.get_by_placeholder("Filter rows").fill("tags:")
    expect(table.get_by_role("row")).to_have_count(2)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV: Runs that stand").click()
    assert saved.value.suggested_filename == "runs.csv"
    rows = list(csv.reader(Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["Stage", "Run", "Up to block", "Rows made"]
    assert [row[0] for row in rows[1:]] == ["tags"]
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as XLSX: Runs that stand").click()
    sheet = load_workbook(BytesIO(Path(saved.value.path()).read_bytes())).active
    assert sheet is not None
    assert [cell.value for cell in next(sheet.iter_rows(min_row=2))][:1] == ["tags"]


def start(demo: Demo, cases: Path, port: int) -> tuple["subprocess.Popen[str]", str]:
    """A server on this port, and the address that it printed."""
    command = [*ENTRY, "serve", "--store", str(demo.store), "--cases", str(cases), "--json"]
    process = subprocess.Popen(
        [*command, "--port", str(port)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["address"]


def end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.communicate(timeout=30)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def test_a_page_outlives_its_server_and_goes_on_with_the_next(
    browser: Browser, demo: Demo, tmp_path: Path
):
    shutil.copytree(demo.case, tmp_path / "pay-site")
    port = free_port()
    first, address = start(demo, tmp_path, port)
    page = browser.new_page()
    try:
        page.goto(address)
        expect(page.get_by_role("link", name="pay-site")).to_be_visible()
        page.get_by_role("combobox", name="Search").first.fill("what was typed")
    finally:
        end(first)
    page.evaluate("() => fetch('/api/status').catch(() => null)")
    page.get_by_role("link", name="About the store").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    second, address = start(demo, tmp_path, port)
    try:
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("alert")).to_contain_text("started again")
        page.get_by_label("Printed address").fill(address)
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.get_by_text("Currencies with rates")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        assert page.get_by_role("combobox", name="Search").first.input_value() == "what was typed"
    finally:
        page.context.close()
        end(second)


def test_a_figure_leaves_as_a_picture_that_stands_by_itself(open_page: OpenPage, demo: Demo):
    page = open_page(f"/address/{demo.observed[0]}")
    figure = page.get_by_role("figure", name="Balance over time")
    with page.expect_download() as saved:
        figure.get_by_role("button", name="Save as SVG").click()
    text = Path(saved.value.path()).read_text()
    drawing = ElementTree.fromstring(text)
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    # What it looks like is in it: no class, no variable of the page's style sheet.
    assert "class=" not in text
    assert "var(" not in text
    with page.expect_download() as saved:
        figure.get_by_role("button", name="Save as PNG").click()
    picture = Path(saved.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) > 600
    figure.get_by_role("button", name="As a table").click()
    expect(figure.get_by_role("columnheader").first).to_be_visible()


def test_what_is_shown_is_an_exhibit_with_one_click(open_page: OpenPage, demo: Demo):
    page = open_page(f"/address/{demo.observed[0]}")
    page.get_by_role("button", name="Add to case", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What it is and why it matters").fill("seen on the pay site")
    dialog.get_by_role("button", name="Add to case").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="Exhibits").first.click()
    page.wait_for_url("**/case/pay-site/exhibits")
    expect(page.get_by_text("seen on the pay site").first).to_be_visible()
    page.goto(page.url.replace("/case/pay-site/exhibits", f"/address/{demo.observed[1]}"))
    page.get_by_role("button", name="Add to case pay-site").first.click()
    expect(page.get_by_role("button", name="Added")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens_above_a_page(
    open_page: OpenPage, demo: Demo, theme: Literal["light", "dark"]
):
    page = open_page(f"/address/{demo.observed[0]}", theme=theme)
    page.get_by_role("button", name="Add to case").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("exch")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert axe_violations(page) == []
