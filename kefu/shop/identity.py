"""Who is speaking, and which orders they may see.

Authority comes from the session row alone: a signed-in customer owns their orders, a guest has the
one order that they proved with a one-time code, until the time in clause privacy.1 is over.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kefu.errors import TokenError
from kefu.shop.codes import CodeRules, check_code, count_try, send_code
from kefu.shop.tokens import customer_token, read_customer_token, read_session_token, session_token
from kefu.store.chat_records import Session
from kefu.store.records import Order

if TYPE_CHECKING:
    from kefu.store import Transaction

__all__ = [
    "CodeRules",
    "Identity",
    "check_code",
    "count_try",
    "customer_token",
    "identify",
    "may_see",
    "open_session",
    "read_customer_token",
    "read_session_token",
    "send_code",
    "session_token",
    "visible_among",
    "visible_orders",
]


@dataclass(frozen=True)
class Identity:
    """The speaker of a session; a guest has no ``customer_id`` and at most one verified order."""

    session_id: str
    customer_id: str | None = None
    verified_order: str | None = None

    @property
    def guest(self) -> bool:
        """Whether nobody is signed in."""
        return self.customer_id is None


def identify(tx: Transaction, session_id: str, *, now: datetime) -> Identity:
    """The identity behind a session id; an unknown or expired session is a guest's."""
    session = tx.sessions.get(session_id)
    if session is None or session.expires_at <= now:
        return Identity(session_id)
    return Identity(session_id, session.customer_id, _still_verified(session, now))


def _still_verified(session: Session, now: datetime) -> str | None:
    until = session.verified_until
    return session.verified_order if until is not None and now < until else None


def may_see(tx: Transaction, identity: Identity, order_number: str) -> Order | None:
    """The order if the speaker may see it; None alike for somebody else's and for one that is not there.

    Who may see it stands in the query itself: an order of somebody else is never loaded.
    """
    number = order_number.strip().upper()
    if not number:
        return None
    if not number.isprintable():  # a database may refuse such text, which would be an answer of its own
        return None
    if identity.customer_id is not None:
        return tx.orders.get_owned(number, identity.customer_id)
    return tx.orders.get_proved(number, identity.verified_order)


def visible_orders(tx: Transaction, identity: Identity) -> list[Order]:
    """Every order the speaker may see, newest first."""
    if identity.customer_id is not None:
        return tx.orders.of_customer(identity.customer_id)
    proved = identity.verified_order
    order = tx.orders.get_proved(proved, proved) if proved else None
    return [order] if order is not None else []


def visible_among(tx: Transaction, identity: Identity, numbers: Collection[str]) -> list[Order]:
    """Those of ``visible_orders`` that have one of these numbers, newest first; one is read alone."""
    if len(set(numbers)) > 1:
        return [order for order in visible_orders(tx, identity) if order.order_number in numbers]
    seen = (may_see(tx, identity, number) for number in set(numbers))
    return [order for order in seen if order is not None and order.order_number in numbers]


def open_session(
    tx: Transaction, *, customer_id: str | None, language: str | None, now: datetime, hours: int
) -> Session:
    """Mint a session for ``hours`` hours, in ``language``, else in the customer's own.

    Raises:
        TokenError: a customer the shop does not know.
    """
    customer = tx.customers.get(customer_id) if customer_id is not None else None
    if customer_id is not None and customer is None:
        raise TokenError(
            f"found customer {customer_id!r} in the token; wanted a customer of this shop; "
            "sign in again, or print a token with `kefu token`"
        )
    session = Session(
        session_id=random.token_urlsafe(24),
        customer_id=customer_id,
        language=language or (customer.language if customer else None),
        created_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    tx.sessions.add(session)
    return session
