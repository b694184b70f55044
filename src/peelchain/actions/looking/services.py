"""The services that tags name, and each with why it is held to be one."""

from typing import Any

from peelchain.actions.looking.stamp import names_of, stamp
from peelchain.actions.tagging.entities import entities_of, entity_of
from peelchain.actions.view import StoreView

Row = dict[str, Any]


def look_at_services(view: StoreView) -> Row:
    """Every cluster and single address that tags hold to be a service's, by party."""
    rows = entities_of(view)["entities"]
    return {**stamp(view), "basis": "assertion", "services": _named(view, rows)}


def look_at_service(party: str, view: StoreView) -> Row:
    """A service by party, label or actor: its clusters, their anchors and what joins them.

    Raises MisuseError where tags name nothing so.
    """
    told = entity_of(party, view)
    return {
        **stamp(view),
        "basis": "assertion",
        "asked": party,
        "actors": told["actors"],
        "entities": _named(view, told["entities"]),
    }


def _named(view: StoreView, rows: list[Row]) -> list[Row]:
    """The rows with their clusters by name."""
    names = names_of({row["cluster_id"] for row in rows}, view)
    return [
        {
            **{key: value for key, value in row.items() if key != "cluster_id"},
            "cluster": names[row["cluster_id"]],
        }
        for row in rows
    ]
