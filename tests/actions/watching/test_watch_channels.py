"""Notices leave: to a folder, by mail, to a web server; signed, once, and again after a failure."""

import base64
import hmac
import json
from pathlib import Path

import pytest
from tests.actions.watching.peers import (
    PASSWORD,
    USER,
    certificate,
    mail_file,
    mail_server,
    web_server,
)
from tests.actions.watching.scene import Scene, address_of, spend
from tests.chain.crafted import COIN

from peelchain.actions.watching import channels as to
from peelchain.actions.watching.change import change, notices
from peelchain.errors import MisuseError, PeelchainError

SECRET = "a secret of the test, long enough"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


def move(here: Scene) -> None:
    here.mine(spend(here.seed, 0, [(6 * COIN, "exchange"), (3 * COIN, "next")]))


def test_a_folder_gets_a_file_for_each_notice(here: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "desktop"
    folder.mkdir()
    move(here)
    (notice,) = here.watch(to.folder(folder))
    assert sorted(p.name for p in folder.iterdir()) == [
        f"{notice['id']}.json", f"{notice['id']}.txt",
    ]  # fmt: skip
    assert json.loads((folder / f"{notice['id']}.json").read_bytes()) == notice
    text = (folder / f"{notice['id']}.txt").read_text()
    assert "traced value moved 10.00000000 BTC" in text
    assert "Exchange Crafted" in text
    with pytest.raises(MisuseError, match="no folder"):
        to.folder(folder / "none")


def test_mail_is_sent_once_and_its_retraction_answers_it(here: Scene, tmp_path: Path) -> None:
    with mail_server() as box:
        channel = to.mail(mail_file(tmp_path, box), {})
        move(here)
        (notice,) = here.watch(channel)
        here.watch(channel)
        (message,) = box.messages
        assert box.ids() == [notice["id"]]
        assert message["To"] == "desk@crafted.example, duty@crafted.example"
        assert message["Subject"].startswith("peelchain: traced value moved 10.00000000 BTC")
        assert notice["txid"] in message.get_content()
        here.fork(1)
        here.mine(count=2, tag="other")
        (retraction,) = here.watch(channel)
        answer = box.messages[-1]
        assert retraction["id"] in answer["Message-ID"]
        assert answer["In-Reply-To"] == message["Message-ID"]


def test_mail_goes_over_starttls_with_a_login(here: Scene, tmp_path: Path) -> None:
    trusted = certificate(tmp_path)
    said = {"security": "starttls", "user": USER, "password_file": "password"}
    with mail_server(trusted, login=True) as box:
        move(here)
        untrusted = to.mail(mail_file(tmp_path, box, **said), {})
        here.watch(untrusted)
        assert not box.messages
        assert "certificate is not trusted" in here.said[-1]
        config = mail_file(tmp_path, box, **said, certificate=trusted.name)
        wrong = to.mail(config, {}), to.mail_server(config, {})
        assert PASSWORD not in repr(wrong)
        here.watch(to.mail(config, {}))
        assert len(box.messages) == 1
        (tmp_path / "password").write_text("another")
        here.mine(spend(here.blocks[-1].txs[1], 1, [(2 * COIN, "on")]))
        here.watch(to.mail(config, {}))
        assert "refuses the user or the password" in here.said[-1]
        assert "another" not in "".join(here.said)
    for path in here.case.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path


def test_mail_is_never_sent_over_a_plain_line(here: Scene, tmp_path: Path) -> None:
    with mail_server() as box:
        move(here)
        here.watch(to.mail(mail_file(tmp_path, box, security="starttls"), {}))
        assert not box.messages
        assert "STARTTLS" in here.said[-1]
        with pytest.raises(MisuseError, match="on this machine"):
            to.mail(mail_file(tmp_path, box, host="mail.example.org"), {})


def test_what_a_server_refuses_is_kept_and_sent_later_in_order(here: Scene, tmp_path: Path) -> None:
    with mail_server() as box:
        channel = to.mail(mail_file(tmp_path, box), {})
        box.refuse = "451 later"
        move(here)
        (first,) = here.watch(channel)
        onward = spend(here.blocks[-1].txs[1], 1, [(2 * COIN, "on")])
        here.mine(onward)
        (second,) = here.watch(channel)
        assert "2 notices are not sent yet and kept" in here.said[-1]
        assert "status 451" in here.said[-1]
        assert notices(here.case)["owed"] == 2
        box.refuse = None
        here.watch(channel)
        assert box.ids() == [first["id"], second["id"]]
        assert notices(here.case)["owed"] == 0
    move_on = spend(onward, 0, [(COIN, "further")])
    here.mine(move_on)
    here.watch(channel)
    assert "cannot be reached" in here.said[-1]


def test_a_web_server_gets_signed_notices_under_their_ids(here: Scene, secret: Path) -> None:
    with web_server() as hook:
        channel = to.web(hook.url, secret)
        change(here.case, [address_of("payer change")], add=True, why="order", of="frozen")
        here.watch(channel)
        here.mine(spend(here.seed, 1, [(9 * COIN, "away")]))
        (notice,) = here.watch(channel)
        here.watch(channel)
        ((headers, body),) = hook.posted
        assert json.loads(body) == notice
        assert notice["loud"]
        assert headers["webhook-id"] == notice["id"]
        assert headers["idempotency-key"] == f'"{notice["id"]}"'
        assert headers["content-type"] == "application/json"
        signed = f"{notice['id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize(("status", "said"), [(500, "status 500"), (403, "403"), (302, "sends on")])
def test_a_web_server_that_fails_is_asked_again_and_its_path_not_shown(
    here: Scene, secret: Path, status: int, said: str
) -> None:
    with web_server() as hook:
        channel = to.web(hook.url, secret)
        hook.answers = [status]
        move(here)
        here.watch(channel)
        assert not hook.posted
        assert said in here.said[-1]
        assert "127.0.0.1" in here.said[-1]
        here.watch(channel)
        assert len(hook.posted) == 1
        shown = " ".join([*here.said, channel.name, str(notices(here.case)), repr(channel)])
        for hidden in ("token-that-nobody-sees", SECRET):
            assert hidden not in shown


def test_a_web_server_elsewhere_must_be_asked_over_tls(secret: Path, tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="--webhook-plain"):
        to.web("http://203.0.113.7/x", secret)
    assert "203.0.113.7" in to.web("http://203.0.113.7/x", secret, plain=True).name
    assert "path" not in to.web("https://hooks.example/path", secret).name
    with pytest.raises(MisuseError, match="user or password"):
        to.web("https://me:pass@hooks.example/", secret)
    with pytest.raises(MisuseError, match="signed: give a secret"):
        to.web("https://hooks.example/", None, environment={})
    url = tmp_path / "url"
    url.write_text("https://hooks.example/secret-path\n")
    url.chmod(0o600)
    assert "hooks.example" in to.web(f"@{url}", secret).name


def test_secrets_that_others_can_read_are_refused(secret: Path, tmp_path: Path) -> None:
    secret.chmod(0o640)
    with pytest.raises(MisuseError, match="chmod 600"):
        to.web("https://hooks.example/", secret)
    with mail_server() as box:
        config = mail_file(tmp_path, box)
        (tmp_path / "password").chmod(0o644)
        to.mail(config, {})
        with pytest.raises(MisuseError, match="chmod 600"):
            to.mail(mail_file_with_password(tmp_path, config), {})
        config.chmod(0o644)
        with pytest.raises(MisuseError, match="chmod 600"):
            to.mail(config, {})


def mail_file_with_password(folder: Path, config: Path) -> Path:
    path = folder / "with-password.toml"
    path.write_text(f'user = "{USER}"\npassword_file = "password"\n' + config.read_text())
    path.chmod(0o600)
    (folder / "password").chmod(0o644)
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("host = ", "no TOML"),
        ('host = "h"\npassword = "sesame"', "'password' is no key"),
        ('host = "h"\nfrom = "a@b"', "host, from and to"),
        ('host = "h"\nfrom = "a@b"\nto = "c@d"\nsecurity = "ssl"', "security is one of"),
        ('host = "h"\nfrom = "a@b"\nto = "c@d"\nport = 0', "port is a number"),
        ('host = "h"\nfrom = "a@b"\nto = "c@d"\nuser = "u"', "no password"),
    ],
)
def test_a_mail_file_that_is_none_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mail.toml"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(PeelchainError, match=words) as refused:
        to.mail(path, {})
    assert "sesame" not in str(refused.value)


def test_one_channel_that_fails_keeps_no_other_waiting(here: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "desktop"
    folder.mkdir()
    with mail_server() as box:
        channel = to.mail(mail_file(tmp_path, box), {})
        box.refuse = "451 later"
        move(here)
        here.watch(channel, to.folder(folder))
        assert len(list(folder.glob("*.json"))) == 1
