"""The chat page and its files. `GET /` belongs to Rasa, so a middleware answers before its route does."""

from __future__ import annotations

from pathlib import Path

from sanic import Request, Sanic
from sanic.response import BaseHTTPResponse, HTTPResponse, file, raw

from kefu.channels.refusals import Refusal

WEB = Path(__file__).parent / "web"
STATIC = {"chat.css": "text/css; charset=utf-8", "chat.js": "text/javascript; charset=utf-8"}
# No inline script, nothing from elsewhere: what a customer or a shop writes is shown as text, never run.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Sanic) -> None:
    """Serve the page at ``/`` and put the security headers on every answer of the app."""
    page = (WEB / "index.html").read_bytes()

    async def serve_page(request: Request) -> HTTPResponse | None:
        if request.path != "/" or request.method not in {"GET", "HEAD"}:
            return None
        body = page if request.method == "GET" else b""
        return raw(body, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})

    async def secure(request: Request, response: BaseHTTPResponse) -> None:
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)

    app.register_middleware(serve_page, "request")
    app.register_middleware(secure, "response")


async def static_file(request: Request, name: str) -> HTTPResponse:
    """GET /chat/static/NAME: one of the page's own files, nothing else of the folder."""
    if name not in STATIC:
        raise Refusal(404, "not_found", "There is nothing at this address.")
    return await file(WEB / name, mime_type=STATIC[name], headers={"Cache-Control": "no-cache"})
