"""Answers of simulated services: each in its own way, with just the mistakes stated."""

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.simulate.reading import read_truth
from tests.simulate.schedules import read_schedule, write_schedule

from peelchain.actions.simulated_returns import simulate_returns
from peelchain.errors import MisuseError

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from peelchain.simulate.economy import simulate

SERVICES = ("exchange-north", "exchange-east", "exchange-south", "exchange-west")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("answering") / "node"
    simulate(out, seed=3, blocks=200)
    return out


def asked(node: Path, folder: Path) -> list[Path]:
    return [write_schedule(node, s, f"S1-{s}", folder) for s in SERVICES]


def rows_of(path: Path, encoding: str, delimiter: str) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(path.read_bytes().decode(encoding)), delimiter=delimiter)
    )


def mistakes(out: Path) -> list[dict[str, str]]:
    with (out / "truth" / "mistakes.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_without_mistakes_every_row_is_answered_and_true(node, tmp_path):
    schedules = asked(node, tmp_path)
    answer = simulate_returns(node, schedules, tmp_path / "out", seed=1, error_rate=0)
    assert mistakes(tmp_path / "out") == []
    held = {
        (row["txid"], row["vout"]): (row["account"], row["customer_id"], row["value_sat"])
        for row in read_truth(node, "withdrawals")
    }
    names = {row["owner_id"]: row["name"] for row in read_truth(node, "owners")}
    told = rows_of(tmp_path / "out" / "S1-exchange-north.csv", "latin-1", ";")
    assert len(told) == len(read_schedule(schedules[0])) > 20
    for row in told:
        account, owner, value_sat = held[row["Transaktion"], row["Utg\xe5ng"]]
        assert row["Konto"] == account
        assert row["Namn"].lower() == names[owner].lower()
        assert int(row["Belopp"].replace(",", "")) == int(value_sat)
        assert row["Land"] == next(
            o["country"] for o in read_truth(node, "owners") if o["owner_id"] == owner
        )
    assert [a["rows"] for a in answer["answers"]] == [
        len(read_schedule(path)) for path in sorted(schedules)
    ]


def test_every_service_has_its_own_clock(node, tmp_path):
    schedules = asked(node, tmp_path)
    simulate_returns(node, schedules, tmp_path / "out", seed=1, error_rate=0)
    ways = {
        "exchange-north": ("latin-1", ";", "Tid", "%Y-%m-%d %H:%M", 60),
        "exchange-east": ("utf-8", ",", "executed_at", "%Y/%m/%d %H:%M:%S", 540),
        "exchange-south": ("utf-8-sig", ";", "Data", "%d/%m/%Y %H:%M", -180),
        "exchange-west": ("utf-8", ",", "Time", "%m/%d/%Y %I:%M %p", -300),
    }
    for path in schedules:
        encoding, delimiter, column, form, zone = ways[path.stem[3:]]
        told = rows_of(tmp_path / "out" / path.name, encoding, delimiter)
        for row, said in zip(read_schedule(path), told, strict=True):
            moment = datetime.strptime(said[column], form).replace(
                tzinfo=timezone(timedelta(minutes=zone))
            )
            before = datetime.fromisoformat(row["time_utc"]) - moment
            assert timedelta(0) < before < timedelta(hours=1)


def test_the_mistakes_are_those_stated_and_no_more(node, tmp_path):
    schedules = asked(node, tmp_path)
    simulate_returns(node, schedules, tmp_path / "good", seed=1, error_rate=0)
    simulate_returns(node, schedules, tmp_path / "bad", seed=1, error_rate=0.3)
    stated = mistakes(tmp_path / "bad")
    assert {row["error"] for row in stated} >= {"missing", "amount", "time", "txid", "extra"}
    asked_rows = read_schedule(schedules[1])
    told = rows_of(tmp_path / "bad" / "S1-exchange-east.csv", "utf-8", ",")
    good = rows_of(tmp_path / "good" / "S1-exchange-east.csv", "utf-8", ",")
    here = [row for row in stated if row["file"] == "S1-exchange-east"]
    kinds = [row["error"] for row in here]
    assert len(told) == len(asked_rows) - kinds.count("missing") + kinds.count("extra")
    by_place = {(row["txid"], row["n"]): row for row in told}
    wrong = {row["outpoint"]: row["error"] for row in here}
    for row in good:
        error = wrong.get(f"{row['txid']}:{row['n']}", "")
        found = by_place.get((row["txid"], row["n"]))
        if error in ("missing", "txid"):
            assert found is None
        elif error == "amount":
            assert found is not None
            assert found["amount_sat"] != row["amount_sat"]
        elif error != "time":
            assert found is not None
            assert found["amount_sat"] == row["amount_sat"]


def test_the_same_seed_gives_the_same_bytes(node, tmp_path):
    schedules = asked(node, tmp_path)
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        simulate_returns(node, schedules, tmp_path / name, seed=seed, error_rate=0.3)
    first, second, other = (
        {p.name: p.read_bytes() for p in (tmp_path / n).rglob("*.*")}
        for n in ("one", "two", "other")
    )
    assert first == second != other
    how = json.loads(first["import.json"])
    assert how["S1-exchange-north"]["service"] == "Exchange North"


def test_a_row_that_is_in_no_book_is_left_out_and_said(node, tmp_path):
    path = write_schedule(node, "exchange-north", "S1-exchange-east", tmp_path)
    answer = simulate_returns(node, [path], tmp_path / "out", seed=1, error_rate=0)
    assert answer["answers"][0]["rows"] == 0
    assert {row["error"] for row in mistakes(tmp_path / "out")} == {"not_in_books"}


def test_bad_arguments_are_misuse(node, tmp_path):
    path = write_schedule(node, "exchange-north", "S1-nobody", tmp_path / "in")
    with pytest.raises(MisuseError, match="named after no service"):
        simulate_returns(node, [path], tmp_path / "out", seed=1, error_rate=0)
    with pytest.raises(MisuseError, match="out of range"):
        simulate_returns(node, [path], tmp_path / "out", seed=1, error_rate=2)
    with pytest.raises(MisuseError, match="not empty"):
        simulate_returns(node, [path], tmp_path / "in", seed=1, error_rate=0)
    with pytest.raises(MisuseError, match="'peelchain simulate'"):
        simulate_returns(tmp_path, [path], tmp_path / "out", seed=1, error_rate=0)
    assert not (tmp_path / "out").exists()
