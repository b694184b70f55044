"""The terminal summary: what was found, whom to ask, harmless."""

from tests.case.report.doubted import doubts_of

from peelchain.case.report import summary


def test_summary_says_what_was_found_and_what_to_do(make_report):
    report, case = make_report()
    text = summary(report, case, files={"report": "demo/case/report.pdf"}, digest="ab" * 32)
    assert "in 42 payments" in text
    for row in report["by_service"]["inflows"] + report["by_service"]["outflows"]:
        sat = row["traced_sat"]["pro_rata"]
        assert f"{row['label']}: {sat // 10**8}.{sat % 10**8:08d} BTC" in text
        assert f"Ask {row['label']}: who" in text
    assert "report: demo/case/report.pdf" in text
    assert f"verify.py --expect {'ab' * 32}" in text
    assert report["tip"]["hash"] in text
    assert "inferred" in text


def test_summary_speaks_of_what_came_straight_first(make_report):
    report, case = make_report()
    text = summary(report, case)
    straight = [row for row in report["inflows"] if row["hops"] == 0]
    sat = sum(row["traced_sat"]["pro_rata"] for row in straight)
    said = f"{sat // 10**8}.{sat % 10**8:08d} BTC straight ({len(straight)} payments)"
    assert f"In all: {said}" in text
    for service in {row["entity"]: None for row in straight}:
        label = report["entities"][service]["label"]
        asked = next(line for line in text.splitlines() if f"Ask {label}: " in line)
        assert "straight" in asked.split(": ")[1].split(";")[0]


def test_next_steps_stay_few_however_many_services(make_report):
    report, case = make_report(receipts=100, inflows=200, outflows=80, services=30)
    text = summary(report, case)
    steps = text.split("Next steps\n")[1].split("\n\n")[0].splitlines()
    assert len(steps) <= 9
    assert "and 25 more services (see the findings)" in text
    largest = max(report["by_service"]["outflows"], key=lambda s: s["traced_sat"]["pro_rata"])
    candidates = {
        outpoint
        for row in report["outflows"]
        if row["entity"] == largest["entity"]
        for outpoint in row["deposit_candidates"]
    }
    asked = next(step for step in steps if f"Ask {largest['label']}: " in step)
    assert f"the {len(candidates)} candidates in outflows.csv" in asked


def test_summary_counts_paths_without_an_amount_and_outputs_without_a_rate(make_report):
    report, case = make_report()
    assert "rounds to nothing" not in summary(report, case)
    for row in report["inflows"][:2]:
        row["traced_sat"] = dict.fromkeys(report["rules"], 0)
    report["without_rate"] = [report["receipts"][0]["outpoint"]]
    text = summary(report, case)
    assert "2 of the payments are on a path" in text
    assert "1 output has no rate for its day" in text
    assert "EUR: ECB reference rates, daily; USD: daily close, published list" in text


def test_summary_tells_the_doubts_and_where_errors_were_measured(make_report):
    report, case = make_report()
    text = summary(report, case)
    assert "Errors are not yet measured." in text
    assert "PayJoin" not in text
    report["doubts"] = doubts_of()
    report["method"] = {"error_rates": [{"rule": "multi_input"}]}
    text = summary(report, case)
    sure = text.split("How sure\n")[1].split("\n\n")[0].splitlines()
    assert "measured elsewhere, not on this chain" in sure[1]
    assert "as Desk" in sure[2]
    assert "Of 40 transactions joining addresses of pay site, 3 may be PayJoins" in sure[3]
    assert sure[-1].strip() == "More is in doubt: see the report under limits."
    assert len(sure) == 7


def test_summary_of_nothing_found(make_report):
    report, _ = make_report(receipts=0, inflows=0, outflows=0)
    text = summary(report)
    assert "No source service was found." in text
    assert "No destination service was found." in text
    assert "nothing from outside" in text


def test_labels_cannot_drive_the_terminal(make_report):
    report, case = make_report()
    for entity in report["entities"].values():
        entity["label"] = "\x1b]0;owned\x07\x1b[2J\r\nExchange\u202e"
    report["doubts"] = doubts_of()
    report["doubts"]["tag_conflicts"][0] |= {"label": "\x1b[2J", "others": ["\u202ea\n1. Pay us"]}
    report["doubts"]["superclusters"] = []
    report["title"] = case["case"] = "a\x1bb\n1. Pay us"
    text = summary(report, case, files={"x\x1b": "/tmp/\x1b[31m"})
    assert not set(text) & set("\x1b\x07\r\u202e")
    assert "\n1. Pay us" not in text
    assert "‹U+001B›" in text
