"""What is told about an order: its state, when it arrives, how late it is, what became of its money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kefu.shop.case import GOODS, has_goods
from kefu.shop.clock import add_business_days, business_days_between, shop_day
from kefu.shop.money import Money
from kefu.shop.policy import Policy
from kefu.shop.refunds import refund_state
from kefu.store.records import Order, Return

if TYPE_CHECKING:
    from kefu.store import Transaction

Facts = dict[str, Any]
SHIPPING = "shipping.1"


@dataclass(frozen=True)
class ParcelCase:
    """How a parcel stands.

    ``state``: digital (there is none), closed (cancelled or returned), not_shipped, on_time,
    late (past its date, not yet traced), lost (so late that delivery.1 traces it) or delivered.
    Lateness counts from ``eta`` in calendar and business days; ``trace_from`` is when tracing begins.
    """

    state: str
    eta: date | None = None
    late_days: int = 0
    late_business_days: int = 0
    trace_from: date | None = None


def eta_of(order: Order, policy: Policy) -> date | None:
    """The date (shop time) by which a shipped order should be there; None before it is shipped.

    The carrier's own date where there is one, else the longest time that shipping.1 gives.
    """
    if order.eta_at is not None:
        return shop_day(order.eta_at, policy.zone)
    span = shipping_days(order, policy)
    if order.shipped_at is None or span is None:
        return None
    return add_business_days(shop_day(order.shipped_at, policy.zone), span[1])


def shipping_days(order: Order, policy: Policy) -> tuple[int, int] | None:
    """Business days from shipment that the order's method takes; None for an unknown method."""
    shortest, longest = f"{order.shipping_method}_min_days", f"{order.shipping_method}_max_days"
    if longest not in policy.clause(SHIPPING).params:
        return None
    return policy.number(SHIPPING, shortest), policy.number(SHIPPING, longest)


def parcel_case(order: Order, policy: Policy, *, now: datetime) -> ParcelCase:
    """How the parcel of an order stands at ``now``."""
    if not has_goods(order):
        return ParcelCase("digital")
    if order.status in ("cancelled", "returned"):
        return ParcelCase("closed")
    if order.status == "delivered":
        return ParcelCase("delivered")
    if order.status != "shipped":
        return ParcelCase("not_shipped")
    eta, today = eta_of(order, policy), shop_day(now, policy.zone)
    if eta is None:
        return ParcelCase("on_time")
    trace_from = add_business_days(eta, policy.number("delivery.1", "business_days"))
    late = max((today - eta).days, 0)
    state = "lost" if today >= trace_from else "late" if late else "on_time"
    return ParcelCase(state, eta, late, business_days_between(eta, today), trace_from)


def parcel_facts(order: Order, parcel: ParcelCase, policy: Policy) -> Facts:
    """The parcel for the customer: carrier, number, date, lateness and when it is traced."""
    span = shipping_days(order, policy)
    return {
        "parcel": parcel.state,
        "carrier": order.carrier,
        "tracking_number": order.tracking_number,
        "shipped_at": order.shipped_at,
        "delivered_at": order.delivered_at,
        "eta": parcel.eta,
        "late_days": parcel.late_days,
        "late_business_days": parcel.late_business_days,
        "trace_from": parcel.trace_from,
        "business_days": policy.number("delivery.1", "business_days"),
        "shipping_method": order.shipping_method,
        "ship_min_days": span[0] if span else None,
        "ship_max_days": span[1] if span else None,
    }


def status_facts(order: Order, policy: Policy, *, now: datetime) -> Facts:
    """Everything that is told when somebody asks how an order stands."""
    parcel = parcel_case(order, policy, now=now)
    closes = order.placed_at + timedelta(hours=policy.number("payment.1", "close_hours"))
    facts: Facts = {
        "order_number": order.order_number,
        "status": order.status,
        "placed_at": order.placed_at,
        "products": tuple(line.product for line in order.lines),
        "product": order.lines[0].product if len(order.lines) == 1 else None,
        "lines": order.lines,
        "total": Money(order.total, order.currency),
        "paid": Money(order.paid, order.currency),
        "method": order.payment_method,
        "address": order.address,
        "digital": parcel.state == "digital",
        "closes_at": closes if order.status == "pending_payment" else None,
    }
    return facts | parcel_facts(order, parcel, policy) | _membership_facts(order)


def _membership_facts(order: Order) -> Facts:
    return {
        "renews": order.renews,
        "ended_at": order.ended_at,
        "charged_at": order.charged_at,
        "next_charge_at": order.next_charge_at if order.renews else None,
    }


def refunds_of(tx: Transaction, order: Order, policy: Policy, *, now: datetime) -> list[Facts]:
    """The order's refunds, newest first: state, amount, method, expected dates, whether overdue."""
    rows = reversed(tx.refunds.of_order(order.order_number))
    today = shop_day(now, policy.zone)
    told = [refund_state(policy, row) for row in rows]
    for facts in told:
        facts["order_number"] = order.order_number
        facts["overdue"] = facts["refund_state"] in ("approved", "submitted") and today > facts["expected_by"]
    return told


def returns_of(tx: Transaction, order: Order) -> list[Facts]:
    """The order's returns and exchanges, newest first, each with its product."""
    products = {line.line: line.product for line in order.lines}
    rows: list[Return] = list(reversed(tx.returns.of_order(order.order_number)))
    return [
        {
            "order_number": order.order_number,
            "return": row,
            "return_state": row.state,
            "return_kind": row.kind,
            "product": products[row.line],
            "quantity": row.quantity,
            "new_variant": row.new_variant,
            "shipping_paid_by": row.shipping_paid_by,
            "created_at": row.created_at,
        }
        for row in rows
    ]


def digital_access(order: Order) -> list[Facts]:
    """Each digital line of an order with what its access depends on: paid, not refunded, its format."""
    unpaid = order.status == "pending_payment"
    return [
        {
            "order_number": order.order_number,
            "product": line.product,
            "status": order.status,
            "open": not unpaid and order.status not in ("cancelled", "ended"),
            "unpaid": unpaid,
            "format": line.product.attributes.get("format"),
            "progress_percent": line.progress_percent,
            "downloaded": line.downloaded,
            "placed_at": order.placed_at,
        }
        for line in order.lines
        if line.product.kind != GOODS
    ]
