"""Another page in the same browser, on a port of its own: it reads and changes nothing here."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.web.raw_http import ask
from tests.web.serving import Served

TRY = """async ([origin, token]) => {
  const told = {};
  const attempt = async (name, action) => {
    try { told[name] = String(await action()); } catch (error) { told[name] = "refused"; }
  };
  const timed = (start) => new Promise((resolve, reject) => {
    setTimeout(() => resolve("nothing"), 1500);
    start(resolve, reject);
  });
  const read = async (...asked) => {
    const answer = await fetch(...asked);
    return answer.type + (await answer.text());
  };
  const auth = {headers: {Authorization: `Bearer ${token}`}};
  await attempt("fetch", () => read(`${origin}/api/status`));
  await attempt("fetch page", () => read(`${origin}/`));
  await attempt("no-cors", () => read(`${origin}/api/status`, {mode: "no-cors"}));
  await attempt("with token", () => read(`${origin}/api/status`, auth));
  await attempt("simple post", () => read(`${origin}/api/cases/pay-site/notes`, {
    method: "POST", mode: "no-cors", credentials: "include",
    headers: {"Content-Type": "text/plain"}, body: JSON.stringify({text: "from elsewhere"})}));
  await attempt("beacon", () => navigator.sendBeacon(`${origin}/api/cases/pay-site/notes`,
    new Blob([JSON.stringify({text: "from elsewhere"})], {type: "text/plain"})) && "sent");
  await attempt("image", () => timed((resolve, reject) => {
    const image = new Image(); image.onload = () => resolve("loaded"); image.onerror = reject;
    image.src = `${origin}/api/status`; }));
  await attempt("script", () => timed((resolve, reject) => {
    const script = document.createElement("script"); script.onload = () => resolve("loaded");
    script.onerror = reject; script.src = `${origin}/api/status`; document.head.append(script); }));
  await attempt("socket", () => timed((resolve, reject) => {
    const socket = new WebSocket(origin.replace("http", "ws") + "/api/status");
    socket.onopen = () => resolve("open"); socket.onerror = reject; }));
  await attempt("events", () => timed((resolve, reject) => {
    const source = new EventSource(`${origin}/api/pages/12345678/events`);
    source.onopen = () => resolve("open"); source.onerror = reject; }));
  await attempt("frame", () => timed((resolve) => {
    const frame = document.createElement("iframe");
    frame.onload = () => { try { resolve(frame.contentDocument.body.textContent || "nothing"); }
                           catch { resolve("refused"); } };
    frame.src = `${origin}/`; document.body.append(frame); }));
  await attempt("window", () => timed((resolve) => {
    const opened = window.open(`${origin}/status`);
    setTimeout(() => { try { resolve(opened.document.body.textContent || "nothing"); }
                       catch { resolve("refused"); } }, 1000); }));
  const form = document.createElement("form");
  form.method = "POST"; form.enctype = "text/plain"; form.target = "sink";
  form.action = `${origin}/api/cases/pay-site/notes`;
  const field = document.createElement("input");
  field.name = '{"text":"from elsewhere","x":"'; field.value = '"}'; form.append(field);
  const sink = document.createElement("iframe"); sink.name = "sink";
  document.body.append(sink, form);
  form.submit();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return told;
}"""


class Elsewhere(BaseHTTPRequestHandler):
    """An empty page, whatever is asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body>elsewhere</body>")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of another server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def tried(page: Page, served: Served, token: str) -> dict[str, str]:
    told: dict[str, str] = page.evaluate(TRY, [served.origin, token])
    return told


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.localhost"])
def test_a_page_of_another_origin_gets_nothing(
    host: str, elsewhere: int, served: Served, browser: Browser
) -> None:
    before = entries(served)
    context = browser.new_context()
    try:
        # the workbench is open in the same browser, as it is while one works
        own = context.new_page()
        own.goto(served.address)
        own.wait_for_selector("main h1")
        page = context.new_page()
        page.goto(f"http://{host}:{elsewhere}/")
        # even a token that leaked would not help a page of elsewhere
        told = tried(page, served, served.token)
    finally:
        context.close()
    assert told.pop("beacon") in ("sent", "false", "true", "refused")  # sent, but see below
    # an answer that cannot be read has the type opaque and no text
    assert set(told.values()) <= {"refused", "nothing", "opaque"}, told
    assert entries(served) == before


def test_a_name_that_was_bound_to_this_machine_gets_nothing(
    served: Served, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        # every name below .localhost is this machine, as a rebound name would be
        answer = page.goto(f"http://evil.localhost:{served.port}/")
        assert answer is not None
        assert answer.status == 421
        assert page.evaluate("fetch('/api/status').then(r => r.status)") == 421
        assert page.evaluate("localStorage.length") == 0
    finally:
        context.close()


def entries(served: Served) -> int:
    got = ask(served, "/api/cases/pay-site/journal")
    assert got.status == 200, got
    total = json.loads(got.body)["total"]
    return int(total)
