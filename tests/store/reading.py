"""Run as a process of its own: holds one generation of a store and reads it again and again.

Argument: the store. Reads a line for each reading; writes the height and hash of the tip and the
sum of all amounts as the held generation has them. Ends with its input.
"""

import sys

import pyarrow.compute as pc

from peelchain.schema import CHAIN_TABLES
from peelchain.store.reader import Store

with Store.open(sys.argv[1]) as store:
    print("open", flush=True)
    for _ in sys.stdin:
        tables = {name: store.read(name) for name in CHAIN_TABLES}
        tip = tables["blocks"]["block_hash"][-1].as_py()[::-1].hex()
        total = pc.sum(tables["txouts"]["value_sat"]).as_py()
        print(tables["blocks"].num_rows - 1, tip, total, flush=True)
