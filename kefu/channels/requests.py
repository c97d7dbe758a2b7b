"""Reads requests: JSON bodies within their limits, bearer tokens."""

from __future__ import annotations

import json
from typing import Any

from sanic import Request
from sanic.request import parse_multipart_form

from kefu.channels.records import Visitor
from kefu.channels.refusals import Refusal

LARGEST_BODY = 16 * 1024
LONGEST_TOKEN = 4096
MOST_PARTS = 32  # of a multipart body; each costs time


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


async def body_within(request: Request, most: int, *, words: str) -> bytes:
    """The body of a streamed request (Sanic sets it no limit); raises Refusal 413 with ``words``."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise Refusal(413, "too_large", words)
    body = b""
    while part := await request.stream.read() if request.stream else None:
        body += part
        if len(body) > most:
            raise Refusal(413, "too_large", words)
    return body


def uploaded(request: Request, body: bytes) -> bytes:
    """The one file of a multipart body; raises Refusal 400 or 415."""
    kind, _, options = request.headers.get("content-type", "").partition(";")
    boundary = options.partition("boundary=")[2].strip().strip('"')
    if kind.strip().lower() != "multipart/form-data" or not boundary:
        raise Refusal(415, "unsupported_media_type", "Send the picture as multipart/form-data.")
    if body.count(boundary.encode("utf-8")) > MOST_PARTS:
        raise Refusal(400, "malformed", "Send one picture and nothing else.")
    try:
        _, files = parse_multipart_form(body, boundary.encode("ascii"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # Sanic's parser trusts its input
        raise Refusal(400, "malformed", "The body is not multipart/form-data.") from error
    found = [file for name in files for file in files.getlist(name)]
    if len(found) != 1:
        raise Refusal(400, "malformed", "Send one picture at a time.")
    return bytes(found[0].body)


def address_of(request: Request) -> str:
    """The client's address: as the proxies of KEFU_PROXIES say, else the connection's."""
    return request.remote_addr or request.ip


def routed_to(named: str | None, visitor: Visitor) -> None:
    """What a client names for routing is checked against its token; raises Refusal 403."""
    if named is not None and named != visitor.session_id:
        raise Refusal(403, "other_session", "The token belongs to another conversation.")


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
