"""The Electrum protocol as a source: ElectrumX, electrs, Fulcrum, or a server of one's own."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import Protocol

from peelchain.chain.partial.electrum_forms import HEADER_BYTES, Result
from peelchain.chain.partial.electrum_place import source_name
from peelchain.chain.partial.records import Transaction, of_raw
from peelchain.chain.partial.source import Inclusion, Mention, SpentBy, Tip, Watched
from peelchain.errors import FalseAnswerError, RemoteError, SourceError
from peelchain.network import Network
from peelchain.remote.certificates import Trust
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.json_rpc import Ask, JsonRpcClient, Refusal
from peelchain.remote.lines import LineLimits
from peelchain.script import is_unspendable, sha256d
from peelchain.units import OutPoint, format_hash

PROTOCOL = ("1.4", "1.4.3")
"""The least and greatest version of the protocol that is spoken."""

GENTLE_REQUESTS_PER_S = 10.0
"""What a server that many share is asked at most, unless the user says otherwise."""

MOST_CANDIDATES = 5_000
"""Transactions of one script that are looked at to find who spends an output that pays it."""

MOST_HEADERS = 2016
"""Headers asked for at once: what servers are recommended to give."""

_VERSION = Ask("server.version")
_FEATURES = Ask("server.features")
_TIP = Ask("blockchain.headers.subscribe")
_HEADER = Ask("blockchain.block.header")
_HEADERS = Ask("blockchain.block.headers", most_bytes=2 * HEADER_BYTES * MOST_HEADERS + 1024)
_RAW = Ask("blockchain.transaction.get", most_bytes=8_001_024)
_MERKLE = Ask("blockchain.transaction.get_merkle")
_HISTORY = Ask("blockchain.scripthash.get_history", most_bytes=16 << 20, most_values=1_000_000)

_WATCHED_AT_ONCE = 64
_CANDIDATES_AT_ONCE = 16


class HistoryRefusedError(RemoteError):
    """A server does not tell the transactions of a script, mostly because they are too many."""


class Kept(Protocol):
    """What was fetched before and need not be asked for again, of one network: a Vault."""

    @property
    def network(self) -> Network:
        """The network that the transactions are of."""

    def raw(self, txid: bytes) -> bytes | None:
        """The raw bytes of a transaction; None where they are not kept."""

    def answer(self, name: str) -> bytes | None:
        """An answer kept under this name, None where there is none."""

    def keep_answer(self, name: str, body: bytes) -> None:
        """Keeps an answer."""


class ElectrumSource:
    """A TxSource that speaks the Electrum protocol, 1.4 to 1.4.3, to one server.

    The protocol knows transactions by script alone: who spends an output is found among the
    transactions of its script, whose bytes are then kept in `kept` and not asked for again.
    Source: ElectrumX, docs/protocol-methods.rst. `sent` of `client` counts the requests.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        kept: Kept,
        *,
        trust: Trust | None = None,
        proxy: str | None = None,
        requests_per_s: float | None = None,
        limits: LineLimits | None = None,
        most_candidates: int = MOST_CANDIDATES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = source_name(endpoint)
        gentle = None if endpoint.is_local else GENTLE_REQUESTS_PER_S
        # a client's name would tell the server who asks, and the protocol wants none
        self.client = JsonRpcClient(
            endpoint,
            greeting=(_VERSION, ["", list(PROTOCOL)]),
            greeted=self._greeted,
            trust=trust,
            proxy=proxy,
            limits=limits,
            requests_per_s=requests_per_s or gentle,
            sleep=sleep,
        )
        self._kept = kept
        self._most_candidates = most_candidates
        self._tip: Tip | None = None
        self._histories: dict[bytes, list[Mention] | HistoryRefusedError] = {}
        self._spends: dict[OutPoint, bytes] = {}
        self._looked: set[bytes] = set()
        self._untold: dict[OutPoint, str] = {}
        self._fresh: dict[bytes, bytes] = {}
        """Bytes that had to be looked at and will be asked for next, most likely."""

    def close(self) -> None:
        """Closes the connection."""
        self.client.close()

    def tip(self) -> Tip:
        """The tip now."""
        height, header = self._ask(_TIP).tip()
        tip = Tip(height, sha256d(header))
        if tip != self._tip:
            self._tip = tip
            self._histories.clear()
        return tip

    def genesis_hash(self) -> bytes:
        """The hash of the first block: which chain it serves, by its header and its own word.

        Raises FalseAnswerError where they differ, and RemoteError for a server that forgets
        transactions or names scripts in another way.
        """
        features = self._ask(_FEATURES)
        if features.member("hash_function") not in (None, "sha256"):
            raise RemoteError(
                f"{self.name}: it names scripts in an unknown way; use another server"
            )
        if features.member("pruning") is not None:
            raise RemoteError(
                f"{self.name}: it forgets old transactions, so what it does not tell proves "
                "nothing; use another server"
            )
        block_hash = sha256d(self._ask(_HEADER, 0).header())
        if features.hash("genesis_hash") != block_hash:
            features.refuse("the first block is not the one whose header it gives")
        return block_hash

    def raw_txs(self, txids: Sequence[bytes]) -> Iterator[bytes]:
        """The raw bytes of each transaction, in the order asked."""
        for txid, raw, _ in self._txs(txids):
            self._fresh.pop(txid, None)
            yield raw

    def inclusions(self, mentions: Sequence[Mention]) -> Iterator[Inclusion | None]:
        """Where each transaction is, None for one that no block has; each is asked for once.

        The height of one that comes without is looked for in the history of what it pays.
        """
        heights = self._heights(mentions)
        results = self._ask_all(
            _MERKLE, [(format_hash(txid), h) for txid, h in heights.items() if h is not None]
        )
        for mention in mentions:
            height = heights[mention.txid]
            yield None if height is None else next(results).inclusion(height)

    def headers(self, heights: Sequence[int]) -> Iterator[bytes]:
        """The 80 bytes of the header at each height; those in a row are asked for at once."""
        rows = list(_rows(heights))
        single = self._ask_all(_HEADER, [(first,) for first, count in rows if count == 1])
        many = self._ask_all(_HEADERS, [row for row in rows if row[1] > 1])
        for first, count in rows:
            if count == 1:
                yield next(single).header()
                continue
            given = next(many).headers(count)
            while len(given) < count:
                # a server may give fewer at once than it is recommended to
                left = count - len(given)
                given += self._ask(_HEADERS, first + len(given), left).headers(left)
            yield from given

    def spenders(self, watched: Sequence[Watched]) -> Iterator[SpentBy]:
        """Who spends each output, in the order asked.

        Untold are those of scripts with too many transactions for the server, or to look at.
        Raises FalseAnswerError for a history that leaves out the transaction that pays.
        """
        waiting = iter(watched)
        while some := list(islice(waiting, _WATCHED_AT_ONCE)):
            spendable = [one for one in some if not is_unspendable(one.script_pubkey)]
            self._look_up(one.script_pubkey for one in spendable)
            self._look_for(spendable)
            for one in some:
                yield self._spent_by(one)

    def _spent_by(self, one: Watched) -> SpentBy:
        txid = self._spends.get(one.outpoint)
        refused = self._histories.get(one.script_pubkey)
        if isinstance(refused, HistoryRefusedError):
            return SpentBy(None, untold=f"{refused}: who spends {one.outpoint} is not known")
        if txid is not None:
            return SpentBy(txid, self._mentioned(one.script_pubkey, txid).height)
        return SpentBy(None, untold=self._untold.get(one.outpoint))

    def history(self, script_pubkey: bytes) -> Iterator[Mention]:
        """Every transaction in a block that pays or spends a script, newest first."""
        yield from (m for m in reversed(self._history(script_pubkey)) if m.height is not None)

    def mempool(self, script_pubkey: bytes) -> list[Mention]:
        """The transactions that pay or spend a script and wait for a block, as the server sees."""
        return [m for m in self._history(script_pubkey) if m.height is None]

    def tx_count(self, script_pubkey: bytes) -> int:
        """How many transactions in blocks pay or spend a script."""
        return sum(1 for _ in self.history(script_pubkey))

    # --- histories ---

    def _look_up(self, scripts: Iterable[bytes]) -> None:
        """Asks for the histories of scripts that are not known as of the last tip."""
        wanted = [s for s in dict.fromkeys(scripts) if s not in self._histories]
        params = [(sha256(script).digest()[::-1].hex(),) for script in wanted]
        answers = self.client.ask_all(_HISTORY, params)
        for script, one, answer in zip(wanted, params, answers, strict=True):
            try:
                self._histories[script] = self._result(_HISTORY, one, answer).history()
            except HistoryRefusedError as e:
                self._histories[script] = e

    def _history(self, script: bytes) -> list[Mention]:
        self._look_up([script])
        found = self._histories[script]
        if isinstance(found, HistoryRefusedError):
            raise found
        return found

    def _mentioned(self, script: bytes, txid: bytes) -> Mention:
        for mention in self._history(script):
            if mention.txid == txid:
                return mention
        raise FalseAnswerError(
            f"{self.name}: the history of a script leaves out transaction {format_hash(txid)}, "
            "which pays or spends it: so it is not whole; use another server"
        )

    def _heights(self, mentions: Sequence[Mention]) -> dict[bytes, int | None]:
        """The height of each transaction; of those without, by the history of a script they pay.

        Where a server does not tell one, for too many transactions pay it, the next is tried.
        """
        found = {m.txid: m.height for m in mentions}
        paid: dict[bytes, list[bytes]] = {}
        for txid, raw, tx in self._txs([txid for txid, height in found.items() if height is None]):
            self._fresh[txid] = raw
            scripts = (o.script_pubkey for o in tx.outputs)
            paid[txid] = [s for s in dict.fromkeys(scripts) if not is_unspendable(s)]
        while paid:
            for txid, left in paid.items():
                if not left:
                    raise RemoteError(
                        f"{self.name}: it does not tell in which block transaction "
                        f"{format_hash(txid)} is, by any of the scripts that it pays; use an "
                        "Esplora server or a node"
                    )
            self._look_up(left[0] for left in paid.values())
            for txid, left in list(paid.items()):
                script = left.pop(0)
                if not isinstance(self._histories[script], HistoryRefusedError):
                    found[txid] = self._mentioned(script, txid).height
                    del paid[txid]
        return found

    # --- spenders ---

    def _search(self, one: Watched) -> Iterator[bytes]:
        """What to look at for the spender of an output, nearest first; ends once it is found."""
        history = self._histories[one.script_pubkey]
        if isinstance(history, HistoryRefusedError):
            return
        paid = self._mentioned(one.script_pubkey, one.outpoint.txid)
        after = [
            m.txid
            for m in history
            if m is not paid and (m.height is None or m.height >= (paid.height or m.height))
        ]
        for number, txid in enumerate(after):
            if one.outpoint in self._spends:
                return
            if txid in self._looked:
                continue
            if number >= self._most_candidates:
                self._untold[one.outpoint] = (
                    f"{self.name}: who spends output {one.outpoint} could be any of "
                    f"{len(after):,} transactions of its script, of which {number:,} were looked "
                    "at; use an Esplora server or a node, which know it"
                )
                return
            yield txid

    def _look_for(self, watched: list[Watched]) -> None:
        searches = [self._search(one) for one in watched]
        while wanted := dict.fromkeys(
            chain.from_iterable(islice(s, _CANDIDATES_AT_ONCE) for s in searches)
        ):
            for txid, raw, _ in self._txs(list(wanted)):
                # most will be fetched as spenders, and then kept as such
                self._fresh[txid] = raw
        spenders = {self._spends.get(one.outpoint) for one in watched}
        for txid in self._fresh.keys() - spenders:
            self._kept.keep_answer(_answer_name(txid), self._fresh.pop(txid))

    # --- transactions ---

    def _txs(self, txids: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, Transaction]]:
        """Txid, bytes and parts of transactions, kept or asked for, checked with their txids."""
        kept = {txid: self._kept_raw(txid) for txid in txids}
        wanted = [txid for txid, raw in kept.items() if raw is None]
        results = self._ask_all(_RAW, [(format_hash(txid),) for txid in wanted])
        for txid in kept:
            raw = kept[txid] or next(results).raw()
            tx = self._checked(txid, raw)
            self._looked.add(txid)
            for given in tx.inputs:
                if given.prevout is not None:
                    self._spends[given.prevout.outpoint] = txid
            yield txid, raw, tx

    def _kept_raw(self, txid: bytes) -> bytes | None:
        return (
            self._fresh.get(txid) or self._kept.raw(txid) or self._kept.answer(_answer_name(txid))
        )

    def _checked(self, txid: bytes, raw: bytes) -> Transaction:
        try:
            tx = of_raw(raw, rules=self._kept.network.rules)
        except SourceError as e:
            raise FalseAnswerError(
                f"{self.name}: the bytes given for transaction {format_hash(txid)} are none ({e}); "
                "use another server"
            ) from None
        if tx.txid != txid:
            raise FalseAnswerError(
                f"{self.name}: the bytes given for transaction {format_hash(txid)} hash to "
                f"{format_hash(tx.txid)}; use another server"
            )
        return tx

    # --- asking ---

    def _greeted(self, answer: object) -> None:
        version = self._result(_VERSION, ["", ""], answer).version()
        if version[:2] != (1, 4):
            raise RemoteError(
                f"{self.name}: it speaks version {'.'.join(map(str, version))} of the protocol, "
                f"and {PROTOCOL[0]} to {PROTOCOL[1]} are spoken here; use another server"
            )

    def _ask(self, ask: Ask, *params: object) -> Result:
        return self._result(ask, params, self.client.ask(ask, *params))

    def _ask_all(self, ask: Ask, params: Sequence[Sequence[object]]) -> Iterator[Result]:
        answers = self.client.ask_all(ask, params)
        for one, answer in zip(params, answers, strict=True):
            yield self._result(ask, one, answer)

    def _result(self, ask: Ask, params: Sequence[object], answer: object) -> Result:
        where = f"{self.name}: {ask.method}"
        if not isinstance(answer, Refusal):
            return Result(where, answer)
        what = f" {params[0]}" if params else ""
        if ask is _HISTORY:
            raise HistoryRefusedError(
                f"{where}{what}: it says {answer.text}; where the script has too many transactions "
                "for it, use an Esplora server, a node, or a server that allows longer answers"
            )
        raise RemoteError(
            f"{where}{what}: it says {answer.text}; check the txid, address and network, or use "
            "another server"
        )


def _answer_name(txid: bytes) -> str:
    return f"tx:{format_hash(txid)}"


def _rows(heights: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First height and count of each row of heights that follow one another."""
    first, count = -1, 0
    for height in heights:
        if count and height == first + count and count < MOST_HEADERS:
            count += 1
            continue
        if count:
            yield first, count
        first, count = height, 1
    if count:
        yield first, count
