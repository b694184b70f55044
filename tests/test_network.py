"""The chains' constants, held to proof of work, to the kernel and to real blocks."""

import hashlib

import pytest

from peelchain.errors import MisuseError, SourceError
from peelchain.network import MAINNET, NETWORKS, REGTEST, by_magic, by_name
from peelchain.units import MAX_MONEY

CHAIN_TYPES = {
    "mainnet": "MAINNET",
    "testnet3": "TESTNET",
    "testnet4": "TESTNET_4",
    "signet": "SIGNET",
    "regtest": "REGTEST",
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
def test_the_genesis_header_hashes_to_the_genesis_hash_and_meets_its_target(network):
    digest = hashlib.sha256(hashlib.sha256(network.genesis_header).digest()).digest()
    bits = int.from_bytes(network.genesis_header[72:76], "little")
    target = (bits & 0x7FFFFF) << 8 * ((bits >> 24) - 3)
    assert digest[::-1].hex() == network.genesis_hash
    assert int.from_bytes(digest, "little") <= target <= network.pow_limit


@pytest.mark.parametrize("name", NETWORKS)
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
        by_name("litecoin")


def test_magics_and_folders_tell_the_networks_apart():
    assert len({network.magic for network in NETWORKS.values()}) == len(NETWORKS)
    assert len({network.folder for network in NETWORKS.values()}) == len(NETWORKS)
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
    interval = MAINNET.halving_interval
    issued = sum(MAINNET.subsidy(era * interval) * interval for era in range(70))
    assert issued == MAX_MONEY - 2_310_000


def test_regtest_halves_every_150_blocks():
    assert [REGTEST.subsidy(height) for height in (149, 150, 300)] == [
        5_000_000_000,
        2_500_000_000,
        1_250_000_000,
    ]
