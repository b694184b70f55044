"""Checking a partial store: its vault by itself, and its tables against the vault."""

from collections.abc import Callable
from pathlib import Path

from peelchain.chain.partial.columns import tables_of
from peelchain.chain.partial.header_chain import check_follows
from peelchain.chain.partial.header_checks import check_header
from peelchain.chain.partial.order import in_chain_order
from peelchain.chain.partial.snapshot import digest_of
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError, SourceError, StoreError
from peelchain.network import Network
from peelchain.raw_tx import merkle_root_of
from peelchain.store.reader import Store
from peelchain.units import format_hash

Progress = Callable[[str, int, int], None]


def verify_partial(store: Store, progress: Progress) -> tuple[dict[str, int], list[str]]:
    """How many of each were checked, and every failure in words.

    Each kept transaction is hashed again, each header's work and each Merkle branch computed again,
    and the tables made again from the vault and compared. What is a source's word alone cannot be
    checked: `told` counts it.
    """
    with Vault.open(store.path, store.network, create=False) as vault:
        checked = {"headers": 0, "transactions": 0, "Merkle branches": 0, "told": 0}
        failures: list[str] = []
        try:
            _check_vault(vault, store.network, checked, failures, progress)
            failures += _tables(store, vault, progress)
        except (SourceError, StoreError) as e:
            failures.append(str(e))
    return checked, failures


def _check_vault(
    vault: Vault,
    network: Network,
    checked: dict[str, int],
    failures: list[str],
    progress: Progress,
) -> None:
    headers = vault.headers()
    for height, header in headers.items():
        try:
            check_header(header, height, network, "the vault")
        except FalseAnswerError as e:
            failures.append(str(e))
    checked["headers"] = len(headers)
    if headers and len(headers) == max(headers) + 1:
        failures += _chain(headers, network)
        checked["headers from the first block on"] = len(headers)
    every = list(vault.transactions())
    for done, (tx, has_raw, _) in enumerate(every):
        if done % 1000 == 0:
            progress("transactions", done, len(every))
        raw = vault.raw(tx.txid)
        if not has_raw or raw is None:
            checked["told"] += 1
            continue
        checked["transactions"] += 1
        branch, place = vault.branch_of(tx.txid), vault.place_of(tx.txid)
        if branch is None or place is None or place.height is None:
            continue
        checked["Merkle branches"] += 1
        root = headers.get(place.height, b"")[36:68]
        if merkle_root_of(tx.txid, place.position or 0, branch) != root:
            failures.append(
                f"the Merkle branch of transaction {format_hash(tx.txid)} does not lead to the "
                f"root of the block at height {place.height}"
            )
    progress("transactions", len(every), len(every))


def _chain(headers: dict[int, bytes], network: Network) -> list[str]:
    failures = []
    for height, header in headers.items():
        try:
            check_follows(header, height, headers.get, network, "the vault")
        except FalseAnswerError as e:
            failures.append(str(e))
    return failures


def _tables(store: Store, vault: Vault, progress: Progress) -> list[str]:
    order = in_chain_order(vault)
    absent, histories = vault.absences(), vault.histories()
    partial = store.manifest.partial
    if partial is None or digest_of(order, absent, histories) != partial.digest:
        return [
            f"{Path(vault.path).name} holds other things than the tables were made from; run "
            "'peelchain chain fetch' with the source once more, which makes them anew"
        ]
    failures = []
    made = tables_of(order, absent, histories)
    for done, (name, table) in enumerate(made.items()):
        progress("tables", done, len(made))
        if not store.read(name).cast(table.schema).equals(table):
            failures.append(f"table {name} is not the one that the vault gives")
    progress("tables", len(made), len(made))
    return failures
