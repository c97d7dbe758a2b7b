"""What every answer of the server carries: security headers, a request id, and who may read it elsewhere."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from sanic import Request, Sanic
from sanic.response import BaseHTTPResponse, HTTPResponse

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What a page of another origin may send and read; its own cookies and sign-in are never part of it.
CORS = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Kefu-Session, X-Request-ID",
    "Access-Control-Expose-Headers": "Retry-After, X-Request-ID",
    "Access-Control-Max-Age": "600",
}
ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def install(app: Sanic, origins: Sequence[str]) -> None:
    """Put the headers on every answer of the app; ``origins`` may embed the page and call the interface."""
    secure = security(origins)

    async def begin(request: Request) -> HTTPResponse | None:
        request_id(request)
        if request.method == "OPTIONS" and not request.path.startswith("/socket.io"):
            return HTTPResponse(status=204)
        return None

    async def finish(request: Request, response: BaseHTTPResponse) -> None:
        for header, value in secure.items():
            response.headers.setdefault(header, value)
        response.headers["X-Request-ID"] = request_id(request)
        response.headers.setdefault("Vary", "Origin")
        origin = request.headers.get("origin")
        if origin in origins:
            response.headers.update({**CORS, "Access-Control-Allow-Origin": origin})

    app.register_middleware(begin, "request")
    app.register_middleware(finish, "response")


def security(origins: Sequence[str]) -> dict[str, str]:
    """No inline script, nothing from elsewhere: what anybody writes is shown as text, never run."""
    ancestors = " ".join(("'self'", *origins)) if origins else "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' https: data: blob:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}"
    )
    # X-Frame-Options knows no list; where one is needed the policy above speaks alone.
    framing = {} if origins else {"X-Frame-Options": "DENY"}
    return {"Content-Security-Policy": policy, **ALWAYS, **framing}


def request_id(request: Request) -> str:
    """The id of a request: the caller's own where it has a sane one, else a new one."""
    if not hasattr(request.ctx, "kefu_request_id"):
        given = str(request.headers.get("x-request-id", ""))
        request.ctx.kefu_request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    return str(request.ctx.kefu_request_id)
