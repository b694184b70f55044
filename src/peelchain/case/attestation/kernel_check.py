"""Bitcoin Core's script verification of the spends in a bundle. Needs the extra `simulate`.

A txid does not cover witnesses, so a bundle's own verifier cannot tell whether a spend was signed.
Core's consensus code can, from the transaction and the outputs it spends, both of which a bundle
has for what it cites.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peelchain.case.redacted.evidence_read import Evidence
from peelchain.errors import PeelchainError

_MOST_NAMED = 20


@dataclass(frozen=True)
class Activation:
    """From which height a chain holds spends to further rules, and the blocks that it exempts.

    P2SH, WITNESS and TAPROOT hold in every block but `exempt` (display hash -> the flags that hold
    there instead), as Core has it since no other block breaks them. Source: Bitcoin Core,
    GetBlockScriptFlags in validation.cpp and kernel/chainparams.cpp.
    """

    dersig: int
    cltv: int
    csv: int
    segwit: int
    exempt: tuple[tuple[str, tuple[str, ...]], ...] = ()


_FROM_THE_FIRST = Activation(1, 1, 1, 0)
ACTIVATIONS = {
    "mainnet": Activation(
        363725, 388381, 419328, 481824,
        (
            ("00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22", ()),
            (
                "0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad",
                ("P2SH", "WITNESS"),
            ),
        ),
    ),
    "testnet3": Activation(
        330776, 581885, 770112, 834624,
        (("00000000dd30457c001f4095d208cc1296b0eed002427aa599874af7a432b105", ()),),
    ),
    "testnet4": _FROM_THE_FIRST,
    "signet": _FROM_THE_FIRST,
    "regtest": _FROM_THE_FIRST,
}  # fmt: skip


@dataclass(frozen=True)
class ScriptChecks:
    """What Core said: inputs and transactions checked, those that fail, and those not checked.

    `failures` name input and reason, the first 20 of `failed`. `lacking` counts transactions of
    which an output that they spend is not in the bundle.
    """

    inputs: int
    transactions: int
    failed: int
    failures: tuple[str, ...]
    lacking: int


def flags_at(network: str, height: int, block_hash: str) -> tuple[str, ...]:
    """The names of the rules that spends of a block are held to."""
    rules = ACTIVATIONS[network]
    held = dict(rules.exempt).get(block_hash, ("P2SH", "WITNESS", "TAPROOT"))
    later = (
        ("DERSIG", rules.dersig),
        ("CHECKLOCKTIMEVERIFY", rules.cltv),
        ("CHECKSEQUENCEVERIFY", rules.csv),
        ("NULLDUMMY", rules.segwit),
    )
    return (*held, *(name for name, start in later if height >= start))


def check_scripts(evidence: Evidence, progress: Callable[[int, int], None]) -> ScriptChecks:
    """Has Core verify every input of each transaction whose prevouts are all in the bundle.

    Raises PeelchainError where the kernel is not installed.
    """
    try:
        import pbk
    except ImportError:
        raise PeelchainError(
            "--kernel needs Bitcoin Core's script verification; run "
            "pip install 'peelchain[simulate]'"
        ) from None
    network = evidence.case["network"]
    hashes = {row["height"]: row["hash"] for row in evidence.blocks}
    inputs = transactions = failed = lacking = 0
    failures: list[str] = []
    rows = evidence.transactions
    for number, row in enumerate(rows):
        if number % 200 == 0:
            progress(number, len(rows))
        tx = evidence.tx(number)
        if tx.is_coinbase:
            continue
        spent = evidence.spent(number)
        if len(spent) < len(tx.inputs):
            lacking += 1
            continue
        prevouts = [evidence.tx(line).outputs[vout] for line, vout in spent]
        flags = flags_at(network, row["height"], hashes[row["height"]])
        said = _verified(pbk, bytes.fromhex(row["raw"]), prevouts, flags)
        wrong = [f"{row['txid']} input {vin}: {why}" for vin, why in enumerate(said) if why]
        failures += wrong[: _MOST_NAMED - len(failures)]
        failed += len(wrong)
        inputs += len(prevouts)
        transactions += 1
    progress(len(rows), len(rows))
    return ScriptChecks(inputs, transactions, failed, tuple(failures), lacking)


def _verified(
    pbk: Any, raw: bytes, prevouts: list[tuple[int, bytes]], names: tuple[str, ...]
) -> list[str | None]:
    """For each input what Core objects to, None where it holds."""
    flags = pbk.ScriptVerificationFlags(0)
    for name in names:
        flags |= pbk.ScriptVerificationFlags[name]
    tx = pbk.Transaction(raw)
    outputs = [pbk.TransactionOutput(pbk.ScriptPubkey(s), value) for value, s in prevouts]
    data = pbk.script.PrecomputedTransactionData(tx, outputs)
    said: list[str | None] = []
    for vin, (value, script) in enumerate(prevouts):
        try:
            holds = pbk.ScriptPubkey(script).verify(value, tx, data, vin, flags)
            said.append(None if holds else "its script does not hold")
        except pbk.ScriptVerifyException as e:
            said.append(f"its script could not be verified ({e.status.name})")
    return said
