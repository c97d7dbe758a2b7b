"""Reads requests: JSON bodies within their limits, bearer tokens."""

from __future__ import annotations

import json
from typing import Any

from sanic import Request

from kefu.channels.refusals import Refusal

LARGEST_BODY = 16 * 1024
LONGEST_TOKEN = 4096


def json_object(request: Request, *, may_be_empty: bool = False) -> dict[str, Any]:
    """The body as a JSON object; raises Refusal 400, 413 or 415."""
    if may_be_empty and not request.body:
        return {}
    if len(request.body) > LARGEST_BODY:
        raise Refusal(413, "too_large", "The body is larger than 16 kB. Send less.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "unsupported_media_type", "Send the body as application/json.")
    try:
        body = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "malformed", "The body is not JSON in UTF-8.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "malformed", "The body must be a JSON object.")
    return body


def bearer_token(request: Request) -> str:
    """The token of the Authorization header; raises Refusal 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not is_token(token.strip()):
        raise Refusal(401, "no_token", "Open a conversation first, then send its token as a bearer token.")
    return token.strip()


def optional_text(body: dict[str, Any], name: str) -> str | None:
    """A text of the body, None where it is absent or null; raises Refusal 400 for anything else."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, "malformed", f'"{name}" must be a text.')
    return value


def is_token(text: str) -> bool:
    """Whether ``text`` could be a signed token at all (ASCII, not empty, not endless)."""
    return bool(text) and text.isascii() and len(text) <= LONGEST_TOKEN
