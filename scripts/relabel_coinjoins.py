"""Prints docs/methods/coinjoin-labels.csv: what each line of the real CoinJoin sets is, and why.

`relabel_coinjoins.py PEELCHAIN_DATA > docs/methods/coinjoin-labels.csv` writes it anew. The
verdicts are those of tests/oracle/coinjoins.py; nothing of the detectors is used.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.coinjoin_sets import set_lines
from tests.oracle.coinjoins import label

COLUMNS = ("txid", "set", "verdict", "reason")


def rows(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the page, in the order of the files and their lines."""
    for path in sorted(folder.glob("*/*.txt")):
        for line in set_lines(path):
            yield (line.reference.txid, f"{path.parent.name}/{path.stem}", *label(line.reference))


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(Path(sys.argv[1]) / "coinjoins"))
