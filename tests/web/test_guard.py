"""Who may ask: only the page that was opened with the token, at the address it was printed with."""

import json
import secrets
import shutil
import socket
from pathlib import Path

import pytest
from tests.web.raw_http import Pairs, answer, as_json, ask, send, usual
from tests.web.serving import Served, serving

STATUS = "/api/status"
HOSTS = (
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:{port}.evil.example",
    "127.0.0.1:{port}@evil.example",
    "evil.example@127.0.0.1:{port}",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "localhost.:{port}",
    "127.0.0.1:{port}, evil.example",
    "",
)
ORIGINS = (
    "http://evil.example",
    "null",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port} http://evil.example",
    "",
)


def test_the_page_s_own_request_is_answered(served: Served) -> None:
    got = ask(served, STATUS)
    assert got.status == 200
    assert json.loads(got.body)["tip_height"] == 1500


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("target", [STATUS, "/", "/api/nothing"])
def test_another_host_is_refused(served: Served, host: str, target: str) -> None:
    got = ask(served, target, drop=("Host",), add=[("Host", host.format(port=served.port))])
    # an empty or torn host is refused by the reader of HTTP already
    assert got.status in (400, 421), got
    assert b"tip_hash" not in got.body


def test_no_host_and_two_hosts_are_refused(served: Served) -> None:
    assert ask(served, STATUS, drop=("Host",)).status == 400
    two = [("Host", f"127.0.0.1:{served.port}")]
    assert ask(served, STATUS, add=two).status == 400
    old = f"GET {STATUS} HTTP/1.0\r\nAuthorization: Bearer {served.token}\r\n\r\n".encode()
    assert send(served, old).status == 421


def test_localhost_is_the_same_machine(served: Served) -> None:
    host = [("Host", f"LOCALHOST:{served.port}")]
    assert ask(served, STATUS, drop=("Host", "Origin"), add=host).status == 200


def test_a_target_that_names_another_server_reads_nothing(served: Served) -> None:
    for target in (f"http://evil.example{STATUS}", f"//evil.example{STATUS}", "*", "evil:1"):
        got = ask(served, target)
        assert b"tip_hash" not in got.body, target


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_another_origin_is_refused(served: Served, origin: str, method: str) -> None:
    add = [("Origin", origin.format(port=served.port))]
    got = ask(served, STATUS, method=method, drop=("Origin",), add=add)
    assert (got.status, got.kind) == (403, "origin")


def test_a_second_origin_is_refused(served: Served) -> None:
    got = ask(served, STATUS, add=[("Origin", "http://evil.example")])
    assert (got.status, got.kind) == (403, "origin")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense", ""])
def test_a_request_of_another_site_is_refused(served: Served, site: str) -> None:
    got = ask(served, STATUS, drop=("Sec-Fetch-Site",), add=[("Sec-Fetch-Site", site)])
    assert (got.status, got.kind) == (403, "origin")
    twice = ask(served, STATUS, add=[("Sec-Fetch-Site", site)])
    assert (twice.status, twice.kind) == (403, "origin")


def test_no_answer_lets_another_origin_read_it(served: Served) -> None:
    for target in ("/", STATUS, "/api/nothing", "/download/x"):
        for origin in (served.origin, "http://evil.example"):
            got = ask(served, target, drop=("Origin",), add=[("Origin", origin)])
            assert not [name for name in got.headers if name.startswith("access-control-")]
            assert "set-cookie" not in got.headers
    asked: Pairs = [("Access-Control-Request-Method", "POST")]
    assert ask(served, STATUS, method="OPTIONS", add=asked).status == 405


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer {token}x",
        "Bearer {short}",
        "Bearer  {token}",
        "Bearer {token} {token}",
        "Basic {token}",
        "{token}",
        "Bearer \xff\xfe",
        "Bearer {other}",
    ],
)
def test_a_wrong_token_is_refused(served: Served, given: str) -> None:
    text = given.format(token=served.token, short=served.token[:-1], other=secrets.token_urlsafe())
    got = ask(served, STATUS, drop=("Authorization",), add=[("Authorization", text)])
    assert (got.status, got.kind) == (401, "token")
    assert "peelchain serve" in got.body.decode()


def test_a_token_counts_only_in_its_header(served: Served) -> None:
    drop = ("Authorization",)
    assert ask(served, STATUS, drop=drop).status == 401
    for query in ("token", "access_token", "authorization"):
        assert ask(served, f"{STATUS}?{query}={served.token}", drop=drop).status == 401
    cookie = [("Cookie", f"token={served.token}")]
    assert ask(served, STATUS, drop=drop, add=cookie).status == 401
    first_wrong = [("Authorization", "Bearer x"), ("Authorization", f"Bearer {served.token}")]
    assert ask(served, STATUS, drop=drop, add=first_wrong).status == 401
    assert ask(served, STATUS, add=[("Authorization", "Bearer x")]).status == 401


def test_the_token_of_another_launch_is_refused(served: Served, tmp_path: Path) -> None:
    with serving(served.store, tmp_path / "cases") as later:
        assert later.token != served.token
        add = [("Authorization", f"Bearer {served.token}")]
        assert ask(later, STATUS, drop=("Authorization",), add=add).status == 401
        assert ask(later, STATUS).status == 200


def test_every_verb_wants_the_token(served: Served) -> None:
    paths = json.loads(ask(served, "/api/openapi.json").body)["paths"]
    drop = ("Authorization",)
    assert len(paths) > 8
    for path, verbs in paths.items():
        for verb in verbs:
            target = path.replace("{", "x").replace("}", "x")
            got = ask(served, target, method=verb.upper(), drop=drop)
            assert got.status == 401, (verb, path)
    assert ask(served, "/api/openapi.json", drop=drop).status == 401


def test_every_answer_carries_the_policy(served: Served) -> None:
    for target, add in (
        ("/", []),
        ("/case/pay-site/canvas", []),
        (STATUS, []),
        ("/api/nothing", []),
        ("/assets/nothing.js", []),
        ("/download/nothing", []),
        (STATUS, [("Host", "evil.example")]),
    ):
        got = ask(served, target, drop=("Host",) if add else (), add=add)
        policy = got.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["referrer-policy"] == "no-referrer"
        assert got.headers["cross-origin-resource-policy"] == "same-origin"
        assert got.headers["cross-origin-opener-policy"] == "same-origin"
        assert "server" not in got.headers
    assert ask(served, STATUS).headers["cache-control"] == "no-store"


def test_more_than_is_read_is_refused_before_it_is_read(served: Served) -> None:
    add = [("Content-Length", "3000000"), ("Content-Type", "application/json")]
    got = ask(served, "/api/tables", method="POST", add=add)
    assert (got.status, got.kind) == (413, "too_large")
    for nonsense in ("9" * 23, "-1", "1e3", "0x10", "\xb2", "1, 2", "+5"):
        add = [("Content-Length", nonsense)]
        assert ask(served, "/api/tables/csv", method="POST", add=add).status in (400, 413), nonsense


@pytest.mark.parametrize("target", ["/api/tables/csv", "/api/cases/pay-site/tickets"])
def test_more_than_is_read_is_refused_while_it_is_read(served: Served, target: str) -> None:
    lines = [f"POST {target} HTTP/1.1", *(f"{k}: {v}" for k, v in usual(served))]
    lines += ["Transfer-Encoding: chunked", "Content-Type: application/json", "", ""]
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        try:
            for _ in range(80):
                connection.sendall(chunk)
        except ConnectionError:
            pass  # it hung up on us, which is as good
        got = answer(connection)
    assert got.status in (413, 0), got
    assert ask(served, STATUS).status == 200


def test_two_lengths_are_no_request(served: Served) -> None:
    smuggled = f"GET {STATUS} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode()
    for extra in (
        [("Content-Length", "4"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "4"), ("Content-Length", "5")],
        [("Transfer-Encoding", "chunked, identity")],
        [("Transfer-Encoding", "x"), ("Content-Length", "5")],
        [("Content-Length ", "5")],
        [(" folded", "x")],
    ):
        got = ask(served, "/api/tables/csv", method="POST", add=extra, body=b"0\r\n\r\n" + smuggled)
        assert got.status in (400, 403, 422, 501), extra
        assert b"tip_hash" not in got.body


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        b'{"name":' * 100_000,
        b'{"name": ' + b"9" * 1_000_000 + b"}",
        b'{"name": 1e999, "columns": NaN, "rows": -Infinity}',
        b'{"name": "\\ud800", "columns": ["\\udfff"], "rows": [["\\ud83d"]]}',
        b'{"name": "a", "columns": ["b"], "rows": [[1e400]]}',
        b'{"name": "a", "columns": ["b"], "rows": [[' + b"9" * 4000 + b"]]}",
        b'{"name": "\\u0000", "columns": ["\\u0000"], "rows": [["\\u0000"]]}',
        b'{"name": "a", "columns": ["b"], "rows": [["x", "y", "z"], []]}',
        b'{"name": "a", "name": 1}',
        b"<xml/>",
    ],
)
@pytest.mark.parametrize("target", ["/api/tables/csv", "/api/tables/xlsx"])
def test_a_malformed_body_is_refused_in_words(served: Served, target: str, content: bytes) -> None:
    add = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    got = ask(served, target, method="POST", add=add, body=content)
    assert got.status in (200, 400, 422), got
    if got.status != 200:
        assert set(json.loads(got.body)) >= {"error", "kind"}


def test_a_form_of_another_site_is_no_request(served: Served) -> None:
    content = json.dumps({"name": "a", "columns": ["b"], "rows": []}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        got = ask(
            served,
            "/api/tables/csv",
            method="POST",
            drop=("Origin", "Sec-Fetch-Site"),
            add=[("Content-Type", kind)],
            body=content,
        )
        assert got.status == 422, kind


ELSEWHERE = (
    "..",
    ".",
    "%2e%2e",
    "..%2f..%2fetc",
    "%2e%2e%2fstore",
    "..%5cstore",
    "%252e%252e%252fstore",
    "....//",
    "%c0%ae%c0%ae",
    "%ff%fe",
    "pay-site%2f..%2fpay-site",
    "pay-site%00",
    "pay-site%2e",
    "%20pay-site",
    "pay-site%20",
    "-",
    "~",
    "C:",
    "C:%5cWindows",
    "%5c%5cserver%5cshare",
    "pay-site::$DATA",
    "CON",
    "nul.txt",
    "a" * 5000,
    "%f0%9f%92%b0",
    "%e2%80%ae",
    "linked",
)


@pytest.fixture(scope="module")
def beside(served: Served) -> Path:
    """A case that lies outside the folder of cases, with links to it inside."""
    beside = served.cases.parent / "beside"
    shutil.copytree(served.cases / "pay-site", beside)
    (served.cases / "linked").symlink_to(beside)
    own = served.cases / "pay-site"
    (own / "escape.txt").symlink_to("/etc/passwd")
    (own / "escape").symlink_to(beside)
    return beside


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_name_of_a_case_leads_nowhere_else(served: Served, beside: Path, name: str) -> None:
    headers, body = as_json({"file": "digest.txt"})
    target = f"/api/cases/{name}/tickets"
    got = ask(served, target, method="POST", add=headers, body=body)
    assert got.status in (400, 404, 405, 409, 422), (name, got)
    listed = json.loads(ask(served, STATUS).body)["cases"]
    assert listed == ["pay-site"]


@pytest.mark.parametrize(
    "file",
    [
        "../../store/manifest.json",
        "..",
        "",
        ".",
        "./digest.txt",
        "tables/../digest.txt",
        "/etc/passwd",
        "private/salt",
        "PRIVATE/vault.sqlite",
        "inputs/x",
        ".lock",
        "escape.txt",
        "escape/digest.txt",
        "digest.txt\0",
        "digest.txt/",
        "C:\\Windows\\win.ini",
        "tables",
        "x" * 399,
        "\ud800",
    ],
)
def test_a_name_of_a_file_leads_nowhere_else(served: Served, beside: Path, file: str) -> None:
    headers, body = as_json({"file": file})
    got = ask(served, "/api/cases/pay-site/tickets", method="POST", add=headers, body=body)
    assert got.status in (400, 409, 422), got
    assert "url" not in json.loads(got.body)


@pytest.mark.parametrize(
    "target",
    [
        "/assets/..%2findex.html",
        "/assets/../index.html",
        "/assets/%2e%2e%2f%2e%2e%2fapp.py",
        "/assets/..%5c..%5capp.py",
        "/assets//etc/passwd",
        "/assets/.hidden",
        "/assets/x%00.js",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/app.py",
    ],
)
def test_a_name_of_an_asset_leads_nowhere_else(served: Served, target: str) -> None:
    got = ask(served, target)
    assert got.status in (200, 404, 503)
    assert b"root:" not in got.body
    assert b"import " not in got.body[:400] or got.headers["content-type"].startswith("text/html")


def test_a_ticket_is_good_once(served: Served) -> None:
    headers, body = as_json({"file": "digest.txt"})
    got = ask(served, "/api/cases/pay-site/tickets", method="POST", add=headers, body=body)
    url = json.loads(got.body)["url"]
    fetched = ask(served, url, drop=("Authorization", "Origin"))
    assert fetched.body == (served.cases / "pay-site" / "digest.txt").read_bytes()
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert ask(served, url).status == 404


@pytest.mark.parametrize(
    "name",
    ["../../x", "..", ".", "/", "\0", "a\0b", ".bashrc", "CON", "長" * 200, "é" * 255, "a\nb"],
)
def test_a_name_of_an_upload_leads_nowhere_else(served: Served, name: str) -> None:
    with served.client() as client:
        got = client.post("/api/uploads", params={"name": name}, content=b"x,y\n")
        assert got.status_code == 200, got.text
        kept = got.json()["name"]
        assert "/" not in kept
        assert not kept.startswith(".")
        assert kept.isprintable()
        assert len(kept.encode()) <= 200


def test_other_methods_do_nothing(served: Served) -> None:
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "OPTIONS"):
        assert ask(served, STATUS, method=method).status == 405, method
    assert ask(served, STATUS, method="CONNECT").status in (400, 405)
    for header in ("X-HTTP-Method-Override", "X-Method-Override"):
        got = ask(served, "/api/jobs/none", add=[(header, "DELETE")])
        assert got.status == 404


def test_a_forwarding_header_is_not_believed(served: Served) -> None:
    for add in (
        [("X-Forwarded-Host", f"127.0.0.1:{served.port}"), ("Host", "evil.example")],
        [("X-Original-URL", STATUS), ("Host", "evil.example")],
        [("Forwarded", f"host=127.0.0.1:{served.port}"), ("Host", "evil.example")],
    ):
        assert ask(served, STATUS, drop=("Host",), add=add).status == 421


def test_no_socket_of_the_web_is_opened(served: Served) -> None:
    add = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ]
    assert ask(served, "/api/status", drop=("Authorization",), add=add).status == 401
    assert ask(served, "/ws", add=add).status != 101


def test_headers_are_bounded(served: Served) -> None:
    assert ask(served, STATUS, add=[("X-Long", "x" * 200_000)]).status in (400, 431, 0)
    many = [(f"X-{n}", "y" * 40) for n in range(5_000)]
    assert ask(served, STATUS, add=many).status in (400, 431, 0)
    assert ask(served, "/" + "x" * 200_000).status in (400, 414, 431, 0)
    assert ask(served, STATUS).status == 200


def test_those_who_only_knock_do_not_lock_the_door(served: Served) -> None:
    knocking = []
    try:
        for number in range(300):
            connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
            knocking.append(connection)
        assert ask(served, STATUS).status == 200
    finally:
        for connection in knocking:
            connection.close()
    assert ask(served, STATUS).status == 200
