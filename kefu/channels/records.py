"""What the chat keeps and asks for: plain values and the one protocol that wiring.py fulfils."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kefu.shop.inbox import Claim, Due

# One message of an answer as it leaves: text, buttons, image, custom, recipient_id.
Message = dict[str, Any]


@dataclass(frozen=True)
class Visitor:
    """Whose conversation a request belongs to; ``customer_name`` where it was asked for."""

    session_id: str
    language: str | None
    customer_name: str | None
    expires_at: datetime
    customer_id: str | None = None


@dataclass(frozen=True)
class Press:
    """What a button stands for. An empty ``intent`` means that the title is sent as plain text."""

    nonce: str
    title: str
    intent: str
    entities: Mapping[str, Any]


@dataclass(frozen=True)
class Answered:
    """An answer given before to the same message id, and the digest of what was asked."""

    content_hash: str
    messages: Sequence[Message]


@dataclass(frozen=True)
class DemoCustomer:
    """Somebody whom a visitor of the demo may be."""

    customer_id: str
    name: str


class ChatRecords(Protocol):
    """The chat's memory. Every method raises StoreError when the store does not answer."""

    async def open_session(self, *, customer_token: str | None, language: str | None) -> tuple[Visitor, str]:
        """Mint a session; return it with its signed token. Raises TokenError for a bad customer token."""

    async def visitor(self, token: str, *, named: bool = False) -> Visitor:
        """Whose session token this is; raises TokenError where it is nobody's or too old.

        Their name only if ``named``: it takes one more look into the store, and messages need none.
        """

    async def visitor_of(self, session_id: str) -> Visitor | None:
        """Whose running session this is; None where it has ended or was never there."""

    async def answered(self, session_id: str, message_id: str) -> Answered | None:
        """The answer kept for this message id, or None."""

    async def keep(
        self, message_id: str, *, answered: Answered, presses: Sequence[Press], claim: Claim
    ) -> Due | None:
        """Keep an answer together with what its buttons stand for; what is due in the conversation then.

        Raises Overtaken, and keeps nothing, where the claim does not stand any more.
        """

    async def take_press(self, session_id: str, nonce: str, message_id: str) -> Press | None:
        """What a button means, for one message; None where it is unknown, used or another session's."""

    async def demo_customers(self) -> list[DemoCustomer] | None:
        """Whom a visitor may be in the demo; None outside demo mode."""

    async def demo_token(self, customer_id: str) -> str | None:
        """A token as the shop would sign it; None outside demo mode or for an unknown customer."""

    async def check(self) -> None:
        """Raise StoreError unless the store answers."""

    async def close(self) -> None:
        """Give the store's connections back."""
