"""What moved on in a store since something was made of it: blocks, imports, the chain itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peelchain.actions.casework.remembered import remembered
from peelchain.actions.casework.work import inputs_of_store
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.store.cut import NotAncestorError, check_block

Row = dict[str, Any]


def moved_since(view: StoreView, inputs: Mapping[str, Any]) -> Row:
    """How the store differs from what an entry's `inputs` say that it was made of.

    `blocks` are those above its tip, negative where the store does not reach so far; `on_chain`
    whether that tip is still in the chain; `imports_added` and `imports_gone` run_ids of tags and
    rates; `policy` whether the default clustering is another.
    """
    now = inputs_of_store(view)
    tip = inputs["tip"]
    try:
        check_block(view.store, tip["height"], tip["hash"])
        on_chain = now["network"] == inputs["network"]
    except NotAncestorError:
        on_chain = False
    blocks = now["tip"]["height"] - tip["height"]
    added = sorted(set(now["imports"]) - set(inputs["imports"]))
    gone = sorted(set(inputs["imports"]) - set(now["imports"]))
    return {
        "made_on": {"height": tip["height"], "hash": tip["hash"], "policy": inputs["policy"]},
        "now": {
            "height": now["tip"]["height"],
            "hash": now["tip"]["hash"],
            "policy": now["policy"],
        },
        "blocks": blocks,
        "on_chain": on_chain,
        "imports_added": added,
        "imports_gone": gone,
        "moved": bool(blocks or added or gone or not on_chain),
    }


def moved_since_run(view: StoreView, folder: Path) -> Row | None:
    """What moved on since the last run of a case that stands; None where there is none."""
    run = remembered(folder, "last run", lambda: _last_run(folder))
    return None if run is None else {"run": run.seq, **moved_since(view, run.body["inputs"])}


def _last_run(folder: Path) -> Entry | None:
    with CaseFile.open(folder) as case:
        return case.last("run")
