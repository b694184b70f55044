"""Values in the forms that exporters give them, and what is none."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from peelchain.chain.dumps import values
from peelchain.chain.dumps.rows import RowError
from peelchain.network import MAINNET, REGTEST


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (0, 0),
        ("0", 0),
        (5000000000.0, 5000000000),
        (Decimal("5000000000.000000000"), 5000000000),
        ("5000000000.000000000", 5000000000),
        ("5E9", 5000000000),
        ("1.5e3", 1500),
        (" 7 ", 7),
        (2_100_000_000_000_000, 2_100_000_000_000_000),
    ],
)
def test_satoshis_in_every_form(given: Any, wanted: int) -> None:
    assert values.sat(given) == wanted


@pytest.mark.parametrize(
    "given",
    [
        -1,
        2_100_000_000_000_001,
        0.5,
        Decimal("0.00000001"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1e999999"),
        float("inf"),
        "1e99",
        "0x10",
        "1,000",
        "",
        "٣",
        "9" * 5000,
        True,
        None,
        [],
        {},
        b"1",
    ],
)
def test_no_satoshis(given: Any) -> None:
    with pytest.raises(RowError, match="value"):
        values.sat(given)


@pytest.mark.parametrize(
    "given",
    [
        1289723848,
        "1289723848",
        1289723848000,
        1289723848000000,
        "1.289723848E9",
        "2010-11-14 08:37:28 UTC",
        "2010-11-14 08:37:28",
        "2010-11-14T08:37:28Z",
        "2010-11-14T08:37:28.000+00:00",
        datetime(2010, 11, 14, 8, 37, 28, tzinfo=UTC),
        datetime(2010, 11, 14, 8, 37, 28),  # noqa: DTZ001 - as Parquet without a zone gives it
    ],
)
def test_times_in_every_form(given: Any) -> None:
    assert values.time(given) == 1289723848


@pytest.mark.parametrize(
    "given",
    ["noon", "2010-13-01 00:00:00", -1, 2**70, None, "1969-12-31 23:59:59", [], "2010-11-14"],
)
def test_no_time(given: Any) -> None:
    with pytest.raises(RowError, match="time"):
        values.time(given)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("1d00ffff", 0x1D00FFFF),
        ("1D00FFFF", 0x1D00FFFF),
        (486604799, 0x1D00FFFF),
        ("486604799", 0x1D00FFFF),
        ("0x1d00ffff", 0x1D00FFFF),
        ("7c2bac1d", 0x7C2BAC1D),
        ("1", 1),
    ],
)
def test_bits_and_nonces_as_hex_or_number(given: Any, wanted: int) -> None:
    assert values.number_or_hex(given, "bits") == wanted


def test_a_version_without_its_sign_gets_it_back() -> None:
    assert values.version(4294967295) == values.version("-1") == -1
    with pytest.raises(RowError):
        values.version(2**32)


def test_hex_in_either_case_and_nothing_else() -> None:
    assert values.data("0xABcd", "script") == values.data(b"\xab\xcd", "script") == b"\xab\xcd"
    for wrong in ("abc", "ab cd", " abcd", "zz", 12, None, "ab\n"):
        with pytest.raises(RowError, match="script"):
            values.data(wrong, "script")


def test_scripts_are_made_of_addresses_whose_type_says_all() -> None:
    of = values.script_of_address
    genesis = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert of([genesis], "pubkeyhash", MAINNET).hex().startswith("76a914")
    # exporters give the address of a public key's hash for the key itself
    assert of([genesis], "pubkey", MAINNET) is None
    assert of([genesis, genesis], "multisig", MAINNET) is None
    assert of(["nonstandard0123"], "nonstandard", MAINNET) is None
    assert of(None, "pubkeyhash", MAINNET) is None
    assert of([], None, MAINNET) is None
    for addresses, kind, network in (
        ([genesis], "scripthash", MAINNET),
        ([genesis], "pubkeyhash", REGTEST),
        ([genesis[:-1] + "b"], "pubkeyhash", MAINNET),
        ([7], "pubkeyhash", MAINNET),
    ):
        with pytest.raises(RowError, match="no address of type"):
            of(addresses, kind, network)
