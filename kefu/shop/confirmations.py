"""A yes counts only for what was shown last: one row a session, used once, never for other terms."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.shop.operations import assess, perform
from kefu.shop.outcome import Outcome, refused
from kefu.store.chat_records import Confirmation

if TYPE_CHECKING:
    from kefu.store import Transaction

MINUTES = 10  # how long a yes is taken, unless the caller says otherwise


def propose(
    tx: Transaction, identity: Identity, operation: Operation, *, now: datetime, minutes: int = MINUTES
) -> tuple[Outcome, Confirmation | None]:
    """Assess; where it can be done, write the confirmation that a yes redeems within ``minutes``.

    Whatever the session had open before is void, also when this wish is refused.
    """
    outcome = assess(tx, identity, operation, now=now)
    void(tx, identity.session_id)
    if outcome.kind != "offered":
        return outcome, None
    confirmation = Confirmation(
        nonce=secrets.token_urlsafe(18),
        session_id=identity.session_id,
        operation=operation.as_dict(),
        content_hash=operation.content_hash(outcome.terms()),
        state="open",
        created_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    tx.confirmations.add(confirmation)
    return outcome, confirmation


def redeem(
    tx: Transaction, identity: Identity, nonce: str, *, now: datetime, minutes: int = MINUTES
) -> Outcome:
    """Do what was confirmed, in a write transaction.

    refused_confirmation_gone when there is nothing to say yes to; the saved answer where this very
    yes was said before. When the terms are others by now nothing is done: ``offered`` comes back,
    with ``changed`` and the ``nonce`` of a new confirmation.
    """
    held = tx.confirmations.get(nonce)
    if held is None or held.session_id != identity.session_id:
        return refused("refused_confirmation_gone", None)
    operation = Operation.from_dict(held.operation)
    if not tx.confirmations.use(nonce, now=now) and tx.claims.get(nonce) is None:
        return refused("refused_confirmation_gone", None)
    outcome = perform(tx, identity, operation, now=now, key=nonce, agreed=held.content_hash)
    if outcome.kind != "offered":
        return outcome
    fresh, again = propose(tx, identity, operation, now=now, minutes=minutes)
    return fresh.with_facts(changed=True, nonce=again.nonce if again else None)


def void(tx: Transaction, session_id: str) -> None:
    """Something else was said: the open confirmation of the session is worth nothing any more."""
    tx.confirmations.void(session_id)


def pending(tx: Transaction, session_id: str, *, now: datetime) -> Confirmation | None:
    """The session's open confirmation that has not expired, if there is one."""
    held = tx.confirmations.open_of(session_id)
    return held if held is not None and now < held.expires_at else None
