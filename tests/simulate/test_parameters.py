"""What may be chosen about an economy, and what is refused."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from tests.simulate.reading import read_truth

from peelchain.actions.simulations import Choice, simulate
from peelchain.errors import MisuseError
from peelchain.simulate.families import FAMILIES
from peelchain.simulate.parameters import PARAMETERS, preset

BLOCKS = 130


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("payjoin_share", 1.01, "payjoin_share 1.01 is out of range; choose 0 to 1"),
        ("undetected_mix_share", float("nan"), "undetected_mix_share nan is out of range"),
        ("trades_per_100_blocks", -1.0, "trades_per_100_blocks -1.0 is out of range"),
        ("whirlpool_size", (4, 8), "whirlpool_size 4 to 8 is out of range; the protocol asks"),
        ("joinmarket_size", (5, 4), "joinmarket_size 5 to 4 is out of range"),
        ("rounding", (0, 0, 0, 0), "is not four weights"),
        ("families", (("colour", 1.0),), "no wallet family is called 'colour'; choose from core"),
        ("families", (("core", -1.0),), "weight -1.0 of family core is out of range"),
        ("families", (("core", 1.0), ("core", 1.0)), "has two weights; name each once"),
        ("before_segwit", True, "before_segwit leaves no room for wasabi1_per_100_blocks"),
        ("families", (("core", 0.0),), "no wallet family has a weight; leave at least one"),
    ],
)
def test_a_value_out_of_range_is_misuse(field, value, said):
    with pytest.raises(MisuseError) as refused:
        replace(PARAMETERS["habits"], **{field: value})
    assert said in str(refused.value)


def test_a_preset_or_family_that_does_not_exist_is_misuse(tmp_path):
    with pytest.raises(MisuseError, match="no preset is called 'odd'; choose from default, habits"):
        simulate(1, BLOCKS, tmp_path / "out", choice=Choice("odd"))
    with pytest.raises(MisuseError, match="no wallet family is called 'gold'"):
        simulate(1, BLOCKS, tmp_path / "out", choice=Choice("habits", without_families=("gold",)))
    with pytest.raises(MisuseError, match="has no wallet families to leave out"):
        simulate(1, BLOCKS, tmp_path / "out", choice=Choice(without_families=("core",)))
    assert not (tmp_path / "out").exists()


def test_every_family_occurs_in_habits_and_shifted():
    for name in ("habits", "shifted"):
        assert {family for family, weight in preset(name).families if weight} == set(FAMILIES)
        assert preset(name).preset == name


def test_a_family_that_is_left_out_does_not_occur(tmp_path):
    choice = Choice("habits", payjoin_share=0.2, without_families=("core", "legacy_reuse"))
    answer = simulate(3, BLOCKS, tmp_path / "out", choice=choice)
    families = {row["wallet_family"] for row in read_truth(tmp_path / "out", "wallets")}
    assert families >= set(FAMILIES) - {"core", "legacy_reuse"}
    assert not families & {"core", "legacy_reuse"}
    said = json.loads((tmp_path / "out" / "truth" / "parameters.json").read_text())
    assert said["preset"] == answer["preset"] == "habits"
    assert said["payjoin_share"] == 0.2
    assert set(said["families"]) == set(FAMILIES) - {"core", "legacy_reuse"}


def test_the_methods_page_names_every_parameter_and_family():
    page = (Path(__file__).parents[2] / "docs" / "methods" / "simulator.md").read_text()
    names = {field.name for field in fields(PARAMETERS["default"])} - {"preset"}
    assert [name for name in sorted(names | set(FAMILIES)) if f"`{name}`" not in page] == []
