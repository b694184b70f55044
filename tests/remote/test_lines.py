"""Connections through a SOCKS proxy, as through Tor."""

from pathlib import Path

import pytest
from tests.chain.crafted import genesis
from tests.electrum_server import ServedChain, certificate, serving
from tests.socks_server import proxying

from peelchain.errors import RemoteError
from peelchain.remote.certificates import Trust
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.json_rpc import Ask, JsonRpcClient
from peelchain.remote.lines import LineLimits

CHAIN = ServedChain([genesis().raw])
ONION = "p33lchain.onion"


def client(scheme: str, proxy: str, trust: Trust | None = None) -> JsonRpcClient:
    return JsonRpcClient(
        Endpoint(scheme, ONION, 50001),
        greeting=(Ask("server.version"), ["", "1.4"]),
        greeted=lambda _: None,
        trust=trust,
        proxy=proxy,
        limits=LineLimits(tries=2, wait_s=0.01),
    )


def test_the_proxy_resolves_the_name() -> None:
    with serving(CHAIN) as server, proxying({ONION: ("127.0.0.1", server.port)}) as proxy:
        with client("tcp", proxy.url) as asking:
            tip = asking.ask(Ask("blockchain.headers.subscribe"))
        assert tip == {"height": 0, "hex": CHAIN.headers[0].hex()}
        assert proxy.asked == [(ONION, 50001)]


def test_tls_goes_through_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    shown = certificate(tmp_path)
    trust = Trust(frozenset({shown.fingerprint}))
    with (
        serving(CHAIN, shown=shown) as server,
        proxying({ONION: ("127.0.0.1", server.port)}) as proxy,
        client("tls", proxy.url, trust) as asking,
    ):
        assert asking.ask(Ask("blockchain.headers.subscribe"))
        assert proxy.asked == [(ONION, 50001)]


def test_a_name_that_the_proxy_cannot_reach() -> None:
    with proxying({}) as proxy, client("tcp", proxy.url) as asking:
        with pytest.raises(RemoteError, match=rf"{ONION}:50001: the proxy does not reach it"):
            asking.ask(Ask("blockchain.headers.subscribe"))
        assert len(proxy.asked) == 2


def test_a_proxy_that_is_not_there() -> None:
    with proxying({}) as proxy:
        url = proxy.url
    match = "the proxy cannot be reached; start it"
    with client("tcp", url) as asking, pytest.raises(RemoteError, match=match):
        asking.ask(Ask("blockchain.headers.subscribe"))
