"""What a perfect investigator could find in a simulated chain, worked out from its truth.

Reads the block files with the tests' own parser, and `truth/`; knows nothing of peelchain's
store, clusters, tags or traces. Reachable means: a path of value from output to spend, over no
CoinJoin and through no service.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.simulate.reading import Chain, co_spend_clusters, read_chain, read_truth

SERVICES = frozenset({"exchange", "market", "gambling", "processor", "pool"})
OutPoint = tuple[str, int]


@dataclass(frozen=True)
class Reachable:
    """The ends of the site's money that a path of value reaches.

    `receipts` are the outputs paid to the site by others; `inflows` the outputs by which services
    paid what reached it; `outflows` the outputs by which what it received reached a service,
    deposit addresses included, with the service; `owner` says who owns an output, `payer` who made
    a payment, `role` what an owner is, `label` the name of a service in public tags.
    """

    receipts: set[OutPoint]
    inflows: dict[OutPoint, str]
    outflows: dict[OutPoint, str]
    owner: dict[OutPoint, str]
    payer: dict[OutPoint, str]
    role: dict[str, str]
    label: dict[str, str]


def reachable(node: Path) -> Reachable:
    """The reachable ends in a simulated data directory."""
    chain = read_chain(node)
    owners = read_truth(node, "owners")
    role = {row["owner_id"]: row["role"] for row in owners}
    of_script = {
        bytes.fromhex(row["script_pubkey"]): row["owner_id"] for row in read_truth(node, "scripts")
    }
    owner = {
        (tx.txid, vout): of_script[script]
        for tx in chain.txs.values()
        for vout, (script, _) in enumerate(tx.outputs)
    }
    mixes = {row["txid"] for row in read_truth(node, "coinjoins")}
    services = {o for o, r in role.items() if r in SERVICES}
    receipts = _receipts(node, chain, owner)
    return Reachable(
        receipts=receipts,
        inflows=_backward(chain, receipts, owner, services, mixes),
        outflows=_forward(chain, receipts, owner, services, mixes),
        owner=owner,
        payer={
            (row["txid"], int(row["vout"])): row["payer_id"] for row in read_truth(node, "payments")
        },
        role=role,
        label={row["owner_id"]: row["label"] for row in owners},
    )


def _receipts(node: Path, chain: Chain, owner: dict[OutPoint, str]) -> set[OutPoint]:
    """Outputs to the scripts co-spent with the observed addresses, but for their own change."""
    script_of = {
        row["address"]: bytes.fromhex(row["script_pubkey"]) for row in read_truth(node, "scripts")
    }
    seen = [
        script_of[line.split("#")[0].strip()]
        for line in (node / "observed.txt").read_text().splitlines()
        if line.split("#")[0].strip()
    ]
    cluster = co_spend_clusters(chain)
    party = {cluster.get(script, script) for script in seen}
    found = set()
    for tx in chain.txs.values():
        if any(cluster.get(script, script) in party for script, _ in tx.prevouts):
            continue
        for vout, (script, value) in enumerate(tx.outputs):
            if value and cluster.get(script, script) in party:
                assert owner[tx.txid, vout] == "site", "co-spending joined strangers to the site"
                found.add((tx.txid, vout))
    return found


def _backward(
    chain: Chain,
    receipts: set[OutPoint],
    owner: dict[OutPoint, str],
    services: set[str],
    mixes: set[str],
) -> dict[OutPoint, str]:
    ends: dict[OutPoint, str] = {}
    seen = set(receipts)
    todo = list(receipts)
    while todo:
        output = todo.pop()
        tx = chain.txs[output[0]]
        if tx.is_coinbase or tx.txid in mixes:
            continue
        payers = {owner[prevout] for prevout in tx.inputs} & services
        if payers:
            (ends[output],) = payers
            continue
        for prevout in tx.inputs:
            if prevout not in seen and chain.txs[prevout[0]].outputs[prevout[1]][1]:
                seen.add(prevout)
                todo.append(prevout)
    return ends


def _forward(
    chain: Chain,
    receipts: set[OutPoint],
    owner: dict[OutPoint, str],
    services: set[str],
    mixes: set[str],
) -> dict[OutPoint, str]:
    spender = {prevout: tx for tx in chain.spends for prevout in tx.inputs}
    ends: dict[OutPoint, str] = {}
    seen = set(receipts)
    todo = list(receipts)
    while todo:
        output = todo.pop()
        if owner[output] in services:
            ends[output] = owner[output]
            continue
        tx = spender.get(output)
        if tx is None or tx.txid in mixes:
            continue
        for vout, (_, value) in enumerate(tx.outputs):
            if value and (tx.txid, vout) not in seen:
                seen.add((tx.txid, vout))
                todo.append((tx.txid, vout))
    return ends


def customers(node: Path) -> dict[OutPoint, str]:
    """Whom each withdrawal from a service paid."""
    return {
        (row["txid"], int(row["vout"])): row["customer_id"]
        for row in read_truth(node, "withdrawals")
    }


def cashouts(node: Path) -> dict[str, set[OutPoint]]:
    """The operator's own deposits, by service."""
    found: dict[str, set[OutPoint]] = defaultdict(set)
    for row in read_truth(node, "cashouts"):
        found[row["service_id"]].add((row["txid"], int(row["vout"])))
    return dict(found)
