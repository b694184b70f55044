"""Simulated chains with known truth."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from peelchain.actions.progress import Progress, silent
from peelchain.errors import MisuseError, PeelchainError


@dataclass(frozen=True)
class Choice:
    """What a user may choose about an economy; None leaves what the preset says."""

    preset: str = "default"
    payjoin_share: float | None = None
    undetected_mix_share: float | None = None
    without_families: tuple[str, ...] = ()
    case: str = ""


def simulate(
    seed: int,
    blocks: int,
    out: Path,
    progress: Progress = silent,
    choice: Choice = Choice(),
) -> dict[str, Any]:
    """Writes a Bitcoin Core data directory (regtest) and the truth about it.

    Raises MisuseError for a preset, share, wallet family or case that does not exist.
    """
    try:
        from peelchain.simulate.economy import simulate as run
        from peelchain.simulate.parameters import Parameters, preset, without_families
    except ImportError as e:
        raise PeelchainError(
            f"the simulator needs {e.name}; run pip install 'peelchain[simulate]'"
        ) from None
    parameters: Parameters = preset(choice.preset)
    for name in ("payjoin_share", "undetected_mix_share"):
        value = getattr(choice, name)
        if value is not None:
            parameters = replace(parameters, **{name: value})
    parameters = replace(parameters, case=choice.case)
    if choice.without_families:
        left = without_families(parameters.families, choice.without_families)
        if not left:
            raise MisuseError(
                f"preset {choice.preset} has no wallet families to leave out, or none would be "
                "left; use '--preset habits' and leave one"
            )
        parameters = replace(parameters, families=left)
    made = run(
        out,
        seed=seed,
        blocks=blocks,
        parameters=parameters,
        progress=lambda done, of: progress("simulate", done, of),
    )
    return {
        "out": str(out),
        "seed": seed,
        "preset": parameters.preset,
        "case": parameters.case or None,
        "network": "regtest",
        "tip_height": made.blocks,
        "tip_hash": made.tip_hash,
        "blocks": made.blocks,
        "txs": made.txs,
        "owners": made.owners,
    }
