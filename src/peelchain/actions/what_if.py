"""The same store as it would look had some tags not been made, or some links been wrong."""

import copy
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.case_views import view_of
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.cluster.merge import merge_links
from peelchain.cluster.of_store import Clusters
from peelchain.errors import CaseError, MisuseError
from peelchain.tags.knowledge import Knowledge

_HELD = ("lookup", "arrays", "chain", "clusters")
"""What no tag has a part in: read once for every supposition."""


def knowing(view: StoreView, knowledge: Knowledge) -> StoreView:
    """The view with another choice of tags and rates; it is open as long as `view` is."""
    for name in _HELD:
        if name != "arrays" or view.in_memory:
            getattr(view, name)
    other = copy.copy(view)
    for owner in type(view).__mro__:
        for name, made in vars(owner).items():
            if isinstance(made, cached_property) and name not in _HELD:
                other.__dict__.pop(name, None)
    other.knowledge = knowledge
    other.findings = {}
    return other


def supposing(
    view: StoreView, tag_ids: Collection[str] = (), tx_ids: Collection[int] = ()
) -> StoreView:
    """The view without these tags and without the links of these transactions.

    The chain itself, CoinJoins and everything else stay as they are. Raises MisuseError where links
    are to fall on a chain that is too long to be clustered anew for it.
    """
    other = knowing(view, view.knowledge.without(*tag_ids))
    if not tx_ids:
        return other
    if not view.in_memory:
        raise MisuseError(
            "the chain is too long to be clustered anew for one supposition; leave links out by "
            "'peelchain cluster run --exclude TXID' and trace again"
        )
    gone = pa.array(np.array(sorted(tx_ids), np.int64))
    links = view.clusters.links
    links = links.filter(pc.invert(pc.is_in(links["tx_id"], gone)))
    tables = {"links": links, "clusters": merge_links(links)}
    clusters = view.clusters

    def read(name: str) -> pa.Table:
        return tables[name] if name in tables else clusters.read(name)

    other.__dict__["clusters"] = Clusters(clusters.policy, None, read)
    return other


@contextmanager
def view_of_run(case: CaseFile, store: Path, progress: Progress = silent) -> Iterator[StoreView]:
    """A view of the store as the case's last run saw it: its tip, policy and knowledge.

    Raises CaseError without a run, or where the store cannot be seen so any more.
    """
    run = case.last("run")
    if run is None:
        raise CaseError(f"{case.folder} has no run yet; run 'peelchain case run' first")
    with view_of(store, run.body["inputs"], progress) as view:
        yield view
