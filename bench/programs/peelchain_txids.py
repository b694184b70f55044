"""Txids of a plain block file by peelchain's parser; argument FILE."""

import sys
from pathlib import Path

from bench.programs.answer import Answer

from peelchain import _core


def main() -> None:
    """Prints how many transactions the blocks hold and the sum of their txids."""
    data = memoryview(Path(sys.argv[1]).read_bytes())
    answer = Answer()
    position = 0
    while position < len(data):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        raw = bytes(data[position + 8 : position + 8 + size])
        answer.blocks += 1
        for txid, _, _ in _core.transaction_spans(raw):
            answer.add(txid)
        position += 8 + size
    print(answer.json())


main()
