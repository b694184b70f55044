"""User and password: from files and the environment, sent to the node alone, shown nowhere."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.chain.rpc.reading import ingest
from tests.chain.stores import command
from tests.core_rpc import CoreServer

from peelchain.chain.rpc.auth import PASSWORD, USER, auth_of
from peelchain.chain.rpc.ingest import RpcOptions, ingest_rpc
from peelchain.errors import FalseAnswerError, MisuseError, SourceError
from peelchain.network import MAINNET, REGTEST
from peelchain.remote.endpoint import Endpoint

LOCAL = Endpoint.of_url("http://127.0.0.1:8332")
SECRET = "correct-horse-battery"


def cookie_in(folder: Path, text: str = "__cookie__:abc") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".cookie").write_text(text)
    return folder / ".cookie"


def password_file(path: Path, text: str = f"someone:{SECRET}\n", mode: int = 0o600) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_cookie_of_a_node_on_this_machine_is_found(tmp_path: Path) -> None:
    home = tmp_path / "home"
    regtest = cookie_in(home / ".bitcoin" / "regtest")
    find: Any = {"environment": {}, "home": home}
    assert auth_of(LOCAL, REGTEST, **find).file == regtest
    assert auth_of(Endpoint.of_url("http://localhost:18443"), None, **find).file == regtest
    # the port is mainnet's, which has none
    assert auth_of(LOCAL, None, **find).file is None
    # of a port that is no network's, the only one there is
    other = Endpoint.of_url("http://[::1]:9999")
    assert auth_of(other, None, **find).file == regtest
    mainnet = cookie_in(home / ".bitcoin")
    assert auth_of(other, None, **find).file is None
    assert auth_of(LOCAL, None, **find).file == mainnet
    assert auth_of(other, MAINNET, **find).file == mainnet


def test_a_cookie_of_this_machine_is_not_sent_to_another(tmp_path: Path) -> None:
    cookie_in(tmp_path / ".bitcoin")
    far = Endpoint.of_url("http://192.0.2.7:8332")
    auth = auth_of(far, MAINNET, environment={}, home=tmp_path)
    assert auth.file is None
    assert auth.headers() == {}


def test_files_go_before_the_environment_and_that_before_the_usual_cookie(tmp_path: Path) -> None:
    cookie_in(tmp_path / ".bitcoin")
    own = {USER: "someone", PASSWORD: SECRET}
    given = password_file(tmp_path / "auth", "other:word")
    find: Any = {"environment": own, "home": tmp_path}
    assert auth_of(LOCAL, None, **find).place == "the environment"
    assert auth_of(LOCAL, None, password_file=given, **find).place == str(given)
    assert auth_of(LOCAL, None, cookie=given, **find).is_cookie
    with pytest.raises(MisuseError, match="give one of them"):
        auth_of(LOCAL, None, cookie=given, password_file=given, **find)


@pytest.mark.parametrize(
    "own", [{USER: "someone"}, {PASSWORD: SECRET}, {USER: "some:one", PASSWORD: SECRET}]
)
def test_half_an_environment_is_refused(own: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=f"{USER} and {PASSWORD} go together") as refused:
        auth_of(LOCAL, None, environment=own, home=tmp_path)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o700])
def test_a_password_file_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    file = password_file(tmp_path / "auth", mode=mode)
    with pytest.raises(SourceError, match=f"mode {mode:04o}.*chmod 600"):
        auth_of(LOCAL, None, password_file=file)


def test_a_password_file_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = password_file(tmp_path / "auth")
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(SourceError, match="another user's"):
        auth_of(LOCAL, None, password_file=file)


@pytest.mark.parametrize("text", ["", "\n", "someone", ":word", "someone:", "a:b\nc:d", "x" * 9999])
def test_a_password_file_without_a_password_is_refused(text: str, tmp_path: Path) -> None:
    file = password_file(tmp_path / "auth", text)
    with pytest.raises(SourceError, match="USER:PASSWORD in one line") as refused:
        auth_of(LOCAL, None, password_file=file)
    assert "x" * 50 not in str(refused.value)


def test_a_secret_is_in_no_repr(tmp_path: Path) -> None:
    own = {USER: "someone", PASSWORD: SECRET}
    told = repr(auth_of(LOCAL, None, environment=own, home=tmp_path))
    told += repr(auth_of(LOCAL, None, password_file=password_file(tmp_path / "auth")))
    assert SECRET not in told


def test_a_wrong_password_is_told_with_its_place_and_the_remedy(
    core: CoreServer, tmp_path: Path
) -> None:
    file = password_file(tmp_path / "auth")
    with pytest.raises(SourceError, match=r"refuses user and password from .*401.*chmod 600") as e:
        ingest_rpc(core.url, tmp_path / "s", options=RpcOptions(password_file=file))
    assert str(file) in str(e.value)
    assert SECRET not in str(e.value)


def test_a_cookie_that_is_missing_or_stale_is_told(core: CoreServer, tmp_path: Path) -> None:
    stale = cookie_in(tmp_path / "stale")
    with pytest.raises(SourceError, match=r"401.*name the \.cookie of the node that runs there"):
        ingest_rpc(core.url, tmp_path / "s", options=RpcOptions(cookie=stale))
    stale.unlink()
    with pytest.raises(SourceError, match=r"No such file.*name the \.cookie"):
        ingest_rpc(core.url, tmp_path / "s", options=RpcOptions(cookie=stale))


def test_a_node_that_forbids_says_what_to_look_at(core: CoreServer, tmp_path: Path) -> None:
    core.status = 403
    with pytest.raises(SourceError, match=r"403.*rpcallowip and rpcwhitelist"):
        ingest(core, tmp_path / "s")


def test_a_password_that_a_server_sends_back_is_not_shown(core: CoreServer, tmp_path: Path) -> None:
    """In an error's text, as a hostile server may, so as to have it logged."""
    file = password_file(tmp_path / "auth")
    core.secret = f"someone:{SECRET}"
    core.answers = lambda answers: [
        {"id": a["id"], "error": {"code": -1, "message": f"your password is {SECRET}"}}
        for a in answers
    ]
    with pytest.raises(SourceError) as refused:
        ingest_rpc(core.url, tmp_path / "s", options=RpcOptions(password_file=file))
    assert SECRET not in str(refused.value)
    assert "left out" in str(refused.value)
    core.answers = lambda answers: f"no JSON, but {SECRET}".encode()
    with pytest.raises(FalseAnswerError) as refused:
        ingest_rpc(core.url, tmp_path / "s", options=RpcOptions(password_file=file))
    assert SECRET not in str(refused.value)


def test_no_secret_is_left_in_a_store_or_on_the_screen(
    core: CoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = password_file(tmp_path / "auth")
    core.secret = f"someone:{SECRET}"
    store = tmp_path / "store"
    asked: tuple[Any, ...] = ("chain", "ingest", f"rpc:{core.url}", "--store", store)
    shown = command(*asked, "--rpc-auth", file)
    assert shown.returncode == 0, shown.stderr
    core.secret = "someone:else"
    refused = command(*asked, "--rpc-auth", file)
    assert refused.returncode == 1
    kept = b"".join(p.read_bytes() for p in store.rglob("*") if p.is_file())
    said = (shown.stdout + shown.stderr + refused.stdout + refused.stderr).encode()
    for text in (SECRET, "someone"):
        assert text.encode() not in kept + said
    in_url = command(
        "chain", "ingest", f"rpc:http://someone:{SECRET}@127.0.0.1:1", "--store", store
    )
    assert in_url.returncode == 2
    assert "cookie file" in in_url.stderr
    in_proxy = command(*asked, "--proxy", f"socks5://someone:{SECRET}@127.0.0.1:1")
    assert in_proxy.returncode == 2
    assert SECRET not in in_url.stderr + in_proxy.stderr
