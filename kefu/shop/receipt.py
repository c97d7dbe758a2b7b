"""Goods that arrive: they go back on the shelf, and what was promised for them is paid.

Only what the customer did not want goes back: of a damaged, faulty or wrong piece nobody knows, before
somebody looked at it, whether it can be sold again, nor which piece it is.

The outcomes are for the people of the shop (`kefu returns`): their codes name no responses.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from kefu.errors import KefuError
from kefu.shop import killswitch
from kefu.shop.case import Case, base_facts
from kefu.shop.exchange import CLAUSE as EXCHANGE
from kefu.shop.identity import Identity
from kefu.shop.mails import goods_received_mail, tell
from kefu.shop.operation import Item, Operation
from kefu.shop.outcome import Outcome, done, refused
from kefu.shop.policy import Policy
from kefu.shop.refunds import DEAD, TIME_CLAUSE, ask_supervisor, judge, pay, promises, underway
from kefu.shop.returns import OWN_WISH, SHOP_FAULT, SHOP_REASONS
from kefu.store.records import Refund, Return

if TYPE_CHECKING:
    from kefu.store import Transaction

DESK = "returns desk"  # in the place of a session: no customer speaks
NEXT = {"approved": ("in_transit", "received"), "in_transit": ("received",)}


def receive(tx: Transaction, return_id: str, *, by: str, now: datetime) -> Outcome:
    """Note in a write transaction that the goods of a return arrived; of an exchange, the old pieces.

    The refund is written for what was promised, under a key of the return's own; ``settlement.settle``
    has it paid once this is committed. It waits for a supervisor where a limit or the kill switch says
    so now. Received before: receipt_already, with its refund. While another refund of the
    line is open: receipt_underway, with that one. Either changes nothing.

    Raises:
        KefuError: there is none, it is not approved, or ``by`` is nobody.
    """
    if not by.strip():
        raise KefuError("found no name of who received it; wanted one: --by NAME")
    row = _held(tx, return_id)
    case = _case(tx, row, now=now)
    facts = base_facts(case) | {"return": row, "quantity": row.quantity}
    if row.state == "received":
        return refused("receipt_already", _clause(row), **facts, refund=refund_of(tx, row))
    if row.state not in NEXT:
        raise KefuError(f"{return_id} is {row.state}; only what is approved can arrive: `kefu returns list`")
    earlier = underway(case, row.line) if row.kind == "return" else None
    if earlier is not None:
        return refused("receipt_underway", TIME_CLAUSE, **facts, refund=earlier)
    for state in NEXT[row.state]:
        tx.returns.set_state(return_id, state)
    facts["restocked"] = _shelve(case, row)
    _swap(case, row) if row.kind == "exchange" else facts.update(_pay_back(_case(tx, row, now=now), row))
    _close(case)
    return _told(case, row, facts, by=by.strip())


def refund_of(tx: Transaction, row: Return) -> Refund | None:
    """The refund that a return led to when it arrived; None where there is none."""
    return tx.refunds.by_key(_key(row))


def _key(row: Return) -> str:
    return f"return:{row.return_id}"


def _held(tx: Transaction, return_id: str) -> Return:
    """The return as it stands, with kill switch and order held until the end of the transaction."""
    known = tx.returns.get(return_id)
    killswitch.hold(tx)
    row = tx.returns.get(return_id) if known and tx.orders.lock(known.order_number) else None
    if row is None:
        raise KefuError(f"found no return {return_id!r}; `kefu returns list` shows them")
    return row


def _case(tx: Transaction, row: Return, *, now: datetime) -> Case:
    """The return as its customer's wish, read afresh."""
    order = tx.orders.get(row.order_number)
    if order is None:
        raise KefuError(f"found no order {row.order_number} for {row.return_id}; look at it by hand")
    wish = Operation("return", row.order_number, (Item(row.line, row.quantity),), reason=row.reason)
    return Case(tx, Identity(DESK, order.customer_id), wish, order, Policy.load(tx, now=now), now)


def _clause(row: Return) -> str:
    if row.kind == "exchange":
        return EXCHANGE
    return SHOP_FAULT if row.reason in SHOP_REASONS else OWN_WISH


def _shelve(case: Case, row: Return) -> bool:
    """Put the pieces back on the shelf where they can be sold again; whether they were."""
    line = case.line(row.line)
    if row.reason != "unwanted" or line.product.stock is None:
        return False
    return case.tx.products.put_back(line.product.product_id, line.variant, row.quantity)


def _swap(case: Case, row: Return) -> None:
    """The line is of the new variant from now on; its pieces were set aside when it was agreed.

    Where only some pieces were exchanged the line stays as it is: split, its discount would round otherwise.
    """
    line = case.line(row.line)
    if row.new_variant is not None and row.quantity == line.quantity - line.cancelled:
        case.tx.orders.change_variant(row.order_number, row.line, row.new_variant, row.quantity)


def _pay_back(case: Case, row: Return) -> dict[str, Any]:
    """Write the refund of what was promised; none where nothing was paid for the pieces."""
    refunded = sum(one.amount for one in case.refunds if one.state not in DEAD)
    amount = min(promises(case)[row.return_id], case.order.paid - refunded)
    facts: dict[str, Any] = {"amount": case.money(max(amount, 0)), "refund": None, "waits": False}
    if amount <= 0:
        return facts
    verdict = judge(case, amount)
    facts["refund"] = pay(case, amount, line=row.line, key=_key(row), waits=verdict.waits)
    if verdict.waits:
        facts |= {"waits": True, "limit_clause": verdict.clause}
        facts["ticket_id"] = ask_supervisor(case, facts["amount"], verdict.clause)
    return facts


def _close(case: Case) -> None:
    """The order is returned once every piece of it came back."""
    rows = case.tx.returns.of_order(case.order.order_number)
    came = [row for row in rows if (row.kind, row.state) == ("return", "received")]
    left = sum(line.quantity - line.cancelled for line in case.order.lines)
    if case.order.status == "delivered" and left == sum(row.quantity for row in came):
        case.tx.orders.set_status(case.order.order_number, "returned")


def _told(case: Case, row: Return, facts: dict[str, Any], *, by: str) -> Outcome:
    """Write it into the audit and to the customer."""
    amount, refund = facts.get("amount"), facts.get("refund")
    detail = {
        "return": row.return_id,
        "items": [[row.line, row.quantity]],
        "refund": refund.refund_id if refund else None,
        "amount": [amount.amount, amount.currency] if amount else None,
        "restocked": facts["restocked"],
    }
    case.tx.audit.add(by, "return_received", row.order_number, detail, now=case.now)
    letter = partial(goods_received_mail, row.order_number, amount, facts.get("waits", False))
    tell(case.tx, case.order, letter, now=case.now)
    facts["return"] = case.tx.returns.get(row.return_id)
    return done("receipt_exchange" if row.kind == "exchange" else "receipt_paid_back", _clause(row), **facts)
