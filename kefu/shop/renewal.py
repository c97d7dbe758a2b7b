"""Stopping a membership's renewal (clause refund.membership); it runs to the end of its period."""

from __future__ import annotations

from kefu.shop.case import Case, base_facts
from kefu.shop.outcome import Outcome, done, offered, refused

CLAUSE = "refund.membership"


def assess(case: Case) -> Outcome:
    """Whether there is a renewal to stop, and until when the membership runs then."""
    order = case.order
    facts = base_facts(case) | {"ended_at": order.ended_at, "next_charge_at": order.next_charge_at}
    member = any(line.product.kind == "membership" for line in order.lines)
    if not case.finds(CLAUSE, member, membership=member):
        return refused("refused_renewal_none", CLAUSE, **facts)
    runs = order.status == "active" and bool(order.renews)
    if not case.finds(CLAUSE, runs, status=order.status, renews=order.renews):
        return refused("refused_renewal_stopped", CLAUSE, **facts)
    return offered("confirm_stop_renewal", CLAUSE, **{**facts, "ended_at": order.next_charge_at})


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Let the membership end with its period."""
    case.tx.orders.set_renews(case.order.order_number, False, offer.facts["ended_at"])
    return done("done_stop_renewal", CLAUSE, **offer.facts)
