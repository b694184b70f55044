"""Bitcoin Core's data directory as a source of blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peelchain import _core
from peelchain.errors import MisuseError, SourceError
from peelchain.network import NETWORKS, Network, by_magic, sharing_magic
from peelchain.network.kernel import kernel_rules
from peelchain.units import format_hash, parse_txid

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CoreFiles:
    """A node's blocks folder and the network its files belong to."""

    blocks: Path
    network: Network


@dataclass(frozen=True)
class Scanned:
    """What lies in the block files, its best chain chosen by accumulated work.

    `hashes` are display hex by height; `source` reads the blocks and gives the cache of the next
    scan; `files_read` counts the files that this one did not know from its cache; `left_out` says
    in words what a running node had not finished writing, `damage` what is not as a node leaves
    it: file, offset and remedy, the first in the files first. Blocks that descend from a damaged
    one are among `unconnected`.
    """

    source: _core.BlockSource
    hashes: tuple[str, ...]
    chainwork: str
    blocks_in_files: int
    stale: int
    unconnected: int
    files_read: int
    left_out: tuple[str, ...]
    damage: tuple[str, ...]


def find(given: Path, network: Network | None) -> CoreFiles:
    """The blocks folder that a path means: a data directory, a network folder or the folder itself.

    Raises MisuseError when there is none or several, SourceError when the files are of no known
    network or not of the one asked for.
    """
    if not given.is_dir():
        raise MisuseError(f"{given} is no folder; name a node's data directory")
    folders = (given, given / "blocks", *(given / name / "blocks" for name in _subfolders()))
    candidates = [folder for folder in folders if any(folder.glob("blk*.dat"))]
    if not candidates:
        raise MisuseError(
            f"{given} holds no block files; name a node's data directory (with blocks/blk00000.dat "
            "or a network folder such as regtest in it), its network folder or its blocks folder"
        )
    found, refused = [], []
    for folder in candidates:
        try:
            found.append(CoreFiles(folder, _network_of(folder)))
        except SourceError as e:
            refused.append(e)
    if refused and (network is None or not found):
        raise refused[0]
    if network is not None:
        matching = [CoreFiles(f.blocks, network) for f in found if network in _sharing(f)]
        if not matching:
            names = ", ".join(sorted({f.network.name for f in found}))
            raise SourceError(
                f"{candidates[0]} holds blocks of {names}, not of {network.name}; "
                f"give --network {found[0].network.name} or another folder"
            )
        found = matching
    if len(found) > 1:
        names = ", ".join(f.network.name for f in found)
        raise MisuseError(f"{given} holds several chains ({names}); choose one with --network")
    return found[0]


def scan(
    files: CoreFiles,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
    cache: bytes | None = None,
) -> Scanned:
    """The best chain in the files, whatever is damaged among them.

    `threads` are as many as there are cores unless given; `cache` is the `scan_cache` of an earlier
    scan of these files: those that look the same since are not read again. One that is damaged, or
    of other files, is ignored.

    Raises SourceError when the first file holds no block of the network, or when genesis is missing
    (by damage, or in a pruned node).
    """
    try:
        rules = kernel_rules(files.network)
        source = _core.BlockSource(files.blocks, files.network.magic, rules)
        found = source.scan(
            parse_txid(files.network.genesis_hash),
            files.network.pow_limit.to_bytes(32, "little"),
            progress,
            threads,
            cache,
        )
    except OSError as e:
        raise _unreadable(e) from e
    damage = tuple(found["damage"])
    if not found["has_genesis"]:
        missing = f"{files.blocks} has no genesis block of {files.network.name}"
        if damage and found["first_file"] == 0:
            raise SourceError(f"{missing}, its files are damaged: {damage[0]}")
        raise SourceError(
            f"{missing} among its {found['blocks_in_files']} blocks; a pruned node forgets its "
            "first blocks: use the files of one that is not pruned"
        )
    raw = source.hashes()
    hashes = tuple(format_hash(raw[i : i + 32]) for i in range(0, len(raw), 32))
    _check_checkpoints(files, hashes)
    return Scanned(
        source=source,
        hashes=hashes,
        chainwork=source.chainwork(len(source) - 1).hex(),
        blocks_in_files=found["blocks_in_files"],
        stale=found["stale"],
        unconnected=found["unconnected"],
        files_read=found["files_read"],
        left_out=tuple(found["left_out"]),
        damage=damage,
    )


def _check_checkpoints(files: CoreFiles, hashes: tuple[str, ...]) -> None:
    for height, block_hash in files.network.checkpoints:
        if height < len(hashes) and hashes[height] != block_hash:
            others = [
                other.name
                for other in sharing_magic(files.network.magic)
                if (height, hashes[height]) in other.checkpoints
            ]
            remedy = f"give --network {others[0]}" if others else "name another node's folder"
            raise SourceError(
                f"{files.blocks} holds another chain than {files.network.name}: its block at "
                f"height {height} is {hashes[height]}, not {block_hash}; {remedy}"
            )


def _unreadable(error: OSError) -> SourceError:
    return SourceError(
        f"{error.filename}: {error.strerror}; check that you may read the node's block files and "
        "that the disk they are on is sound"
    )


def _subfolders() -> list[str]:
    return list(dict.fromkeys(n.folder for n in NETWORKS.values() if n.folder))


def _sharing(files: CoreFiles) -> list[Network]:
    return sharing_magic(files.network.magic)


def _network_of(folder: Path) -> Network:
    try:
        magic = _core.BlockSource.first_magic(folder)
    except OSError as e:
        raise _unreadable(e) from e
    if magic is None:
        raise SourceError(f"{folder}: the block files hold nothing yet; let the node sync first")
    first = min(folder.glob("blk*.dat"))
    try:
        network = by_magic(magic)
    except SourceError as e:
        raise SourceError(f"{first}, offset 0: {e}") from None
    if len(sharing_magic(magic)) > 1:
        header = _first_header(folder, magic)
        for other in sharing_magic(magic):
            if other.genesis_header == header:
                return other
    return network


def _first_header(folder: Path, magic: bytes) -> bytes | None:
    """The header of the first block of the first file, None where that cannot be read."""
    try:
        return _core.BlockSource(folder, magic).read(0, 8, 80)
    except (OSError, SourceError):
        return None
