"""Refunds that wait for a person: approved or rejected by somebody who did not ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from kefu.errors import KefuError
from kefu.shop.mails import Letter, refund_approved_mail, refund_rejected_mail
from kefu.shop.money import Money
from kefu.shop.refunds import WAITS, reissue_invoice
from kefu.shop.tickets import CLOSED
from kefu.store.records import Customer, Refund

if TYPE_CHECKING:
    from kefu.store import Transaction


def approve(tx: Transaction, refund_id: str, *, by: str, now: datetime) -> Refund:
    """Approve a refund that waits: it is ``submitted`` then, and ``settlement.settle`` has it paid.

    Raises:
        KefuError: there is none, it does not wait, or ``by`` is nobody or whoever asked for it.
    """
    refund = _waiting(tx, refund_id, by=by)
    tx.refunds.set_state(refund_id, "approved", decided_by=by.strip(), decided_at=now)
    tx.refunds.set_state(refund_id, "submitted")
    reissue_invoice(tx, refund.order_number, now=now)
    _tell(tx, refund, refund_approved_mail, now=now)
    tx.audit.add(by.strip(), "refund_approved", refund.order_number, {"refund": refund_id}, now=now)
    return tx.refunds.get(refund_id) or refund


def reject(tx: Transaction, refund_id: str, *, by: str, reason: str, now: datetime) -> Refund:
    """Reject a refund that waits, for a reason that is kept; raises KefuError as ``approve`` does."""
    refund = _waiting(tx, refund_id, by=by)
    if not reason.strip():
        raise KefuError(f"found no reason to reject {refund_id}; wanted one: --reason …")
    tx.refunds.set_state(
        refund_id, "rejected", decided_by=by.strip(), decided_at=now, settled_at=now, note=reason.strip()
    )
    _tell(tx, refund, refund_rejected_mail, now=now)
    tx.audit.add(by.strip(), "refund_rejected", refund.order_number, {"refund": refund_id}, now=now)
    return tx.refunds.get(refund_id) or refund


def _waiting(tx: Transaction, refund_id: str, *, by: str) -> Refund:
    known = tx.refunds.get(refund_id)
    order = tx.orders.lock(known.order_number) if known else None
    refund = tx.refunds.lock(refund_id)
    if refund is None or order is None:
        raise KefuError(f"found no refund {refund_id!r}; `kefu refunds list` shows them")
    if refund.state != "requested":
        raise KefuError(
            f"{refund_id} is {refund.state}; only what is requested can be decided: `kefu refunds list`"
        )
    if not by.strip():
        raise KefuError("found no name of who decides; wanted one: --by NAME")
    if by.strip().casefold() in _askers(refund, tx.customers.get(order.customer_id)):
        raise KefuError(f"{by.strip()} asked for {refund_id}; somebody else has to decide it")
    return refund


def _askers(refund: Refund, customer: Customer | None) -> set[str]:
    """Everybody who may not decide: the database refuses them too."""
    names = {refund.requested_by or ""}
    if customer is not None:
        names |= {customer.customer_id, customer.name, customer.email}
    return {name.strip().casefold() for name in names}


def _tell(
    tx: Transaction, refund: Refund, letter: Callable[[str, Money, str], Letter], *, now: datetime
) -> None:
    """Write to the customer, and close the case unless another refund of the order waits."""
    number = refund.order_number
    order = tx.orders.get(number)
    customer = tx.customers.get(order.customer_id) if order else None
    if customer is not None:
        mail = letter(number, Money(refund.amount, refund.currency), customer.language)
        tx.outbox.add(to=customer.email, subject=mail.subject, body=mail.body, now=now)
    if all(row.state != "requested" for row in tx.refunds.of_order(number)):
        for ticket in tx.tickets.of_order(number):
            if ticket.kind == "refund" and ticket.state != CLOSED and WAITS in ticket.summary:
                tx.tickets.set_state(ticket.ticket_id, CLOSED)
