"""What a pasted text is found to mean."""

from collections.abc import Iterator

import httpx
import pytest
from tests.web.conftest import Demo
from tests.web.serving import Served


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as asking:
        yield asking


def search(client: httpx.Client, text: str, **query: str) -> dict:
    answer = client.get("/api/search", params={"q": text, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_names_of_the_chain_lead_to_their_pages(client, demo: Demo) -> None:
    address = demo.observed[0]
    first = client.get(f"/api/address/{address}/outputs").json()["receipts"][-1]
    block = client.get(f"/api/block/{first['height']}").json()
    script = client.get(f"/api/address/{address}").json()["script_pubkey"]
    outpoint = f"{first['txid']}:{first['vout']}"
    for text, kind, to in (
        (address, "address", f"/address/{address}"),
        (f"  bitcoin:{address}?amount=1 ", "address", f"/address/{address}"),
        (script, "address", f"/address/{address}"),
        (first["txid"].upper(), "tx", f"/tx/{first['txid']}"),
        (outpoint, "outpoint", f"/tx/{first['txid']}?vout={first['vout']}"),
        (str(first["height"]), "block", f"/block/{first['height']}"),
        (block["hash"], "block", f"/block/{first['height']}"),
    ):
        hit = search(client, text)["hits"][0]
        assert (hit["kind"], hit["to"]) == (kind, to), text


def test_services_and_tags_are_found_by_the_beginnings_of_their_words(client) -> None:
    hits = search(client, "EXCH ea")["hits"]
    assert hits[0]["kind"] == "service"
    assert hits[0]["label"] == "Exchange East"
    assert {hit["kind"] for hit in hits} >= {"service", "tag"}
    assert all(client.get(f"/api{hit['to'].replace('/tag/', '/tags/')}").status_code == 200
               for hit in hits)  # fmt: skip


@pytest.mark.parametrize(
    ("how", "typed"),
    [
        ("changed", lambda a: a[:12] + ("q" if a[12] != "q" else "p") + a[13:]),
        ("missing", lambda a: a[:15] + a[16:]),
        ("extra", lambda a: a[:15] + ("z" if a[15] != "z" else "x") + a[15:]),
        ("space", lambda a: a[:10] + " " + a[10:]),
    ],
)
def test_a_mistyped_address_says_where_and_what_was_meant(client, demo, how, typed) -> None:
    address = next(a for a in demo.observed if len(set(a[8:16])) > 6)
    text = typed(address)
    found = search(client, text)
    assert found["hits"] == []
    assert found["problem"]["message"]
    mend = found["problem"]["mends"][0]
    assert (mend["address"], mend["how"], mend["in_chain"]) == (address, how, True)
    at, was, now = mend["at"], mend["was"], mend["now"]
    assert text[:at] + now + text[at + len(was) :] == address


def test_a_private_key_is_not_repeated_nor_searched_for(client) -> None:
    key = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
    answer = search(client, key)
    assert answer["hits"] == []
    assert "private key" in answer["problem"]["message"]
    assert key not in str(answer)


def test_items_of_cases_are_found_by_name_and_by_word(client, served: Served) -> None:
    finding = search(client, "I1", case="pay-site")["hits"][0]
    assert (finding["kind"], finding["label"], finding["case"]) == ("finding", "I1", "pay-site")
    entry = search(client, "#1")["hits"][0]
    assert entry["to"] == "/case/pay-site/journal?entry=1"
    assert "case" in {hit["kind"] for hit in search(client, "pay")["hits"]}
    assert search(client, "I999999")["hits"] == []


def test_nothing_and_too_much_find_nothing(client) -> None:
    assert search(client, "   ")["hits"] == []
    assert search(client, "nobody-has-this-name")["hits"] == []
    assert "500" in search(client, "x" * 600)["problem"]["message"]
