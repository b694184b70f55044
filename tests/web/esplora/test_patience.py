"""An answer that takes too long is given up, and the server goes on."""

import asyncio
from pathlib import Path

import httpx

from peelchain.web.esplora.app import make_app
from peelchain.web.esplora.desk import Desk
from peelchain.web.esplora.guard import Names


def test_who_waits_too_long_is_told_so(chain_store: Path) -> None:
    async def asked(seconds: float) -> httpx.Response:
        desk = Desk(chain_store, answer_seconds=seconds)
        app = make_app(desk, Names(frozenset({"here:1"})), None)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here:1") as client:
            await desk.start()
            try:
                return await client.get("/blocks")
            finally:
                await desk.close()

    late = asyncio.run(asked(0.0))
    assert late.status_code == 503
    assert "takes longer" in late.text
    assert asyncio.run(asked(60.0)).status_code == 200
