"""The networks by name and by magic."""

from peelchain.errors import MisuseError, SourceError
from peelchain.network.bitcoin import MAINNET, REGTEST, SIGNET, TESTNET3, TESTNET4
from peelchain.network.bitcoincash import BITCOINCASH, BITCOINCASH_REGTEST
from peelchain.network.chain import Network
from peelchain.network.dash import DASH
from peelchain.network.dogecoin import DOGECOIN, DOGECOIN_REGTEST
from peelchain.network.litecoin import LITECOIN, LITECOIN_REGTEST, LITECOIN_TESTNET4
from peelchain.network.zcash import ZCASH
from peelchain.units import shown

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        MAINNET,
        TESTNET3,
        TESTNET4,
        SIGNET,
        REGTEST,
        LITECOIN,
        LITECOIN_TESTNET4,
        LITECOIN_REGTEST,
        BITCOINCASH,
        BITCOINCASH_REGTEST,
        DOGECOIN,
        DOGECOIN_REGTEST,
        DASH,
        ZCASH,
    )
}

_ALIASES = {
    "main": "mainnet",
    "bitcoin": "mainnet",
    "test": "testnet3",
    "testnet": "testnet3",
    "ltc": "litecoin",
    "bch": "bitcoincash",
    "doge": "dogecoin",
    "zec": "zcash",
}


def by_name(name: str) -> Network:
    """The network of this name, or of Bitcoin Core's name for it (`main`, `test`).

    Raises MisuseError listing the names.
    """
    network = NETWORKS.get(_ALIASES.get(name, name))
    if network is None:
        raise MisuseError(f"no network is named {shown(name)}; names are {', '.join(NETWORKS)}")
    return network


def sharing_magic(magic: bytes) -> list[Network]:
    """The networks whose block files carry this magic, Bitcoin's first.

    Bitcoin Cash kept the magic of Bitcoin's files, and several test chains share one.
    """
    return [network for network in NETWORKS.values() if network.magic == magic]


def by_magic(magic: bytes) -> Network:
    """The network whose block files carry this magic. Raises SourceError listing those known.

    Where several share it, the first of `NETWORKS`. A signet with a challenge of its own has a
    magic of its own and is not among them.
    """
    found = sharing_magic(magic)
    if found:
        return found[0]
    known = ", ".join(f"{network.magic.hex()} {network.name}" for network in NETWORKS.values())
    raise SourceError(
        f"magic {magic[:8].hex()} belongs to no known network ({known}); "
        "is this a node's block file, and is its blocks/xor.dat beside it?"
    )
