"""Pictures of a case through the page: saved, opened, kept as exhibits."""

import json
from hashlib import sha256

from tests.cli.running import peelchain
from tests.web.serving import Served

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text>café ‮</text></svg>'


def test_a_picture_lives_with_its_case(served: Served) -> None:
    where = "/api/cases/pay-site/pictures/Main flow"
    case = served.cases / "pay-site"
    with served.client() as client:
        assert client.get(where).status_code == 404
        first = client.put(where, json={"picture": '{"nodes": {}}'}).json()
        text = '{"nodes":{"tx:%s":{"label":"é\\ud83d"}} }' % ("ab" * 32)
        again = {"picture": text, "version": first["version"]}
        second = client.put(where, json=again).json()
        assert second["version"] == sha256(text.encode()).hexdigest()
        late = client.put(where, json=again)
        assert (late.status_code, late.json()["kind"]) == (409, "conflict")
        opened = client.get(where).json()
        assert opened["picture"] == text
        assert opened["moved"]["blocks"] == 0
        assert opened["gone"] == ["tx:" + "ab" * 32]
        assert opened["made_on"] == opened["now"]

        snapshots = f"{where}/snapshots"
        hostile = client.post(snapshots, json={"svg": SVG.replace("text", "script"), "text": "a"})
        assert (hostile.status_code, hostile.json()["kind"]) == (400, "misuse")
        stale = client.post(snapshots, json={"svg": SVG, "text": "a", "version": first["version"]})
        assert stale.json()["kind"] == "conflict"
        kept = client.post(snapshots, json={"svg": SVG, "text": "Where it went"}).json()
        client.put(where, json={"picture": "{}", "version": second["version"]})
        was = client.get(f"/api/cases/pay-site/snapshots/{kept['entry']}").json()
        assert (was["picture"], was["svg"]) == (text, SVG)
        assert was["text"] == "Where it went"
        (listed,) = client.get("/api/cases/pay-site/snapshots").json()["snapshots"]
        assert listed["id"] == kept["says"]["id"]
        assert client.get("/api/cases/pay-site/snapshots/1").status_code == 404

    told = peelchain("case", "pictures", "list", "--case", case, "--json").answer["pictures"]
    assert [(p["name"], p["bytes"], p["nodes"]) for p in told] == [("Main flow", 2, None)]
    (exhibit,) = peelchain("case", "exhibit", "list", "--case", case, "--json").answer["exhibits"]
    assert exhibit["copy"] == "whole"
    assert exhibit["sha256"] == sha256(text.encode()).hexdigest()
    assert exhibit["picture"]["svg_sha256"] == sha256(SVG.encode()).hexdigest()
    replayed = peelchain("case", "replay", "--case", case, "--entry", kept["entry"], "--json")
    assert replayed.answer["agrees"] is True


def test_a_snapshot_goes_with_an_exported_case(served: Served) -> None:
    where, case = "/api/cases/pay-site/pictures/To hand on", served.cases / "pay-site"
    with served.client() as client:
        client.put(where, json={"picture": '{"nodes":{}}'})
        kept = client.post(f"{where}/snapshots", json={"svg": SVG, "text": "To hand on"}).json()
    out = served.cases.parent / f"{served.cases.name}-export.zip"
    taken = served.cases / "taken-in"
    assert peelchain("case", "export", "--case", case, out).code == 0
    assert peelchain("case", "import", out, taken).code == 0
    with served.client() as client:
        was = client.get(f"/api/cases/taken-in/snapshots/{kept['entry']}").json()
        assert was["picture"] == '{"nodes":{}}'
        # what was kept and then changed is not passed off as it was
        (taken / "inputs" / was["svg_sha256"]).write_text("<svg/>")
        changed = client.get(f"/api/cases/taken-in/snapshots/{kept['entry']}")
    assert (changed.status_code, changed.json()["kind"]) == (409, "case")


def test_pictures_of_no_case_and_of_no_name_are_refused(served: Served) -> None:
    with served.client() as client:
        for name in ("..%2F..%2Fjournal", "%2e%2e", "a%00", "." * 5, "x" * 90):
            answer = client.put(f"/api/cases/pay-site/pictures/{name}", json={"picture": "{}"})
            assert 400 <= answer.status_code < 500, name
        assert client.get("/api/cases/none/pictures").status_code == 409
        body = json.dumps({"picture": "x" * (17 << 20)}).encode()
        large = client.put(
            "/api/cases/pay-site/pictures/a",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        assert 400 <= large.status_code < 500
    assert not list(served.cases.rglob("journal.json"))
