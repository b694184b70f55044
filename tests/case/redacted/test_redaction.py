"""A bundle for another party proves what it still holds, and says that the rest is withheld."""

import json
import random
from hashlib import sha256
from typing import Any

import pytest
from tests.case import evidence_chain as ec

from peelchain.case.bundle import seal
from peelchain.case.canonical import canonical_json
from peelchain.case.redacted.redaction import Keep, Redaction, part_of_bundle, redact
from peelchain.case.verify import Result, verify_files
from peelchain.errors import BundleError

SECRET = sha256(b"a secret of the tests").digest()
WHOLE = dict(seal(ec.payload_of(ec.scene()), date_utc=ec.DATE).files)
TABLES = ("receipts", "inflows", "outflows")


def verified(payload: dict[str, bytes], openings: str | None = None) -> Result:
    return verify_files(dict(seal(payload, date_utc=ec.DATE).files), openings=openings)


def ids(report: dict[str, Any]) -> set[str]:
    return {row["id"] for table in TABLES for row in report[table]}


def made(**keep: Any) -> tuple[Redaction, dict[str, Any], Result]:
    redaction = redact(WHOLE, Keep(**keep), SECRET)
    report = json.loads(redaction.payload["report.json"])
    return redaction, report, verified(redaction.payload)


@pytest.mark.parametrize("finding", sorted(ids(json.loads(WHOLE["data/report.json"]))))
def test_any_one_finding_proves_itself(finding: str) -> None:
    redaction, report, result = made(findings=frozenset({finding}))
    assert result.failures == []
    shown = ids(report)
    assert {i for i in shown if i[0] != "R"} == {finding} - {i for i in shown if i[0] == "R"}
    whole = json.loads(WHOLE["data/report.json"])
    rows = {row["id"]: row for table in TABLES for row in whole[table]}
    for table in TABLES:
        assert report[table] == [rows[row["id"]] for row in report[table]]
    assert result.withheld["findings"] == len(rows) - len(shown)
    assert result.withheld["traces"] == 4
    assert any("traced amounts" in line for line in result.unchecked)
    assert not [name for name in redaction.payload if name.startswith("traces/")]


@pytest.mark.parametrize("seed", range(25))
def test_parts_of_random_cases_prove_themselves(seed: int) -> None:
    whole = dict(seal(ec.payload_of(ec.random_scene(seed)), date_utc=ec.DATE).files)
    every = sorted(ids(json.loads(whole["data/report.json"])))
    for size in (0, 1, len(every) // 2, len(every)):
        chosen = frozenset(random.Random(seed).sample(every, min(size, len(every))))
        part = part_of_bundle(whole, Keep(findings=chosen), SECRET)
        result = verified(part)
        assert result.failures == []
        assert chosen <= ids(json.loads(part["report.json"]))


def test_a_part_shows_nothing_of_the_rest() -> None:
    """No outpoint, address, txid or name of what is left out is anywhere in its bytes."""
    redaction, report, _ = made(findings=frozenset({"I1"}), entities=frozenset())
    everything = b"".join(redaction.payload.values())
    whole = json.loads(WHOLE["data/report.json"])
    shown = {json.dumps(row) for table in TABLES for row in report[table]}
    needed = {json.loads(x)["txid"] for x in redaction.payload["transactions.jsonl"].splitlines()}
    hidden = [row for table in TABLES for row in whole[table] if json.dumps(row) not in shown]
    assert hidden
    for row in hidden:
        if row["outpoint"][:64] not in needed:
            assert row["outpoint"][:64].encode() not in everything
            assert row["address"].encode() not in everything
    for name in (b"Exchange", b"A Mixer", b"the site", b"tags.example", b"south"):
        assert name not in everything
    assert len(needed) < len(WHOLE["data/transactions.jsonl"].splitlines())


def test_a_part_is_the_same_bytes_for_the_same_secret_and_no_others() -> None:
    keep = Keep(findings=frozenset({"O1"}))
    assert part_of_bundle(WHOLE, keep, SECRET) == part_of_bundle(WHOLE, keep, SECRET)
    one, other = (redact(WHOLE, keep, s).payload for s in (SECRET, bytes(32)))
    assert [n for n in one if one[n] != other[n]] == ["redaction.json"]


def test_without_names_the_amounts_are_still_derived_anew() -> None:
    _, report, result = made(entities=frozenset({"site", "north"}))
    assert result.failures == []
    assert result.withheld["names"] == 2
    assert result.withheld["traces"] == 0
    assert result.checked["hops"] > 0
    labels = {row["entity"]: row["label"] for row in report["by_service"]["outflows"]}
    assert labels["south"] is None
    assert not any("traced amounts" in line for line in result.unchecked)


def test_entries_of_the_journal_are_withheld_and_the_chain_still_holds() -> None:
    redaction, _, result = made(entries=frozenset({2}))
    assert result.failures == []
    assert result.withheld["entries"] == 1
    first = json.loads(redaction.payload["journal.jsonl"].splitlines()[0])
    assert first["body"] is None
    whole = [json.loads(line) for line in WHOLE["data/journal.jsonl"].splitlines()]
    assert first["hash"] == whole[0]["hash"]


def test_every_withheld_field_can_be_opened_and_none_can_be_forged() -> None:
    redaction, _, result = made(findings=frozenset({"I1"}))
    commitments = redaction.commitments
    assert len(commitments) == result.withheld["fields"]
    openings = [commitments.open(path) for path in commitments.paths]
    text = b"".join(opening.line() for opening in openings).decode()
    opened = verified(redaction.payload, text)
    assert opened.failures == []
    assert len(opened.opened) == len(openings)
    whole = json.loads(WHOLE["data/report.json"])
    row = next(row for row in whole["outflows"] if row["id"] == "O1")
    opening = commitments.open(("report.json", "outflows", "O1", "value_sat"))
    assert opening.value == row["value_sat"]
    true = json.loads(opening.line())
    for lie in (
        {"value": true["value"] + 1},
        {"path": ["report.json", "outflows", "O2", "value_sat"]},
        {"salt": "00" * 32},
        {"branch": true["branch"][1:]},
        {"branch": [["left" if s == "right" else "right", h] for s, h in true["branch"]]},
    ):
        forged = canonical_json({**true, **lie}).decode()
        assert verified(redaction.payload, forged).failures[0].startswith("opening 1: ")


def test_a_salt_says_nothing_of_another_field() -> None:
    """The same value under two paths has two commitments, and salts do not repeat."""
    commitments = made(findings=frozenset({"I1"}))[0].commitments
    salts = {commitments.open(path).salt for path in commitments.paths}
    assert len(salts) == len(commitments)


def test_nothing_is_withheld_in_silence() -> None:
    """Taking rows, traces or entries away without saying so does not pass."""
    redaction, _, _ = made(findings=frozenset({"I1"}))
    true = json.loads(redaction.payload["redaction.json"])

    def said(**counts: int) -> list[str]:
        value = {**true, "withheld": {**true["withheld"], **counts}}
        payload = {**redaction.payload, "redaction.json": canonical_json(value)}
        return verified(payload).failures

    assert said(traces=0)
    assert said(traces=0, findings=0)
    assert said(entries=1)
    assert said(entries=0)
    less = {n: c for n, c in redaction.payload.items() if n != "redaction.json"}
    assert verified(less).failures
    traces = {n[5:]: c for n, c in WHOLE.items() if n.startswith("data/traces/")}
    assert "said to be withheld" in verified({**redaction.payload, **traces}).failures[0]


def test_refuses_what_is_not_there_and_what_is_a_part_already() -> None:
    for keep in (
        Keep(findings=frozenset({"I999"})),
        Keep(entities=frozenset({"nobody"})),
        Keep(entries=frozenset({99})),
        Keep(exhibits=frozenset({"E1"})),
    ):
        with pytest.raises(BundleError, match="the bundle has no"):
            redact(WHOLE, keep, SECRET)
    part = part_of_bundle(WHOLE, Keep(findings=frozenset({"I1"})), SECRET)
    with pytest.raises(BundleError, match="withheld already"):
        redact(dict(seal(part, date_utc=ec.DATE).files), Keep(), SECRET)
