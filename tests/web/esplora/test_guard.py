"""Who may ask: programs and people of this machine, and no page of another site."""

import json
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.cli.documented import documented, fits, flattened
from tests.cli.running import ENTRY, ENVIRONMENT, peelchain
from tests.esplora_server import EsploraServed, serving_esplora

TIP = "/blocks/tip/height"
HOSTS = (
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "0.0.0.0:{port}",
    "192.168.0.7:{port}",
    "localhost.:{port}",
    "evil.example@127.0.0.1:{port}",
)
ELSEWHERE = ("http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "")


def _ask(served: EsploraServed, path: str = TIP, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(served.origin + path, headers=named, timeout=30)


def test_a_plain_client_is_answered_without_a_token(esplora: EsploraServed) -> None:
    got = _ask(esplora)
    assert (got.status_code, got.text) == (200, "260")
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert "set-cookie" not in got.headers
    assert "access-control-allow-origin" not in got.headers
    assert _ask(esplora, host=f"LOCALHOST:{esplora.port}").status_code == 200


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", [TIP, "/api/blocks", "/nothing"])
def test_a_name_that_points_here_from_elsewhere_is_refused(
    esplora: EsploraServed, host: str, path: str
) -> None:
    got = _ask(esplora, path, host=host.format(port=esplora.port))
    assert got.status_code == 421
    assert "260" not in got.text


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_a_page_of_another_site_is_refused(esplora: EsploraServed, origin: str) -> None:
    got = _ask(esplora, origin=origin.format(port=esplora.port))
    assert got.status_code == 403
    assert "--cors" in got.text
    assert "access-control-allow-origin" not in got.headers
    assert _ask(esplora, sec_fetch_site="cross-site").status_code == 403
    assert _ask(esplora, sec_fetch_site="none").status_code == 200


def test_an_explorer_s_page_may_be_let_in(chain_store: Path) -> None:
    site = "http://explorer.example:5000"
    with serving_esplora(chain_store, "--cors", site) as served:
        got = _ask(served, origin=site, sec_fetch_site="cross-site")
        assert (got.status_code, got.text) == (200, "260")
        assert got.headers["access-control-allow-origin"] == site
        assert got.headers["vary"] == "origin"
        other = _ask(served, origin="http://evil.example")
        assert other.status_code == 403
        assert "access-control-allow-origin" not in other.headers
        asked = httpx.options(served.origin + TIP, headers={"origin": site})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, site)


def test_any_site_may_be_let_in(chain_store: Path) -> None:
    with serving_esplora(chain_store, "--cors", "*") as served:
        got = _ask(served, origin="http://anywhere.example")
        assert got.headers["access-control-allow-origin"] == "*"
        # a name that is made to point here still reads nothing
        assert _ask(served, host="evil.example").status_code == 421


@pytest.mark.parametrize(
    "origin", ["example.org", "http://a/b", "ftp://a", "http://", "http://a b"]
)
def test_what_is_no_origin_is_refused(chain_store: Path, origin: str) -> None:
    options = ("--esplora", "--store", chain_store, "--port", 0, "--cors", origin)
    peelchain("serve", *options).refused(2, "is no origin")


def test_other_machines_are_asked_for_by_name(chain_store: Path) -> None:
    options = ("--esplora", "--store", chain_store, "--port", 0, "--host", "0.0.0.0")
    peelchain("serve", *options).refused(2, "--allow-remote", "ssh -L")


def test_other_machines_may_be_let_in(chain_store: Path) -> None:
    remote = ("--host", "0.0.0.0", "--allow-remote", "--allow-host", "chain.example.org")
    with serving_esplora(chain_store, *remote) as served:
        for host in ("127.0.0.1", "192.168.0.7", "[fd00::1]", "localhost", "chain.example.org"):
            assert _ask_there(served, f"{host}:{served.port}") == 200
        assert _ask_there(served, "chain.example.org") == 200
        for host in ("evil.example", f"evil.example:{served.port}", "192.168.0.7:1"):
            assert _ask_there(served, host) == 421


def _ask_there(served: EsploraServed, host: str) -> int:
    address = f"http://127.0.0.1:{served.port}{TIP}"
    return httpx.get(address, headers={"host": host}, timeout=30).status_code


def test_its_options_go_with_it_alone(chain_store: Path, tmp_path: Path) -> None:
    workbench = ("serve", "--store", chain_store, "--cases", tmp_path, "--port", 0)
    for option in (("--allow-remote",), ("--cors", "*"), ("--allow-host", "a")):
        peelchain(*workbench, *option).refused(2, "--esplora")
    peelchain("serve", "--store", chain_store).refused(2, "--cases", "--esplora")
    peelchain("serve", "--esplora", "--store", tmp_path / "none").refused(1, "none")


def test_it_says_where_it_is_and_a_warning_and_nothing_of_what_is_asked(
    chain_store: Path,
) -> None:
    command = ["serve", "--esplora", "--store", str(chain_store), "--port", "0", "--json"]
    process = subprocess.Popen(
        [*ENTRY, *command, "--host", "0.0.0.0", "--allow-remote"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    keys = documented("serve")
    assert all(any(fits(path, key) for key in keys) for path in flattened(said))
    assert said["address"] == f"http://0.0.0.0:{said['port']}"
    marked = "ab" * 32
    for path in (f"/tx/{marked}", f"/address/{marked}", f"/{marked}", "/block/zz"):
        asked = f"http://127.0.0.1:{said['port']}{path}"
        assert httpx.get(asked, headers={"referer": marked}, timeout=30).status_code in (400, 404)
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert marked not in out + err
    assert "zz" not in out + err
    assert "without a password" in err
