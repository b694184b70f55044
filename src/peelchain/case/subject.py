"""Who a case is about: from the seeds a user gives to scripts and receipts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from peelchain.cluster.members import ClusterIndex
from peelchain.errors import MisuseError, NotInChainError
from peelchain.network import Network
from peelchain.script import looks_secret, script_pubkey
from peelchain.store.chain_rows import ChainRows, Int64
from peelchain.store.lookup import Lookup
from peelchain.trace.seeds import receipts
from peelchain.units import OutPoint, parse_txid, shown

_MAX_SEED_FILE = 50_000_000
_TXID_DIGITS = 64


@dataclass(frozen=True)
class Subject:
    """The party under investigation.

    `seeds` are the seeds as addresses and outpoints, sorted; `anchors` the scripts they name;
    `scripts` all scripts held to be the party's, rising; `receipts` the txout_ids a trace starts
    from, rising; `internal_sat` what moved within the party.
    """

    seeds: tuple[str, ...]
    anchors: Int64
    scripts: Int64
    receipts: Int64
    internal_sat: int


def read_seeds(given: list[str]) -> list[str]:
    """The seeds of the command line, with each `@FILE` replaced by its lines.

    In a file, `#` begins a comment and blank lines are passed over. Raises MisuseError naming file
    and line.
    """
    seeds: list[str] = []
    for seed in given:
        if not seed.startswith("@"):
            seeds.append(_plain(seed, "seed"))
            continue
        path = Path(seed[1:])
        try:
            if path.stat().st_size > _MAX_SEED_FILE:
                raise MisuseError(f"{path} is too large for a list of seeds; split it")
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as e:
            raise MisuseError(f"{path}: {e.strerror}; give @FILE with one seed a line") from None
        except UnicodeDecodeError:
            raise MisuseError(f"{path} is not UTF-8 text; give one seed a line") from None
        for number, line in enumerate(lines, 1):
            text = line.partition("#")[0].strip()
            if text:
                seeds.append(_plain(text, f"{path} line {number}"))
    if not seeds:
        raise MisuseError("there is no seed; give addresses, txids, outpoints or @FILE")
    return seeds


def resolve(
    seeds: list[str],
    network: Network,
    lookup: Lookup,
    chain: ChainRows,
    index: ClusterIndex,
) -> Subject:
    """The party that the seeds stand for.

    An address stands for its whole cluster, which is followed from its receipts; an outpoint or a
    txid for those outputs alone, whose scripts are then the party's. A P2PKH address stands for the
    bare public key (P2PK) too where that was paid; beside it the seeds then name the key's first
    output, by which its script, which has no address, can be checked. Raises MisuseError,
    AddressError or NotInChainError naming the seed.
    """
    addresses, outpoints = _sorted_out(seeds, network, lookup)
    scripts = {address: script_pubkey(address, network) for address in addresses}
    known = lookup.script_ids(scripts.values())
    keys = {a: sorted(lookup.paid_as_key(script).values()) for a, script in scripts.items()}
    missing = [a for a, script in scripts.items() if script not in known and not keys[a]]
    if missing:
        raise NotInChainError(
            f"seed {missing[0]} never occurs in the chain up to height "
            f"{lookup.store.manifest.tip_height}"
            + (f", nor do {len(missing) - 1} others" if len(missing) > 1 else "")
            + "; check it, or ingest newer blocks"
        )
    of_keys = sorted({script_id for ids in keys.values() for script_id in ids})
    anchors = np.array(sorted({*known.values(), *of_keys}), dtype=np.int64)
    clusters = np.unique(index.cluster_of(anchors))
    members = [index.members(int(cluster)) for cluster in clusters]
    party = np.unique(np.concatenate([*members, np.empty(0, np.int64)])).astype(np.int64)
    taken = receipts(chain, party)
    firsts = lookup.first_outpoints(of_keys)
    alone = [outpoint for outpoint in outpoints if str(outpoint) not in firsts]
    named = np.array(lookup.txout_ids(alone), dtype=np.int64)
    there = chain.outputs(named)
    named, own = named[there.value_sat > 0], there.script_id[there.value_sat > 0]
    found = np.unique(np.concatenate([taken.txouts, named])).astype(np.int64)
    if not len(found):
        raise NotInChainError(
            "the seeds never received anything; give addresses or outputs that did"
        )
    return Subject(
        seeds=tuple(sorted({*addresses, *(str(o) for o in outpoints), *firsts})),
        anchors=np.unique(np.concatenate([anchors, own])).astype(np.int64),
        scripts=np.unique(np.concatenate([party, own])).astype(np.int64),
        receipts=found,
        internal_sat=taken.internal_sat,
    )


def _plain(text: str, where: str) -> str:
    is_txid = len(text) == _TXID_DIGITS and ":" not in text
    if not is_txid and looks_secret(text):
        raise MisuseError(
            f"{where}: that looks like a private key or seed words; give an address, txid or "
            "outpoint, and keep secrets out of files and command lines"
        )
    return text


def _sorted_out(
    seeds: list[str], network: Network, lookup: Lookup
) -> tuple[list[str], list[OutPoint]]:
    addresses: set[str] = set()
    outpoints: set[OutPoint] = set()
    for seed in seeds:
        if ":" in seed:
            outpoints.add(OutPoint.parse(seed))
        elif len(seed) == _TXID_DIGITS:
            txid = parse_txid(seed)
            tx_id = lookup.tx_ids(txid)[-1]
            count = lookup.rows("SELECT txout_count FROM txs WHERE tx_id = ?", [tx_id])[0]
            outpoints.update(OutPoint(txid, vout) for vout in range(count["txout_count"]))
        else:
            try:
                script_pubkey(seed, network)
            except MisuseError as e:
                raise type(e)(f"seed {shown(seed)}: {e}") from None
            addresses.add(seed)
    return sorted(addresses), sorted(outpoints)
