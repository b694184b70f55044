"""Tags: one with all that befell it, those of an address, those that a word begins."""

from typing import Any

from peelchain.actions.looking.stamp import stamp
from peelchain.actions.scripts import script_id_of
from peelchain.actions.tagging.records import tags_shown
from peelchain.actions.view import StoreView
from peelchain.errors import NotInChainError

Row = dict[str, Any]


def look_at_tags(what: str, view: StoreView) -> Row:
    """The tags of an id, an address or an actor, taken back or not. Raises MisuseError for none.

    `in_chain` says of each whether the chain has its address.
    """
    told = tags_shown(what, view)
    rows = [{**tag, "in_chain": _in_chain(tag["address"], view)} for tag in told["tags"]]
    return {**stamp(view), "basis": "assertion", "as_of": told["as_of"], "tags": rows}


def _in_chain(address: str, view: StoreView) -> bool:
    try:
        script_id_of(address, view)
    except NotInChainError:
        return False
    return True
