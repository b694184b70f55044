"""What tells one chain from another: how its bytes and addresses start, and its rules, as data."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from peelchain.units import COIN, MAX_MONEY

WorkHash = Literal["sha256d", "scrypt", "x11", "equihash"]
TxForm = Literal["bitcoin", "mweb", "special", "zcash"]


@dataclass(frozen=True)
class Rules:
    """How a chain's blocks are read and bounded. The values given are Bitcoin's.

    `work_hash` is what must meet the target a header claims: its double SHA-256, scrypt with
    N = 1024 of it, X11 of it, or its double SHA-256 with an Equihash solution behind it.
    `auxpow_chain_id` is this chain's number in merged mining: a header whose version has bit 8 set
    is proven by another chain's block, which stands between header and transactions.
    `tx_form`: `mweb` transactions may be a HogEx, and a block may end in an extension block
    (Litecoin); `special` ones have a type and a payload (Dash, DIP 2); `zcash` ones have shielded
    parts. `canonical_order`: a block sorts its transactions by txid, so that one may spend an
    output of another that stands behind it. `token_prefix`: an output's script may begin with
    tokens. `shielded_scripts`: how scripts begin that hold value which moves on unseen, of all that
    begin so at once.
    """

    work_hash: WorkHash = "sha256d"
    auxpow_chain_id: int | None = None
    tx_form: TxForm = "bitcoin"
    canonical_order: bool = False
    token_prefix: bool = False
    max_block_bytes: int = 4_000_000
    max_money: int = MAX_MONEY
    shielded_scripts: tuple[bytes, ...] = ()

    @property
    def ingests(self) -> bool:
        """Whether block files of the chain can be read into a store."""
        return self.work_hash in ("sha256d", "scrypt") and self.tx_form != "zcash"


BITCOIN_RULES = Rules()


@dataclass(frozen=True)
class Network:
    """One chain. Source: Bitcoin Core, kernel/chainparams.cpp, and its counterparts.

    `coin` is what the chain's money is called. `magic` precedes each block in a block file, before
    any XOR; `genesis_hash` is display hex of the double SHA-256 of `genesis_header` (of Dash, its
    X11); `pow_limit` is the easiest target a block may claim; `folder` is the chain's subfolder of
    the node's data directory (empty: the directory itself); from `bip34_height` on, a coinbase
    begins with its own height; `checkpoints` are heights and display hashes of blocks the chain is
    known to hold; `work_floors` are heights and the difficulty that no block from there on has been
    below; the difficulty changes at multiples of `retarget_blocks` alone (1: it may at any block).

    Addresses are written with the first of the prefixes and read with all of them; `bech32_hrp` and
    `cash_prefix` are None where a chain has no such addresses, and with `cash_prefix` P2PKH and
    P2SH are written as cash addresses. `subsidy_steps` are first heights, rising from 0, and the
    most satoshis that a block from there on may create, fees apart.
    """

    name: str
    coin: str
    magic: bytes
    genesis_hash: str
    genesis_header: bytes
    p2pkh_prefixes: tuple[bytes, ...]
    p2sh_prefixes: tuple[bytes, ...]
    bech32_hrp: str | None
    subsidy_steps: tuple[tuple[int, int], ...]
    pow_limit: int
    no_retargeting: bool
    allow_min_difficulty: bool
    enforce_bip94: bool
    folder: str
    bip34_height: int
    checkpoints: tuple[tuple[int, str], ...] = ()
    work_floors: tuple[tuple[int, int], ...] = ()
    retarget_blocks: int = 2016
    cash_prefix: str | None = None
    rules: Rules = field(default=BITCOIN_RULES)

    def subsidy(self, height: int) -> int:
        """The most satoshis a block of this height may create, fees apart."""
        reached = bisect_right(self.subsidy_steps, height, key=lambda step: step[0])
        return self.subsidy_steps[reached - 1][1]

    @property
    def is_bitcoin(self) -> bool:
        """Whether it is Bitcoin, or one of its test chains."""
        return self.coin == "Bitcoin"


def halvings(interval: int, first: int = 50 * COIN) -> tuple[tuple[int, int], ...]:
    """Steps of a subsidy that halves each `interval` blocks. Source: Core, GetBlockSubsidy."""
    steps: list[tuple[int, int]] = []
    while first:
        steps.append((interval * len(steps), first))
        first >>= 1
    return (*steps, (interval * len(steps), 0))


def genesis_header(merkle_root: str, time_bits_nonce: str) -> bytes:
    """The 80 bytes of a first block of version 1. Both in hex as they lie in the header."""
    return bytes.fromhex("01000000" + "00" * 32 + merkle_root + time_bits_nonce)


def first_header(merkle_root: str, time: int, bits: int, nonce: int) -> bytes:
    """The 80 bytes of a first block of version 1; the Merkle root in display hex."""
    numbers = b"".join(number.to_bytes(4, "little") for number in (time, bits, nonce))
    return (1).to_bytes(4, "little") + bytes(32) + bytes.fromhex(merkle_root)[::-1] + numbers
