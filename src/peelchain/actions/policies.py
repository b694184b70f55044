"""The policy a user means, by the name it was run under."""

from dataclasses import replace
from pathlib import Path

from peelchain.actions.view import parse_policy
from peelchain.cluster.policy import Policy
from peelchain.errors import MisuseError, StoreError
from peelchain.store.reader import Store
from peelchain.units import parse_txid, shown


def policy_asked(store: Path, names: list[str], exclude: list[str]) -> Policy:
    """The policy of this name, or the default one where none is named, less some transactions.

    Raises MisuseError for several names, for one that no run of the store has, and for one that
    another version made; StoreError where it was run on an older tip alone.
    """
    for txid in exclude:
        parse_txid(txid)
    if not names:
        return parse_policy(exclude)
    if len(set(names)) > 1:
        raise MisuseError(
            f"the policies {shown(names[0])} and {shown(names[1])} make different clusters, and an "
            "explanation holds under one of them: ask once for each"
        )
    policy = _stored(store, names[0])
    return replace(policy, exclusions=(*policy.exclusions, *exclude))


def _stored(path: Path, name: str) -> Policy:
    with Store.open(path) as store:
        tip = store.manifest.tip_hash
        runs = [run for run in store.runs("cluster") if "definition" in run.parameters]
    found = [run for run in runs if run.parameters["policy"] == name]
    if not found:
        known = sorted({str(run.parameters["policy"]) for run in runs})
        raise MisuseError(
            f"policy {shown(name)} was never run on {path}; "
            + (
                f"those that were: {', '.join(known)}"
                if known
                else f"run 'peelchain cluster run --store {path}' first"
            )
        )
    if all(run.tip_hash != tip for run in found):
        raise StoreError(
            f"policy {name} was run on an older tip of {path}: run it again with "
            f"'peelchain cluster run --store {path}' and the same options"
        )
    return Policy.from_json(str(found[-1].parameters["definition"]))
