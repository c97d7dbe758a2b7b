"""Records for tests, with everything filled in that a test does not care about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kefu.store.chat_records import Confirmation, Session
from kefu.store.records import Refund, Return, Ticket
from tests.support.databases import NOW


def refund(key: str = "k1", **changes: Any) -> Refund:
    """A refund of USD 10 on KF10000003 (paid: USD 149)."""
    fields = {
        "refund_id": f"RF-{key}", "order_number": "KF10000003", "line": 1, "amount": 1000, "currency": "USD",
        "method": "visa-4242", "state": "requested", "reason": "unwanted", "automatic": True, "key": key,
        "created_at": NOW,
    }  # fmt: skip
    return Refund(**{**fields, **changes})


def goods_return(return_id: str = "RT1", **changes: Any) -> Return:
    """A return of one piece of KF10000019 (one line, two pieces)."""
    fields = {
        "return_id": return_id, "order_number": "KF10000019", "line": 1, "quantity": 1, "reason": "unwanted",
        "kind": "return", "new_variant": None, "state": "requested", "shipping_paid_by": "customer",
        "created_at": NOW,
    }  # fmt: skip
    return Return(**{**fields, **changes})


def session(session_id: str = "s1", **changes: Any) -> Session:
    """A session of C1001 for a day."""
    fields = {
        "session_id": session_id, "customer_id": "C1001", "language": "en", "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
    }  # fmt: skip
    return Session(**{**fields, **changes})


def confirmation(nonce: str = "n1", **changes: Any) -> Confirmation:
    """An open confirmation of session s1 for ten minutes."""
    fields = {
        "nonce": nonce, "session_id": "s1", "operation": {"kind": "cancel", "items": [[1, 2]]},
        "content_hash": "h", "state": "open", "created_at": NOW, "expires_at": NOW + timedelta(minutes=10),
    }  # fmt: skip
    return Confirmation(**{**fields, **changes})


def ticket(ticket_id: str = "T1", **changes: Any) -> Ticket:
    """An open ticket of session s1."""
    fields = {
        "ticket_id": ticket_id, "session_id": "s1", "customer_id": "C1001", "order_number": None,
        "kind": "human", "summary": "wants a person", "state": "open", "created_at": NOW,
    }  # fmt: skip
    return Ticket(**{**fields, **changes})
