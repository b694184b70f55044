"""The same store as it would look had some tags not been made, or some links been wrong."""

import copy
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from peelchain.actions.casework.views import view_of
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.case.services import Services, services
from peelchain.cluster.merge import merge_links
from peelchain.cluster.of_store import Clusters
from peelchain.cluster.split import SplitIndex, without_links
from peelchain.errors import CaseError
from peelchain.store.stored_chain import StoredChain
from peelchain.tags.knowledge import Knowledge
from peelchain.tags.services import Attribution

_HELD = ("lookup", "arrays", "chain", "clusters")
"""What no tag has a part in: read once for every supposition."""

_RECORDED = ("every_tag", "tag_changes", "actors", "rates")
"""What was recorded by the same date, whichever tags are passed over."""


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

    The chain itself, CoinJoins and everything else stay as they are.
    """
    for name in _RECORDED:
        getattr(view, name)
    other = knowing(view, view.knowledge.without(*tag_ids))
    other.__dict__.update({name: view.__dict__[name] for name in _RECORDED})
    if not tx_ids:
        return other
    clusters = view.clusters
    links, index = without_links(clusters.links, clusters.index, tx_ids)

    def read(name: str) -> pa.Table:
        if name == "clusters":
            return merge_links(links)
        return links if name == "links" else clusters.read(name)

    other.__dict__["clusters"] = Clusters(clusters.policy, None, read, index)
    if isinstance(view.chain, StoredChain) and view.chain.knows_clusters:
        other.__dict__["services"] = _services(other.attribution, index)
    return other


def _services(attribution: Attribution, index: SplitIndex) -> Services:
    """The services by cluster, but for those that lost links: the chain knows them as they were."""
    by_cluster = services(attribution, index, by_cluster=True)
    parts = np.array([index.is_part(c) for c in by_cluster.clusters.tolist()], bool)
    if not parts.any():
        return by_cluster
    members = index.members_of(by_cluster.clusters[parts].tolist())
    found = np.concatenate(members)
    marks = np.repeat(by_cluster.cluster_mark_of[parts], [len(scripts) for scripts in members])
    new = ~np.isin(found, by_cluster.scripts)
    scripts = np.concatenate([by_cluster.scripts, found[new]])
    order = np.argsort(scripts, kind="stable")
    return replace(
        by_cluster,
        scripts=scripts[order],
        mark_of=np.concatenate([by_cluster.mark_of, marks[new]])[order],
        clusters=by_cluster.clusters[~parts],
        cluster_mark_of=by_cluster.cluster_mark_of[~parts],
    )


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
