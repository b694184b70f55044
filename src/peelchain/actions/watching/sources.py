"""What a watch follows: a source of chain data that keeps a store up to its tip."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from peelchain.actions import chain
from peelchain.actions.fetching.asked import Agree, connection_asked
from peelchain.actions.fetching.sources import KINDS as FETCHED
from peelchain.actions.fetching.sources import Server, server
from peelchain.actions.progress import Progress
from peelchain.actions.watching.look import known_as_in, parameters_of, watched_items
from peelchain.actions.watching.partial import Followed, fetch_followed
from peelchain.actions.watching.unconfirmed import Mempool
from peelchain.case.casefile import CaseFile
from peelchain.chain.partial.vault import Vault
from peelchain.chain.rpc.client import NodeError
from peelchain.chain.rpc.ingest import RpcOptions, open_node
from peelchain.chain.rpc.node import Node
from peelchain.errors import FalseAnswerError, MisuseError, RemoteError, SourceError
from peelchain.network import by_name
from peelchain.raw_tx import RawTx, parsed, txid_of
from peelchain.remote.proxy import checked_proxy
from peelchain.store import manifest as manifests
from peelchain.units import format_hash

_RPC = "rpc"
_MOST_TXIDS = 5_000_000
_AT_ONCE = 100
_NOT_THERE = -5
"""RPC_INVALID_ADDRESS_OR_KEY: no such transaction. Source: Bitcoin Core, rpc/protocol.h."""


class Following:
    """A source that is followed. `told` names it in the journal: never a path or a credential.

    `options` are those of `chain ingest`, by their names without dashes; `agree` is asked before a
    server is told what the case follows.
    """

    def __init__(
        self,
        source: str | None,
        store: Path,
        network: str | None,
        options: Mapping[str, Any],
        say: Callable[[str], None],
        *,
        case: Path,
        agree: Agree,
        mempool: bool,
    ) -> None:
        self._source = source
        self._store = store
        self._network = network
        self._options = {name: value for name, value in options.items() if value is not None}
        self._say = say
        self._case = case
        self._agree = agree
        self._mempool = mempool
        self._spends: frozenset[bytes] | None = None
        if source is None and self._options:
            raise MisuseError(f"--{min(self._options)} goes with a --source; give it")
        if source is not None and source.partition(":")[0] in FETCHED:
            foreign = sorted(set(self._options) - {"proxy"})
            if foreign:
                raise MisuseError(f"--{foreign[0]} goes with an rpc: source; leave it out")
        self.told = None if source is None else name_of(source)

    def bring_up(self, progress: Progress) -> None:
        """Has the store as far as the source. Raises what `chain ingest` does."""
        if self._source is None or self._is_up():
            return
        kind, _, _ = self._source.partition(":")
        if kind in FETCHED:
            self._spends = None
            self._spends = fetch_followed(
                self._source,
                self._store,
                self._followed(),
                self._agree,
                network=self._network,
                proxy=self._options.get("proxy"),
                refresh=self._mempool,
                progress=progress,
                say=self._say,
            )
            return
        answer = chain.ingest(
            self._source,
            self._store,
            self._network,
            lambda step: progress(step.what, step.done, step.of),
            options=self._options,
            say=self._say,
        )
        if answer.get("damage"):
            raise SourceError(str(answer["damage"][0]))

    def _followed(self) -> Followed:
        """What the case follows now."""
        with CaseFile.open(self._case) as case:
            run = case.last("run")
            items = watched_items(case, run)
            policy, knowledge = known_as_in(run)
        return Followed(parameters_of(run), items, policy, knowledge)

    def _is_up(self) -> bool:
        """Whether a node's tip is the store's: the archive need not be looked through then."""
        opened = self._node()
        if opened is None or not (self._store / manifests.NAME).is_file():
            return False
        with opened() as node:
            return format_hash(node.info().tip) == manifests.read(self._store).tip_hash

    def _node(self) -> Callable[[], AbstractContextManager[Node]] | None:
        """What opens the node of an RPC source; None for another."""
        kind, _, place = (self._source or "").partition(":")
        if kind != _RPC:
            return None
        given = self._options
        options = RpcOptions(
            cookie=given.get("rpc-cookie"),
            password_file=given.get("rpc-auth"),
            certificate=given.get("rpc-certificate"),
            proxy=checked_proxy(given.get("proxy")),
            say=self._say,
        )
        network = by_name(self._network) if self._network else None
        return lambda: open_node(place, network, options)

    def mempool(self) -> Mempool | None:
        """The source's unconfirmed transactions; None for one that has none, or does not tell."""
        opened = self._node()
        if opened is not None:
            return NodeMempool(opened)
        if self._source is None or self._spends is None:
            return None
        connection = connection_asked(self._options.get("proxy"), None)
        return ServerMempool(server(self._source, connection), self._store, self._spends)


class ServerMempool:
    """What a server of single transactions told of unconfirmed spends when it was asked last."""

    def __init__(self, of: Server, store: Path, spends: frozenset[bytes]) -> None:
        self._server = of
        self._store = store
        self._spends = spends

    def txids(self) -> frozenset[bytes] | None:
        """Those that spend an output that the case follows."""
        return self._spends

    def transactions(self, txids: Sequence[bytes]) -> Mapping[bytes, RawTx]:
        """Those of them that it still has. Raises FalseAnswerError for another transaction."""
        found: dict[bytes, RawTx] = {}
        if not txids:
            return found
        network = by_name(manifests.read(self._store).network)
        with Vault.open(self._store, network) as vault:
            source = self._server.open(vault)
            try:
                for txid in txids:
                    # one that is gone by now is seen in the next round
                    with suppress(RemoteError):
                        raw = next(iter(source.raw_txs([txid])))
                        found[txid] = _checked(source.name, txid, raw)
            finally:
                source.close()
        return found


class NodeMempool:
    """The mempool of a node over RPC."""

    def __init__(self, opened: Callable[[], AbstractContextManager[Node]]) -> None:
        self._open = opened

    def txids(self) -> frozenset[bytes] | None:
        """All of them now; None while the node still loads them."""
        with self._open() as node:
            if not _is_loaded(node):
                return None
            said = node.client.call("getrawmempool")
            if not isinstance(said, list) or len(said) > _MOST_TXIDS:
                raise FalseAnswerError(
                    f"{node.name}: getrawmempool gives no list; use another node"
                )
            return frozenset(_txid(node, text) for text in said)

    def transactions(self, txids: Sequence[bytes]) -> Mapping[bytes, RawTx]:
        """Those of them that it still has. Raises FalseAnswerError for another transaction."""
        found: dict[bytes, RawTx] = {}
        if not txids:
            return found
        with self._open() as node:
            for at in range(0, len(txids), _AT_ONCE):
                some = txids[at : at + _AT_ONCE]
                try:
                    texts = node.client.batch([_call(txid) for txid in some])
                except NodeError:
                    # one of them is gone by now
                    texts = [_one(node, txid) for txid in some]
                for txid, text in zip(some, texts, strict=True):
                    if text is not None:
                        found[txid] = _checked(node.name, txid, _raw(node, txid, text))
        return found


def _is_loaded(node: Node) -> bool:
    try:
        said = node.client.call("getmempoolinfo")
    except NodeError:
        return True
    return not isinstance(said, dict) or said.get("loaded") is not False


def _call(txid: bytes) -> tuple[str, list[Any]]:
    return "getrawtransaction", [format_hash(txid), 0]


def _one(node: Node, txid: bytes) -> Any:
    try:
        return node.client.batch([_call(txid)])[0]
    except NodeError as e:
        if e.code == _NOT_THERE:
            return None
        raise


def _txid(node: Node, text: Any) -> bytes:
    try:
        if len(text) != 64:
            raise ValueError
        return bytes.fromhex(text)[::-1]
    except (TypeError, ValueError):
        raise FalseAnswerError(
            f"{node.name}: getrawmempool gives what is no txid; use another node"
        ) from None


def _raw(node: Node, txid: bytes, text: Any) -> bytes:
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        raise FalseAnswerError(
            f"{node.name}: getrawtransaction of {format_hash(txid)} gives no hex; use another node"
        ) from None


def _checked(name: str, txid: bytes, raw: bytes) -> RawTx:
    """The transaction in bytes that a source gives. Raises FalseAnswerError for another."""
    try:
        tx = parsed(raw)
    except SourceError as e:
        raise FalseAnswerError(
            f"{name}: what it gives for {format_hash(txid)} is no transaction: {e}; use another "
            "source"
        ) from None
    if txid_of(tx) != txid:
        raise FalseAnswerError(
            f"{name}: what it gives for {format_hash(txid)} is another transaction; use another "
            "source"
        )
    return tx


def name_of(source: str) -> str:
    """The kind of a source, with its server where it has one."""
    kind, _, place = source.partition(":")
    if "//" in place:
        host = place.partition("//")[2].partition("/")[0].rpartition("@")[2]
        return f"{kind}:{host}"
    return kind
