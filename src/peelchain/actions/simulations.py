"""Simulated chains with known truth."""

from pathlib import Path
from typing import Any

from peelchain.actions.view import Progress, silent
from peelchain.errors import PeelchainError


def simulate(seed: int, blocks: int, out: Path, progress: Progress = silent) -> dict[str, Any]:
    """Writes a Bitcoin Core data directory (regtest) and the truth about it."""
    try:
        from peelchain.simulate.economy import simulate as run
    except ImportError as e:
        raise PeelchainError(
            f"the simulator needs {e.name}; run pip install 'peelchain[simulate]'"
        ) from None
    made = run(
        out, seed=seed, blocks=blocks, progress=lambda done, of: progress("simulate", done, of)
    )
    return {
        "out": str(out),
        "seed": seed,
        "network": "regtest",
        "tip_height": made.blocks,
        "tip_hash": made.tip_hash,
        "blocks": made.blocks,
        "txs": made.txs,
        "owners": made.owners,
    }
