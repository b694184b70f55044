"""The peer blockchain-parser over a plain block file; arguments FILE and `txids` or `rows`."""

import sys

from bench.programs.answer import Answer
from blockchain_parser.blockchain import Blockchain


def main() -> None:
    """Prints an answer; `rows` also looks at every input and output, and keeps nothing."""
    file, work = sys.argv[1:]
    answer = Answer()
    if work == "rows":
        answer.txins = answer.txouts = answer.value_sat = 0
    for block in Blockchain(file).get_unordered_blocks():
        answer.blocks += 1
        for tx in block.transactions:
            answer.add(bytes.fromhex(tx.txid)[::-1])
            if work == "txids":
                continue
            for txin in tx.inputs:
                _ = txin.transaction_hash, txin.transaction_index, txin.sequence_number
                answer.txins += 1
            for txout in tx.outputs:
                _ = txout.script.hex
                answer.txouts += 1
                answer.value_sat += txout.value
    print(answer.json())


main()
