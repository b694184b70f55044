"""The table `change`: what rules and predictor say of a range of transactions."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

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

PART_ROWS = 2_000_000
"""Rows of a part of the table: what is held at a time."""


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


def gathered(parts: Iterable[pa.Table], least_rows: int = PART_ROWS) -> Iterator[pa.Table]:
    """The rows of the parts in order, in tables of `least_rows` rows or more, but for the last.

    One table, empty, where there are none.
    """
    waiting: list[pa.Table] = []
    rows = 0
    given = False
    for part in parts:
        waiting.append(part)
        rows += part.num_rows
        if rows >= least_rows:
            yield pa.concat_tables(waiting).unify_dictionaries()
            waiting, rows, given = [], 0, True
    if waiting or not given:
        empty = TABLES["change"].schema.empty_table()
        yield pa.concat_tables(waiting or [empty]).unify_dictionaries()


def _verdict(name: str, transactions: Transactions, parties: Parties | None) -> Verdict:
    if name != CLUSTER_FINGERPRINT:
        return RULES[name](transactions)
    if parties is None:
        raise MisuseError(f"the rule {name} needs a clustering: give one, or leave the rule out")
    return cluster_fingerprint(transactions, parties.cluster_of, parties.fingerprints)
