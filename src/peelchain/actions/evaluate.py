"""Measured error: of a clustering on a user's labelled table, and the rates that are shipped."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.cluster.change.model import shipped_model
from peelchain.cluster.policy import Policy
from peelchain.errors import MisuseError, NotInChainError, PeelchainError
from peelchain.evaluate.agreement import Int64
from peelchain.evaluate.error_rates import (
    EVERYWHERE,
    ErrorRate,
    Measured,
    rate,
    rates_table,
    read_measured,
    shipped,
    with_rows,
    written,
)
from peelchain.evaluate.intervals import UNKNOWN, grouped, share_interval
from peelchain.evaluate.labelled import not_in_chain, read_labelled_table
from peelchain.evaluate.seeds import seeds_for
from peelchain.evaluate.table_error import TableError, table_error
from peelchain.script import script_type
from peelchain.store.writer import open_for_writing

RATE_COLUMNS = tuple(ErrorRate.__dataclass_fields__)
ENTITY_COLUMNS = ("entity", "addresses", "clusters", "largest", "strangers")


def table(
    file: Path,
    store: Path,
    policies: list[str] | None = None,
    *,
    complete: bool = False,
    keep: bool = False,
) -> dict[str, Any]:
    """How a clustering does on addresses of known owners, and what is amiss with the table.

    Of the policy named, or of the default one. With `keep` the measured rates become rows of the
    store's table `error_rates`.
    """
    if keep and not file.is_file():
        raise MisuseError(f"--keep notes the file's digest, and {file} is no file; give one")
    policy = policy_asked(store, policies or [], [])
    answer = _table(file, store, policy, complete=complete)
    if keep:
        rows = [ErrorRate(**row) for row in answer["rates"]]
        with open_for_writing(store) as writer:
            writer.add_run(
                "evaluate",
                {"error_rates": rates_table(rows)},
                parameters={"policy": answer["policy"], "complete": complete},
                inputs={file.name: sha256(file.read_bytes()).hexdigest()},
            )
    return answer


def _table(file: Path, store: Path, policy: Policy, *, complete: bool) -> dict[str, Any]:
    with StoreView(store, policy) as view:
        read = read_labelled_table(file, view.network)
        known = view.lookup.script_ids(read.entities)
        absent = [script for script in read.entities if script not in known]
        remarks = sorted((*read.remarks, *not_in_chain(read, absent)), key=lambda r: r.line)
        scripts = [script for script in read.entities if script in known]
        if not scripts:
            raise NotInChainError(
                f"{file}: none of its {len(read.entities):,} addresses occurs in the chain up to "
                f"height {view.store.manifest.tip_height}; check the network, or ingest more blocks"
            )
        ids = np.array([known[script] for script in scripts], dtype=np.int64)
        names = sorted({read.entities[script] for script in scripts})
        number = {name: at for at, name in enumerate(names)}
        entities = np.array([number[read.entities[s]] for s in scripts], dtype=np.int64)
        index = view.clusters.index
        clusters = index.cluster_of(ids)
        size = {place: len(index.members(place)) for place in np.unique(clusters).tolist()}
        sizes = np.array([size[place] for place in clusters.tolist()], dtype=np.int64)
        error = table_error(entities, clusters, sizes, complete=complete)
        return {
            **view.tip,
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "basis": "inference",
            "complete": complete,
            "rows": read.rows,
            "addresses": len(scripts),
            "problems": dict(sorted(Counter(r.problem for r in remarks).items())),
            **_agreement(error),
            "rates": [
                asdict(
                    rate_of_table(
                        error,
                        view.clusters.policy,
                        f"{file.name}: {len(scripts)} addresses of {len(names)} entities",
                        "peelchain evaluate table" + (" --complete" if complete else ""),
                    )
                )
            ],
            "by_script_type": _by("script_type", [str(script_type(s)) for s in scripts], error),
            "by_year": _by("year", _first_years(view, ids), error),
            "mixed_clusters": [
                {
                    "cluster_id": place,
                    "scripts": size[place],
                    "entities": sorted({names[e] for e in entities[clusters == place].tolist()}),
                }
                for place in error.mixed
            ],
            "entities": [
                {
                    "entity": names[e.entity],
                    "addresses": e.scripts,
                    "clusters": e.clusters,
                    "largest": e.largest,
                    "strangers": e.strangers,
                }
                for e in error.entities
            ],
            "remarks": [asdict(r) for r in remarks],
        }


def rates(
    file: Path | None = None, rule: str | None = None, stratum: str | None = None
) -> dict[str, Any]:
    """The measured error rates that are shipped, or those of a file."""
    rows = read_measured(file).rows if file is not None else shipped()
    return {
        "rows": [
            asdict(r)
            for r in rows
            if (rule is None or r.rule == rule) and (stratum is None or r.stratum == stratum)
        ]
    }


def simulated(
    economies: int,
    blocks: int,
    work: Path,
    conditions: Sequence[str] = (),
    *,
    choosing: bool = False,
    jobs: int = 1,
    keep: bool = False,
    into: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Measures every policy, rule and detector on simulated economies whose seeds none has seen.

    All conditions where none is named. `choosing` takes the seeds that are there to look at while
    one writes a rule; they give no published figure, so `into` is refused with it.
    """
    try:
        from peelchain.evaluate.conditions import CONDITIONS, condition
        from peelchain.evaluate.detector_error import MIXES
        from peelchain.evaluate.runs import Task, measure
        from peelchain.evaluate.simulated_rates import rand_rows, simulated_rates, verdict_rows
    except ImportError as e:
        raise PeelchainError(
            f"the simulator needs {e.name}; run pip install 'peelchain[simulate]'"
        ) from None
    if choosing and into is not None:
        raise MisuseError("seeds for choosing give no published figures; leave out --into")
    seeds = seeds_for("choosing" if choosing else "test", economies)
    chosen = [condition(name) for name in conditions or CONDITIONS]
    tasks = [Task(c, seed, blocks) for c in chosen for seed in seeds]
    results = measure(
        tasks,
        work,
        jobs=jobs,
        keep=keep,
        progress=lambda done, of: progress("measuring economies", done, of),
    )
    command = f"{_SIMULATED} --economies {economies} --blocks {blocks} --work DIR"
    command += "".join(f" --condition {name}" for name in conditions)
    found = Measured(
        tuple(simulated_rates(results, MIXES, command)),
        tuple(verdict_rows(results)),
        tuple(rand_rows(results)),
    )
    if into is not None:
        put_rates(into, found, _SIMULATED)
    return {
        "economies": economies,
        "blocks": blocks,
        "purpose": "choosing" if choosing else "test",
        "conditions": [{"condition": c.name, "about": c.about} for c in chosen],
        "rows": [asdict(r) for r in found.rows],
        "verdicts": [list(r) for r in found.verdicts],
        "agreement": [list(r) for r in found.agreement],
    }


def coinjoins(folder: Path, labels: Path, into: Path | None = None) -> dict[str, Any]:
    """Measures the CoinJoin detectors on sets of real transactions that people have judged."""
    from peelchain.evaluate.coinjoin_sets import errors_in, judged_sets, real_rates

    sets = judged_sets(folder, labels)
    rows = real_rates(sets, f"{_COINJOINS} {folder.name} --labels {labels.name}")
    if into is not None:
        put_rates(into, Measured(tuple(rows)), _COINJOINS)
    return {
        "lines": sum(len(lines) for lines in sets.values()),
        "sets": [{"set": name, "lines": len(lines)} for name, lines in sets.items()],
        "rows": [asdict(r) for r in rows],
        "errors": [
            {"set": name, "line": j.line, "txid": j.txid, "verdict": j.verdict, "said": j.said}
            for name, j in errors_in(sets)
        ],
    }


def change(
    train: Path | None = None,
    *,
    jobs: int = 1,
    into: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """The measured error of the change rules and the predictor: as shipped, or measured anew.

    `train` is a work folder: the model is trained, calibrated and tested again, each on seeds of
    its own, and compared with the one that is shipped.
    """
    try:
        from peelchain.evaluate.change import MADE_BY, SHIPPED, change_rates, evaluate_change
    except ImportError as e:
        raise PeelchainError(
            f"this needs {e.name}; run pip install 'peelchain[simulate,evaluate]'"
        ) from None
    if train is None:
        figures = json.loads(SHIPPED.read_text(encoding="ascii"))
    else:
        figures = evaluate_change(train, jobs=jobs, progress=progress).figures
    rows = change_rates(figures)
    if into is not None:
        put_rates(into, Measured(tuple(rows)), MADE_BY)
    return {
        "model": figures["model"],
        "is_shipped": figures["model"] == shipped_model().digest,
        "rows": [asdict(r) for r in rows],
    }


_COINJOINS = "peelchain evaluate coinjoins"
_SIMULATED = "peelchain evaluate simulated"


def put_rates(into: Path, found: Measured, command: str) -> None:
    """Writes what a command measured into a file of error rates, in place of what it held of it."""
    before = read_measured(into) if into.exists() else Measured()
    more = found if found.verdicts else None
    try:
        into.write_text(written(with_rows(before, found.rows, command, more)), encoding="ascii")
    except OSError as e:
        raise PeelchainError(f"{into}: {e.strerror}; give another --into") from None


def _agreement(error: TableError) -> dict[str, Any]:
    counted = error.counted
    answer: dict[str, Any] = {"recall": None, "precision": None}
    for key, parts in (("recall", counted.sought), ("precision", counted.said)):
        if parts is not None:
            right, total = (sum(part[i] for part in parts) for i in (0, 1))
            answer[key] = {"right_pairs": right, "pairs": total, **_shared(right, total, parts)}
    whole = error.cells.clusters()
    answer["b_cubed_recall"] = _b_cubed_recall(error)
    answer["adjusted_rand"] = error.pairs.adjusted_rand
    answer["whole_entities"] = {"right": whole.whole, "of": whole.owners}
    return answer


def _shared(right: int, total: int, parts: tuple[tuple[int, int], ...]) -> dict[str, float | None]:
    # pairs within one entity hang together: one entity alone gives no interval
    limits = share_interval(parts) if sum(1 for _, n in parts if n) > 1 else UNKNOWN
    known = limits != UNKNOWN
    return {
        "share": right / total if total else None,
        "low": limits.low if known else None,
        "high": limits.high if known else None,
    }


def rate_of_table(error: TableError, policy: str, data: str, made_by: str) -> ErrorRate:
    """The row of a policy's error on one table; one entity alone gives no interval."""
    row = rate(
        f"policy:{policy}",
        EVERYWHERE,
        error.counted,
        data=data,
        basis="real",
        unit="pairs of scripts",
        made_by=made_by,
    )
    if len(error.entities) > 1:
        return row
    return replace(row, precision_low=None, precision_high=None, recall_low=None, recall_high=None)


def _b_cubed_recall(error: TableError) -> dict[str, float | None]:
    cells = error.cells
    sums = dict.fromkeys((e.entity for e in error.entities), 0.0)
    for entity, n, share in zip(
        cells.owner.tolist(), cells.count.tolist(), cells.recall.tolist(), strict=True
    ):
        sums[entity] += n * share
    limits = grouped([(sums[e.entity], float(e.scripts)) for e in error.entities])
    known = limits != UNKNOWN
    return {
        "share": cells.b_cubed().recall,
        "low": limits.low if known else None,
        "high": limits.high if known else None,
    }


def _by(name: str, values: Sequence[str | int], error: TableError) -> list[dict[str, Any]]:
    """B-cubed recall of the addresses of each value."""
    given = np.array(values)
    found = []
    for value in sorted(set(values)):
        b = error.cells.b_cubed(given == value)
        found.append({name: value, "addresses": b.scripts, "b_cubed_recall": b.recall})
    return found


def _first_years(view: StoreView, script_ids: Int64) -> list[int]:
    """The year, UTC, of the block in which each script first occurs."""

    def follow(table: str, numbers: dict[int, int], column: str) -> dict[int, int]:
        rows = view.lookup.rows_of(table, numbers.values(), [column])
        return {script: rows[number][column] for script, number in numbers.items()}

    at = {script: script for script in script_ids.tolist()}
    for table_name, column in (
        ("scripts", "first_txout_id"),
        ("txouts", "tx_id"),
        ("txs", "height"),
        ("blocks", "time_utc"),
    ):
        at = follow(table_name, at, column)
    return [datetime.fromtimestamp(at[s] / 1000, UTC).year for s in script_ids.tolist()]
