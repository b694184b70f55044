"""What the shipped error rates promise: whoever changes a rule or a detector has to keep it."""

import pytest

from peelchain.evaluate.error_rates import SHIPPED, measured_error, read_measured

MIXES = "transactions flagged as mixes"
MEASURED = read_measured(SHIPPED)
ROWS = {(r.rule, r.stratum, r.basis, r.unit): r for r in MEASURED.rows}
TYPES = ("joinmarket", "wasabi_1_0", "wasabi_1_1", "wasabi_2", "whirlpool_mix")
CLASSES = (
    "ordinary", "equal_batch", "trade", "stonewall", "consolidation", "omni", "open_assets",
    "runes",
)  # fmt: skip


def economies(row):
    return int(row.data.split(": ")[1].split()[0])


@pytest.mark.parametrize("condition", ["payjoin-0", "default"])
def test_co_spending_without_payjoin_merges_hardly_any_strangers(condition):
    row = ROWS["policy:default", f"condition:{condition}", "simulated", "merges"]
    assert economies(row) >= 10
    assert (row.precision_low or 0) >= 0.999


def test_curves_have_every_share_of_payjoin_without_and_with_hidden_mixes():
    for payjoin in ("0", "0.1", "1", "5"):
        for hidden in ("", "-hidden-1"):
            stratum = f"condition:payjoin-{payjoin}{hidden}"
            for unit in (
                "merges",
                "scripts (B-cubed)",
                "scripts outside the five largest clusters (B-cubed)",
                "pairs, of those of the oracle",
            ):
                row = ROWS["policy:default", stratum, "simulated", unit]
                assert economies(row) >= 10
                assert row.precision is not None or row.recall is not None


@pytest.mark.parametrize("stratum", ["all", "condition:shifted"])
@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_mix_is_found(name, stratum):
    row = ROWS[name, stratum, "simulated", MIXES]
    assert economies(row) >= 10
    assert (row.recall or 0) >= 0.99
    assert (row.found or 0) >= 100


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_flagged_is_a_mix_beside_every_class_of_negatives(name):
    for stratum in (f"negative:{name}", f"negative:{name},shifted"):
        row = ROWS["coinjoin", stratum, "simulated", MIXES]
        assert (row.precision_low or 0) >= 0.95


def test_tx0s_are_found_under_their_name():
    assert (
        ROWS["whirlpool_tx0", "all", "simulated", "transactions given this name"].recall or 0
    ) >= 0.99


def test_real_mixes_are_found_and_ordinary_transactions_spared():
    assert (ROWS["coinjoin", "all", "real", MIXES].recall_low or 0) >= 0.95
    spared = ROWS["coinjoin", "all", "real", "ordinary transactions, right where not flagged"]
    assert (spared.precision_low or 0) >= 0.99


def test_a_link_is_quoted_the_rate_of_all_habits():
    quoted = measured_error("multi_input")
    assert quoted is not None
    assert quoted.data.startswith("habits: ")
    assert quoted.wrong, "a rate without an error is not that of PayJoins and hidden mixes"
    assert measured_error("change") is not None
    assert measured_error("no_such_rule") is None
