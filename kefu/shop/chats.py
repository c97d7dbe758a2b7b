"""What is said in a conversation: an inbox that is written before it is worked on, and answers that are
written before they are sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kefu.errors import KefuError
from kefu.store.chat_records import ChatMessage, Feedback

if TYPE_CHECKING:
    from kefu.store import Transaction

PRESS = "btn:"
UNKNOWN_BUTTON = "…"
PAGE = 200
PARTS = ("buttons", "image", "custom")


class OtherContent(KefuError):
    """A message id came a second time with other content."""


@dataclass(frozen=True)
class Said:
    """What a customer sent: normalised text (or ``btn:<nonce>``), the client's id, pictures sent before."""

    text: str
    message_id: str
    attachments: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """The digest by which a repeated message is told from another under the same id."""
        content = json.dumps([self.text, self.attachments], ensure_ascii=False)
        return hashlib.sha256(content.encode("utf-8")).hexdigest()


def accept(tx: Transaction, session_id: str, said: Said) -> tuple[ChatMessage, bool]:
    """Write a customer's message into the inbox, once; and whether it is new.

    Pictures that are not this conversation's are left out. Raises OtherContent.
    """
    tx.sessions.hold(session_id)
    known = tx.messages.of_client(session_id, said.message_id)
    if known is not None:
        if known.content_hash != said.content_hash:
            raise OtherContent(f"found message {said.message_id!r} with other content; wanted a new id")
        return known, False
    text, parts = _shown(tx, session_id, said)
    kept = tx.messages.add(
        session_id, "customer", text,
        parts=parts, message_id=said.message_id, content_hash=said.content_hash,
    )  # fmt: skip
    return kept, True


def _shown(tx: Transaction, session_id: str, said: Said) -> tuple[str, dict[str, Any]]:
    mine = [one for one in said.attachments if tx.attachments.get(one, session_id) is not None]
    parts: dict[str, Any] = {"attachments": mine} if mine else {}
    if not said.text.startswith(PRESS):
        return said.text, parts
    title = tx.buttons.title(said.text[len(PRESS) :].strip(), session_id)
    return title or UNKNOWN_BUTTON, {**parts, "payload": said.text}


def payload_of(message: ChatMessage) -> str:
    """What the customer really sent: a button's payload, else the text."""
    return str(message.parts.get("payload") or message.text)


def answer(
    tx: Transaction, session_id: str, message_id: str | None, messages: Sequence[Mapping[str, Any]]
) -> None:
    """Write the assistant's messages behind the conversation; their question is answered with that."""
    tx.sessions.hold(session_id)
    for message in messages:
        parts = {name: message[name] for name in PARTS if message.get(name)}
        tx.messages.add(session_id, "assistant", str(message.get("text") or ""), parts=parts)
    if message_id is not None:
        tx.messages.set_answered(session_id, message_id)


def say_as_agent(tx: Transaction, session_id: str, text: str) -> ChatMessage:
    """A person of the shop writes to the customer; whoever is connected gets it."""
    tx.sessions.hold(session_id)
    return tx.messages.add(session_id, "agent", text)


def view(message: ChatMessage) -> dict[str, Any]:
    """A message as clients see it (shared/chat_api.md); empty parts are left out."""
    shown = {"seq": message.seq, "from": message.author, "text": message.text, "at": message.at.isoformat()}
    parts = {name: part for name, part in message.parts.items() if name != "payload"}
    return shown | parts | ({"message_id": message.message_id} if message.message_id else {})


def rate(
    tx: Transaction, session_id: str, *, seq: int, rating: str | None, score: int | None, comment: str | None,
    now: datetime,
) -> bool:  # fmt: skip
    """Keep an opinion of an answer (``seq``) or of it all (0); False where there is no such answer."""
    if seq:
        rated = tx.messages.get(session_id, seq)
        if rated is None or rated.author == "customer":
            return False
    tx.feedback.put(Feedback(session_id, seq, rating, score, comment, now))
    return True
