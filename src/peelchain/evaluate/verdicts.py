"""What the detectors call every transaction of a store, negatives by their names too."""

from collections.abc import Iterator

from peelchain.cluster.coinjoin.classify import classify
from peelchain.cluster.coinjoin.parse import Paid, Spent, Transaction
from peelchain.store.arrays import ChainArrays
from peelchain.store.reader import Store


def verdicts(store: Store, arrays: ChainArrays) -> dict[int, str]:
    """The name that each tx_id is given; a transaction of which nothing is said is not in it.

    The same judgement as `coinjoin classify` gives of these transactions in chain order, but for
    what only a witness shows, which a store does not hold.
    """
    found: dict[int, str] = {}
    for tx_id, judgement in enumerate(classify(_transactions(store, arrays))):
        name = judgement.type or judgement.lookalike
        if name is not None:
            found[tx_id] = name
    return found


def _transactions(store: Store, arrays: ChainArrays) -> Iterator[Transaction]:
    txids = [txid[::-1] for txid in store.read("txs", ["txid"])["txid"].to_pylist()]
    scripts = store.read("scripts", ["script_pubkey"])["script_pubkey"].to_pylist()
    values, script_ids = arrays.txout_value.tolist(), arrays.txout_script.tolist()
    made_by, prevs = arrays.txout_tx.tolist(), arrays.txin_prev_txout.tolist()
    first_in, first_out = arrays.tx_first_txin.tolist(), arrays.tx_first_txout.tolist()
    for tx_id, txid in enumerate(txids):
        spent = prevs[first_in[tx_id] : first_in[tx_id + 1]]
        is_coinbase = spent == [-1]
        outputs = range(first_out[tx_id], first_out[tx_id + 1])
        yield Transaction(
            txid,
            is_coinbase,
            ()
            if is_coinbase
            else tuple(
                Spent(txids[made_by[o]], values[o], scripts[script_ids[o]], False) for o in spent
            ),
            tuple(Paid(values[o], scripts[script_ids[o]]) for o in outputs),
        )
