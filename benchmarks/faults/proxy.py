"""Stands between the chat server and the action server and does what a broken one does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp
from aiohttp import web

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
UNKNOWN = {"events": [{"event": "slot", "name": "no_such_slot", "value": 1}], "responses": []}
MISDEEDS = ("slow", "never", "500", "html", "unknown-slot")


@dataclass
class Proxy:
    """Hands calls on to ``target``. ``misdeed``: what it does to answers of /webhook; ``done``: whether the
    action server gets the call all the same, so that only the answer is lost."""

    target: str
    port: int
    misdeed: str | None = None
    done: bool = True
    seconds: float = 10.0
    calls: int = 0
    _runner: web.AppRunner | None = None
    _http: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Listen on 127.0.0.1."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None and self._http is not None:
            await self._runner.cleanup()
            await self._http.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        misdeed = self.misdeed if request.path == "/webhook" else None
        if misdeed is None:
            return await self._handed_on(request)
        self.calls += 1
        honest = await self._handed_on(request) if self.done else None
        if misdeed == "never":
            await asyncio.sleep(120)
        if misdeed == "slow":
            await asyncio.sleep(self.seconds)
            return honest or await self._handed_on(request)
        if misdeed == "html":
            return web.Response(text=HTML, content_type="text/html")
        if misdeed == "unknown-slot":
            return web.json_response(UNKNOWN)
        return web.Response(status=500, text="Internal Server Error")

    async def _handed_on(self, request: web.Request) -> web.StreamResponse:
        assert self._http is not None
        body = await request.read()
        headers = {name: value for name, value in request.headers.items()
                   if name.lower() in ("authorization", "content-type")}  # fmt: skip
        try:
            async with self._http.request(
                request.method, self.target + request.path_qs, data=body, headers=headers
            ) as answer:
                content = await answer.read()
                kind = answer.headers.get("Content-Type", "application/json")
                return web.Response(status=answer.status, body=content, headers={"Content-Type": kind})
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.close()  # as a dead server ends a call
            raise
