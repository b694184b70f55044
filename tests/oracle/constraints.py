"""Clusters under constraints, link by link, from the definition."""

from collections.abc import Iterable, Mapping

Link = tuple[int, int, int, str]


def constrained(
    links: Iterable[Link],
    labels: Mapping[tuple[str, int], str],
    pairs: Iterable[tuple[int, int]],
) -> tuple[dict[int, int], list[tuple[Link, int, int]]]:
    """The cluster of every script that shares one, and the links refused with both sides' sizes.

    `labels` gives the party of (kind, script); links in chain order.
    """
    cluster: dict[int, set[int]] = {}
    refused = []
    apart = [set(pair) for pair in pairs]
    kinds = {kind for kind, _ in labels}
    for link in links:
        _, a, b, _ = link
        side_a = cluster.setdefault(a, {a})
        side_b = cluster.setdefault(b, {b})
        if side_a is side_b:
            continue
        both = side_a | side_b
        parties = [{labels[kind, s] for s in both if (kind, s) in labels} for kind in kinds]
        if any(len(found) > 1 for found in parties) or any(ends <= both for ends in apart):
            refused.append((link, len(side_a), len(side_b)))
            continue
        for script in both:
            cluster[script] = both
    found = {script: min(members) for script, members in cluster.items() if len(members) > 1}
    return found, refused
