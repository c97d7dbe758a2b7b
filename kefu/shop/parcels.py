"""Parcels that are late, lost, or delivered and not there (clause delivery.1): traced by a person."""

from __future__ import annotations

from kefu.shop.case import Case, base_facts, has_goods
from kefu.shop.orders import parcel_case, parcel_facts
from kefu.shop.outcome import Outcome, done, offered, refused
from kefu.shop.refunds import settled
from kefu.shop.tickets import CLOSED, open_ticket

CLAUSE = "delivery.1"
TRACEABLE = ("lost", "delivered")


def assess(case: Case) -> Outcome:
    """Whether the parcel is so late, or said to be delivered, that it is traced."""
    facts = base_facts(case)
    goods = has_goods(case.order)
    if not case.finds(CLAUSE, goods, goods=goods):
        return refused("refused_parcel_digital", CLAUSE, **facts, way="digital_access")
    gone = settled(case, facts)
    if gone is not None:
        return gone
    parcel = parcel_case(case.order, case.policy, now=case.now)
    facts |= parcel_facts(case.order, parcel, case.policy)
    if parcel.state == "not_shipped":
        case.finds(CLAUSE, False, parcel=parcel.state, status=case.order.status)
        return refused("refused_parcel_not_shipped", CLAUSE, **facts)
    looked_at = {"parcel": parcel.state, "eta": parcel.eta, "trace_from": parcel.trace_from}
    if not case.finds(CLAUSE, parcel.state in TRACEABLE, **looked_at):
        return refused("refused_parcel_early", CLAUSE, **facts)
    rows = case.tx.tickets.of_order(case.order.order_number)
    known = next((row for row in rows if row.kind == "lost_parcel" and row.state != CLOSED), None)
    if known is not None:
        return refused("refused_parcel_already", CLAUSE, **facts, ticket=known, ticket_id=known.ticket_id)
    return offered("confirm_lost_parcel", CLAUSE, **facts)


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Open the ticket of the person who traces it."""
    order = case.order
    parcel = f"{order.carrier} {order.tracking_number}"
    summary = f"parcel of {order.order_number} ({parcel}): {offer.facts['parcel']}"
    opened = open_ticket(
        case.tx,
        case.identity,
        "lost_parcel",
        summary,
        now=case.now,
        order_number=order.order_number,
        reuse=False,
    )
    facts = {**offer.facts, "ticket": opened.ticket, "ticket_id": opened.ticket.ticket_id}
    return done("done_lost_parcel", CLAUSE, **facts, hours=opened.hours)
