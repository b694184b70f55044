"""What every answer says of where it comes from, and names that hold outside the store."""

from collections.abc import Iterable
from typing import Any

from peelchain.actions.view import StoreView

Row = dict[str, Any]


def stamp(view: StoreView) -> Row:
    """Tip, network, policy and the run that made the clusters; None where they were made now."""
    return {
        **view.tip,
        "network": view.network.name,
        "policy": view.clusters.policy,
        "run_id": view.clusters.run_id,
    }


def names_of(script_ids: Iterable[int], view: StoreView) -> dict[int, str]:
    """Each script's address, or the script itself in hex where it has none."""
    wanted = set(script_ids)
    unnamed = []
    names: dict[int, str] = {}
    for script_id, name in view.addresses(wanted).items():
        if name is None:
            unnamed.append(script_id)
        else:
            names[script_id] = name
    names |= {i: script.hex() for i, script in view.lookup.scripts(unnamed).items()}
    return names
