"""Clusterings side by side in one store, gone on with as the chain grows and turns."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import COIN, Block, genesis, grow, p2wpkh, pay, transaction, write_files
from tests.chain.stores import cut_small, ingest

from peelchain.actions import clusters
from peelchain.actions.clusters import Asked
from peelchain.actions.explain import explain_link
from peelchain.actions.tagging import importing as tag_import
from peelchain.cluster.of_store import MOST_PARTS
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.errors import MisuseError, NotInChainError, TagError
from peelchain.network import REGTEST
from peelchain.script import address
from peelchain.store.reader import Store
from peelchain.units import format_hash

DATE = datetime(2024, 1, 31, 12, tzinfo=UTC)
TABLES = ("links", "coinjoins", "lookalikes", "clusters", "conflicts")


def address_of(name: str) -> str:
    shown = address(p2wpkh(name), REGTEST)
    assert shown is not None
    return shown


def spending_together(chain: list[Block], *names: str, tag: str) -> list[Block]:
    """The chain, with a coin for each name and a transaction that spends them all."""
    before = chain[-1].txs[0]
    share = (50 * COIN >> (len(chain) - 1) // 150) // (2 * len(names))
    fund = transaction([(before.txid, 0)], [(share, p2wpkh(name)) for name in names])
    join = transaction([(fund.txid, at) for at in range(len(names))], [(share, p2wpkh(tag))])
    return pay(chain, [fund, join], tag=tag)


def idle(chain: list[Block], count: int, tag: str) -> list[Block]:
    """The chain and so many more blocks with a coinbase alone."""
    for _ in range(count):
        chain = pay(chain, tag=tag)
    return chain


def tables(store: Path, policy: str) -> dict[str, list[dict[str, Any]]]:
    """Every table of the policy's run, as rows."""
    with Store.open(store) as opened:
        (run,) = (r for r in opened.runs("cluster") if r.parameters["policy"] == policy)
        assert run.tip_hash == opened.manifest.tip_hash
        return {name: opened.read_run(run, name).to_pylist() for name in TABLES}


def parts(store: Path, policy: str) -> int:
    with Store.open(store) as opened:
        (run,) = (r for r in opened.runs("cluster") if r.parameters["policy"] == policy)
        return len(run.parts("links"))


def same_as_from_scratch(store: Path, asked: Asked | None = None) -> None:
    policy = clusters.run(store, asked)["policy"]
    gone_on = tables(store, policy)
    clusters.run(store, asked, from_scratch=True)
    assert tables(store, policy) == gone_on


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)


@pytest.mark.usefixtures("small")
def test_chain_that_grows_and_turns_is_gone_on_with(tmp_path: Path) -> None:
    chain = grow([genesis()], 12)
    store = tmp_path / "store"
    for number in range(4):
        chain = idle(spending_together(chain, "a", f"b{number}", tag=f"s{number}"), 3, f"g{number}")
        ingest(write_files(tmp_path / f"blocks{number}", chain), store)
        clusters.run(store)
        assert parts(store, DEFAULT_POLICY.name) == number + 1
    whole = tables(store, DEFAULT_POLICY.name)
    assert {row["rule"] for row in whole["links"]} == {"multi_input"}
    clusters.run(store, from_scratch=True)
    assert parts(store, DEFAULT_POLICY.name) == 1
    assert tables(store, DEFAULT_POLICY.name) == whole
    turned = idle(spending_together(chain[:-2], "a", "other", tag="turned"), 9, "turned")
    ingest(write_files(tmp_path / "turned", turned), store)
    same_as_from_scratch(store)


@pytest.mark.usefixtures("small")
def test_parts_do_not_grow_without_end(tmp_path: Path) -> None:
    chain = grow([genesis()], 8)
    store = tmp_path / "store"
    seen = []
    for number in range(MOST_PARTS + 2):
        chain = spending_together(chain, f"a{number}", "b", tag=f"s{number}")
        ingest(write_files(tmp_path / f"blocks{number}", chain), store)
        clusters.run(store)
        seen.append(parts(store, DEFAULT_POLICY.name))
    assert max(seen) == MOST_PARTS
    assert seen[-2:] == [1, 2]


def test_policies_stand_side_by_side(tmp_path: Path) -> None:
    chain = spending_together(grow([genesis()], 12), "a", "b", tag="first")
    txid = format_hash(chain[-1].txs[-1].txid)
    chain = spending_together(chain, "b", "c", tag="second")
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", chain), store)
    every = clusters.run(store)
    without = clusters.run(store, Asked(exclude=(txid,)))
    no_rule = clusters.run(store, Asked(rules=("change",), without_detectors=("stonewall",)))
    assert len({every["policy"], without["policy"], no_rule["policy"]}) == 3
    listed = {row["policy"]: row for row in clusters.policies(store)["policies"]}
    assert set(listed) == {every["policy"], without["policy"], no_rule["policy"]}
    assert [row["is_default"] for row in listed.values()].count(True) == 1
    assert all(row["stands"] for row in listed.values())
    assert listed[without["policy"]]["definition"]["exclusions"] == [txid]
    a, c = address_of("a"), address_of("c")
    assert clusters.show(a, store)["scripts"] == 3
    assert clusters.show(a, store, policies=[without["policy"]])["scripts"] == 1
    assert explain_link(a, c, store)["joined"]
    apart = explain_link(a, c, store, policies=[without["policy"]])
    assert not apart["joined"]
    assert [row["txid"] for row in apart["nearest"]["left_out"]] == [txid]


def test_links_by_change_come_with_a_policy_that_names_them(tmp_path: Path) -> None:
    from peelchain.actions.simulations import simulate

    simulate(5, 150, tmp_path / "node")
    store = tmp_path / "store"
    ingest(tmp_path / "node" / "regtest" / "blocks", store)
    plain = clusters.run(store)
    both = clusters.run(store, Asked(rules=("multi_input", "change")))
    assert both["links"] > plain["links"]
    assert both["clustered_scripts"] >= plain["clustered_scripts"]
    found = tables(store, both["policy"])["links"]
    order = [(r["tx_id"], r["script_a"], r["script_b"], r["rule"]) for r in found]
    assert order == sorted(order)
    assert {r["rule"] for r in found} == {"multi_input", "change"}
    assert {r["rule"] for r in tables(store, plain["policy"])["links"]} == {"multi_input"}


@pytest.fixture
def apart(tmp_path: Path, small: None) -> tuple[Path, list[Block], Path]:
    """A store in which a and b, b and c, c and d spend together, and a file that parts a and d."""
    chain = grow([genesis()], 12)
    for one, other in ("ab", "bc", "cd"):
        chain = spending_together(chain, one, other, tag=one + other)
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", chain), store)
    stated = tmp_path / "stated.csv"
    stated.write_text(
        "address_a,address_b,source,date,note\n"
        f"{address_of('a')},{address_of('d')},register,2024-01-31,two companies\n"
    )
    return store, chain, stated


def test_merge_that_a_statement_forbids_is_refused_and_kept(
    apart: tuple[Path, list[Block], Path], tmp_path: Path
) -> None:
    store, chain, stated = apart
    asked = Asked(cannot_link=(stated,))
    answer = clusters.run(store, asked)
    assert (answer["conflicts"], answer["constraints"]["statements"]) == (1, 1)
    (conflict,) = tables(store, answer["policy"])["conflicts"]
    assert (conflict["scripts_a"], conflict["scripts_b"], conflict["kind"]) == (3, 1, "statement")
    assert "stated.csv" in conflict["evidence_a"]
    policies = [answer["policy"]]
    sizes = [clusters.show(address_of(n), store, policies=policies)["scripts"] for n in "abcd"]
    assert sizes == [3, 3, 3, 1]
    assert clusters.show(address_of("d"), store)["scripts"] == 4
    chain = idle(spending_together(chain, "d", "e", tag="de"), 3, "more")
    chain = spending_together(chain, "e", "a", tag="ea")
    ingest(write_files(tmp_path / "more", chain), store)
    same_as_from_scratch(store, asked)
    assert len(tables(store, answer["policy"])["conflicts"]) == 2


def test_two_services_are_kept_apart(apart: tuple[Path, list[Block], Path], tmp_path: Path) -> None:
    store, _, _ = apart
    pack = tmp_path / "tags.yaml"
    pack.write_text(
        "title: two services\ncreator: register\ncurrency: BTC\nlastmod: 2024-01-01\n"
        "source: https://example.org\ncategory: exchange\nconfidence: service_data\ntags:\n"
        f"  - {{address: {address_of('a')}, label: North, actor: north}}\n"
        f"  - {{address: {address_of('d')}, label: South, actor: south}}\n"
    )
    tag_import.import_tags([pack], store, DATE)
    answer = clusters.run(store, Asked(services_apart=True))
    assert (answer["conflicts"], answer["constraints"]["services"]) == (1, 2)
    assert clusters.show(address_of("d"), store, policies=[answer["policy"]])["scripts"] == 1


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        (Asked(rules=("guess",)), MisuseError, "there is no rule 'guess'"),
        (
            Asked(without_detectors=("gu\x1bess",)),
            MisuseError,
            r"no CoinJoin detector 'gu\\x1bess'",
        ),
        (Asked(exclude=("ab" * 32,)), NotInChainError, "ab" * 32),
        (Asked(exclude=("ab",)), MisuseError, "64"),
    ],
)
def test_what_does_not_exist_is_refused_and_the_store_stays(
    apart: tuple[Path, list[Block], Path], asked: Asked, error: type[Exception], told: str
) -> None:
    store, _, _ = apart
    before = sorted(p.name for p in (store / "derived").glob("*"))
    with pytest.raises(error, match=told):
        clusters.run(store, asked)
    assert sorted(p.name for p in (store / "derived").glob("*")) == before


def test_contradictory_statements_are_refused(
    apart: tuple[Path, list[Block], Path], tmp_path: Path
) -> None:
    store, _, stated = apart
    stated.write_text(
        f"address_a,address_b,source,date,note\n{address_of('a')},{address_of('a')},x,2024-01-31,\n"
    )
    with pytest.raises(TagError, match=r"stated\.csv row 2: .* another party than itself"):
        clusters.run(store, Asked(cannot_link=(stated,)))
