"""The chains' constants, held to proof of work, to the kernel and to real blocks."""

import hashlib

import pytest

from peelchain.errors import MisuseError, SourceError
from peelchain.network import (
    MAINNET,
    NETWORKS,
    REGTEST,
    Network,
    by_magic,
    by_name,
    sharing_magic,
)
from peelchain.network.kernel import kernel_rules
from peelchain.units import COIN, MAX_MONEY

CHAIN_TYPES = {
    "mainnet": "MAINNET",
    "testnet3": "TESTNET",
    "testnet4": "TESTNET_4",
    "signet": "SIGNET",
    "regtest": "REGTEST",
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
def test_the_genesis_header_hashes_to_the_genesis_hash_and_meets_its_target(network: Network):
    header, kind = network.genesis_header, network.rules.work_hash
    if kind == "x11":
        pytest.skip("no library has X11")
    digest = hashlib.sha256(hashlib.sha256(header).digest()).digest()
    assert digest[::-1].hex() == network.genesis_hash
    at = 104 if kind == "equihash" else 72
    bits = int.from_bytes(header[at : at + 4], "little")
    target = (bits & 0x7FFFFF) << 8 * ((bits >> 24) - 3)
    if kind == "scrypt":
        digest = hashlib.scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32)
    assert int.from_bytes(digest, "little") <= target <= network.pow_limit


@pytest.mark.parametrize("name", CHAIN_TYPES)
def test_bitcoin_core_agrees_on_genesis_and_magic(name, tmp_path):
    pbk = pytest.importorskip("pbk", reason="py-bitcoinkernel is not installed")
    network = NETWORKS[name]
    blocks = tmp_path / "blocks"
    blocks.mkdir()
    (blocks / "xor.dat").write_bytes(bytes(8))
    manager = pbk.load_chainman(tmp_path, getattr(pbk.ChainType, CHAIN_TYPES[name]))
    genesis = manager.get_active_chain().block_tree_entries[0]
    assert bytes(manager.blocks[genesis])[:80] == network.genesis_header
    del genesis, manager
    assert (blocks / "blk00000.dat").read_bytes()[:4] == network.magic


def test_the_real_chain_starts_with_mainnets_magic_and_genesis(shared_data):
    with (shared_data / "early_chain" / "blk00000.dat").open("rb") as file:
        start = file.read(88)
    assert by_magic(start[:4]) is MAINNET
    assert start[8:] == MAINNET.genesis_header


def test_names_and_aliases():
    assert by_name("main") is by_name("mainnet") is MAINNET
    assert by_name("test") is by_name("testnet") is NETWORKS["testnet3"]
    with pytest.raises(MisuseError, match="mainnet, testnet3, testnet4, signet, regtest"):
        by_name("litecoins")
    assert by_name("ltc") is by_name("litecoin") is NETWORKS["litecoin"]


def test_magics_and_folders_tell_the_networks_apart():
    bitcoin = [network for network in NETWORKS.values() if network.is_bitcoin]
    assert len({network.magic for network in bitcoin}) == len(bitcoin)
    assert len({network.folder for network in bitcoin}) == len(bitcoin)
    main = [network for network in NETWORKS.values() if not network.folder]
    shared = {"mainnet", "bitcoincash"}
    assert {n.name for n in sharing_magic(MAINNET.magic)} == shared
    assert len({network.magic for network in main if network.name not in shared}) == len(main) - 2
    with pytest.raises(SourceError, match="00000000 belongs to no known network"):
        by_magic(bytes(4))


@pytest.mark.parametrize(
    ("height", "subsidy_sat"),
    [
        (0, 5_000_000_000),
        (209_999, 5_000_000_000),
        (210_000, 2_500_000_000),
        (840_000, 312_500_000),
        (6_929_999, 1),
        (6_930_000, 0),
        (13_440_000, 0),
    ],
)
def test_mainnets_subsidy(height, subsidy_sat):
    assert MAINNET.subsidy(height) == subsidy_sat


def test_the_subsidy_never_reaches_the_supply():
    interval = MAINNET.subsidy_steps[1][0]
    issued = sum(MAINNET.subsidy(era * interval) * interval for era in range(70))
    assert issued == MAX_MONEY - 2_310_000


def test_regtest_halves_every_150_blocks():
    assert [REGTEST.subsidy(height) for height in (149, 150, 300)] == [
        5_000_000_000,
        2_500_000_000,
        1_250_000_000,
    ]


@pytest.mark.parametrize(
    ("name", "height", "subsidy_coins"),
    [
        ("litecoin", 839_999, 50),
        ("litecoin", 840_000, 25),
        ("bitcoincash", 840_000, 3.125),
        ("dogecoin", 0, 1_000_000),
        ("dogecoin", 144_999, 500_000),
        ("dogecoin", 145_000, 250_000),
        ("dogecoin", 599_999, 15_625),
        ("dogecoin", 600_000, 10_000),
        ("dogecoin", 10_000_000, 10_000),
        ("zcash", 653_599, 12.5),
        ("zcash", 653_600, 6.25),
        ("zcash", 1_046_400, 3.125),
        ("zcash", 2_726_400, 1.5625),
    ],
)
def test_the_sisters_subsidies(name, height, subsidy_coins):
    assert NETWORKS[name].subsidy(height) == subsidy_coins * COIN


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
def test_steps_of_the_subsidy_rise_in_height_from_genesis_on(network: Network):
    heights = [height for height, _ in network.subsidy_steps]
    assert heights[0] == 0
    assert heights == sorted(set(heights))
    assert all(0 <= sat <= network.rules.max_money for _, sat in network.subsidy_steps)
    points = [height for height, _ in network.checkpoints]
    assert points == sorted(set(points))


def test_bitcoin_and_bitcoin_cash_part_at_one_block():
    ours, theirs = (dict(NETWORKS[n].checkpoints) for n in ("mainnet", "bitcoincash"))
    shared = ours.keys() & theirs.keys()
    assert {height for height in shared if ours[height] != theirs[height]} == {478_559}


@pytest.mark.parametrize("name", ["dash", "zcash"])
def test_a_chain_whose_blocks_are_not_read_says_why(name):
    with pytest.raises(MisuseError, match=f"blocks of {name} are not read yet: .*addresses"):
        kernel_rules(NETWORKS[name])
