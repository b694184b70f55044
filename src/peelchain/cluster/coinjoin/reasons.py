"""The numbers of a judgement, in words."""

from collections.abc import Mapping

_PARTITIONS = (
    None,
    "inputs fall apart into participants who each pay for what they take",
    "inputs do not fall apart into participants",
    "too many inputs to tell whether they fall apart into participants",
)
LINEAGES = (None, "confirmed", "undetermined", "broken")


def reasons_of(kind: str, seen: Mapping[str, int], protocols: list[str]) -> list[str]:
    """What was seen of a transaction of that kind, in sentences without names or addresses.

    `seen` are the numbers under the names that the core gives them; `protocols` its words for the
    codes of asset protocols.
    """
    said = _WORDS[kind](seen) if kind in _WORDS else []
    if kind == "asset_protocol":
        said.append(f"the OP_RETURN output is of the protocol {protocols[seen['protocol']]}")
    partition = _PARTITIONS[seen["partition"]]
    if partition:
        said.append(partition)
    if seen["unknown_inputs"]:
        said.append(
            f"{seen['unknown_inputs']} of {seen['inputs']} prevouts are not known, "
            "so what rests on them was not tested"
        )
    return said


def _equal(seen: Mapping[str, int]) -> str:
    return f"{seen['equal']} outputs of {seen['value_sat']} sat to different scripts"


def _counts(seen: Mapping[str, int]) -> str:
    return f"{seen['input_scripts']} input scripts, {seen['outputs']} outputs"


def _whirlpool(seen: Mapping[str, int]) -> list[str]:
    said = [
        f"{seen['inputs']} inputs and as many outputs, all outputs of the pool's "
        f"{seen['value_sat']} sat, inputs of that and a little more"
    ]
    lineage = LINEAGES[seen["lineage"]]
    if lineage == "confirmed":
        said.append("every parent is a mix or a Tx0 of Whirlpool")
    elif lineage == "broken":
        said.append("a known parent is neither a mix nor a Tx0 of Whirlpool")
    elif lineage:
        said.append(
            f"lineage undetermined: {seen['parents_known']} of {seen['parents']} parents are known"
        )
    return said


def _tx0(seen: Mapping[str, int]) -> list[str]:
    return [
        f"{seen['equal']} premix outputs of {seen['value_sat']} sat, a pool's value and a little "
        f"more, beside {seen['others']} other outputs and a payload in an OP_RETURN output",
        "made by one party: no mix",
    ]


def _wasabi1(seen: Mapping[str, int]) -> list[str]:
    said = [_equal(seen), _counts(seen)]
    if seen["levels"]:
        said.append(f"{seen['levels']} higher levels of twice, four times ... that value")
    if seen["coordinator"]:
        said.append("pays a script known as a Wasabi coordinator's")
    else:
        said.append("base denomination and native segwit throughout, as in ZeroLink rounds")
    return said


def _wasabi2(seen: Mapping[str, int]) -> list[str]:
    return [
        f"{seen['inputs']} inputs and {seen['outputs']} outputs, each in falling order of value",
        f"over 80% of the outputs worth one of {seen['levels']} standard denominations",
        "a client brings at most 10 inputs",
    ]


def _joinmarket(seen: Mapping[str, int]) -> list[str]:
    return [
        _equal(seen),
        f"{_counts(seen)}, {seen['others']} of them changes of different values",
        "one address type; every participant could pay its own way",
    ]


def _equal_output(seen: Mapping[str, int]) -> list[str]:
    return [
        _equal(seen),
        f"{_counts(seen)}, {seen['others']} of another value",
        "every participant could pay its own way",
    ]


def _levels(seen: Mapping[str, int]) -> list[str]:
    return [
        _equal(seen),
        _counts(seen),
        f"{seen['repeated']} outputs of {seen['levels']} values that repeat",
    ]


def _trade(seen: Mapping[str, int]) -> list[str]:
    if seen["signed_single"]:
        return ["some inputs sign for one output only (SIGHASH_SINGLE | ANYONECANPAY)"]
    return [
        "an input of dust size is answered by a price at its own index, which other scripts pay, "
        "and an output of dust size carries the asset on"
    ]


def _stonewall(seen: Mapping[str, int]) -> list[str]:
    return [_equal(seen), "two more outputs; one wallet (Stonewall) or two parties make this shape"]


def _payout(seen: Mapping[str, int]) -> list[str]:
    said = [f"{_counts(seen)}: no CoinJoin by shape"]
    return [_equal(seen), *said] if seen["equal"] > 1 else said


def _consolidation(seen: Mapping[str, int]) -> list[str]:
    return [f"{seen['inputs']} inputs into {seen['outputs']} outputs"]


def _payjoin(_: Mapping[str, int]) -> list[str]:
    return [
        "an input could have been left out whichever output was the payment; "
        "wallets that tidy up do so too"
    ]


_WORDS = {
    "whirlpool_mix": _whirlpool,
    "whirlpool_tx0": _tx0,
    "wasabi_1_0": _wasabi1,
    "wasabi_1_1": _wasabi1,
    "wasabi_2": _wasabi2,
    "joinmarket": _joinmarket,
    "equal_output": _equal_output,
    "equal_output_levels": _levels,
    "psbt_trade": _trade,
    "stonewall": _stonewall,
    "batch_payout": _payout,
    "consolidation": _consolidation,
    "payjoin_suspected": _payjoin,
}
