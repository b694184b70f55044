"""A simulated economy as the store has it, with the truth in the store's own numbers."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from peelchain.errors import SourceError
from peelchain.evaluate.agreement import Int64
from peelchain.store.arrays import ChainArrays, load
from peelchain.store.reader import Store
from peelchain.units import parse_txid

ERAS = 3
ORDINARY = "ordinary"
COINBASE = "coinbase"


@dataclass(frozen=True)
class Named:
    """A name for each of N things: `code` int64[N] indexes `names`, -1 where there is none."""

    code: Int64
    names: tuple[str, ...]

    def __getitem__(self, at: int) -> str:
        """The name of one thing, empty for none."""
        code = int(self.code[at])
        return self.names[code] if code >= 0 else ""

    def where(self, name: str) -> npt.NDArray[np.bool_]:
        """Which of the things have this name."""
        return np.asarray(self.code == self.names.index(name), dtype=np.bool_)


@dataclass(frozen=True)
class Economy:
    """The chain and who is who in it, with T transactions and S scripts.

    `owner`, `family` and `script_type` say it of scripts; `owner` is -1 for what nobody can spend.
    `tx_class` says of each transaction what it is: the type of a mix, a class of negatives,
    `ordinary` or `coinbase`; `is_mix` bool[T]. `several_owners` bool[T] marks those whose inputs
    have more than one owner. `tx_era`, `script_era` int64: thirds of the chain that has payments,
    1 to 3. `case_scripts` are those that a case starts from: observed, or publicly tagged.
    """

    arrays: ChainArrays
    owner: Named
    family: Named
    script_type: Named
    tx_class: Named
    is_mix: npt.NDArray[np.bool_]
    several_owners: npt.NDArray[np.bool_]
    tx_era: Int64
    script_era: Int64
    case_scripts: Int64


def read_economy(node: Path, store: Store) -> Economy:
    """The economy of a simulated data directory that was ingested into this store.

    Raises SourceError where `truth/` and the store are not of one chain.
    """
    arrays = load(store)
    scripts = store.read("scripts", ["script_pubkey", "script_type", "first_txout_id"])
    number = {script: at for at, script in enumerate(scripts["script_pubkey"].to_pylist())}
    kinds = scripts["script_type"].to_pylist()
    owners, families = [""] * len(number), [""] * len(number)
    seen = 0
    for row in truth_rows(node, "scripts"):
        at = number.get(bytes.fromhex(row["script_pubkey"]))
        if at is not None:
            owners[at], families[at] = row["owner_id"], row.get("wallet_family", "")
            seen += 1
    if seen != len(number):
        raise SourceError(
            f"{node}: its truth has {seen} of the {len(number)} scripts of {store.path}; ingest "
            "the chain that belongs to it"
        )
    spendable = [o if k != "op_return" else "" for o, k in zip(owners, kinds, strict=True)]
    owner = _named(spendable)
    classes, mixes = _classes(node, store)
    tx_era = _thirds(arrays.tx_height)
    first_tx = arrays.txout_tx[scripts["first_txout_id"].to_numpy()]
    return Economy(
        arrays=arrays,
        owner=owner,
        family=_named(families),
        script_type=_named(kinds),
        tx_class=classes,
        is_mix=mixes,
        several_owners=_several_owners(arrays, owner.code),
        tx_era=tx_era,
        script_era=tx_era[first_tx],
        case_scripts=_case_scripts(node, number),
    )


def input_rows(arrays: ChainArrays) -> tuple[Int64, Int64]:
    """The transaction and the script of each input whose spent output is known."""
    tx = np.repeat(np.arange(len(arrays.tx_height)), np.diff(arrays.tx_first_txin))
    known = arrays.txin_prev_txout >= 0
    return tx[known], arrays.txout_script[arrays.txin_prev_txout[known]]


def truth_rows(node: Path, name: str) -> Iterator[Mapping[str, str]]:
    """The rows of a truth table of a simulated data directory. Raises SourceError without it."""
    path = node / "truth" / f"{name}.csv"
    try:
        with path.open(encoding="ascii", newline="") as file:
            yield from csv.DictReader(file)
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give the folder that simulate wrote") from None


def _named(values: Iterable[str]) -> Named:
    given = list(values)
    names = tuple(sorted(set(given) - {""}))
    code = {name: at for at, name in enumerate(names)}
    return Named(np.array([code.get(v, -1) for v in given], dtype=np.int64), names)


def _classes(node: Path, store: Store) -> tuple[Named, npt.NDArray[np.bool_]]:
    txids = store.read("txs", ["txid"])["txid"].to_pylist()
    number = {txid: at for at, txid in enumerate(txids)}
    classes = [COINBASE] * len(txids)
    is_mix = np.zeros(len(txids), dtype=np.bool_)
    for row in truth_rows(node, "transactions"):
        classes[number[parse_txid(row["txid"])]] = row.get("class") or ORDINARY
    for row in truth_rows(node, "coinjoins"):
        at = number[parse_txid(row["txid"])]
        classes[at] = row["type"]
        is_mix[at] = True
    return _named(classes), is_mix


def _several_owners(arrays: ChainArrays, owner: Int64) -> npt.NDArray[np.bool_]:
    tx, script = input_rows(arrays)
    least = np.full(len(arrays.tx_height), np.iinfo(np.int64).max)
    most = np.full(len(arrays.tx_height), -1)
    np.minimum.at(least, tx, owner[script])
    np.maximum.at(most, tx, owner[script])
    return np.asarray(most > least, dtype=np.bool_)


def _thirds(heights: npt.NDArray[np.int32]) -> Int64:
    """Which third, counted from 1, of the heights that have more than a coinbase."""
    busy = np.flatnonzero(np.bincount(heights) > 1)
    first, last = (int(busy[0]), int(busy[-1])) if len(busy) else (0, 0)
    third = (heights.astype(np.int64) - first) * ERAS // (last - first + 1)
    return np.clip(third, 0, ERAS - 1) + 1


def _case_scripts(node: Path, number: Mapping[bytes, int]) -> Int64:
    """Scripts that an investigator starts from: the observed addresses and the tagged ones."""
    told = {
        line.split("#")[0].strip()
        for line in (node / "observed.txt").read_text(encoding="utf-8").splitlines()
    }
    # the tag file is YAML made by the simulator: an address a line
    for line in (node / "tagpack.yaml").read_text(encoding="utf-8").splitlines():
        key, _, value = line.strip(" -").partition(":")
        if key == "address":
            told.add(value.strip(" \"'"))
    found = {
        number[bytes.fromhex(row["script_pubkey"])]
        for row in truth_rows(node, "scripts")
        if row["address"] in told - {""}
    }
    return np.array(sorted(found), dtype=np.int64)
