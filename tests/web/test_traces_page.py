"""Traces by clicks: asked, watched, stopped, read as table, bands and curves, compared."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.web.axe import axe_violations
from tests.web.conftest import Demo, OpenPage
from tests.web.serving import Served
from tests.web.test_jobs import until_over

LONG = 90_000


def run(page: Page, button: str, heading: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible(timeout=LONG)


def satoshis(btc: str) -> int:
    return int(Decimal(btc) * 10**8)


def table_of(page: Page, caption: str, saved: Path) -> list[dict[str, str]]:
    """The rows of a table as its CSV file has them."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as CSV: {caption}").click()
    download.value.save_as(saved)
    return list(csv.DictReader(io.StringIO(saved.read_text())))


@pytest.fixture(scope="module")
def job(served: Served, demo: Demo) -> str:
    """A trace that is done, for the pages that look at its answer."""
    body = {"seeds": demo.observed[:1], "rules": ["pro-rata", "account-pool"]}
    with served.client() as client:
        name: str = client.post("/api/traces/forward", json=body).json()["job"]
        assert until_over(client, name)["state"] == "done"
    return name


@pytest.fixture
def traced(open_page: OpenPage, demo: Demo, job: str) -> Page:
    """The page of that answer."""
    page = open_page(f"/trace?seed={demo.observed[0]}&job={job}")
    expect(page.get_by_role("heading", name="Answer", exact=True)).to_be_visible(timeout=LONG)
    return page


def test_a_trace_from_a_pasted_address_is_conserved_under_each_rule(
    open_page: OpenPage, demo: Demo
) -> None:
    page = open_page("/trace")
    page.get_by_label("Seeds", exact=True).fill(f"# seen on the site\n{demo.observed[0]}\n")
    told = page.get_by_role("list", name="What the seeds are")
    expect(told).to_contain_text("2 outputs")
    run(page, "Trace forward", "Answer")
    sums = page.get_by_role("list", name="Conservation of value by rule").get_by_role("listitem")
    expect(sums).to_have_count(2)
    for line in sums.all():
        expect(line).to_contain_text("equal to the satoshi")
    assert axe_violations(page) == []
    # loaded anew, the page shows what was answered
    assert "job=" in page.url
    page.reload()
    expect(page.get_by_role("heading", name="Answer", exact=True)).to_be_visible()


def test_bands_and_table_agree(traced: Page, tmp_path: Path) -> None:
    rows = table_of(traced, "What each rule leaves at each destination", tmp_path / "t.csv")
    by_end = {row["Destination"]: satoshis(row["pro rata, BTC"]) for row in rows}
    traced.get_by_role("tab", name="Flow between parties").click()
    bands = traced.get_by_role("group", name="Flow between parties, pro rata")
    expect(bands).to_be_visible()
    drawn = {
        title.split(": ")[0]: satoshis(title.split(": ")[1].removesuffix(" BTC"))
        for title in bands.locator("rect > title").all_text_contents()
    }
    reached = {end: sat for end, sat in by_end.items() if sat}
    assert {end: drawn[end] for end in reached} == reached
    assert sum(reached.values()) == drawn["Seeds"]
    assert axe_violations(traced) == []
    with traced.expect_download() as download:
        traced.get_by_role("button", name="Save as SVG: Flow between parties, pro rata").click()
    download.value.save_as(tmp_path / "flow.svg")
    drawing = (tmp_path / "flow.svg").read_text()
    assert "Exchange East" in drawing
    # the file has its looks within
    assert "var(" not in drawing
    traced.get_by_role("button", name="As a table").click()
    flow = table_of(traced, "Flow between parties, pro rata", tmp_path / "flow.csv")
    came = [int(row["satoshis"]) for row in flow if row["To"] == "Exchange East"]
    assert sum(came) == by_end["Exchange East"]


def test_the_curves_end_at_what_came(traced: Page, tmp_path: Path) -> None:
    rows = table_of(traced, "What each rule leaves at each destination", tmp_path / "t.csv")
    by_end = {row["Destination"]: satoshis(row["pro rata, BTC"]) for row in rows}
    traced.get_by_role("tab", name="Over time").click()
    expect(traced.locator(".trace-curve canvas")).to_be_visible()
    assert axe_violations(traced) == []
    for form in ("SVG", "PNG"):
        with traced.expect_download() as download:
            name = f"Save as {form}: Traced value that had come to rest, pro rata"
            traced.get_by_role("button", name=name).click()
        download.value.save_as(tmp_path / form)
        assert (tmp_path / form).stat().st_size > 2_000
    traced.get_by_role("button", name="As a table").click()
    curve = table_of(traced, "Traced value that had come to rest, pro rata", tmp_path / "c.csv")
    assert int(curve[-1]["Exchange East, satoshis"]) == by_end["Exchange East"]
    last: dict[str, Any] = dict(curve[-1])
    assert sum(int(sat) for name, sat in last.items() if name != "Day") == sum(by_end.values())


def test_movements_say_who_controls_them_and_all_rows_can_be_taken(
    traced: Page, tmp_path: Path
) -> None:
    traced.get_by_role("tab", name="Movements").click()
    rows = traced.get_by_role("region", name="Movements of the trace")
    expect(rows).to_contain_text("same cluster")
    expect(rows).to_contain_text("inference")
    assert axe_violations(traced) == []
    with traced.expect_download() as download:
        traced.get_by_role("button", name="All rows, CSV: Movements of the trace").click()
    download.value.save_as(tmp_path / "hops.csv")
    whole = list(csv.DictReader(io.StringIO((tmp_path / "hops.csv").read_text())))
    expect(traced.get_by_role("tab", name=f"Movements ({len(whole):,})")).to_be_visible()


def test_an_answer_becomes_an_exhibit_with_its_question(traced: Page, served: Served) -> None:
    traced.get_by_role("button", name="Add to case").click()
    dialog = traced.get_by_role("dialog")
    dialog.get_by_role("button", name="Add to case").click()
    expect(dialog).to_be_hidden(timeout=LONG)
    with served.client() as client:
        (*_, last) = client.get("/api/cases/pay-site/exhibits").json()["exhibits"]
    assert "trace.json" in str(last)


def test_the_same_seeds_are_asked_another_way(traced: Page, demo: Demo) -> None:
    traced.get_by_role("link", name="Compare all rules").click()
    expect(traced.get_by_label("Seeds", exact=True)).to_have_value(demo.observed[0])
    traced.go_back()
    expect(traced.get_by_role("heading", name="Answer", exact=True)).to_be_visible()


def test_a_question_stands_in_its_address(open_page: OpenPage, demo: Demo) -> None:
    page = open_page(f"/trace?kind=backward&seed={demo.observed[0]}&rule=index-fifo&max_hops=3")
    expect(page.get_by_label("Seeds", exact=True)).to_have_value(demo.observed[0])
    expect(page.get_by_label("Most transactions from the seeds")).to_have_value("3")
    expect(page.get_by_role("checkbox", name="pro rata")).not_to_be_checked()
    run(page, "Trace backward", "Answer")
    expect(page.get_by_role("tab", name="Where it came from")).to_be_visible()


def test_what_is_wrong_is_said_at_its_field(open_page: OpenPage) -> None:
    page = open_page("/trace")
    page.get_by_role("button", name="Trace forward", exact=True).click()
    expect(page.get_by_text("There is nothing to trace: give an address")).to_be_visible()
    page.get_by_label("Seeds", exact=True).fill("2N5NhJD5yyny4j3BWDASGgeRvCFEvXiTQYS")
    expect(page.get_by_role("list", name="What the seeds are")).to_contain_text("checksum")
    page.get_by_text("Limits").click()
    page.get_by_label("From day").fill("31.1.2020")
    expect(page.get_by_text("Write 2024-01-31 or 2024-01-31T12:00:00Z.")).to_be_visible()
    assert axe_violations(page) == []


def test_a_long_one_is_stopped_and_what_it_found_is_kept(open_page: OpenPage, demo: Demo) -> None:
    page = open_page(f"/null-controls?seed={demo.observed[0]}&draws=10000")
    page.get_by_role("button", name="Draw controls", exact=True).click()
    work = page.get_by_role("region", name="The trace at work")
    expect(work).to_contain_text("draws of the null control", timeout=LONG)
    expect(work).to_contain_text("left")
    page.get_by_role("button", name="Stop and keep what was found").click()
    expect(page.get_by_text("Partial answer")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name="What chance brings")).to_be_visible()
    assert axe_violations(page) == []


def test_a_trace_that_reaches_its_limit_says_that_it_is_partial(
    open_page: OpenPage, demo: Demo
) -> None:
    page = open_page(f"/trace?seed={demo.observed[0]}&max_txs=5")
    run(page, "Trace forward", "Answer")
    expect(page.get_by_text("Partial answer")).to_be_visible()
    expect(page.get_by_text("The limit of transactions was reached.")).to_be_visible()
    sums = page.get_by_role("list", name="Conservation of value by rule")
    expect(sums).to_contain_text("cut at a limit")
    expect(sums).to_contain_text("equal to the satoshi")


def test_bounds_hold_every_rule_in_the_table_that_is_drawn(
    open_page: OpenPage, demo: Demo, tmp_path: Path
) -> None:
    page = open_page(f"/compare?seed={demo.observed[0]}")
    run(page, "Compare", "All rules, with bounds")
    assert axe_violations(page) == []
    page.get_by_role("button", name="As a table").click()
    rows = table_of(page, "Least and most, and what each rule says", tmp_path / "c.csv")
    assert len({row["Scope"] for row in rows}) == 2
    rules = [name for name in rows[0] if name not in ("Destination", "Scope")]
    rules = [name for name in rules if not name.endswith(", satoshis")]
    assert len(rules) == 10
    for row in rows:
        for rule in rules:
            if row[rule]:
                least, most = int(row["Least, satoshis"]), int(row["Most, satoshis"])
                assert least <= int(row[rule]) <= most


def test_paths_are_ranked_by_how_sure_they_are(open_page: OpenPage, demo: Demo) -> None:
    page = open_page(f"/trace?kind=path&from={demo.observed[0]}&end=service:Exchange+North")
    run(page, "Find paths", "Paths")
    shares = page.locator(".data-table tbody tr td:nth-child(3)").all_text_contents()
    sure = [float(share.removesuffix(" %")) for share in shares]
    assert sure == sorted(sure, reverse=True)
    page.get_by_role("button", name="Details").first.click()
    expect(page.get_by_text("named by a tag").first).to_be_visible()
    assert axe_violations(page) == []


@pytest.mark.parametrize("path", ["/trace", "/compare", "/null-controls"])
def test_the_pages_speak_spanish_in_the_dark(open_page: OpenPage, path: str) -> None:
    page = open_page(f"{path}?direction=backward", language="es", theme="dark")
    expect(page.get_by_label("Semillas", exact=True)).to_be_visible()
    assert axe_violations(page) == []
