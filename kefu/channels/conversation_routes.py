"""The addresses of a conversation besides its messages: history, pictures, feedback, the interface itself."""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, json, raw

from kefu.channels.conversations import Conversations
from kefu.channels.front import MessageReader
from kefu.channels.images import LARGEST_IMAGE, re_encoded
from kefu.channels.limits import Limits
from kefu.channels.openapi import document
from kefu.channels.records import Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.requests import (
    address_of,
    bearer_token,
    body_within,
    json_object,
    optional_text,
    routed_to,
    uploaded,
)
from kefu.channels.text import normalise
from kefu.errors import StoreError
from kefu.shop import chats
from kefu.shop.photos import Photo

FORM_OVERHEAD = 64 * 1024  # bytes of a multipart body besides the picture
LONGEST_COMMENT = 2000
TOO_LARGE = "The picture is larger than 5 MB. Send a smaller one."
RATINGS = ("up", "down")
HIGHEST_SEQ = 2**31 - 1


class ConversationRoutes:
    """Everything of one conversation that is no message."""

    def __init__(self, reader: MessageReader, conversations: Conversations, limits: Limits) -> None:
        self._reader = reader
        self._conversations = conversations
        self._history = conversations.history
        self._limits = limits

    async def messages(self, request: Request) -> HTTPResponse:
        """GET /chat/messages?after=SEQ: what was said, one page of it."""
        after = _number(request.args.get("after", "0"))
        await self._limits.connecting(address=address_of(request))
        visitor = await self._visitor(request)
        await self._conversations.take_up(visitor.session_id)
        found = await self._history.after(visitor.session_id, after)
        return _json({"messages": [chats.view(message) for message in found]})

    async def attach(self, request: Request) -> HTTPResponse:
        """POST /chat/attachments: a picture, encoded anew without its metadata."""
        visitor = await self._visitor(request)
        await self._limits.picture(session_id=visitor.session_id, address=address_of(request))
        body = await body_within(request, LARGEST_IMAGE + FORM_OVERHEAD, words=TOO_LARGE)
        photo = await asyncio.to_thread(_photo, request, body)
        kept = await self._history.keep_photo(visitor.session_id, photo)
        size = {"width": kept.width, "height": kept.height}
        return _json({"attachment_id": kept.attachment_id, **size}, status=201)

    async def attachment(self, request: Request, attachment_id: str) -> HTTPResponse:
        """GET /chat/attachments/ID: a picture of this conversation."""
        visitor = await self._visitor(request)
        kept = await self._history.photo(visitor.session_id, attachment_id)
        if kept is None:
            raise Refusal(404, "not_found", "This conversation has no such picture.")
        headers = {"Cache-Control": "private, max-age=3600", "Content-Disposition": "inline"}
        return raw(kept.content, content_type=kept.media_type, headers=headers)

    async def feedback(self, request: Request) -> HTTPResponse:
        """POST /chat/feedback: a thumb for an answer, or a score from 1 to 5 for the conversation."""
        token = bearer_token(request)
        opinion = _opinion(json_object(request))
        visitor = await self._visitor(request, token=token)
        await self._limits.message(visitor, address=address_of(request))
        if not await self._history.rate(visitor.session_id, **opinion):
            raise Refusal(404, "not_found", "The assistant said nothing with this number.")
        return HTTPResponse(status=204)

    async def openapi(self, request: Request) -> HTTPResponse:
        """GET /chat/openapi.json: this interface, for programs."""
        return json(document(), headers={"Cache-Control": "no-cache"}, ensure_ascii=False)

    async def _visitor(self, request: Request, *, token: str | None = None) -> Visitor:
        try:
            visitor = await self._reader.visitor(token or bearer_token(request))
        except StoreError as error:
            raise unavailable() from error
        routed_to(request.headers.get("x-kefu-session"), visitor)
        return visitor


def _photo(request: Request, body: bytes) -> Photo:
    content = uploaded(request, body)
    if len(content) > LARGEST_IMAGE:
        raise Refusal(413, "too_large", TOO_LARGE)
    return re_encoded(content)


def unavailable() -> Refusal:
    """The store does not answer."""
    words = "Our records cannot be reached just now. Nothing was done. Try again in a moment."
    return Refusal(503, "unavailable", words)


def _opinion(body: dict[str, Any]) -> dict[str, Any]:
    score, comment = body.get("score"), optional_text(body, "comment")
    if comment is not None and len(comment := normalise(comment)) > LONGEST_COMMENT:
        raise Refusal(422, "too_long", f"The comment has more than {LONGEST_COMMENT} characters.")
    if score is not None:
        if type(score) is not int or not 1 <= score <= 5:
            raise Refusal(400, "malformed", '"score" must be a number from 1 to 5.')
        return {"seq": 0, "rating": None, "score": score, "comment": comment}
    seq, rating = body.get("seq"), body.get("rating")
    if type(seq) is not int or not 1 <= seq <= HIGHEST_SEQ or rating not in RATINGS:
        words = 'The body needs "seq" and "rating" ("up" or "down"), or "score" (1 to 5).'
        raise Refusal(400, "malformed", words)
    return {"seq": seq, "rating": rating, "score": None, "comment": comment}


def _number(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit() or int(text) > HIGHEST_SEQ:
        raise Refusal(400, "malformed", '"after" must be the number of a message, 0 for all.')
    return int(text)


def _json(body: Any, *, status: int = 200) -> HTTPResponse:
    return json(body, status=status, headers={"Cache-Control": "no-store"}, ensure_ascii=False)
