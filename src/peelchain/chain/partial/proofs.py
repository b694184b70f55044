"""What a Merkle proof must hold beside leading to the root."""

from peelchain.chain.partial.records import Transaction
from peelchain.chain.partial.source import Inclusion
from peelchain.errors import FalseAnswerError
from peelchain.script import sha256d
from peelchain.units import format_hash


def check_inclusion(tx: Transaction, inclusion: Inclusion, said_by: str) -> None:
    """Refuses a proof whose position is not the transaction's only one.

    The first of a block is its coinbase, and no other is. A level of odd length repeats its last
    hash (CVE-2012-2459): there the path of the copy leads to the root too, and is refused. Raises
    FalseAnswerError.
    """
    shown = f"{said_by}: the Merkle proof of transaction {format_hash(tx.txid)}"
    is_coinbase = any(i.prevout is None for i in tx.inputs)
    if is_coinbase != (inclusion.position == 0):
        raise FalseAnswerError(
            f"{shown} has position {inclusion.position}, where a coinbase "
            f"{'cannot' if is_coinbase else 'alone can'} be; use another server"
        )
    node, position = tx.txid, inclusion.position
    for sibling in inclusion.branch:
        if position & 1 and sibling == node:
            raise FalseAnswerError(
                f"{shown} has position {inclusion.position}, that of a repeated hash; use another "
                "server"
            )
        node = sha256d(sibling + node if position & 1 else node + sibling)
        position >>= 1
