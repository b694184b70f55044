"""What a store holds; argument STORE. Not timed."""

import sys
from pathlib import Path

import pyarrow.compute as pc
from bench.programs.answer import Answer

from peelchain.store.reader import Store


def main() -> None:
    """Prints the store's counts, the sum of its txids and of the values of its outputs."""
    answer = Answer()
    with Store.open(Path(sys.argv[1])) as store:
        counts = store.manifest.counts
        for txid in store.read("txs", ["txid"])["txid"].to_pylist():
            answer.add(txid)
        answer.value_sat = pc.sum(store.read("txouts", ["value_sat"])["value_sat"]).as_py()
    answer.blocks = counts["blocks"]
    answer.txins, answer.txouts = counts["txins"], counts["txouts"]
    print(answer.json())


main()
