"""What the tests of a node over RPC ask of it and of what it left."""

from pathlib import Path
from typing import Any

from tests.core_rpc import CoreServer

from peelchain.chain.core_files import CoreFiles, scan
from peelchain.chain.ingest import Ingested
from peelchain.chain.rpc.ingest import RpcOptions, ingest_rpc
from peelchain.network import REGTEST


def ingest(core: CoreServer, store: Path, **options: Any) -> Ingested:
    """An ingest with the node's cookie."""
    return ingest_rpc(core.url, store, options=RpcOptions(cookie=core.cookie, **options))


def archived(store: Path) -> tuple[str, ...]:
    """The best chain in a store's archive, by hashes; empty where there is none."""
    folder = store / "blocks"
    if not any(p.stat().st_size for p in folder.glob("blk*.dat")):
        return ()
    found = scan(CoreFiles(folder, REGTEST))
    assert not found.damage
    return found.hashes
