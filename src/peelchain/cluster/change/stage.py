"""The table `change`: what rules and predictor say of a range of transactions."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peelchain import _core
from peelchain.cluster.change.fingerprints import cluster_fingerprint
from peelchain.cluster.change.model import Model
from peelchain.cluster.change.predict import NAME as PREDICTOR
from peelchain.cluster.change.predict import predict
from peelchain.cluster.change.rules import CLUSTER_FINGERPRINT, RULE_NAMES, RULES, Parties
from peelchain.cluster.change.transactions import Transactions
from peelchain.cluster.change.verdict import Verdict
from peelchain.errors import MisuseError
from peelchain.schema import TABLES

CHOICES: tuple[str, ...] = tuple(sorted((*RULE_NAMES, PREDICTOR)))
"""What the table may hold rows of."""


def check_rules(names: Sequence[str]) -> tuple[str, ...]:
    """The names, sorted, each once. Raises MisuseError for one that there is not, or for none."""
    for name in names:
        if name not in CHOICES:
            raise MisuseError(
                f"there is no change rule {name!r}; those there are: {', '.join(CHOICES)}"
            )
    if not names:
        raise MisuseError(f"name a change rule at least; those there are: {', '.join(CHOICES)}")
    return tuple(sorted(set(names)))


def change_table(
    transactions: Transactions,
    names: Sequence[str],
    *,
    parties: Parties | None = None,
    model: Model | None = None,
) -> pa.Table:
    """The rows of the table `change` for these transactions and rules, sorted by its key.

    A rule that is undecided of a transaction gives no row for its outputs, and no rule one for an
    output that could not be anybody's change. `parties` is what `cluster_fingerprint` needs.
    Raises MisuseError for an unknown rule or missing parties.
    """
    names = check_rules(names)
    outs, rules, verdicts, nulls, values = [], [], [], [], []
    for place, name in enumerate(names):
        if name == PREDICTOR:
            said = predict(transactions, model)
            rows = np.flatnonzero(~np.isnan(said.probability))
            verdicts.append(said.is_change[rows])
            nulls.append(~(said.is_change | said.is_payment)[rows])
            values.append(said.probability[rows])
        else:
            verdict = _verdict(name, transactions, parties)
            spoken = verdict.decided[transactions.tx_of_out] & transactions.can_be_change
            rows = np.flatnonzero(spoken)
            verdicts.append(verdict.possible[rows])
            nulls.append(np.zeros(len(rows), dtype=np.bool_))
            values.append(np.full(len(rows), np.nan))
        outs.append(rows)
        rules.append(np.full(len(rows), place, dtype=np.int8))
    out = np.concatenate(outs)
    rule = np.concatenate(rules)
    order = np.lexsort((rule, out))
    out, rule = out[order], rule[order]
    probability = np.concatenate(values)[order]
    return pa.Table.from_arrays(
        [
            pa.array(transactions.tx_id[transactions.tx_of_out[out]]),
            pa.array(transactions.vout[out], pa.int32()),
            pa.DictionaryArray.from_arrays(rule, list(names)),
            pa.array(np.concatenate(verdicts)[order], mask=np.concatenate(nulls)[order]),
            pa.array(probability, mask=np.isnan(probability)),
        ],
        schema=TABLES["change"].schema,
    )


def write_change(path: Path, parts: Iterable[pa.Table]) -> dict[str, Any]:
    """Writes parts of the table `change`, one after the other and none held, to a file.

    Gives path, rows, bytes and sha256, as a store's run takes a file. The file is whole and on disk
    or not there under its name.
    """
    schema = TABLES["change"].schema
    new = path.with_name(f"{path.name}.new")
    rows = 0
    with pq.ParquetWriter(new, schema, compression="zstd", store_schema=True) as writer:
        for part in parts:
            writer.write_table(part.cast(schema))
            rows += part.num_rows
    with new.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        size = file.tell()
        os.fsync(file.fileno())
    new.replace(path)
    _core.sync_dir(path.parent)
    return {"path": path, "rows": rows, "bytes": size, "sha256": digest}


def _verdict(name: str, transactions: Transactions, parties: Parties | None) -> Verdict:
    if name != CLUSTER_FINGERPRINT:
        return RULES[name](transactions)
    if parties is None:
        raise MisuseError(f"the rule {name} needs a clustering: give one, or leave the rule out")
    return cluster_fingerprint(transactions, parties.cluster_of, parties.fingerprints)
