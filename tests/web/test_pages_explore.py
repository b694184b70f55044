"""Search and the pages of the chain, in a browser, as an investigator goes through them."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect
from tests.web.axe import axe_violations
from tests.web.conftest import Demo, OpenPage
from tests.web.serving import Served

from peelchain.actions.view import StoreView
from peelchain.units import format_hash


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as asking:
        yield asking


@pytest.fixture(scope="module")
def wide(demo: Demo) -> str:
    """The transaction with the most inputs."""
    with StoreView(demo.store) as view:
        tx_id = int(np.diff(view.arrays.tx_first_txin).argmax())
        return format_hash(view.lookup.txids([tx_id])[tx_id])


@pytest.fixture(scope="module")
def mix(demo: Demo) -> str:
    """A CoinJoin."""
    with StoreView(demo.store) as view:
        tx_id = int(view.clusters.coinjoins["tx_id"][0].as_py())
        return format_hash(view.lookup.txids([tx_id])[tx_id])


def test_a_mistyped_address_is_marked_and_leads_to_the_one_meant(
    open_page: OpenPage, demo: Demo
) -> None:
    address = demo.observed[0]
    typed = address[:16] + ("q" if address[16] != "q" else "p") + address[17:]
    page = open_page("/search")
    page.fill("#search-words", typed)
    expect(page.locator(".slip mark")).to_have_text(typed[16])
    expect(page.locator(".notice-warning")).to_contain_text("Character 17 is")
    assert axe_violations(page) == []
    page.get_by_role("link", name=address).click()
    expect(page).to_have_url(re.compile(f"/address/{address}$"))


def test_search_goes_by_keys_alone(open_page: OpenPage) -> None:
    page = open_page("/search")
    page.wait_for_selector("#search-words")
    page.focus("#search-words")
    page.keyboard.type("bazaar")
    expect(page.locator(".hits a").first).to_contain_text("Bazaar Market")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hits a").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#search-words")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/service/market$"))
    expect(page.locator("main h1")).to_contain_text("Bazaar Market")


def test_a_bow_tie_groups_many_inputs_and_leads_to_their_addresses(
    open_page: OpenPage, client: httpx.Client, wide: str
) -> None:
    told = client.get(f"/api/tx/{wide}").json()
    page = open_page(f"/tx/{wide}")
    drawing = page.locator("svg.bowtie")
    expect(drawing).to_contain_text(f"{told['input_count']} inputs")
    expect(drawing).to_contain_text(f"+{told['input_count'] - 11} more inputs")
    page.get_by_role("button", name="Show more").click()
    expect(drawing).not_to_contain_text("more inputs")
    page.get_by_role("button", name="As a table").click()
    table = page.get_by_role("region", name="Inputs and outputs")
    expect(table.locator("tbody tr").first).to_be_visible()
    page.get_by_role("button", name="As a table").click()
    first = told["outputs"][0]
    drawing.get_by_role("link", name=re.compile(re.escape(first["name"][-8:]))).last.click()
    expect(page).to_have_url(re.compile("/address/"))


def test_a_coinjoin_says_why_in_both_languages(
    open_page: OpenPage, client: httpx.Client, mix: str
) -> None:
    verdict = client.get(f"/api/tx/{mix}").json()["coinjoin"]
    for language, said in (("en", "participants"), ("es", "participantes")):
        page = open_page(f"/tx/{mix}?tab=coinjoin", language=language, theme="dark")
        expect(page.locator(".notice-warning")).to_contain_text(said)
        for reason in verdict["reasons"]:
            expect(page.locator("main")).to_contain_text(reason)
        assert axe_violations(page) == []


def test_change_unfolds_rule_by_rule(open_page: OpenPage, client: httpx.Client) -> None:
    rows = client.get("/api/block/1400").json()["transactions"]
    told = (client.get(f"/api/tx/{row['txid']}").json() for row in rows)
    txid = next(tx["txid"] for tx in told if tx["change"]["silent"] is None)
    page = open_page(f"/tx/{txid}?tab=change")
    page.get_by_role("button", name="Details").first.click()
    expect(page.locator(".reasons").first).to_contain_text("round_value")
    assert axe_violations(page) == []


def test_the_proof_is_saved_as_the_server_gives_it(
    open_page: OpenPage, client: httpx.Client, wide: str
) -> None:
    page = open_page(f"/tx/{wide}")
    page.get_by_role("tab", name="Raw data and proof").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as JSON").click()
    assert json.loads(saved.value.path().read_text()) == client.get(f"/api/tx/{wide}/proof").json()
    assert axe_violations(page) == []


def test_an_address_shows_balance_transactions_and_amounts_in_the_chosen_currency(
    open_page: OpenPage, client: httpx.Client, demo: Demo
) -> None:
    address = demo.observed[0]
    told = client.get(f"/api/address/{address}", params={"currency": "EUR"}).json()
    page = open_page(f"/address/{address}")
    expect(page.locator("svg.balance")).to_be_visible()
    latest = told["transactions"][0]
    row = page.locator("tbody tr", has_text=latest["txid"])
    expect(row).to_contain_text("BTC")
    page.get_by_label("Unit of amounts").select_option("EUR")
    expect(row).to_contain_text("EUR")
    assert latest["fiat"]["EUR"].replace(",", "") in row.inner_text().replace(",", "")
    assert axe_violations(page) == []
    page.get_by_role("tab", name="Receipts and spends").click()
    expect(page.get_by_role("heading", name=re.compile(r"receipts?$"))).to_be_visible()
    assert axe_violations(page) == []


def test_from_a_cluster_to_its_certificate(open_page: OpenPage, client: httpx.Client) -> None:
    services = client.get("/api/services").json()["services"]
    cluster = max(services, key=lambda s: s["scripts"])["cluster"]
    page = open_page(f"/cluster/{cluster}")
    page.get_by_role("tab", name="Counterparties").click()
    expect(page.get_by_role("region", name="Who paid")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("tab", name="Addresses").click()
    page.get_by_role("link", name="Why?").nth(3).click()
    expect(page.locator(".notice-ok")).to_contain_text("Held to be one party")
    steps = page.locator(".chain-tx")
    expect(steps.first).to_contain_text("The rule is right in")
    assert axe_violations(page) == []
    steps.first.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/tx/[0-9a-f]{64}$"))


def test_where_two_are_not_one_party_it_says_what_came_nearest(
    open_page: OpenPage, client: httpx.Client, demo: Demo
) -> None:
    services = client.get("/api/services").json()["services"]
    page = open_page(f"/why?a={services[0]['cluster']}&b={demo.observed[0]}")
    expect(page.locator("main")).to_contain_text("Not held to be one party")
    expect(page.get_by_role("heading", name="Payments between them")).to_be_visible()
    assert axe_violations(page) == []


def test_services_blocks_and_tags_say_what_they_are(
    open_page: OpenPage, client: httpx.Client
) -> None:
    service = client.get("/api/services").json()["services"][0]
    for path, said in (
        ("/services", service["label"]),
        (f"/service/{service['party']}", service["label"]),
        (f"/tag/{service['tag_id']}", service["label"]),
        ("/block/1400", "1,400"),
    ):
        page = open_page(path)
        expect(page.locator(".footing")).to_be_visible()
        assert said in page.locator("main").inner_text()


def test_what_is_not_there_says_so_and_the_page_lives_on(open_page: OpenPage) -> None:
    page = open_page("/tx/" + "0" * 64)
    expect(page.locator(".notice-error")).to_contain_text("not in the chain")
    page.goto(page.url.replace("0" * 64, "nothing"))
    expect(page.locator(".notice-error")).to_contain_text("not a txid")
    assert axe_violations(page) == []


def test_a_certificate_becomes_an_exhibit_as_the_server_gave_it(
    open_page: OpenPage, client: httpx.Client, demo: Demo
) -> None:
    a, b = demo.observed[:2]
    page = open_page(f"/why?a={a}&b={b}")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as JSON").click()
    answer = client.get("/api/why", params={"a": a, "b": b}).json()
    content = saved.value.path().read_bytes()
    assert json.loads(content) == answer
    page.get_by_role("button", name="Add to case").click()
    page.get_by_role("dialog").get_by_role("button", name="Add").last.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    kept = client.get("/api/cases/pay-site/exhibits").json()["exhibits"][-1]
    assert (kept["copy"], kept["sha256"]) == ("whole", sha256(content).hexdigest())
    assert a in kept["text"]
