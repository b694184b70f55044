"""Raw blocks of a node's chain, fetched ahead in batches of about one size."""

from collections.abc import Iterator

from peelchain.chain.rpc.fetch_ahead import fetch_ahead
from peelchain.chain.rpc.headers import NewHeaders
from peelchain.chain.rpc.node import Node
from peelchain.network import Network
from peelchain.remote.http import TooLongAnswerError

THREADS = 4
"""A node answers so many at once by default (Bitcoin Core's -rpcthreads; btcd takes ten)."""

_BATCH_BYTES = 2 << 20
_TOO_LONG_BYTES = 32 << 20
_FIRST_BATCH = 16
_MOST_IN_BATCH = 128
_REST_FROM_BYTES = 50_000
"""Blocks of this size and more come one by one as bytes, where the node has REST; a batch of small
ones as hex takes less time than a request each."""


def fetched_blocks(
    node: Node, network: Network, headers: NewHeaders, *, threads: int = THREADS
) -> Iterator[tuple[int, list[bytes]]]:
    """Blocks above the fork in order, each checked: the first height, and blocks from there on.

    Raises what `Node.blocks` does; what was given before stays good.
    """
    following = _Batches(headers)

    def get(heights: range) -> list[bytes]:
        asked = [(height, headers.of(height)) for height in heights]
        by_rest = node.has_rest and following.mean_bytes >= _REST_FROM_BYTES
        try:
            return node.blocks(asked, network, by_rest=by_rest)
        except TooLongAnswerError:
            if len(heights) == 1:
                raise
        # blocks have grown at a stroke: those not yet asked for come in smaller batches
        following.learn_too_long(len(heights))
        middle = (heights.start + heights.stop) // 2
        return get(range(heights.start, middle)) + get(range(middle, heights.stop))

    for heights, raws in fetch_ahead(get, following.next, threads):
        following.learn(raws)
        yield heights.start, raws


class _Batches:
    """Ranges of heights one after another, as long as blocks were small of late."""

    def __init__(self, headers: NewHeaders) -> None:
        self.mean_bytes = _BATCH_BYTES // _FIRST_BATCH
        self._next = headers.fork + 1
        self._end = headers.tip_height + 1

    def next(self) -> range | None:
        """The heights to fetch next, None when all are."""
        if self._next >= self._end:
            return None
        count = min(max(_BATCH_BYTES // self.mean_bytes, 1), _MOST_IN_BATCH)
        heights = range(self._next, min(self._next + count, self._end))
        self._next = heights.stop
        return heights

    def learn(self, raws: list[bytes]) -> None:
        """Takes note of how large blocks are now."""
        self.mean_bytes = max(sum(map(len, raws)) // len(raws), 1)

    def learn_too_long(self, blocks: int) -> None:
        """Takes note that the answer with so many blocks was more than is taken at once."""
        self.mean_bytes = max(self.mean_bytes, _TOO_LONG_BYTES // blocks)
