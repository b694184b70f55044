"""The chains peelchain reads, as data: how their bytes and addresses start, and their rules."""

from peelchain.network.bitcoin import MAINNET, REGTEST, SIGNET, TESTNET3, TESTNET4
from peelchain.network.chain import BITCOIN_RULES, Network, Rules
from peelchain.network.names import NETWORKS, by_magic, by_name, sharing_magic

__all__ = [
    "BITCOIN_RULES",
    "MAINNET",
    "NETWORKS",
    "REGTEST",
    "SIGNET",
    "TESTNET3",
    "TESTNET4",
    "Network",
    "Rules",
    "by_magic",
    "by_name",
    "sharing_magic",
]
