"""The figures of a trace: every satoshi is in them, text is inert, bytes repeat."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.trace.figures.cumulative import Arrival, cumulative_svg
from peelchain.trace.figures.flow import MOST_STEPS, Step, Stream, flow_svg
from peelchain.trace.figures.sankey import Party, Passage, sankey_svg

HOSTILE = '</text><script>alert(1)</script>"&'
DAY = date(2020, 3, 1)


def texts(svg: str) -> list[str]:
    """The lines of text a reader sees, of a file that parses and holds nothing active."""
    root = ElementTree.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "text", "path", "g", "line"}
    return [element.text or "" for element in root.iter() if element.tag.endswith("}text")]


def bar_sum(svg: str, name: str) -> str:
    """The amount under the name of a bar."""
    lines = texts(svg)
    return lines[lines.index(name) + 1]


def test_flow_leads_from_the_seeds_to_the_named_ends():
    steps = [Step("aa" * 32, "2020-03-01"), Step("bb" * 32, "2020-03-02")]
    streams = [
        Stream("s:0", 1000, None, 0, "seeds"),
        Stream("a:0", 600, 0, None, "Exchange North", True),
        Stream("a:1", 390, 0, 1),
        Stream("fee", 10, 0, None, "fees"),
        Stream("b:0", 385, 1, None, "Exchange North", True),
        Stream("fee", 5, 1, None, "fees"),
    ]
    svg = flow_svg("Where it went", steps, streams)
    assert bar_sum(svg, "seeds") == "0.00001000 BTC"
    assert bar_sum(svg, "Exchange North") == "0.00000985 BTC"
    assert bar_sum(svg, "fees") == "0.00000015 BTC"
    lines = texts(svg)
    at = lines.index("bb" * 6 + "…")
    assert lines[at + 1 : at + 3] == ["2020-03-02", "0.00000390 BTC"]
    assert "Exchange North: 0.00000600 BTC" in svg


def test_flow_of_many_transactions_says_what_it_leaves_out():
    steps = [Step(f"{at:064x}", "2020-03-01") for at in range(100)]
    streams = [Stream("s:0", 10_000, None, 0, "seeds")]
    for at in range(99):
        streams.append(Stream(f"{at}:0", 10_000 - 100 * at - 50, at, at + 1))
        streams.append(Stream(f"{at}:1", 50, at, None, "unspent"))
    svg = flow_svg("Peel", steps, streams)
    assert f"{MOST_STEPS} of 100 transactions are drawn, those that carry most" in texts(svg)
    # what the fortieth hands on is there, though the next is not
    assert bar_sum(svg, "not drawn") == "0.00006050 BTC"


def test_sankey_sums_what_parties_pass_and_lists_what_returns():
    parties = [
        Party("seeds", "source"),
        Party("bc1qaa", "wallet"),
        Party("Exchange North", "service"),
        Party("bc1qbb", "wallet"),
    ]
    passages = [
        Passage(0, 1, 1000),
        Passage(1, 2, 10),
        Passage(1, 1, 400),
        Passage(1, 3, 500),
        Passage(3, 1, 70),
        Passage(3, 2, 430),
    ]
    svg = sankey_svg("Between parties", parties, passages)
    # it was paid before the second wallet was, and still stands right of it
    assert bar_sum(svg, "Exchange North") == "0.00000440 BTC"
    assert bar_sum(svg, "bc1qbb") == "0.00000500 BTC"
    assert "back from bc1qbb to bc1qaa: 0.00000070 BTC" in texts(svg)
    assert "moved within one party, each time counted: 0.00000400 BTC" in texts(svg)


def test_sankey_of_many_wallets_draws_the_greatest():
    parties = [Party("seeds", "source"), Party("unspent", "rest")]
    passages = []
    for at in range(60):
        parties.append(Party(f"w{at}", "wallet"))
        passages += [Passage(0, at + 2, 100 + at), Passage(at + 2, 1, 100 + at)]
    svg = sankey_svg("Between parties", parties, passages)
    assert "w59" in texts(svg) and "w0" not in texts(svg)
    assert bar_sum(svg, "33 other wallets") == f"0.0000{sum(100 + at for at in range(33))} BTC"
    assert bar_sum(svg, "unspent") == f"0.0000{sum(100 + at for at in range(60))} BTC"


def test_cumulative_lines_end_at_what_arrived():
    arrivals = [
        Arrival(DAY, "Exchange North", 100),
        Arrival(DAY + timedelta(days=9), "Exchange North", 50),
        Arrival(DAY + timedelta(days=4), "unspent", 30),
    ]
    svg = cumulative_svg("Over time", arrivals)
    assert bar_sum(svg, "Exchange North") == "0.00000150 BTC"
    assert bar_sum(svg, "unspent") == "0.00000030 BTC"
    assert "2020-03-01" in texts(svg) and "2020-03-10" in texts(svg)


def test_cumulative_keeps_seven_lines():
    arrivals = [Arrival(DAY, f"n{at}", 100 - at) for at in range(12)]
    svg = cumulative_svg("Over time", arrivals)
    assert bar_sum(svg, "6 others") == f"0.00000{sum(100 - at for at in range(6, 12))} BTC"
    assert len(re.findall('stroke-width="1.8"', svg)) == 7


def test_nothing_to_draw_says_so():
    assert texts(flow_svg("t", [], [])) == ["nothing moved"]
    assert texts(sankey_svg("t", [], [])) == ["nothing moved"]
    assert texts(cumulative_svg("t", [])) == ["nothing arrived"]


def test_names_from_outside_stay_text():
    svg = flow_svg(HOSTILE, [Step("aa" * 32, "d")], [
        Stream(HOSTILE, 5, None, 0, "seeds"), Stream(HOSTILE, 5, 0, None, HOSTILE)
    ])  # fmt: skip
    svg += sankey_svg(HOSTILE, [Party(HOSTILE, "source"), Party("x", "rest")], [Passage(0, 1, 5)])
    svg += cumulative_svg(HOSTILE, [Arrival(DAY, HOSTILE, 5)])
    assert "<script" not in svg


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 10**12)), max_size=40)
)
def test_any_flow_between_parties_is_drawn_or_listed(rows):
    parties = [Party(f"p{at}", "wallet") for at in range(10)]
    passages = [Passage(*row) for row in rows]
    svg = sankey_svg("t", parties, passages)
    lines = texts(svg)
    for source, target in {(p.source, p.target) for p in passages if p.source != p.target}:
        assert f"p{source} to p{target}: " in svg or any("other ways" in line for line in lines)
    assert svg == sankey_svg("t", parties, passages)
