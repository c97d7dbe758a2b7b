"""The chat page and its files. `GET /` belongs to Rasa, so a middleware answers before its route does."""

from __future__ import annotations

from pathlib import Path

from sanic import Request, Sanic
from sanic.response import HTTPResponse, file, raw

from kefu.channels.refusals import Refusal

WEB = Path(__file__).parent / "web"
SCRIPT = "text/javascript; charset=utf-8"
STATIC = {"chat.css": "text/css; charset=utf-8", "chat.js": SCRIPT}
FRESH = {"Cache-Control": "no-cache"}


def install(app: Sanic) -> None:
    """Serve the page at ``/``."""
    page = (WEB / "index.html").read_bytes()

    async def serve_page(request: Request) -> HTTPResponse | None:
        if request.path != "/" or request.method not in {"GET", "HEAD"}:
            return None
        body = page if request.method == "GET" else b""
        return raw(body, content_type="text/html; charset=utf-8", headers=FRESH)

    app.register_middleware(serve_page, "request")


async def static_file(request: Request, name: str) -> HTTPResponse:
    """GET /chat/static/NAME: one of the page's own files, nothing else of the folder."""
    if name not in STATIC:
        raise Refusal(404, "not_found", "There is nothing at this address.")
    return await file(WEB / name, mime_type=STATIC[name], headers=FRESH)


async def widget(request: Request) -> HTTPResponse:
    """GET /chat/widget.js: the one script tag by which a shop embeds the chat."""
    return await file(WEB / "widget.js", mime_type=SCRIPT, headers=FRESH)
