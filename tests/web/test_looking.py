"""What the pages are told of transactions, addresses, clusters, services, blocks and tags."""

from collections.abc import Iterator
from hashlib import sha256

import httpx
import pytest
from tests.cli.running import peelchain
from tests.web.conftest import Demo
from tests.web.serving import Served

from peelchain.actions.view import StoreView
from peelchain.units import format_hash


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as asking:
        yield asking


@pytest.fixture(scope="module")
def view(demo: Demo) -> Iterator[StoreView]:
    with StoreView(demo.store) as opened:
        yield opened


def get(client: httpx.Client, path: str, **query: object) -> dict:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def txid_of(view: StoreView, tx_id: int) -> str:
    return format_hash(view.lookup.txids([tx_id])[tx_id])


def widest(view: StoreView) -> str:
    """The transaction with the most inputs."""
    return txid_of(
        view, int(view.chain.tx_first_txin[1:].__sub__(view.chain.tx_first_txin[:-1]).argmax())
    )


def test_a_transaction_says_what_the_command_line_says_and_adds_up(client, view, demo) -> None:
    txid = widest(view)
    told = get(client, f"/api/tx/{txid}", currency="EUR")
    shown = peelchain("tx", txid, "--store", demo.store, "--json").json
    for key in ("txid", "height", "block_hash", "time_utc", "fee_sat", "weight", "tip_hash"):
        assert told[key] == shown[key]
    assert [o["spent_by"] for o in told["outputs"]] == [o["spent_by"] for o in shown["outputs"]]
    assert sum(i["value_sat"] for i in told["inputs"]) == told["input_sat"]
    assert sum(o["value_sat"] for o in told["outputs"]) + told["fee_sat"] == told["input_sat"]
    assert all(set(i["fiat"]) == {"EUR"} for i in told["inputs"])
    named = [i["service"]["label"] for i in told["inputs"] if i["service"]]
    assert named, "a miner's tag is on these inputs"


def test_its_inputs_come_a_page_at_a_time_and_all_once(client, view) -> None:
    txid = widest(view)
    seen: list[int] = []
    while True:
        page = get(client, f"/api/tx/{txid}", inputs_from=len(seen), limit=7)
        if not page["inputs"]:
            break
        seen += [i["vin"] for i in page["inputs"]]
        assert page["output_sat"] == get(client, f"/api/tx/{txid}")["output_sat"]
    assert seen == list(range(page["input_count"]))


def test_a_coinjoin_says_its_type_with_reasons_and_that_it_links_nothing(client, view) -> None:
    row = view.clusters.coinjoins.slice(0, 1).to_pylist()[0]
    verdict = get(client, f"/api/tx/{txid_of(view, row['tx_id'])}")["coinjoin"]
    assert verdict["held"] == "coinjoin"
    assert verdict["type"] == row["type"]
    assert verdict["participants_at_least"] == row["participants_at_least"]
    assert not verdict["links"]
    assert "; ".join(verdict["reasons"]) == row["reasons"]


def test_change_has_a_probability_and_every_rules_reason(client, demo) -> None:
    with StoreView(demo.store) as view:
        chain = view.chain
        counts = chain.tx_first_txout[1:] - chain.tx_first_txout[:-1]
        candidates = [int(tx) for tx in (counts == 2).nonzero()[0][-200:]]
        names = [txid_of(view, tx) for tx in candidates]
    for name in names:
        told = get(client, f"/api/tx/{name}")
        if told["change"]["silent"] is None:
            break
    shown = peelchain("change", "show", name, "--store", demo.store, "--json").json
    for output, row in zip(told["outputs"], shown["outputs"], strict=True):
        assert output["change"]["probability"] == row["probability"]
        assert output["change"]["rules"] == row["rules"]


def test_the_proof_of_a_transaction_leads_to_the_blocks_header(client, view) -> None:
    proof = get(client, f"/api/tx/{widest(view)}/proof")
    transaction, block = proof["transaction"], proof["block"]
    at, index = bytes.fromhex(transaction["txid"])[::-1], transaction["index"]
    for sibling in transaction["branch"]:
        other = bytes.fromhex(sibling)[::-1]
        pair = other + at if index & 1 else at + other
        at, index = sha256(sha256(pair).digest()).digest(), index >> 1
    header = bytes.fromhex(block["header"])
    assert at == header[36:68]
    assert sha256(sha256(header).digest()).digest()[::-1].hex() == block["hash"]
    raw = get(client, f"/api/tx/{transaction['txid']}/raw")
    assert raw["raw"] == transaction["raw"]


def test_an_address_says_its_balance_and_every_transaction_once(client, demo) -> None:
    address = demo.observed[0]
    told = get(client, f"/api/address/{address}", currency="USD")
    shown = peelchain("address", address, "--store", demo.store, "--json").json
    for key in ("received_sat", "sent_sat", "balance_sat", "receipt_count", "spend_count",
                "first_seen_utc", "last_seen_height", "script_pubkey", "tip_hash"):  # fmt: skip
        assert told[key] == shown[key]
    assert told["over_time"][-1]["balance_sat"] == told["balance_sat"]
    rows = []
    while len(rows) < told["tx_count"]:
        page = get(client, f"/api/address/{address}/transactions", offset=len(rows), limit=3)
        rows += page["transactions"]
    assert len({row["txid"] for row in rows}) == told["tx_count"]
    assert sum(row["change_sat"] for row in rows) == told["balance_sat"]
    assert rows[0]["balance_sat"] == told["balance_sat"]
    outputs = get(client, f"/api/address/{address}/outputs")
    assert sum(r["value_sat"] for r in outputs["receipts"]) == told["received_sat"]
    assert sum(s["value_sat"] for s in outputs["spends"]) == told["sent_sat"]


def test_a_cluster_adds_up_over_its_members_and_over_time(client, demo, view) -> None:
    services = get(client, "/api/services")["services"]
    largest = max(services, key=lambda s: s["scripts"])
    told = get(client, f"/api/cluster/{largest['cluster']}", limit=200)
    shown = peelchain("cluster", "show", largest["cluster"], "--store", demo.store, "--json").json
    for key in ("received_sat", "sent_sat", "balance_sat", "scripts", "policy", "run_id"):
        assert told[key] == shown[key]
    members = list(told["members"])
    while len(members) < told["scripts"]:
        page = get(client, f"/api/cluster/{largest['cluster']}/members", offset=len(members))
        members += page["members"]
    assert len({m["name"] for m in members}) == told["scripts"]
    assert sum(m["received_sat"] for m in members) == told["received_sat"]
    came, went = (sum(p[k] for p in told["over_time"]) for k in ("received_sat", "sent_sat"))
    assert (came, came - went) == (told["net_received_sat"], told["balance_sat"])
    assert told["service"]["party"] == largest["party"]
    assert {s["party"] for s in told["services"]} >= {largest["party"]}
    paid = told["counterparties"]
    assert paid["in"] == sorted(paid["in"], key=lambda row: -row["value_sat"])
    assert all(row["cluster"] != told["cluster"] for row in (*paid["in"], *paid["out"]))


def test_a_service_says_the_tags_it_rests_on(client) -> None:
    for party in {s["party"] for s in get(client, "/api/services")["services"]}:
        told = get(client, f"/api/service/{party}")
        assert all(entity["anchors"] for entity in told["entities"])
        assert "cluster_id" not in str(told)
        tag = told["entities"][0]["anchors"][0]
        (shown,) = get(client, f"/api/tags/{tag['tag_id']}")["tags"]
        assert (shown["label"], shown["state"], shown["in_chain"]) == (tag["label"], "stands", True)
        assert get(client, "/api/tags", address=tag["address"])["tags"]


def test_a_block_is_found_by_height_and_by_hash(client, demo) -> None:
    block = get(client, "/api/block/1402", limit=2)
    again = get(client, f"/api/block/{block['hash']}", offset=2)
    assert again["height"] == 1402
    rows = [*block["transactions"], *again["transactions"]]
    assert [row["tx_index"] for row in rows] == list(range(block["tx_count"]))
    assert rows[0]["payer"] is None
    fees = sum(row["fee_sat"] or 0 for row in rows[1:])
    assert rows[0]["output_sat"] <= block["subsidy_sat"] + fees
    assert block["coinbase"]["script"]


def test_a_certificate_is_the_command_lines_with_the_place_of_each_step(client, demo) -> None:
    service = max(get(client, "/api/services")["services"], key=lambda s: s["scripts"])
    members = get(client, f"/api/cluster/{service['cluster']}", limit=200)["members"]
    a, b = members[0]["name"], members[-1]["name"]
    told = get(client, "/api/why", a=a, b=b)
    shown = peelchain("cluster", "explain", a, b, "--store", demo.store, "--json").json
    assert told["joined"]
    assert told["links"] == shown["links"]
    assert told["joint_truth"] == shown["joint_truth"]
    assert set(told["places"]) >= {link["txid"] for link in told["links"]}
    apart = get(client, "/api/why", a=a, b=demo.observed[0])
    assert not apart["joined"]
    assert apart["nearest"]["payments"]["a_to_b"]["count"] >= 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/tx/" + "0" * 64, 404),
        ("/api/tx/nothing", 400),
        ("/api/address/nothing", 400),
        ("/api/address/bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202", 404),
        ("/api/block/99999", 404),
        ("/api/block/-1", 400),
        ("/api/service/nobody", 400),
        ("/api/tags/nothing", 400),
        ("/api/tx/" + "0" * 64 + "?currency=XXX", 404),
        ("/api/block/1?currency=XXX", 400),
        ("/api/block/1?limit=100000", 422),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
