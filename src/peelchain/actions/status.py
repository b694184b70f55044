"""What a store holds. Apart from the rest, since it must answer at once."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from peelchain.store.reader import Store


def status(store: Path) -> dict[str, Any]:
    """What a store holds and what was made of it."""
    with Store.open(store) as opened:
        manifest = opened.manifest
        return {
            "network": manifest.network,
            "tip_height": manifest.tip_height,
            "tip_hash": manifest.tip_hash,
            "schema_version": manifest.schema_version,
            "generation": manifest.generation,
            "counts": manifest.counts,
            "chainwork": manifest.chainwork,
            "block_bytes": manifest.block_bytes,
            "store_bytes": sum(f.bytes for f in manifest.files()),
            "segments": len(manifest.segments),
            "source": dict(manifest.source),
            **({"partial_store": asdict(manifest.partial)} if manifest.partial else {}),
            "runs": [
                {
                    "run_id": r.run_id,
                    "stage": r.stage,
                    "tip_height": r.tip_height,
                    "tables": {name: f.rows for name, f in r.tables.items()},
                }
                for r in manifest.runs
            ],
        }
