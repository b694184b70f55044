"""Which input of a CoinJoin may have paid which output, by the values alone."""

from pathlib import Path
from typing import Any

from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.cluster.coinjoin.classify import WASABI_COORDINATORS
from peelchain.errors import MisuseError
from peelchain.network import MAINNET
from peelchain.script import script_pubkey
from peelchain.store.chain_rows import ChainRows
from peelchain.trace.linkage import MAX_STEPS, Linkage, linkage
from peelchain.units import format_hash, parse_txid

MAKER_FEE_PER_MILLE = 5
"""What makers of a JoinMarket may gain of the common value. Source: Boltzmann's default, 0.5%."""


def coinjoin_linkage(
    txid: str,
    store: Path,
    *,
    parties_at_least: int | None = None,
    finest: bool = False,
    shared: tuple[int, ...] = (),
    most_gain_sat: int | None = None,
    most_paid_sat: int | None = None,
    max_steps: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """The interpretations of a transaction's values, and the links between inputs and outputs.

    Inputs of one script are one party's. `parties_at_least` of None is what the detector found, 1
    for a transaction it does not take for a CoinJoin; tolerances of None are those of the type.
    Raises MisuseError for a coinbase, or where a prevout is not known.
    """
    with StoreView(store) as view:
        tx_id = view.lookup.tx_ids(parse_txid(txid))[-1]
        judged = judgement(view, tx_id)
        at_least = judged["participants_at_least"] if judged else 1
        found = linkage_of(
            view,
            tx_id,
            parties_at_least=at_least if parties_at_least is None else parties_at_least,
            finest=finest,
            shared=shared,
            most_gain_sat=most_gain_sat,
            most_paid_sat=most_paid_sat,
            max_steps=max_steps,
            progress=progress,
        )
        return {
            **view.tip,
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "basis": "inference",
            "txid": format_hash(view.lookup.txids([tx_id])[tx_id]),
            "type": judged["type"] if judged else None,
            "participants_at_least": at_least,
            **answer_of(found),
            **_ends(view, tx_id, found),
        }


def judgement(view: StoreView, tx_id: int) -> dict[str, Any] | None:
    """The row of `coinjoins` on a transaction; None for one that no detector takes for one."""
    table = view.clusters.coinjoins
    rows = (table["tx_id"].to_numpy() == tx_id).nonzero()[0]
    return table.slice(int(rows[0]), 1).to_pylist()[0] if len(rows) else None


def linkage_of(
    view: StoreView,
    tx_id: int,
    *,
    parties_at_least: int,
    finest: bool = False,
    shared: tuple[int, ...] = (),
    most_gain_sat: int | None = None,
    most_paid_sat: int | None = None,
    max_steps: int | None = None,
    progress: Progress = silent,
) -> Linkage:
    """The linkage of a transaction of a store, with the tolerances of its type of CoinJoin.

    A JoinMarket's makers gain and its taker pays; to a coordinator that is known all pay together;
    every other type has the miner's fee alone.
    """
    chain: ChainRows = view.chain
    prevouts = chain.prevouts(tx_id)
    if len(prevouts) and prevouts.min() < 0:
        why = "is a coinbase" if prevouts.min() == -1 else "spends an output that is not known"
        raise MisuseError(f"transaction {_txid(view, tx_id)} {why}; it has no linkage")
    columns = chain.transactions([tx_id])
    first, count = int(columns.first_txout[0]), int(columns.txout_count[0])
    spent = chain.outputs(prevouts)
    paid = chain.outputs(list(range(first, first + count)))
    judged = judgement(view, tx_id)
    kind = judged["type"] if judged else ""
    output_sat = paid.value_sat.tolist()
    if kind == "joinmarket":
        common = max(output_sat, key=lambda value: (output_sat.count(value), value))
        gain = common * MAKER_FEE_PER_MILLE // 1000
        makers = max(judged["participants_at_least"] - 1 if judged else 0, 1)
        most_gain_sat = gain if most_gain_sat is None else most_gain_sat
        most_paid_sat = makers * gain if most_paid_sat is None else most_paid_sat
    if kind.startswith("wasabi_1") and not shared and view.network is MAINNET:
        coordinators = [script_pubkey(text, MAINNET) for text in WASABI_COORDINATORS]
        known = set(view.lookup.script_ids(coordinators).values())
        shared = tuple(v for v, script in enumerate(paid.script_id.tolist()) if script in known)
    return linkage(
        spent.value_sat.tolist(),
        output_sat,
        owners=spent.script_id.tolist(),
        shared=shared,
        most_gain_sat=most_gain_sat or 0,
        most_paid_sat=most_paid_sat or 0,
        parties_at_least=parties_at_least,
        finest=finest,
        max_steps=max_steps or MAX_STEPS,
        progress=lambda done, of: progress("counting interpretations", done, of),
    )


def answer_of(found: Linkage) -> dict[str, Any]:
    """What was counted, in plain values."""
    return {
        "fee_sat": found.fee_sat,
        "most_gain_sat": found.most_gain_sat,
        "most_loss_sat": found.most_loss_sat,
        "shared_vouts": list(found.shared),
        "parties_at_least": found.parties_at_least,
        "finest": found.finest,
        "gave_up": found.gave_up,
        "interpretations": found.interpretations,
        "entropy_bits": found.entropy_bits,
        "interpretations_by_parties": list(found.by_parties),
    }


def _ends(view: StoreView, tx_id: int, found: Linkage) -> dict[str, Any]:
    chain: ChainRows = view.chain
    prevouts = chain.prevouts(tx_id)
    spent = chain.outputs(prevouts)
    first = int(chain.transactions([tx_id]).first_txout[0])
    paid = chain.outputs(list(range(first, first + len(found.output_sat))))
    addresses = view.addresses({*spent.script_id.tolist(), *paid.script_id.tolist()})
    txids = view.lookup.txids(set(spent.tx_id.tolist()))
    vouts = view.lookup.vouts(prevouts.tolist())
    return {
        "inputs": [
            {
                "vin": vin,
                "prevout": f"{format_hash(txids[tx])}:{vouts[prevout]}",
                "value_sat": value,
                "address": addresses[script],
            }
            for vin, (prevout, tx, value, script) in enumerate(
                zip(
                    prevouts.tolist(),
                    spent.tx_id.tolist(),
                    found.input_sat,
                    spent.script_id.tolist(),
                    strict=True,
                )
            )
        ],
        "outputs": [
            {
                "vout": vout,
                "value_sat": value,
                "address": addresses[script],
                "equal_outputs": found.equal_outputs[vout],
                "possible_inputs": len(found.possible_inputs(vout)),
            }
            for vout, (value, script) in enumerate(
                zip(found.output_sat, paid.script_id.tolist(), strict=True)
            )
        ],
        "links": [link for vin in range(len(found.input_sat)) for link in _links(found, vin)],
    }


def _links(found: Linkage, vin: int) -> list[dict[str, Any]]:
    """The links of an input that are counted or certain; none where nothing is known."""
    links = []
    for vout in range(len(found.output_sat)):
        counted = found.links[vin][vout] if found.links is not None else None
        share = found.probability(vin, vout)
        certain = found.is_certain(vin, vout)
        if counted is not None or certain:
            links.append(
                {
                    "vin": vin,
                    "vout": vout,
                    "interpretations": counted,
                    "probability": None if share is None else float(share),
                    "certain": certain,
                }
            )
    return links


def _txid(view: StoreView, tx_id: int) -> str:
    return format_hash(view.lookup.txids([tx_id])[tx_id])
