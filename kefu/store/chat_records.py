"""Records of conversations: sessions, confirmations, buttons, turns, codes and mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Session:
    """A conversation's owner: minted by the server, never chosen by a client."""

    session_id: str
    customer_id: str | None
    language: str | None
    created_at: datetime
    expires_at: datetime
    verified_order: str | None = None  # guest: shown by order number + code
    verified_until: datetime | None = None
    pending_order: str | None = None  # guest: what the customer typed, real or not
    state: str = "open"  # open | human (a person was asked for)


@dataclass(frozen=True)
class Confirmation:
    """What will be done once the customer says yes to the assistant's last words."""

    nonce: str
    session_id: str
    operation: Mapping[str, Any]  # kefu.shop.operation.Operation.as_dict()
    content_hash: str
    state: str  # open | used | void
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Button:
    """What a pressed button stands for, in one session, once."""

    nonce: str
    session_id: str
    title: str
    intent: str
    entities: Mapping[str, Any]


@dataclass(frozen=True)
class Turn:
    """An answered message: the same ``message_id`` gets the same answer again."""

    session_id: str
    message_id: str
    content_hash: str
    answer_json: str
    created_at: datetime


@dataclass(frozen=True)
class ChatMessage:
    """One thing said in a conversation; ``seq`` counts from 1 within it and has no gaps.

    ``parts``: buttons, image, custom, attachments, and of a pressed button its payload. A customer's
    message has the client's own ``message_id`` and is ``answered`` once its answer is kept.
    """

    session_id: str
    seq: int
    author: str  # customer | assistant | agent
    text: str
    parts: Mapping[str, Any]
    message_id: str | None
    content_hash: str | None
    answered: bool
    at: datetime


@dataclass(frozen=True)
class Attachment:
    """A picture that a customer sent, encoded anew; ``subject``: the ticket or return it is for."""

    attachment_id: str
    session_id: str
    media_type: str
    width: int  # pixels
    height: int
    content: bytes
    subject: str | None
    created_at: datetime


@dataclass(frozen=True)
class Feedback:
    """What a customer thought of one answer (``seq``), or of the whole conversation (``seq`` 0)."""

    session_id: str
    seq: int
    rating: str | None  # up | down
    score: int | None  # 1 to 5
    comment: str | None
    at: datetime


@dataclass(frozen=True)
class CodeRow:
    """A one-time code that was sent; only its hash is kept."""

    code_id: int
    session_id: str
    order_number: str
    code_hash: str
    created_at: datetime
    expires_at: datetime
    tries: int = 0
    used: bool = False


@dataclass(frozen=True)
class Mail:
    """A message in the outbox (one-time codes, invoices).

    ``body`` is empty and ``code`` None once both were forgotten. ``problem`` is the kind of the last
    failure, without any words of a mail server.
    """

    mail_id: int
    to: str
    subject: str
    body: str
    code: str | None
    created_at: datetime
    state: str = "pending"  # pending | sending | sent | failed | expired
    attempts: int = 0
    due_at: datetime | None = None  # pending: not before this
    claimed_at: datetime | None = None  # when a sender took it last
    sent_at: datetime | None = None
    expires_at: datetime | None = None  # of no use to anybody afterwards
    problem: str | None = None


@dataclass(frozen=True)
class Save:
    """What one turn appended to a conversation: its number from 1 on, its events as JSON."""

    seq: int
    events: str


@dataclass(frozen=True)
class Conversation:
    """A conversation as it is kept. ``checkpoint`` stands for the saves up to ``folded``."""

    conversation_id: str
    generation: int
    last: int  # the number of the newest save
    folded: int
    checkpoint: str | None
    saves: tuple[Save, ...]  # those behind the checkpoint


@dataclass(frozen=True)
class Quarantined:
    """A conversation that could not be read and was set aside."""

    conversation_id: str
    generation: int
    reason: str
    found_at: datetime
