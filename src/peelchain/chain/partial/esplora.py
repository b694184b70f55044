"""The Esplora HTTP API as a source: blockstream.info, mempool.space, or a server of one's own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from peelchain.chain.partial.esplora_forms import Said
from peelchain.chain.partial.source import Inclusion, Mention, SpentBy, Tip, Watched
from peelchain.errors import FalseAnswerError, RemoteError
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.http import HttpClient, HttpLimits
from peelchain.script import sha256d
from peelchain.units import OutPoint, format_hash, shown

GENTLE_REQUESTS_PER_S = 4.0
"""What a server that many share is asked at most, unless the user says otherwise."""

LIMITS = HttpLimits(read_s=30.0, answer_s=120.0, answer_bytes=64 << 20, tries=5, wait_s=1.0)
_AT_ONCE = 4
_CHUNK = 16
_NOT_THERE = frozenset({400, 404})

A = TypeVar("A")
B = TypeVar("B")


class EsploraSource:
    """A TxSource that speaks to one Esplora server; what it says is unchecked but in form.

    Source: Blockstream's API.md of Esplora, and mempool.space's documentation of the same paths.
    `sent` of `client` counts the requests.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        proxy: str | None = None,
        requests_per_s: float | None = None,
        limits: HttpLimits = LIMITS,
    ) -> None:
        shared = not endpoint.is_local
        self.client = HttpClient(
            endpoint,
            proxy=proxy,
            limits=limits,
            requests_per_s=requests_per_s or (GENTLE_REQUESTS_PER_S if shared else None),
        )
        self._at_once = _AT_ONCE if shared else 1
        self._block_hashes: dict[int, bytes] = {}

    @property
    def name(self) -> str:
        """The server as messages and the store show it."""
        return f"esplora:{self.client.endpoint}"

    def close(self) -> None:
        """Closes the connections."""
        self.client.close()

    def tip(self) -> Tip:
        """The tip now."""
        height = self._ask("/blocks/tip/height").height()
        self._block_hashes.clear()
        return Tip(height, self._block_hash(height))

    def genesis_hash(self) -> bytes:
        """The hash of the first block: which chain it serves."""
        return self._block_hash(0)

    def raw_txs(self, txids: Sequence[bytes]) -> Iterator[bytes]:
        """The raw bytes of each transaction, in the order asked."""
        return self._each(self._raw, txids)

    def inclusions(self, mentions: Sequence[Mention]) -> Iterator[Inclusion | None]:
        """Where each transaction is, None for one that no block has."""
        return self._each(self._inclusion, mentions)

    def headers(self, heights: Sequence[int]) -> Iterator[bytes]:
        """The 80 bytes of the header at each height of the server's best chain."""
        return self._each(self._header, heights)

    def spenders(self, watched: Sequence[Watched]) -> Iterator[SpentBy]:
        """Who spends each output, in the order asked; one request for each transaction."""
        vouts: dict[bytes, list[int]] = {}
        for one in watched:
            vouts.setdefault(one.outpoint.txid, []).append(one.outpoint.vout)
        answers = zip(vouts, self._each(self._spenders_of, vouts.items()), strict=True)
        found: dict[OutPoint, SpentBy] = {}
        for one in watched:
            while one.outpoint not in found:
                _, spent = next(answers)
                found.update(spent)
            yield found[one.outpoint]

    def history(self, script_pubkey: bytes) -> Iterator[Mention]:
        """Every transaction in a block that pays or spends a script, newest first, each once.

        Pages are asked for until one is empty: servers differ in how many a page holds.
        """
        path = f"/scripthash/{sha256(script_pubkey).hexdigest()}/txs/chain"
        seen: set[bytes] = set()
        after = ""
        while True:
            said = self._ask(path + after)
            page = said.mentions()
            for mention in page:
                if mention.txid in seen:
                    said.refuse(
                        f"transaction {format_hash(mention.txid)} comes twice in the history"
                    )
                seen.add(mention.txid)
                yield mention
            if not page:
                return
            after = f"/{format_hash(page[-1].txid)}"

    def mempool(self, script_pubkey: bytes) -> list[Mention]:
        """The transactions that pay or spend a script and wait for a block, as the server sees."""
        digest = sha256(script_pubkey).hexdigest()
        return self._ask(f"/scripthash/{digest}/txs/mempool").mentions()

    def tx_count(self, script_pubkey: bytes) -> int:
        """How many transactions in blocks pay or spend a script, as the server counts."""
        return self._ask(f"/scripthash/{sha256(script_pubkey).hexdigest()}").tx_count()

    def _raw(self, txid: bytes) -> bytes:
        return self._ask(f"/tx/{format_hash(txid)}/raw").body

    def _inclusion(self, mention: Mention) -> Inclusion | None:
        said = self._asked(f"/tx/{format_hash(mention.txid)}/merkle-proof")
        return None if said is None else said.inclusion()

    def _header(self, height: int) -> bytes:
        block_hash = self._block_hash(height)
        said = self._ask(f"/block/{format_hash(block_hash)}/header")
        header = said.header()
        if sha256d(header) != block_hash:
            said.refuse(f"the header given hashes to {format_hash(sha256d(header))}")
        return header

    def _block_hash(self, height: int) -> bytes:
        if height not in self._block_hashes:
            self._block_hashes[height] = self._ask(f"/block-height/{height}").block_hash()
        return self._block_hashes[height]

    def _spenders_of(self, asked: tuple[bytes, list[int]]) -> dict[OutPoint, SpentBy]:
        txid, vouts = asked
        path = f"/tx/{format_hash(txid)}"
        if len(vouts) == 1:
            return {OutPoint(txid, vouts[0]): self._ask(f"{path}/outspend/{vouts[0]}").outspend()}
        spent = self._ask(f"{path}/outspends").outspends(max(vouts) + 1)
        return {OutPoint(txid, vout): spent[vout] for vout in vouts}

    def _each(self, ask: Callable[[A], B], things: Iterable[A]) -> Iterator[B]:
        """The answer for each thing, in order; several are asked for at once, a few ahead."""
        waiting = iter(things)
        if self._at_once == 1:
            yield from map(ask, waiting)
            return
        with ThreadPoolExecutor(self._at_once) as pool:
            while chunk := list(islice(waiting, _CHUNK)):
                yield from pool.map(ask, chunk)

    def _ask(self, path: str) -> Said:
        said = self._asked(path)
        if said is None:
            raise RemoteError(
                f"{self.client.endpoint}{path}: the server knows no such thing; check the txid, "
                "address and network, or use another server"
            )
        return said

    def _asked(self, path: str) -> Said | None:
        """The answer; None where the server says that there is none."""
        answer = self.client.get(path)
        where = f"{self.client.endpoint}{path}"
        if answer.status in _NOT_THERE:
            return None
        if answer.status != 200:
            text = shown(answer.body[:80].decode("ascii", "replace"))
            raise RemoteError(
                f"{where}: it answers with status {answer.status}, {text}; use another server"
            )
        if answer.content_type == "text/html":
            raise FalseAnswerError(
                f"{where}: a web page came where data was asked for; give the address of the API, "
                "which mostly ends with /api"
            )
        return Said(where, answer.body)
