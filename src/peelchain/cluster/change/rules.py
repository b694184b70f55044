"""The change rules by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from peelchain.cluster.change import first_seen, own_shape, spender
from peelchain.cluster.change.fingerprints import ClusterOf, cluster_fingerprint
from peelchain.cluster.change.transactions import Transactions
from peelchain.cluster.change.verdict import Rule, Verdict

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "address_reuse": own_shape.address_reuse,
        "address_type": own_shape.address_type,
        "fresh_address": own_shape.fresh_address,
        "one_time_change": first_seen.one_time_change,
        "optimal_change": own_shape.optimal_change,
        "peeling_chain": spender.peeling_chain,
        "round_value": own_shape.round_value,
        "shadow_address": first_seen.shadow_address,
        "spender_fee_rate": spender.spender_fee_rate,
        "spender_locktime": spender.spender_locktime,
        "spender_outputs": spender.spender_outputs,
        "spender_sequence": spender.spender_sequence,
        "spender_type": spender.spender_type,
        "spender_version": spender.spender_version,
    }
)
"""The rules that need nothing but the transactions, in order of name."""

CLUSTER_FINGERPRINT = "cluster_fingerprint"
"""The rule that needs a clustering, too."""

RULE_NAMES: tuple[str, ...] = tuple(sorted((*RULES, CLUSTER_FINGERPRINT)))


@dataclass(frozen=True)
class Parties:
    """What is held of who is who: the cluster of a script, and fingerprints of clusters.

    `fingerprints` holds at least the clusters of the inputs in question (`fingerprints_of`).
    """

    cluster_of: ClusterOf
    fingerprints: Mapping[int, int]


def verdicts(transactions: Transactions, parties: Parties | None) -> dict[str, Verdict]:
    """What every rule says of these transactions, in order of name.

    Without parties, `cluster_fingerprint` is undecided.
    """
    said = {name: rule(transactions) for name, rule in RULES.items()}
    none = Parties(lambda scripts: scripts, {})
    said[CLUSTER_FINGERPRINT] = cluster_fingerprint(
        transactions, (parties or none).cluster_of, (parties or none).fingerprints
    )
    return {name: said[name] for name in RULE_NAMES}
