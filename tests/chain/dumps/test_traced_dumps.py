"""Dumps as a user meets them: the command line, and traces over what a dump has and has not."""

import json
from pathlib import Path

import pytest
from tests.chain.conftest import node
from tests.chain.dumps.written import (
    Known,
    known_blocks,
    write_blockchair,
    write_esplora,
    write_etl,
)
from tests.chain.stores import answer, assert_refused, command

from peelchain.actions.tracing.traces import trace_from
from peelchain.chain import sources
from peelchain.chain.sources import Asked
from peelchain.raw_tx import txid_of

__all__ = ["node"]


def test_the_command_tells_what_was_refused_and_why(known: list[Known], tmp_path: Path) -> None:
    dump = write_etl(tmp_path / "dump", known)
    file = dump / "transactions.json"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, "<html>\n", lines[3][:-40] + "\n"]))
    done = command("chain", "ingest", f"etl:{dump}", "--store", tmp_path / "store")
    assert done.returncode == 0, done.stderr
    assert f"{len(lines)} taken in, 2 refused" in done.stdout
    told = [line for line in done.stderr.splitlines() if line.startswith("refused: ")]
    assert [
        f"transactions.json, line {len(lines) + n}: it is no JSON" in line
        for n, line in enumerate(told, 1)
    ] == [True, True]
    status = answer("chain", "status", "--store", tmp_path / "store")
    assert status["tip_height"] == len(known) - 1


@pytest.mark.parametrize("kind", ["etl", "blockchair", "esplora-lines", "coinjoins", "blocks"])
def test_a_place_that_is_none_is_misuse(kind: str, tmp_path: Path) -> None:
    done = command("chain", "ingest", f"{kind}:{tmp_path / 'none'}", "--store", tmp_path / "store")
    assert_refused(done, str(tmp_path / "none"), "give", code=2)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("most_bytes", [1_000, 6_000])
def test_a_full_disk_is_told_and_the_same_command_goes_on(
    most_bytes: int, known: list[Known], tmp_path: Path
) -> None:
    dump, store = write_etl(tmp_path / "dump", known), tmp_path / "store"
    arguments = ("chain", "ingest", f"etl:{dump}", "--store", store)
    assert_refused(command(*arguments, most_bytes=most_bytes), "make room")
    assert answer(*arguments)["tip_height"] == len(known) - 1
    assert answer("chain", "verify", "--store", store)["ok"] is True


def test_headers_are_asked_for_by_their_option(known: list[Known], tmp_path: Path) -> None:
    dump = write_esplora(tmp_path / "dump", known[20:22])
    arguments = ("chain", "ingest", f"esplora-lines:{dump}", "--store", tmp_path / "store")
    done = command(*arguments, "--headers", tmp_path / "none", "--network", "regtest")
    assert_refused(done, "none", "headers")
    (tmp_path / "headers").write_bytes(b"".join(block.raw[:80] for block in known))
    done = command(*arguments, "--headers", tmp_path / "headers", "--network", "regtest", "--json")
    assert json.loads(done.stdout)["tip_height"] == 21


def test_a_trace_ends_where_the_dump_does_and_says_so(shared_data: Path, tmp_path: Path) -> None:
    """Whirlpool's mixes and what came before and after, with holes between them."""
    store = tmp_path / "store"
    sources.ingest(f"coinjoins:{shared_data / 'coinjoins' / 'whirlpool_202403'}", Asked(store))
    lines = [
        line.split(":::")
        for name in ("SamouraiTx0s", "SamouraiCoinJoins", "SamouraiPostMixTxs")
        for line in (shared_data / "coinjoins" / "whirlpool_202403" / f"{name}.txt")
        .read_text()
        .splitlines()
    ]
    made_here = {line[0] for line in lines}
    spent_here = {
        i.split("+")[0].rsplit("-", 1)[0].replace("-", ":")
        for line in lines
        for i in line[4].split("}{")
    }
    # a premix output that a mix of the set spends
    seed = next(
        f"{line[0]}:{vout}"
        for line in lines
        for vout, _ in enumerate(line[5].split("}{"))
        if f"{line[0]}:{vout}" in spent_here
    )
    forward = trace_from("forward", [seed], "pro-rata", store)
    ends = forward["terminals"]
    assert sum(end["value_sat"] for end in ends) == forward["seeds_sat"] > 0
    open_ends = [end for end in ends if end["type"] == "unresolved"]
    assert all(end["outpoint"] not in spent_here for end in open_ends)
    # back from what was spent after a mix: to the mix, or to what the set does not have
    target = next(line[0] for line in lines[-600:] if line[4].split("-")[0] not in made_here)
    backward = trace_from("backward", [f"{target}:0"], "pro-rata", store)
    assert sum(end["value_sat"] for end in backward["terminals"]) == backward["seeds_sat"]
    assert {end["type"] for end in backward["terminals"]} == {"unresolved"}


@pytest.mark.parametrize("writer", [write_etl, write_esplora, write_blockchair])
def test_a_simulated_chain_gives_the_same_traces_by_every_form(
    writer, node: Path, tmp_path: Path
) -> None:
    blocks = known_blocks(node)
    kind = {write_etl: "etl", write_esplora: "esplora-lines", write_blockchair: "blockchair"}
    sources.ingest(f"core:{node}", Asked(tmp_path / "core"))
    done = sources.ingest(
        f"{kind[writer]}:{writer(tmp_path / 'dump', blocks)}", Asked(tmp_path / "store")
    )
    assert (done["refused"], done["left_out"], done["tip_height"]) == (0, [], blocks[-1].height)
    seeds = [f"{txid_of(b.txs[-1])[::-1].hex()}:0" for b in blocks[110:140:7] if len(b.txs) > 1]
    assert seeds
    for direction in ("forward", "backward"):
        one, other = (
            trace_from(direction, seeds, "pro-rata", tmp_path / s) for s in ("core", "store")
        )
        assert one["terminals"] == other["terminals"]
