"""The requests of the Esplora API, and what answers each.

Source: Blockstream, esplora, API.md; the status codes and words of refusals are its server's. The
few of mempool.space's that a store can answer stand at the end.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from peelchain.actions.esplora import blocks, extensions, proofs, scripts, spends, transactions
from peelchain.actions.esplora.asked import script_of_address, script_of_hash
from peelchain.actions.esplora.block_extras import block_with_extras, blocks_with_extras
from peelchain.actions.esplora.prefixes import addresses_beginning
from peelchain.web.answers import Json
from peelchain.web.esplora.desk import Answer, Asked, Desk

Form = Callable[[Any], Response]

NO_MEMPOOL = {"count": 0, "vsize": 0, "total_fee": 0, "fee_histogram": []}
READ_ONLY = "This server is read only: it has no node to broadcast a transaction to"


def _text(told: Any) -> Response:
    return PlainTextResponse(str(told))


def _binary(told: bytes) -> Response:
    return Response(told, media_type="application/octet-stream")


def _of_address(asked: Asked) -> bytes | None:
    return script_of_address(asked["address"], asked.view)


def _of_hash(asked: Asked) -> bytes | None:
    return script_of_hash(asked["scripthash"], asked.hashes, asked.view)


def routes(desk: Desk) -> list[Route]:
    """Every route, for the application's router."""

    def told(path: str, answer: Answer, form: Form = Json) -> Route:
        async def endpoint(request: Request) -> Response:
            return form(await desk.answer(answer, {**request.query_params, **request.path_params}))

        return Route(path, endpoint, methods=["GET"])

    return [
        told("/tx/{txid}", lambda a: transactions.transaction(a["txid"], a.view)),
        told("/tx/{txid}/status", lambda a: transactions.transaction_status(a["txid"], a.view)),
        told("/tx/{txid}/raw", lambda a: transactions.raw_transaction(a["txid"], a.view), _binary),
        told(
            "/tx/{txid}/hex",
            lambda a: transactions.raw_transaction(a["txid"], a.view).hex(),
            _text,
        ),
        told("/tx/{txid}/merkle-proof", lambda a: proofs.merkle_proof(a["txid"], a.view)),
        told(
            "/tx/{txid}/merkleblock-proof", lambda a: proofs.merkle_block(a["txid"], a.view), _text
        ),
        told("/tx/{txid}/outspend/{vout}", lambda a: spends.outspend(a["txid"], a["vout"], a.view)),
        told("/tx/{txid}/outspends", lambda a: spends.outspends(a["txid"], a.view)),
        *_script_routes(told, "address", _of_address),
        *_script_routes(told, "scripthash", _of_hash),
        told("/address-prefix/{prefix}", lambda a: addresses_beginning(a["prefix"], a.view)),
        told("/block/{hash}", lambda a: blocks.block(a["hash"], a.view)),
        told("/block/{hash}/header", lambda a: blocks.header(a["hash"], a.view), _text),
        told("/block/{hash}/raw", lambda a: blocks.raw_block(a["hash"], a.view), _binary),
        told("/block/{hash}/status", lambda a: blocks.block_status(a["hash"], a.view)),
        told("/block/{hash}/txs", lambda a: blocks.block_txs(a["hash"], None, a.view)),
        told(
            "/block/{hash}/txs/{start}", lambda a: blocks.block_txs(a["hash"], a["start"], a.view)
        ),
        told("/block/{hash}/txids", lambda a: blocks.block_txids(a["hash"], a.view)),
        told(
            "/block/{hash}/txid/{index}",
            lambda a: blocks.block_txid(a["hash"], a["index"], a.view),
            _text,
        ),
        told("/block-height/{height}", lambda a: blocks.hash_at(a["height"], a.view), _text),
        told("/blocks/tip/height", lambda a: blocks.tip_height(a.view), _text),
        told("/blocks/tip/hash", lambda a: blocks.tip_hash(a.view), _text),
        told("/blocks", lambda a: blocks.newest_blocks(None, a.view)),
        told("/blocks/{height}", lambda a: blocks.newest_blocks(a["height"], a.view)),
        told("/mempool", lambda a: NO_MEMPOOL),
        told("/mempool/txids", lambda a: []),
        told("/mempool/recent", lambda a: []),
        told("/fee-estimates", lambda a: {}),
        told("/v1/blocks", lambda a: blocks_with_extras(None, a.view)),
        told("/v1/blocks/{height}", lambda a: blocks_with_extras(a["height"], a.view)),
        told("/v1/block/{hash}", lambda a: block_with_extras(a["hash"], a.view)),
        told("/txs/outspends", lambda a: extensions.outspends_of(a.named.get("txids", ""), a.view)),
        told(
            "/v1/validate-address/{address}", lambda a: extensions.validated(a["address"], a.view)
        ),
        told(
            "/v1/mining/blocks/timestamp/{timestamp}",
            lambda a: extensions.block_before(a["timestamp"], a.view),
        ),
        Route("/tx", _refused, methods=["POST"]),
    ]


def _script_routes(
    told: Callable[..., Route], name: str, script_of: Callable[[Asked], bytes | None]
) -> list[Route]:
    def stats(asked: Asked) -> Any:
        return {name: asked[name], **scripts.script_stats(script_of(asked), asked.view)}

    def txs(asked: Asked) -> Any:
        last_seen = asked.named.get("last_seen", asked.named.get("after_txid"))
        return scripts.script_txs(script_of(asked), last_seen, asked.view)

    def no_txs(asked: Asked) -> Any:
        script_of(asked)
        return []

    path = f"/{name}/{{{name}}}"
    return [
        told(path, stats),
        told(f"{path}/txs", txs),
        told(f"{path}/txs/chain", txs),
        told(f"{path}/txs/chain/{{last_seen}}", txs),
        told(f"{path}/txs/mempool", no_txs),
        told(f"{path}/utxo", lambda a: scripts.script_unspent(script_of(a), a.view)),
    ]


async def _refused(request: Request) -> Response:
    return PlainTextResponse(READ_ONLY, 403)
