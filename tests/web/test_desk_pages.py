"""A case's desk in a real browser: the plan of requests, a seized table with broken rows."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.web.conftest import Demo, OpenPage


def test_schedules_are_written_from_the_plan(open_page: OpenPage) -> None:
    page = open_page("/case/pay-site/requests")
    button = page.get_by_role("button", name="Write the schedules of")
    expect(button).to_be_enabled()
    page.get_by_label("Cover at least").select_option("0.5")
    button.click()
    expect(page.get_by_text("The schedules are written").first).to_be_visible(timeout=30_000)
    with page.expect_download() as saved:
        page.get_by_role("button", name=".pdf").first.click()
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF")


def test_a_seized_table_is_joined_and_its_broken_rows_are_told(
    open_page: OpenPage, demo: Demo, tmp_path: Path
) -> None:
    heading, *rows = (demo.node / "seized" / "users.csv").read_text("utf-8").splitlines()
    hostile = '"<img src=x onerror=alert(1)>",nowhere'
    file = tmp_path / "users.csv"
    cells = heading.count(",") + 1
    broken = ",".join([*hostile.split(","), *[""] * (cells - 2)])
    file.write_text("\n".join([heading, *rows, rows[0], broken]) + "\n", "utf-8")
    page = open_page("/case/pay-site/table")
    page.get_by_label("A CSV of users and addresses").set_input_files(file)
    expect(page.get_by_role("region", name="First rows of the file")).to_be_visible()
    page.get_by_role("button", name="Join it with the chain").click()
    page.get_by_role("button", name="Show these rows").click(timeout=30_000)
    expect(page.get_by_text("Rows that were not taken").first).to_be_visible()
    page.get_by_role("button", name="Who paid", exact=True).click()
    expect(page.get_by_role("columnheader", name="Receipts").first).to_be_visible(timeout=30_000)
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_of_the_desk_says_what_it_is_for(open_page: OpenPage, language: str) -> None:
    titles = {
        "returns": ("Returns", "Respuestas"),
        "forfeiture": ("Forfeiture", "Decomiso"),
        "referrals": ("Referrals", "Remisiones"),
        "challenge": ("Challenge", "Refutación"),
        "disclosure": ("Schedule of work", "Relación del trabajo"),
    }
    page = open_page("/case/pay-site/returns", language=language)
    for name, both in titles.items():
        page.goto(f"{page.url.split('/case/')[0]}/case/pay-site/{name}")
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(both[language == "es"])
