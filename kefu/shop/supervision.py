"""What waits for a person, refunds and returns: decided by somebody who did not ask for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from kefu.errors import KefuError
from kefu.shop.digital import end_membership
from kefu.shop.mails import (
    Letter,
    refund_approved_mail,
    refund_rejected_mail,
    return_approved_mail,
    return_rejected_mail,
    tell,
)
from kefu.shop.money import Money
from kefu.shop.refunds import WAITS, reissue_invoice
from kefu.shop.tickets import CLOSED
from kefu.store.records import Customer, Order, Refund, Return

if TYPE_CHECKING:
    from kefu.store import Transaction

_Row = TypeVar("_Row", Refund, Return)


def approve(tx: Transaction, refund_id: str, *, by: str, now: datetime) -> Refund:
    """Approve a refund that waits: it is ``submitted`` then, and ``settlement.settle`` has it paid.

    A membership whose payment it gives back ends.

    Raises:
        KefuError: there is none, it does not wait, or ``by`` is nobody or whoever asked for it.
    """
    refund, order = _waiting(tx, refund_id, by=by)
    tx.refunds.set_state(refund_id, "approved", decided_by=by.strip(), decided_at=now)
    tx.refunds.set_state(refund_id, "submitted")
    reissue_invoice(tx, refund.order_number, now=now)
    if order.status == "active" and _of_membership(order, refund):
        end_membership(tx, order, now=now)
    _tell(tx, order, partial(refund_approved_mail, order.order_number, _money(refund)), now=now)
    tx.audit.add(by.strip(), "refund_approved", refund.order_number, {"refund": refund_id}, now=now)
    return tx.refunds.get(refund_id) or refund


def reject(tx: Transaction, refund_id: str, *, by: str, reason: str, now: datetime) -> Refund:
    """Reject a refund that waits, for a reason that is kept; raises KefuError as ``approve`` does."""
    refund, order = _waiting(tx, refund_id, by=by)
    _must_say_why(reason, refund_id)
    tx.refunds.set_state(
        refund_id, "rejected", decided_by=by.strip(), decided_at=now, settled_at=now, note=reason.strip()
    )
    _tell(tx, order, partial(refund_rejected_mail, order.order_number, _money(refund)), now=now)
    tx.audit.add(by.strip(), "refund_rejected", refund.order_number, {"refund": refund_id}, now=now)
    return tx.refunds.get(refund_id) or refund


def approve_return(tx: Transaction, return_id: str, *, by: str, now: datetime) -> Return:
    """Approve a return that waits: the goods may come; raises KefuError as ``approve`` does."""
    row, order = _waiting_return(tx, return_id, by=by)
    tx.returns.set_state(return_id, "approved")
    _tell(tx, order, partial(return_approved_mail, order.order_number), now=now)
    tx.audit.add(by.strip(), "return_approved", row.order_number, {"return": return_id}, now=now)
    return tx.returns.get(return_id) or row


def reject_return(tx: Transaction, return_id: str, *, by: str, reason: str, now: datetime) -> Return:
    """Reject a return that waits, for a reason that the audit keeps; raises KefuError as ``approve`` does."""
    row, order = _waiting_return(tx, return_id, by=by)
    _must_say_why(reason, return_id)
    tx.returns.set_state(return_id, "rejected")
    _tell(tx, order, partial(return_rejected_mail, order.order_number), now=now)
    detail = {"return": return_id, "reason": reason.strip()}
    tx.audit.add(by.strip(), "return_rejected", row.order_number, detail, now=now)
    return tx.returns.get(return_id) or row


def _waiting(tx: Transaction, refund_id: str, *, by: str) -> tuple[Refund, Order]:
    known = tx.refunds.get(refund_id)
    order = tx.orders.lock(known.order_number) if known else None
    row = tx.refunds.lock(refund_id)
    asker = row.requested_by if row else None
    return _undecided(tx, row, order, subject=refund_id, kind="refund", asker=asker, by=by)


def _waiting_return(tx: Transaction, return_id: str, *, by: str) -> tuple[Return, Order]:
    known = tx.returns.get(return_id)
    order = tx.orders.lock(known.order_number) if known else None
    row = tx.returns.get(return_id)
    return _undecided(tx, row, order, subject=return_id, kind="return", asker=None, by=by)


def _undecided(
    tx: Transaction,
    row: _Row | None,
    order: Order | None,
    *,
    subject: str,
    kind: str,
    asker: str | None,
    by: str,
) -> tuple[_Row, Order]:
    """The row and its order, if it waits and ``by`` may decide it; else KefuError."""
    if row is None or order is None:
        raise KefuError(f"found no {kind} {subject!r}; `kefu {kind}s list` shows them")
    if row.state != "requested":
        raise KefuError(
            f"{subject} is {row.state}; only what is requested can be decided: `kefu {kind}s list`"
        )
    _may_decide(subject, asker, tx.customers.get(order.customer_id), by=by)
    return row, order


def _may_decide(subject: str, asker: str | None, customer: Customer | None, *, by: str) -> None:
    """Raise KefuError where ``by`` is nobody or asked for it; the database refuses the latter for refunds."""
    if not by.strip():
        raise KefuError("found no name of who decides; wanted one: --by NAME")
    names = {asker or ""}
    if customer is not None:
        names |= {customer.customer_id, customer.name, customer.email}
    if by.strip().casefold() in {name.strip().casefold() for name in names}:
        raise KefuError(f"{by.strip()} asked for {subject}; somebody else has to decide it")


def _must_say_why(reason: str, subject: str) -> None:
    if not reason.strip():
        raise KefuError(f"found no reason to reject {subject}; wanted one: --reason …")


def _of_membership(order: Order, refund: Refund) -> bool:
    """Whether a refund gives back the payment of a membership."""
    lines = [line for line in order.lines if refund.line in (None, line.line)]
    return any(line.product.kind == "membership" for line in lines)


def _money(refund: Refund) -> Money:
    return Money(refund.amount, refund.currency)


def _tell(tx: Transaction, order: Order, letter: Callable[[str], Letter], *, now: datetime) -> None:
    """Write to the customer, and close the case unless something else of the order waits."""
    tell(tx, order, letter, now=now)
    number = order.order_number
    states = {row.state for row in tx.refunds.of_order(number)}
    states |= {row.state for row in tx.returns.of_order(number)}
    if "requested" not in states:
        for ticket in tx.tickets.of_order(number):
            if ticket.kind == "refund" and ticket.state != CLOSED and WAITS in ticket.summary:
                tx.tickets.set_state(ticket.ticket_id, CLOSED)
