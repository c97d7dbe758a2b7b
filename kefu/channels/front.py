"""Reads what a customer sends, the same on REST and socket.io: a message, its limits, whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kefu.channels.conversations import new_message_id
from kefu.channels.history import History
from kefu.channels.limits import Limits
from kefu.channels.records import ChatRecords, Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.requests import is_token, optional_text, routed_to
from kefu.channels.text import accept_message, accept_message_id
from kefu.errors import TokenError
from kefu.shop.chats import Said

LANGUAGES = ("en", "zh")
MOST_ATTACHMENTS = 5


class MessageReader:
    """Messages of customers, checked and counted."""

    def __init__(self, records: ChatRecords, history: History, limits: Limits) -> None:
        self._records = records
        self._history = history
        self._limits = limits

    async def visitor(self, token: str, *, named: bool = False) -> Visitor:
        """Whose token it is, with their name if ``named``; raises Refusal 401, StoreError."""
        try:
            return await self._records.visitor(token, named=named)
        except TokenError as error:
            words = "This conversation has ended or its token is not valid. Open a new one."
            raise Refusal(401, "bad_token", words) from error

    async def read(
        self, body: Any, token: str, *, address: str, named: str | None = None
    ) -> tuple[Visitor, Said]:
        """A message and who sent it; raises Refusal 400, 401, 403, 422, 429, StoreError.

        ``named``: the conversation that the client named for routing, which must be the token's.
        """
        if not isinstance(body, dict):
            raise Refusal(400, "malformed", "A message must be a JSON object.")
        said, language = said_in(body), language_in(body)
        visitor = await self.visitor(token)
        routed_to(named, visitor)
        await self._limits.message(visitor, address=address)
        if language is not None and language != visitor.language:
            await self._history.set_language(visitor.session_id, language)
            visitor = replace(visitor, language=language)
        return visitor, said


def said_in(body: dict[str, Any]) -> Said:
    """The message of a body: text, or pictures with or without one; raises Refusal 400, 422."""
    attachments = _attachments_in(body)
    wordless = attachments and body.get("message") in (None, "")
    text = "" if wordless else accept_message(body.get("message"))
    message_id = accept_message_id(body.get("message_id")) or new_message_id()
    return Said(text, message_id, attachments)


def language_in(body: dict[str, Any]) -> str | None:
    """The language that a body names, None where it names none; raises Refusal 400."""
    language = optional_text(body, "language")
    if language is not None and language not in LANGUAGES:
        raise Refusal(400, "malformed", '"language" must be "en" or "zh".')
    return language


def _attachments_in(body: dict[str, Any]) -> tuple[str, ...]:
    found = body.get("attachments") or []
    if not isinstance(found, list) or len(found) > MOST_ATTACHMENTS:
        raise Refusal(400, "malformed", f'"attachments" must be a list of at most {MOST_ATTACHMENTS} ids.')
    if not all(isinstance(one, str) and is_token(one) for one in found):
        raise Refusal(400, "malformed", '"attachments" must be ids that /chat/attachments gave.')
    return tuple(found)
