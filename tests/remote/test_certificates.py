"""Certificates of servers, as users of self-signed ones and of authorities meet them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.chain.crafted import genesis
from tests.electrum_server import Certificate, ServedChain, certificate, serving

from peelchain.errors import FalseAnswerError, MisuseError, RemoteError
from peelchain.remote.certificates import AUTHORITY, Trust, parse_fingerprint
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.json_rpc import Ask, JsonRpcClient
from peelchain.remote.lines import LineLimits


@dataclass
class Notebook:
    """What is kept of one server, and what was said of it."""

    kept: str | None = None
    said: list[str] = field(default_factory=list)

    def trust(self, *pinned: str) -> Trust:
        return Trust(frozenset(pinned), lambda: self.kept, self._keep, self.said.append)

    def _keep(self, seen: str) -> None:
        self.kept = seen


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("other"))


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> Callable[[Certificate | None], None]:
    """Has the system trust one certificate as an authority, or none."""

    def trusted(shown: Certificate | None) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(shown.path if shown else "/dev/null"))
        monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")

    trusted(None)
    return trusted


def ask(shown: Certificate, trust: Trust) -> list[str]:
    """What a server with this certificate hears; each call is a connection of its own."""
    with serving(ServedChain([genesis().raw]), shown=shown) as server:
        client = JsonRpcClient(
            Endpoint("tls", "localhost", server.port),
            greeting=(Ask("server.version"), ["", "1.4"]),
            greeted=lambda _: None,
            trust=trust,
            limits=LineLimits(tries=1),
        )
        with client:
            try:
                client.ask(Ask("blockchain.headers.subscribe"))
            except FalseAnswerError as e:
                assert [method for method, _ in server.requests] == []
                raise e
        return [method for method, _ in server.requests]


HEARD = ["server.version", "blockchain.headers.subscribe"]


def test_a_certificate_of_an_authority_is_trusted_without_a_word(
    one: Certificate, authority: Callable[[Certificate | None], None]
) -> None:
    authority(one)
    notes = Notebook()
    assert ask(one, notes.trust()) == HEARD
    assert notes == Notebook(AUTHORITY)
    assert ask(one, notes.trust()) == HEARD


@pytest.mark.usefixtures("authority")
def test_a_self_signed_certificate_is_kept_and_told(one: Certificate) -> None:
    notes = Notebook()
    assert ask(one, notes.trust()) == HEARD
    assert notes.kept == one.fingerprint
    assert len(notes.said) == 1
    assert one.fingerprint in notes.said[0]
    assert ask(one, notes.trust()) == HEARD
    assert len(notes.said) == 1


@pytest.mark.usefixtures("authority")
def test_a_changed_certificate_is_refused_before_anything_is_sent(
    one: Certificate, other: Certificate
) -> None:
    notes = Notebook(one.fingerprint)
    with pytest.raises(FalseAnswerError, match=r"CHANGED.*someone may stand between") as raised:
        ask(other, notes.trust())
    assert other.fingerprint in str(raised.value)
    assert notes == Notebook(one.fingerprint)


def test_a_changed_certificate_is_refused_even_of_an_authority(
    one: Certificate, other: Certificate, authority: Callable[[Certificate | None], None]
) -> None:
    authority(other)
    with pytest.raises(FalseAnswerError, match="CHANGED"):
        ask(other, Notebook(one.fingerprint).trust())


@pytest.mark.usefixtures("authority")
def test_a_server_of_an_authority_may_not_become_self_signed(one: Certificate) -> None:
    notes = Notebook(AUTHORITY)
    with pytest.raises(FalseAnswerError, match=r"signed by an authority before and is not now"):
        ask(one, notes.trust())
    assert notes == Notebook(AUTHORITY)


@pytest.mark.usefixtures("authority")
def test_a_pinned_certificate_alone_is_taken(one: Certificate, other: Certificate) -> None:
    notes = Notebook()
    with pytest.raises(FalseAnswerError, match="you gave"):
        ask(other, notes.trust(one.fingerprint))
    assert notes.kept is None
    assert ask(one, notes.trust(other.fingerprint, one.fingerprint)) == HEARD
    assert notes == Notebook(one.fingerprint)


@pytest.mark.usefixtures("authority")
def test_a_new_pin_takes_the_place_of_what_was_kept(one: Certificate, other: Certificate) -> None:
    notes = Notebook(one.fingerprint)
    assert ask(other, notes.trust(other.fingerprint)) == HEARD
    assert ask(other, notes.trust()) == HEARD


def test_a_certificate_of_another_host_is_not_an_authority_s(
    tmp_path: Path, authority: Callable[[Certificate | None], None]
) -> None:
    strange = certificate(tmp_path, host="elsewhere.example")
    authority(strange)
    notes = Notebook()
    assert ask(strange, notes.trust()) == HEARD
    assert notes.kept == strange.fingerprint


@pytest.mark.usefixtures("authority")
def test_plain_tcp_where_tls_is_asked_for(one: Certificate) -> None:
    with serving(ServedChain([genesis().raw])) as server:
        client = JsonRpcClient(
            Endpoint("tls", "localhost", server.port),
            greeting=(Ask("server.version"), ["", "1.4"]),
            greeted=lambda _: None,
            limits=LineLimits(tries=1, connect_s=2.0),
        )
        with client, pytest.raises(RemoteError, match="':t'"):
            client.ask(Ask("blockchain.headers.subscribe"))


@pytest.mark.usefixtures("authority")
def test_tls_where_plain_tcp_is_asked_for(one: Certificate) -> None:
    with serving(ServedChain([genesis().raw]), shown=one) as server:
        client = JsonRpcClient(
            Endpoint("tcp", "localhost", server.port),
            greeting=(Ask("server.version"), ["", "1.4"]),
            greeted=lambda _: None,
            limits=LineLimits(tries=1, silence_s=2.0),
        )
        with client, pytest.raises(RemoteError, match="leave ':t' off"):
            client.ask(Ask("blockchain.headers.subscribe"))


def test_fingerprints_as_tools_write_them() -> None:
    bare = "ab" * 32
    colons = ":".join(["AB"] * 32)
    for text in (bare, bare.upper(), colons, f"sha256:{bare}", f"SHA256 Fingerprint={colons}"):
        assert parse_fingerprint(text) == bare
    for text in ("", "ab" * 20, "zz" * 32, bare + "ab"):
        with pytest.raises(MisuseError, match="no fingerprint"):
            parse_fingerprint(text)
