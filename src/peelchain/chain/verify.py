"""Checking a whole store: its files, its header chain, and what its tables claim of money."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from peelchain import _core
from peelchain.chain.partial.verify import verify_partial
from peelchain.network.kernel import kernel_rules
from peelchain.schema import CHAIN_TABLES, TABLES
from peelchain.store.reader import Store
from peelchain.units import parse_txid

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[str, int, int], None]
_Findings = tuple[int, list[str], int]
_Tables = dict[str, tuple["pa.Schema", int, list[tuple[Path, int]]]]


@dataclass
class Verified:
    """What was checked, with how many of each, and every failure in words."""

    checked: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def verify_store(store: Store, progress: Progress | None = None) -> Verified:
    """Manifest hashes, table structure, header links and proof of work, Merkle roots, and money.

    Money: no output spent twice or before it was made, fees as the inputs and outputs have them,
    no coinbase beyond subsidy and fees. Each step rests on the one before: when one fails the later
    ones are left out, and a failure says so. Reads every file, in bounded memory. Failures are
    gathered, not raised. Where chains are mined together, the block that proves a header is in
    the block files alone: ingest checks it, this does not. An amount is not hashed into a txid that
    the tables could show, so that amounts changed so as to balance are found by the manifest's
    hashes alone.
    """
    say = progress or (lambda phase, done, of: None)
    manifest, network = store.manifest, store.network
    result = Verified()

    files = [(store.path / f.file, bytes.fromhex(f.sha256)) for f in manifest.files()]
    say("files", 0, len(files))
    found = _core.verify_files(files, say)
    say("files", len(files), len(files))
    if not _holds(result, "files", found, then="tables, blocks, txs"):
        return result

    if manifest.partial is not None:
        counts, failures = verify_partial(store, say)
        result.checked.update(counts)
        result.failures += failures
        return result

    tables = _tables(store)
    rows = sum(count for _, count, _ in tables.values())
    say("tables", 0, rows)
    rules = kernel_rules(network)
    found = _core.verify_tables(tables, say, rules)
    say("tables", rows, rows)
    if not _holds(result, "tables", found, then="blocks, txs"):
        return result

    blocks, txs = tables["blocks"][1], tables["txs"][1]
    headers, money = _core.verify_chain(
        tables,
        network=network.name,
        genesis_hash=parse_txid(network.genesis_hash),
        pow_limit=network.pow_limit.to_bytes(32, "little"),
        rules=rules,
        segment_ends=[(s.last_height, parse_txid(s.last_hash)) for s in manifest.segments],
        progress=say,
    )
    say("headers", blocks, blocks)
    say("money", txs, txs)
    _holds(result, "blocks", headers)
    _holds(result, "txs", money)
    return result


def _holds(result: Verified, what: str, found: _Findings, then: str = "") -> bool:
    """Takes down what a step found; gives whether all held. The steps `then` rest on it."""
    checked, failures, more = found
    result.checked[what] = checked
    result.failures += failures
    if more:
        result.failures.append(f"... and {more} more failures of {what}")
    if failures and then:
        result.failures.append(f"{then} were not checked: {what} must hold first")
    return not failures


def _tables(store: Store) -> _Tables:
    manifest = store.manifest
    return {
        table: (
            TABLES[table].schema,
            manifest.counts.get(table, 0),
            [(store.path / f.file, f.rows) for f in manifest.table_files(table)],
        )
        for table in CHAIN_TABLES
    }
