"""The inbox of a conversation: one process works on it at a time, on one message after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kefu.errors import Overtaken
from kefu.store.chat_records import ChatMessage

if TYPE_CHECKING:
    from kefu.store import Transaction

TAKEN_UP = timedelta(hours=1)  # an older message is not answered any more


@dataclass(frozen=True)
class Claim:
    """A conversation that a process works on; a later claim has a greater number."""

    session_id: str
    process_id: str
    number: int


@dataclass(frozen=True)
class Due:
    """The message that is to be answered next, and the claim under which it is."""

    message: ChatMessage
    claim: Claim


def next_due(tx: Transaction, session_id: str, *, process_id: str, now: datetime) -> Due | None:
    """Claim a conversation for its first unanswered message.

    None where another process works on it, or nothing waits: then it is given back.
    """
    tx.sessions.hold(session_id)
    number = tx.inboxes.claim(session_id, process_id)
    return next_under(tx, Claim(session_id, process_id, number), now=now) if number is not None else None


def next_under(tx: Transaction, claim: Claim, *, now: datetime) -> Due | None:
    """The first unanswered message under a claim that stands (``require``); None: it is given back."""
    message = tx.messages.next_unanswered(claim.session_id, since=now - TAKEN_UP)
    if message is None:
        tx.inboxes.release(claim.session_id, claim.process_id, claim.number)
        return None
    return Due(message, claim)


def require(tx: Transaction, claim: Claim) -> None:
    """Raise Overtaken unless the claim stands until the end of this transaction."""
    tx.sessions.hold(claim.session_id)
    if not tx.inboxes.holds(claim.session_id, claim.process_id, claim.number):
        raise Overtaken(
            f"another process took over conversation {claim.session_id}, since this one was thought dead; "
            "its answer counts"
        )


def left(tx: Transaction, *, process_id: str, now: datetime, session_id: str | None = None) -> list[str]:
    """Conversations with a message to be answered that no other process works on."""
    return tx.inboxes.left(process_id, since=now - TAKEN_UP, session_id=session_id)
