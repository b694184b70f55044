"""What a node says of its chain, and its raw headers and blocks: checked before they are given."""

from binascii import unhexlify
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peelchain import _core
from peelchain.chain.partial.header_checks import HEADER_BYTES
from peelchain.chain.rpc.client import METHOD_NOT_FOUND, NodeError, RpcClient, json_of
from peelchain.errors import FalseAnswerError, RemoteError, SourceError
from peelchain.network import NETWORKS, Network
from peelchain.network.kernel import kernel_rules
from peelchain.script import sha256d
from peelchain.units import MAX_HEIGHT, format_hash, shown

REST_HEADERS = 2000
"""Headers that one REST request may ask for. Source: Bitcoin Core, rest.cpp."""
RPC_HEADERS = 500


@dataclass(frozen=True)
class ChainInfo:
    """What `getblockchaininfo` says. Hash in internal byte order.

    `prune_height` is the lowest height whose block a pruned node still has, 0 where it has all;
    None: it is pruned and does not say. `verified` is the part of the chain it has verified where
    it is still fetching it, else None. `headers` is the height of its best header.
    """

    blocks: int
    headers: int
    tip: bytes
    prune_height: int | None
    verified: float | None


class Node:
    """A node's chain, over RPC and, where it has it, REST. For several threads at once."""

    def __init__(self, client: RpcClient) -> None:
        self.client = client
        self.has_rest = False
        self._can_wait = True

    @property
    def name(self) -> str:
        """The server as messages name it."""
        return self.client.name

    def network(self, asked: Network | None) -> Network:
        """The network of its genesis block. Raises SourceError for another than was asked for."""
        genesis = format_hash(self.hashes(0, 1)[0])
        # chains that split after their beginning share it
        named = [n for n in NETWORKS.values() if n.genesis_hash == genesis]
        if not named:
            raise SourceError(
                f"{self.name}: its chain begins with block {genesis}, which is none that peelchain "
                "knows; name a node of another chain"
            )
        if asked is not None and asked not in named:
            raise SourceError(
                f"{self.name} is a node of {named[0].name}, not of {asked.name}; give --network "
                f"{named[0].name} or another node"
            )
        return asked or named[0]

    def info(self) -> ChainInfo:
        """What it says of its chain now."""
        said = self.client.call("getblockchaininfo")
        said = said if isinstance(said, dict) else {}
        blocks = self._height(said.get("blocks"), "blocks")
        pruned = said.get("pruned") is True
        height = said.get("pruneheight")
        verified = said.get("verificationprogress")
        syncing = said.get("initialblockdownload") is True
        return ChainInfo(
            blocks=blocks,
            headers=self._height(said.get("headers", blocks), "headers"),
            tip=self._hash(said.get("bestblockhash"), "bestblockhash"),
            prune_height=(
                0 if not pruned else None if height is None else self._height(height, "pruneheight")
            ),
            verified=float(verified) if syncing and isinstance(verified, int | float) else None,
        )

    def probe_rest(self) -> None:
        """Finds out whether it answers the REST interface (-rest); others break the answer off."""
        try:
            answer = self.client.rest("/rest/chaininfo.json")
        except RemoteError:
            return
        said = json_of(answer.body) if answer.status == 200 else None
        self.has_rest = isinstance(said, dict) and "bestblockhash" in said

    def wait_for_block(self, seconds: float) -> bool:
        """Waits for a new tip, at most so long; False where the node has no call for that."""
        if not self._can_wait:
            return False
        try:
            self.client.call("waitfornewblock", int(1000 * seconds))
        except NodeError as e:
            if e.code != METHOD_NOT_FOUND:
                raise
            self._can_wait = False
        return self._can_wait

    def hashes(self, first: int, count: int) -> list[bytes]:
        """The hashes of its chain at so many heights. Raises NodeError beyond its tip."""
        calls: list[tuple[str, list[Any]]] = [
            ("getblockhash", [height]) for height in range(first, first + count)
        ]
        return [self._hash(h, "getblockhash") for h in self.client.batch(calls)]

    def headers(self, above: bytes, first: int, count: int) -> Iterator[bytes]:
        """Its headers of so many heights, of which the block `above` is below the first.

        What it gives are 80 bytes each; what they hold is for the caller to check. Fewer come
        where its chain is shorter by now, and none where `above` is no more in it.
        """
        if not self.has_rest:
            while count:
                part = min(count, RPC_HEADERS)
                yield from self._rpc_headers(first, part)
                first, count = first + part, count - part
            return
        while count:
            # the answer begins with the block asked for
            path = f"/rest/headers/{min(count + 1, REST_HEADERS)}/{format_hash(above)}.bin"
            body = self._rest_bytes(path)
            if len(body) % HEADER_BYTES or len(body) > HEADER_BYTES * REST_HEADERS:
                raise FalseAnswerError(f"{self.name}{path}: {len(body):,} bytes are no headers")
            found = [body[i : i + HEADER_BYTES] for i in range(0, len(body), HEADER_BYTES)]
            if found and sha256d(found[0]) != above:
                raise FalseAnswerError(f"{self.name}{path}: it begins with another header")
            new = found[1 : count + 1]
            if not new:
                return
            yield from new
            above, count = sha256d(new[-1]), count - len(new)

    def blocks(
        self, heights: Sequence[tuple[int, bytes]], network: Network, *, by_rest: bool
    ) -> list[bytes]:
        """The raw blocks of these heights and headers, each checked to be it and whole.

        Raises FalseAnswerError for another block or a damaged one, and SourceError where the node
        does not have it any more.
        """
        hashes = [format_hash(sha256d(header)) for _, header in heights]
        if by_rest:
            raws = [self._rest_bytes(f"/rest/block/{h}.bin") for h in hashes]
        else:
            calls: list[tuple[str, list[Any]]] = [("getblock", [h, 0]) for h in hashes]
            try:
                raws = [self._hex(text, "getblock") for text in self.client.batch(calls)]
            except NodeError as e:
                raise SourceError(
                    f"{self.name}: it does not give a block of heights {heights[0][0]} to "
                    f"{heights[-1][0]}, it says {e.said}; if it is pruned or still fetching, use "
                    "a node that has them all"
                ) from None
        for (height, header), raw in zip(heights, raws, strict=True):
            self._check_block(height, header, raw, network)
        return raws

    def _check_block(self, height: int, header: bytes, raw: bytes, network: Network) -> None:
        asked = f"{self.name}: for block {format_hash(sha256d(header))} at height {height}"
        if raw[:HEADER_BYTES] != header:
            other = format_hash(sha256d(raw[:HEADER_BYTES]))
            raise FalseAnswerError(f"{asked} it gives {other}; use another node")
        if len(raw) > network.rules.max_block_bytes:
            raise FalseAnswerError(f"{asked} it gives {len(raw):,} bytes; use another node")
        problem = _core.check_block(raw, rules=kernel_rules(network))
        if problem is not None:
            raise FalseAnswerError(f"{asked} it gives a damaged one: {problem}; use another node")

    def _rpc_headers(self, first: int, count: int) -> list[bytes]:
        hashes = self.hashes(first, count)
        calls: list[tuple[str, list[Any]]] = [
            ("getblockheader", [format_hash(h), False]) for h in hashes
        ]
        found = [self._hex(text, "getblockheader") for text in self.client.batch(calls)]
        for header, asked in zip(found, hashes, strict=True):
            if len(header) != HEADER_BYTES or sha256d(header) != asked:
                raise FalseAnswerError(
                    f"{self.name}: getblockheader of {format_hash(asked)} gives another header; "
                    "use another node"
                )
        return found

    def _rest_bytes(self, path: str) -> bytes:
        answer = self.client.rest(path)
        if answer.status != 200:
            said = shown(answer.body[:200].decode("utf-8", "replace").strip())
            raise SourceError(
                f"{self.name}{path}: it answers with status {answer.status}, {said}; if the node "
                "is pruned or still fetching, use one that has all blocks"
            )
        return answer.body

    def _hex(self, value: Any, method: str) -> bytes:
        try:
            # unlike bytes.fromhex, which passes over spaces
            found = unhexlify(value) if isinstance(value, str) else b""
        except ValueError:
            found = b""
        if not found:
            raise FalseAnswerError(f"{self.name}: {method} gives no hex; use another node")
        return found

    def _hash(self, value: Any, what: str) -> bytes:
        if not isinstance(value, str) or len(value) != 64:
            raise FalseAnswerError(f"{self.name}: {what} is no hash; use another node")
        return self._hex(value, what)[::-1]

    def _height(self, value: Any, what: str) -> int:
        if type(value) is not int or not 0 <= value <= MAX_HEIGHT:
            raise FalseAnswerError(f"{self.name}: {what} is no height; use another node")
        return value
