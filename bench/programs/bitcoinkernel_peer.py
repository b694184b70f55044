"""The peer py-bitcoinkernel, Bitcoin Core's own parser, over a plain block file; argument FILE."""

import sys
from pathlib import Path

import pbk
from bench.programs.answer import Answer


def main() -> None:
    """Prints an answer."""
    data = memoryview(Path(sys.argv[1]).read_bytes())
    answer = Answer()
    position = 0
    while position < len(data):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        block = pbk.Block(bytes(data[position + 8 : position + 8 + size]))
        answer.blocks += 1
        for tx in block.transactions:
            answer.add(bytes(tx.txid))
        position += 8 + size
    print(answer.json())


main()
