"""The figures: well-formed, accessible, inert, in proportion."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from peelchain.case.report import flow_svg, timeline_svg

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def number(element: ElementTree.Element, attribute: str) -> float:
    return float(element.get(attribute, "nan"))


def words(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", [flow_svg, timeline_svg])
def test_figures_are_the_same_each_time_and_describe_themselves(make_report, draw):
    svg = draw(make_report()[0])
    assert svg == draw(make_report()[0])
    root = parsed(svg)
    assert "pay site" in root.findtext(f"{SVG}title", "")
    assert "BTC" in root.findtext(f"{SVG}desc", "")


@pytest.mark.parametrize("draw", [flow_svg, timeline_svg])
def test_labels_cannot_become_markup(make_report, draw):
    report, _ = make_report()
    label = '</text><script>alert(1)</script> & "q" \x01\u202e'
    for entity in report["entities"].values():
        entity["label"] = label
    svg = draw(report)
    tags = {element.tag.removeprefix(SVG) for element in parsed(svg).iter()}
    assert tags <= {"svg", "title", "desc", "rect", "path", "line", "text", "g"}
    assert "<script" not in svg
    assert "\u202e" not in svg


def test_flow_names_each_service_with_its_amount(make_report):
    report, _ = make_report()
    report["by_service"]["inflows"][0]["traced_sat"]["pro_rata"] = 123_456_789
    shown = words(flow_svg(report))
    assert "Exchange North" in shown
    assert any(text.startswith("1.23456789 BTC") for text in shown)


def test_flow_widths_are_in_proportion(make_report):
    report, _ = make_report(services=2)
    report["traces"] = []
    for service, sat in zip(report["by_service"]["inflows"], (300, 100), strict=True):
        service["traced_sat"]["pro_rata"] = sat
    report["by_service"]["outflows"] = []
    root = parsed(flow_svg(report))
    bars = [e for e in root.iter(f"{SVG}rect") if e.get("width") == "10.00"]
    first, second, subject = (number(e, "height") for e in bars)
    assert first == 3 * second
    assert subject == first + second


def test_flow_bands_show_how_near_the_services_are(make_report):
    report, _ = make_report(services=1)
    report["traces"] = []
    fills = [e for e in parsed(flow_svg(report)).iter(f"{SVG}path") if e.get("fill") != "none"]
    shades = [number(e, "fill-opacity") for e in fills]
    assert shades == [0.85, 0.5, 0.2, 0.85, 0.5, 0.2]
    straight = [row for row in report["inflows"] if row["hops"] == 0]
    sat = sum(row["traced_sat"]["pro_rata"] for row in straight)
    said = f"{len(straight)} straight: {sat // 10**8}.{sat % 10**8:08d} BTC"
    assert said in words(flow_svg(report))


def test_flow_caps_long_lists_and_loses_nothing(make_report):
    report, _ = make_report(inflows=80, services=30)
    svg = flow_svg(report)
    more = next(found for text in words(svg) if (found := re.match(r"and (\d+) more", text)))
    named = [text for text in words(svg) if text.startswith("Exchange No. ")]
    assert int(more.group(1)) >= 20
    left = parsed(svg).findtext(f"{SVG}desc", "").split("on the left")[0]
    listed = re.findall(r"([\d.]+) BTC", left)
    satoshis = sum(int(amount.replace(".", "")) for amount in listed)
    ends = report["traces"][0]["totals"]
    assert satoshis == sum(ends.values())
    assert named


def test_flow_tells_fact_from_inference_without_colour(make_report):
    report, _ = make_report(services=1)
    for basis, dashed in (("fact", False), ("inference", True)):
        for row in report["inflows"] + report["outflows"]:
            row["basis"] = basis
        report["traces"] = []
        outlines = [e for e in parsed(flow_svg(report)).iter(f"{SVG}path") if e.get("stroke")]
        assert outlines
        assert all((e.get("stroke-dasharray") is not None) == dashed for e in outlines)


def test_flow_labels_do_not_overlap(make_report):
    report, _ = make_report(receipts=200, inflows=90, outflows=60, services=25)
    spots: dict[tuple[str, str], list[float]] = {}
    for element in parsed(flow_svg(report)).iter(f"{SVG}text"):
        spot = (element.get("x", ""), element.get("text-anchor", ""))
        spots.setdefault(spot, []).append(number(element, "y"))
    for heights in spots.values():
        ordered = sorted(heights)
        assert all(b - a >= 14 for a, b in pairwise(ordered))


@pytest.mark.parametrize(
    ("last", "first_label"),
    [
        ("2019-04-30", "2019-03-04"),
        ("2019-12-01", "2019-03-04"),
        ("2023-01-01", "2019-03"),
        ("2031-01-01", "2019"),
    ],
)
def test_timeline_chooses_its_period_by_the_span(make_report, last, first_label):
    report, _ = make_report()
    report["receipts"][-1]["time_utc"] = f"{last}T23:59:59Z"
    assert first_label in words(timeline_svg(report))


def test_timeline_bars_hold_every_receipt(make_report):
    report, _ = make_report(receipts=200)
    titles = " ".join(e.text or "" for e in parsed(timeline_svg(report)).iter(f"{SVG}title"))
    sums = [int(amount.replace(".", "")) for amount in re.findall(r"([\d.]+) BTC", titles)]
    assert sum(sums) == report["totals"]["received_sat"]


@pytest.mark.parametrize("top", [1, 7, 999, 10**8, 123_456_789_012, 21 * 10**14])
def test_timeline_axis_reaches_the_top_in_few_steps(make_report, top):
    report, _ = make_report(receipts=1)
    report["receipts"][0]["value_sat"] = top
    values = [w for w in words(timeline_svg(report)) if re.fullmatch(r"\d+(\.\d+)?", w)]
    assert 2 <= len(values) <= 6
    assert float(values[-1]) * 10**8 >= top * 0.999999
    assert len(set(values)) == len(values)


def test_empty_figures_say_so(make_report):
    report, _ = make_report(receipts=0, inflows=0, outflows=0)
    report["traces"] = []
    assert words(timeline_svg(report)) == ["No receipts."]
    assert words(flow_svg(report)) == ["No value was traced."]
