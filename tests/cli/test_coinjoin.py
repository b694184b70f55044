"""peelchain coinjoin classify, as a user runs it."""

import json
import subprocess

import pytest
from tests.cli.documented import documented, flattened
from tests.cli.running import ENTRY, ENVIRONMENT, peelchain

POOL = 100_000


def line(txid: str, inputs: list[int], outputs: list[int]) -> str:
    def script(number: int) -> str:
        return "0014" + number.to_bytes(20, "big").hex()

    vin = [
        {"txid": "cd" * 32, "vout": i, "prevout": {"scriptpubkey": script(i), "value": value}}
        for i, value in enumerate(inputs)
    ]
    vout = [{"scriptpubkey": script(100 + i), "value": v} for i, v in enumerate(outputs)]
    return json.dumps({"txid": txid * 32, "vin": vin, "vout": vout})


MIX = line("aa", [POOL, POOL + 3_000, POOL, POOL, POOL], [POOL] * 5)
PAYMENT = line("bb", [POOL], [POOL - 300])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "transactions.jsonl"
    path.write_text(f"{MIX}\n\n{PAYMENT}\n")
    return path


def test_each_transaction_has_a_json_line_in_the_order_of_the_file(file):
    ran = peelchain("coinjoin", "classify", file, "--json")
    answers = [json.loads(text) for text in ran.out.splitlines()]
    assert [(a["txid"][:2], a["type"], a["participants_at_least"]) for a in answers] == [
        ("aa", "whirlpool_mix", 5),
        ("bb", None, 1),
    ]
    assert set(flattened(answers[0])) == set(documented("coinjoin classify"))
    assert ran.code == 0


def test_table_names_type_and_reasons(file):
    ran = peelchain("coinjoin", "classify", file)
    head, mix, payment = ran.out.splitlines()
    assert head.split() == ["txid", "type", "people", "score", "reasons"]
    assert "whirlpool_mix" in mix
    assert ">= 5" in mix
    assert payment.split()[:2] == ["bb" * 32, "-"]


def test_pipe_is_read():
    ran = subprocess.run(
        [*ENTRY, "coinjoin", "classify", "-", "--json"],
        input=MIX,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=True,
    )
    assert json.loads(ran.stdout)["type"] == "whirlpool_mix"


def test_bad_line_is_named_and_what_came_before_it_is_answered(file):
    file.write_text(f"{MIX}\n{PAYMENT}\nno transaction\x1b[31m\n{MIX}\n")
    ran = peelchain("coinjoin", "classify", file, "--json")
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 2
    assert "transactions.jsonl, line 3: not JSON" in ran.err
    assert "give one transaction a line" in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert "defect" not in ran.err


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[" * 100_000, b"{}", b'{"txid":1e999}', b"\x00" * 1000]
)
def test_hostile_file_is_refused(file, content):
    file.write_bytes(content)
    peelchain("coinjoin", "classify", file, "--json").refused(1, "line 1: ")


def test_empty_file_has_no_answer(file):
    file.write_text("")
    assert peelchain("coinjoin", "classify", file, "--json").out == ""


def test_missing_file_is_named(tmp_path):
    ran = peelchain("coinjoin", "classify", tmp_path / "none", "--json")
    ran.refused(1, "none", "No such file")
