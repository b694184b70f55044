"""Whatever is asked is answered or refused in plain words, and never a defect."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peelchain.web.esplora.app import make_app
from peelchain.web.esplora.desk import Desk
from peelchain.web.esplora.guard import Names

WORDS = (
    "tx txs block blocks block-height address scripthash address-prefix mempool fee-estimates tip "
    "hash height raw hex header status txids txid outspend outspends utxo chain merkle-proof "
    "merkleblock-proof v1 mining timestamp validate-address api recent"
)
ODD = ["", ".", "..", "0", "-1", "1e9", "00", "4294967296", "18446744073709551616", "%00", "%2f"]
ODD += ["%ff", "\u0661", "null", "{}", "a" * 64, "0" * 64, "g" * 64, "f" * 63, "1" * 5000, "%", "*"]


@pytest.fixture(scope="module")
def client(chain_store: Path) -> Iterator["Asking"]:
    asking = Asking(chain_store)
    yield asking
    asking.close()


class Asking:
    """Asks the application itself, without a socket, which takes any path."""

    def __init__(self, store: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._desk = Desk(store)
        app = make_app(self._desk, Names(frozenset({"here:1"})), None)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://here:1")
        self._loop.run_until_complete(self._desk.start())
        tip = self.get("/blocks/tip/hash").text
        txid = self.get(f"/block/{tip}/txid/0").text
        out = self.get(f"/tx/{txid}").json()["vout"][0]
        self.known = [tip, txid, out.get("scriptpubkey_address", tip)]

    def get(self, path: str) -> httpx.Response:
        return self._loop.run_until_complete(self._client.get(path))

    def close(self) -> None:
        self._loop.run_until_complete(self._desk.close())
        self._loop.close()


@given(st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_path_is_answered_or_refused(client: Asking, data: st.DataObject) -> None:
    part = st.one_of(
        st.sampled_from(WORDS.split()),
        st.sampled_from(client.known),
        st.sampled_from(ODD),
        st.text(max_size=12),
    )
    parts = data.draw(st.lists(part, max_size=5))
    got = client.get("http://here:1/" + "/".join(quote(some, safe="%") for some in parts))
    assert got.status_code in (200, 400, 404, 405), (parts, got.text)
    if got.status_code != 200:
        assert got.headers["content-type"].startswith("text/plain")
        assert "Traceback" not in got.text
    assert got.headers["cache-control"] == "no-store"
