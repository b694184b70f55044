"""The evidence bundle at several sizes: `python -m bench.bench_bundle`.

From the store of a generated chain: as many transactions as there are receipts, each with its raw
bytes and Merkle branch, and the bundle around them; beside bagit-python, which makes a bag of the
same files, and zipfile, which stores it. Then the verifier's checks of the facts in it. Each is a
process of its own. Writes bench/results/bundle.json and docs/benchmarks.md. Both bags must have the
same hashes, and the verifier must find every transaction and no failure.
"""

import argparse
import json
import shutil
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bench.generated import generated
from bench.measure import BenchError, Cost, commit, machine, run, save, spread
from bench.page import write_page
from bench.scale import checked, ingest, scratch

from peelchain.case.bundle import pack
from peelchain.case.canonical import canonical_json
from peelchain.case.exhibits import exhibits
from peelchain.case.payload import case_json
from peelchain.case.sources import Sources
from peelchain.case.verify import Evidence, read_files, run_beside
from peelchain.store import manifest as manifests
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.store.stored_chain import StoredChain

DATE = datetime(2026, 1, 31, 12, tzinfo=UTC)
SIZES = (1_000, 10_000, 100_000, 1_300_000)
WAYS = ("build", "pack", "bagit", "verify")
_KEPT = ("generator", "bytes", "blocks", "txs", "txins", "txouts")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or the bags differ."""
    parser = argparse.ArgumentParser(description="The evidence bundle at several sizes.")
    parser.add_argument("--size", default="640M", help="of the chain")
    parser.add_argument("--receipts", type=int, nargs="+", default=SIZES, help="sizes of bundles")
    parser.add_argument("--runs", type=int, default=3, help="of each, at each size")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    parser.add_argument("--one", nargs="+", help="one piece of work, for the others")
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(json.dumps(one(*chosen.one)))
        return 0
    try:
        result = measure(chosen.size, chosen.receipts, chosen.runs)
    except BenchError as e:
        print(f"bench_bundle: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("bundle", result).name)
        print(write_page().name)
    return 0


def measure(size: str, receipts: Sequence[int], runs: int) -> dict[str, Any]:
    """The whole result, as bench/results/bundle.json holds it. Raises BenchError."""
    chain = generated(size)
    result: dict[str, Any] = {
        "benchmark": "bundle",
        **commit(),
        "machine": machine(),
        "runs": runs,
        "input": {name: chain.summary[name] for name in _KEPT},
        "sizes": [],
    }
    with scratch("bundle") as folder:
        store = folder / "store"
        checked(chain, ingest(chain.blocks, store)[1])
        for count in receipts:
            result["sizes"].append(_at_size(store, count, runs, folder / "work"))
            print(json.dumps(result["sizes"][-1]), file=sys.stderr)
    return result


def _at_size(store: Path, count: int, runs: int, work: Path) -> dict[str, Any]:
    """The costs of each way for so many receipts, in turns."""
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    told: dict[str, Any] = {}
    for _ in range(runs):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        for way in WAYS:
            command = [sys.executable, "-m", "bench.bench_bundle", "--one", way]
            cost = run([*command, str(store), str(count), str(work)])
            costs[way].append(cost)
            told[way] = json.loads(cost.stdout)
        if told["pack"]["hashes"] != told["bagit"]["hashes"]:
            raise BenchError(f"{count} receipts: the bags have other hashes")
        if told["verify"]["transactions"] != told["build"]["transactions"]:
            raise BenchError(f"{count} receipts: the verifier missed transactions")
        (work / "bag.zip").unlink()
    row: dict[str, Any] = {
        "receipts": count,
        "transactions": told["build"]["transactions"],
        "bundle_bytes": (work / "bundle.zip").stat().st_size,
    }
    for way, spent in costs.items():
        row[way] = {
            "seconds": spread([cost.seconds for cost in spent]),
            "cpu_seconds": spread([cost.cpu_seconds for cost in spent]),
            "peak_anon_bytes": max(cost.peak_anon_bytes for cost in spent),
        }
    shutil.rmtree(work)
    return row


def one(way: str, store: str, count: str, work: str) -> dict[str, Any]:
    """One piece of work in this process; gives what can be compared."""
    folder = Path(work)
    if way == "build":
        return _build(Path(store), int(count), folder)
    if way == "verify":
        return _verify(folder / "bundle.zip")
    return (_pack if way == "pack" else _bagit)(folder)


def _build(store: Path, count: int, folder: Path) -> dict[str, Any]:
    """Reads the transactions with their proofs from the store, and packs them."""
    payload = folder / "payload"
    payload.mkdir()
    with Store.open(store) as held, Lookup(held) as lookup:
        manifest = manifests.read(store)
        total = manifest.counts["txs"]
        count = min(count, total)
        tx_ids = [number * total // count for number in range(count)]
        sources = cast(Sources, SimpleNamespace(chain=StoredChain(lookup), lookup=lookup))
        raw = exhibits(held, sources, tx_ids, payload, lambda done, of: None)
        case = case_json("bench", f"{DATE:%Y-%m-%dT%H:%M:%SZ}", manifest, {"seeds": []}, "none")
    (payload / "headers.bin").write_bytes(raw.headers)
    (payload / "case.json").write_bytes(canonical_json(case))
    _pack(folder)
    return {"transactions": raw.transaction_count}


def _pack(folder: Path) -> dict[str, Any]:
    """The bundle of the files."""
    files = {file.name: file for file in (folder / "payload").iterdir()}
    pack(files, name="bench", date_utc=DATE, out=folder / "bundle.zip")
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        return {"hashes": archive.read("bench/manifest-sha256.txt").decode().split()[::2]}


def _bagit(folder: Path) -> dict[str, Any]:
    """A bag of the same files by bagit-python, and a zip that stores it."""
    import bagit

    bag = folder / "bag"
    bag.mkdir()
    for file in (folder / "payload").iterdir():
        (bag / file.name).hardlink_to(file)
    bagit.make_bag(str(bag), checksums=["sha256"])
    with zipfile.ZipFile(folder / "bag.zip", "w") as archive:
        for file in sorted(bag.rglob("*")):
            if file.is_file():
                archive.write(file, f"bag/{file.relative_to(bag)}")
    hashes = sorted((bag / "manifest-sha256.txt").read_text().splitlines(), key=lambda x: x[66:])
    shutil.rmtree(bag)
    return {"hashes": [line.split()[0] for line in hashes]}


def _verify(bundle: Path) -> dict[str, Any]:
    """The verifier's checks of the seal, the headers, the transactions and what they spend."""
    evidence = Evidence(read_files(bundle))
    failures = evidence.check_bag()
    run_beside("headers")["check_headers"](evidence)
    evidence.check_transactions()
    evidence.check_spends()
    if failures:
        raise BenchError(failures[0])
    return {"transactions": evidence.checked["transactions"]}


if __name__ == "__main__":
    sys.exit(main())
