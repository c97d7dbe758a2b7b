"""The addresses of the chat interface that talk (shared/chat_api.md); each handler reads, asks, answers."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from sanic import Request
from sanic.response import HTTPResponse, json

from kefu.channels.conversation_routes import unavailable
from kefu.channels.conversations import Conversations
from kefu.channels.front import MessageReader, language_in
from kefu.channels.health import require_model
from kefu.channels.limits import Limits
from kefu.channels.records import ChatRecords, Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.requests import address_of, bearer_token, is_token, json_object, optional_text
from kefu.errors import StoreError, TokenError

T = TypeVar("T")


class ChatRoutes:
    """Sessions, messages and the demo's sign-in over the chat's records and turns."""

    def __init__(
        self, records: ChatRecords, conversations: Conversations, reader: MessageReader, limits: Limits
    ) -> None:
        self._records = records
        self._conversations = conversations
        self._reader = reader
        self._limits = limits

    async def open_session(self, request: Request) -> HTTPResponse:
        """POST /chat/sessions: mint a conversation, for a customer or a guest."""
        body = json_object(request, may_be_empty=True)
        token = optional_text(body, "customer_token")
        language = language_in(body)
        if token is not None and not is_token(token):
            raise _bad_customer_token()
        await self._limits.opening(address=address_of(request))
        visitor, signed = await self._open(token, language)
        opened = {
            "session_id": visitor.session_id,
            "token": signed,
            "expires_at": visitor.expires_at.isoformat(),
            "customer": {"name": visitor.customer_name} if visitor.customer_name else None,
        }
        return _json(opened, status=201)

    async def receive(self, request: Request) -> HTTPResponse:
        """POST /webhooks/rest/webhook: a customer's message, answered."""
        token = bearer_token(request)
        body = json_object(request)
        named = request.headers.get("x-kefu-session")
        reading = self._reader.read(body, token, address=address_of(request), named=named)
        visitor, said = await _from_store(reading)
        require_model(request.app)
        return _json(await _from_store(self._conversations.answer(visitor, said)))

    async def demo_customers(self, request: Request) -> HTTPResponse:
        """GET /chat/demo: whom a visitor of the demo may be."""
        customers = await _from_store(self._records.demo_customers())
        if customers is None:
            raise _no_demo()
        rows = [{"customer_id": row.customer_id, "name": row.name} for row in customers]
        return _json({"customers": rows})

    async def demo_token(self, request: Request) -> HTTPResponse:
        """POST /chat/demo-token: the token that the shop's own page would hand over."""
        if await _from_store(self._records.demo_customers()) is None:
            raise _no_demo()
        customer_id = optional_text(json_object(request), "customer_id")
        if not customer_id or not is_token(customer_id):
            raise Refusal(400, "malformed", 'The body needs a "customer_id".')
        token = await _from_store(self._records.demo_token(customer_id))
        if token is None:
            raise Refusal(404, "not_found", "The demo shop has no such customer.")
        return _json({"customer_token": token})

    async def _open(self, token: str | None, language: str | None) -> tuple[Visitor, str]:
        try:
            return await _from_store(self._records.open_session(customer_token=token, language=language))
        except TokenError as error:
            raise _bad_customer_token() from error


async def _from_store(waiting: Awaitable[T]) -> T:
    """What the records give; a silent store becomes a 503."""
    try:
        return await waiting
    except StoreError as error:
        raise unavailable() from error


def _json(body: Any, *, status: int = 200) -> HTTPResponse:
    return json(body, status=status, headers={"Cache-Control": "no-store"}, ensure_ascii=False)


def _bad_customer_token() -> Refusal:
    return Refusal(
        401, "bad_customer_token", "The shop's sign-in is not valid or has expired. Sign in again."
    )


def _no_demo() -> Refusal:
    return Refusal(404, "not_found", "There is nothing at this address.")
