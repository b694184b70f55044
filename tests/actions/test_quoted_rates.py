"""Which measured errors a report quotes, and how they read."""

from dataclasses import replace

import pytest

from peelchain.actions import quoted_rates
from peelchain.case.canonical import canonical_json
from peelchain.cluster.policy import DEFAULT_POLICY, DETECTORS, Policy
from peelchain.evaluate.error_rates import ErrorRate, shipped

ROW = ErrorRate(
    rule="policy:default",
    stratum="all",
    data="habits: 10 economies of 600 blocks",
    basis="simulated",
    unit=quoted_rates.MERGES,
    right=99_999,
    wrong=1,
    precision=0.99999,
    precision_low=0.99995,
    precision_high=0.999990001,
    found=None,
    missed=None,
    recall=0.9,
    recall_low=None,
    recall_high=None,
    made_by="peelchain evaluate run",
    seeds="1 to 10",
)
FLAGGED = replace(ROW, rule="wasabi_2", unit=quoted_rates.FLAGGED)
ROWS = [
    replace(FLAGGED, basis="real", precision=None),
    FLAGGED,
    replace(FLAGGED, unit="transactions given this name"),
    replace(FLAGGED, rule="psbt_trade"),
    replace(FLAGGED, rule="coinjoin"),
    replace(FLAGGED, rule="coinjoin", stratum="negative:trade"),
    replace(ROW, rule="multi_input"),
    replace(ROW, rule="multi_input", stratum="condition:payjoin-1"),
    replace(ROW, rule="multi_input", basis="field", unit="attributions, right where confirmed"),
    replace(ROW, rule="change"),
    replace(ROW, unit="pairs of scripts"),
    replace(ROW, stratum="era:1"),
    ROW,
    replace(ROW, stratum="condition:payjoin-0.1"),
    replace(ROW, stratum="condition:payjoin-1-hidden-1"),
    replace(ROW, rule="policy:no_detectors"),
]


def named(policy: Policy) -> list[tuple[str | None, str | None, str | None]]:
    found = quoted_rates.quoted_rates(policy, ROWS)
    return [(row["rule"], row["stratum"], row["basis"]) for row in found]


def test_only_what_concerns_the_policy_is_quoted() -> None:
    detected = [("coinjoin", "all", "simulated"), ("wasabi_2", "all", "real")]
    detected.append(("wasabi_2", "all", "simulated"))
    rules = [("multi_input", "all", "simulated"), ("multi_input", "all", "field")]
    whole = [("policy:default", s, "simulated") for s in ("all", "condition:payjoin-0.1")]
    assert named(DEFAULT_POLICY) == [*whole, *rules, *detected]
    assert named(Policy(detectors=())) == rules
    others = tuple(name for name in DETECTORS if name != "wasabi_2")
    assert named(Policy(detectors=others)) == [*rules, detected[0]]
    changed = named(Policy(rules=("change", "multi_input")))
    assert changed == [("change", "all", "simulated"), *rules, *detected]


def test_shares_are_texts_that_claim_no_more_than_was_measured() -> None:
    (row,) = quoted_rates.quoted_rates(DEFAULT_POLICY, [ROW])
    shares = {key: value for key, value in row.items() if key[:4] in ("prec", "reca")}
    assert shares == {
        "precision": "0.9999",
        "precision_low": "0.9999",
        "precision_high": "1.0000",
        "recall": "0.9000",
        "recall_low": None,
        "recall_high": None,
    }
    assert (row["data"], row["made_by"]) == (ROW.data, ROW.made_by)
    canonical_json(row)


def test_the_rows_of_this_version_can_be_quoted() -> None:
    found = quoted_rates.quoted_rates(DEFAULT_POLICY)
    canonical_json(found)
    if shipped():
        assert {"policy:default", "multi_input"} <= {row["rule"] for row in found}


def test_the_words_are_those_of_the_measurement() -> None:
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    from peelchain.evaluate import coinjoin_sets, simulated_rates
    from peelchain.evaluate.conditions import PAYJOIN_SHARES, payjoin_name

    assert quoted_rates.MERGES == simulated_rates.MERGES
    assert quoted_rates.FLAGGED == simulated_rates.FLAGGED == coinjoin_sets.FLAGGED
    assert quoted_rates.DEFAULT == simulated_rates.QUOTED
    assert quoted_rates.ANY_MIX == simulated_rates.ANY_MIX
    for share in PAYJOIN_SHARES:
        assert quoted_rates.PAYJOIN.fullmatch(f"condition:{payjoin_name(share, 0.0)}")
        assert not quoted_rates.PAYJOIN.fullmatch(f"condition:{payjoin_name(share, 0.01)}")
