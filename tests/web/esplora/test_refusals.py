"""What cannot be answered: the status codes and plain words of Esplora's servers."""

import httpx
import pytest

NONE = "00" * 32
UNKNOWN = {
    f"/tx/{NONE}": "Transaction not found",
    f"/tx/{NONE}/raw": "Transaction not found",
    f"/tx/{NONE}/hex": "Transaction not found",
    f"/tx/{NONE}/merkle-proof": "Transaction not found",
    f"/tx/{NONE}/merkleblock-proof": "Transaction not found",
    # an output that is not there is not unspent
    f"/tx/{NONE}/outspend/0": "Transaction not found",
    f"/tx/{NONE}/outspends": "Transaction not found",
    f"/block/{NONE}": "Block not found",
    f"/block/{NONE}/header": "Block not found",
    f"/block/{NONE}/raw": "Block not found",
    f"/block/{NONE}/txs": "Block not found",
    f"/block/{NONE}/txids": "Block not found",
    f"/block/{NONE}/txid/0": "Block not found",
    "/block-height/4294967295": "Block not found",
    "/blocks/9999999": "Block not found",
    "/nothing": "endpoint does not exist",
    "/tx/": "endpoint does not exist",
    "/api/api/blocks": "endpoint does not exist",
    "/": "endpoint does not exist",
    f"/asset/{NONE}": "endpoint does not exist",
}
MALFORMED = {
    "/tx/zz": "Invalid hex string",
    f"/tx/{NONE}0": "Invalid hex string",
    f"/tx/{'0x' + '0' * 62}": "Invalid hex string",
    f"/tx/{'0' * 63} ": "Invalid hex string",
    "/tx/zz/status": "Invalid hex string",
    "/tx/%F0%9F%92%A9/outspends": "Invalid hex string",
    f"/tx/{NONE}/outspend/-1": "Invalid number",
    f"/tx/{NONE}/outspend/0x1": "Invalid number",
    "/block/zz": "Invalid hex string",
    "/block/zz/status": "Invalid hex string",
    "/block-height/-1": "Invalid number",
    "/block-height/1e3": "Invalid number",
    "/block-height/%D9%A1": "Invalid number",
    "/block-height/99999999999999999999999": "Invalid number",
    "/blocks/abc": "Invalid number",
    "/address/nobody": "Invalid address",
    "/address/nobody/txs": "Invalid address",
    "/address/nobody/txs/mempool": "Invalid address",
    "/address/nobody/utxo": "Invalid address",
    # of mainnet
    "/address/1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa": "Invalid address",
    "/scripthash/zz": "Invalid scripthash",
    f"/scripthash/{NONE[:-2]}": "Invalid scripthash",
    f"/scripthash/{NONE[:-1]} ": "Invalid scripthash",
    f"/scripthash/{NONE}/txs/chain/zz": "Invalid hex string",
}


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_not_there_is_404(ask: httpx.Client, path: str) -> None:
    got = ask.get(path)
    assert (got.status_code, got.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert got.text.startswith(UNKNOWN[path])


@pytest.mark.parametrize("path", MALFORMED)
def test_what_is_malformed_is_400(ask: httpx.Client, path: str) -> None:
    got = ask.get(path)
    assert (got.status_code, got.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert got.text.startswith(MALFORMED[path])


def test_a_key_is_not_said_again(ask: httpx.Client) -> None:
    """Somebody may paste a private key where an address belongs."""
    key = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
    got = ask.get(f"/address/{key}")
    assert got.status_code == 400
    assert key not in got.text


def test_nothing_is_broadcast(ask: httpx.Client) -> None:
    for path in ("/tx", "/api/tx"):
        got = ask.post(path, content="01000000" * 20)
        assert got.status_code == 403
        assert "read only" in got.text


def test_other_methods_are_refused(ask: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert ask.request(method, "/blocks/tip/height").status_code == 405
    head = ask.head("/blocks/tip/height")
    assert (head.status_code, head.content) == (200, b"")


def test_a_great_body_is_refused(ask: httpx.Client) -> None:
    assert ask.post("/tx", content=b"0" * (2 << 20)).status_code == 413
