"""Many economies measured, each once: results are kept in a work folder as JSON lines."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import IO, Any

from peelchain.errors import SourceError
from peelchain.evaluate.conditions import Condition
from peelchain.evaluate.seeds import require

RESULTS = "results.jsonl"

Progress = Callable[[int, int], object]
"""Called with the economies done and those in all."""

_PACKAGE = Path(__file__).resolve().parent.parent
_SIMULATOR = ("errors.py", "units.py", "network.py", "script", "simulate")
_MEASURING = (
    *_SIMULATOR,
    "_core*.so",
    "schema",
    "store",
    "chain",
    "cluster",
    "tags",
    "evaluate",
)


@dataclass(frozen=True)
class Task:
    """One economy to measure: `purpose` test or choosing, as seeds.py gives them out."""

    condition: Condition
    seed: int
    blocks: int

    @property
    def chain_key(self) -> str:
        """Names the chain: its parameters, its seed and the simulator that makes it."""
        said = [self.condition.parameters.as_dict(), self.seed, self.blocks, software(_SIMULATOR)]
        return _digest(json.dumps(said, sort_keys=True).encode())

    @property
    def key(self) -> str:
        """Names the result: the chain, and the software that measures."""
        return _digest(f"{self.chain_key} {software(_MEASURING)}".encode())


@dataclass(frozen=True)
class Result:
    """The counts of one economy; see `one_economy.economy_counts`."""

    condition: str
    seed: int
    blocks: int
    counts: Mapping[str, Any]


def measure(
    tasks: Iterable[Task], work: Path, *, jobs: int = 1, keep: bool = False, progress: Progress
) -> list[Result]:
    """The result of every task, in their order; those in the work folder are not made again.

    A run that was stopped goes on where it was. `keep` leaves the chains in the work folder, so
    that another version of the rules is measured on them without simulating again. Raises
    MisuseError for seeds that do not belong to testing or choosing.
    """
    wanted = list(tasks)
    require(("test", "choosing"), (t.seed for t in wanted))
    known = _read(work / RESULTS)
    # conditions may have the same parameters, and so the same economies
    missing = list({t.key: t for t in wanted if t.key not in known}.values())
    there = len({t.key for t in wanted}) - len(missing)
    progress(there, there + len(missing))
    if missing:
        with _appending(work) as append:
            for done, (task, counts) in enumerate(_each(missing, work, jobs, keep), 1):
                result = Result(task.condition.name, task.seed, task.blocks, counts)
                append(task.key, result)
                known[task.key] = result
                progress(there + done, there + len(missing))
    # a condition may have changed its name since
    return [Result(t.condition.name, t.seed, t.blocks, known[t.key].counts) for t in wanted]


@cache
def software(parts: tuple[str, ...]) -> str:
    """A digest of these parts of the package: their sources and models."""
    digest = sha256()
    paths = [p for part in parts for found in _PACKAGE.glob(part) for p in _sources(found)]
    for path in sorted(paths):
        digest.update(f"{path.relative_to(_PACKAGE)}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(path: Path) -> list[Path]:
    return [*path.rglob("*.py"), *path.rglob("model.json")] if path.is_dir() else [path]


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def _each(
    tasks: list[Task], work: Path, jobs: int, keep: bool
) -> Iterator[tuple[Task, dict[str, Any]]]:
    if jobs <= 1 or len(tasks) == 1:
        for task in tasks:
            yield task, _one(task, work, keep)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn")) as pool:
        waiting = {pool.submit(_one, task, work, keep): task for task in tasks}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _one(task: Task, work: Path, keep: bool) -> dict[str, Any]:
    from peelchain.evaluate.one_economy import economy_counts, simulated

    folder = work / "chains" / task.chain_key
    node = simulated(folder, task.seed, task.blocks, task.condition.parameters)
    try:
        counts = economy_counts(node, folder / f"store-{os.getpid()}")
        # what is measured now and what is read again later are to be the same
        return dict(json.loads(json.dumps(counts)))
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> dict[str, Result]:
    """The results so far. A last line that was cut off by a stop is passed over."""
    if not path.exists():
        return {}
    found: dict[str, Result] = {}
    lines = path.read_text(encoding="ascii", errors="replace").split("\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            said = json.loads(line)
            key = said.pop("key")
            found[key] = Result(**said)
        except (ValueError, TypeError, KeyError, AttributeError) as e:
            if number == len(lines):
                break
            raise SourceError(
                f"{path} line {number} is no result ({type(e).__name__}); remove that line and its "
                "economy is measured again"
            ) from None
    return found


def _lock(file: IO[bytes], work: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SourceError(
            f"{work} is being filled by another run; wait until it is done, or choose another "
            "--work"
        ) from None


@contextmanager
def _appending(work: Path) -> Iterator[Callable[[str, Result], None]]:
    path = work / RESULTS
    try:
        work.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            _lock(file, work)
            whole = path.read_bytes()
            if whole and not whole.endswith(b"\n"):
                # what a stop cut off goes, or the next line would hang on to it
                file.truncate(whole.rfind(b"\n") + 1)

            def append(key: str, result: Result) -> None:
                line = json.dumps({"key": key, **vars(result)}, ensure_ascii=True) + "\n"
                file.write(line.encode("ascii"))
                file.flush()

            yield append
    except OSError as e:
        raise SourceError(f"{e.filename or work}: {e.strerror}; choose another --work") from e
