"""What a user names, fetched: transactions, outputs and addresses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.actions.tracing.seed_file import parse_claim, parse_seed, read_seed_file
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.chain.partial.fetch import fetch_parents, fetch_spenders, fetch_transactions
from peelchain.chain.partial.history import fetch_history
from peelchain.chain.partial.sitting import Sitting
from peelchain.chain.partial.source import Mention
from peelchain.errors import NotInChainError
from peelchain.network import Network
from peelchain.script import script_pubkey
from peelchain.units import OutPoint, format_hash, parse_txid

_TXID = re.compile(r"[0-9a-fA-F]{64}")
_SCRIPT = re.compile(r"(?:[0-9a-f]{2}){2,}")
_CLUSTER = "cluster:"
_SERVICE = "service:"


@dataclass(frozen=True)
class Named:
    """What is meant: outputs, whole transactions, and scripts by the text that names them."""

    outpoints: tuple[OutPoint, ...] = ()
    txids: tuple[bytes, ...] = ()
    scripts: tuple[tuple[str, bytes], ...] = ()

    def texts(self) -> list[str]:
        """What a server is told first."""
        return [
            *(f"output {o}" for o in self.outpoints),
            *(f"transaction {format_hash(txid)}" for txid in self.txids),
            *(f"address {text}" for text, _ in self.scripts),
        ]


def named(texts: Sequence[str], network: Network) -> Named:
    """What each text means: `TXID:VOUT`, `TXID`, an address, or a script_pubkey in hex.

    Of `cluster:ADDRESS` the address; `service:NAME` names nothing that can be fetched. Raises
    MisuseError and AddressError.
    """
    outpoints: dict[OutPoint, None] = {}
    txids: dict[bytes, None] = {}
    scripts: dict[bytes, str] = {}
    for text in texts:
        bare = text.strip().removeprefix(_CLUSTER).strip()
        if bare.startswith(_SERVICE):
            continue
        if ":" in bare:
            outpoints[OutPoint.parse(bare)] = None
        elif _TXID.fullmatch(bare):
            txids[parse_txid(bare)] = None
        elif _SCRIPT.fullmatch(bare) and not bare.isdigit():
            scripts[bytes.fromhex(bare)] = bare
        else:
            scripts[script_pubkey(bare, network)] = bare
    return Named(
        tuple(outpoints), tuple(txids), tuple((text, script) for script, text in scripts.items())
    )


def seeds_named(asked: SeedsAsked, network: Network) -> Named:
    """What the seeds of a trace name. Raises as the trace would."""
    rows = [parse_seed(seed) for seed in asked.outpoints]
    rows += [row for claim in asked.claims for row in parse_claim(claim)]
    rows += [row for file in asked.files for row in read_seed_file(file)]
    texts = [*(str(row.outpoint) for row in rows), *asked.addresses, *asked.clusters]
    return named(texts, network)


def fetch_named(
    sitting: Sitting, what: Named, most_of_script: int, *, whole: bool = False
) -> list[str]:
    """Fetches what is named; gives the txids, as shown, that are in no block yet.

    `whole` fetches what the transactions spend too, and who spends the outputs named. Raises
    NotInChainError for an output that its transaction does not have.
    """
    txids = dict.fromkeys([*(o.txid for o in what.outpoints), *what.txids])
    absent = fetch_transactions(sitting, [Mention(txid, None) for txid in txids])
    for outpoint in what.outpoints:
        tx = sitting.vault.transaction(outpoint.txid)
        if tx is not None and outpoint.vout >= len(tx.outputs):
            raise NotInChainError(
                f"{outpoint}: the transaction has {len(tx.outputs)} outputs, counted from 0; give "
                "one of them"
            )
    for _, script in what.scripts:
        fetch_history(sitting, script, most_of_script)
    if whole:
        there = [txid for txid in txids if txid not in absent]
        fetch_parents(sitting, there)
        fetch_spenders(sitting, [o for o in what.outpoints if o.txid not in absent])
    return [format_hash(txid) for txid in sorted(absent)]
