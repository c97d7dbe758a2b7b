"""Faults that appear later (clause warranty.1): a person arranges repair or replacement."""

from __future__ import annotations

from typing import Any

from kefu.shop.case import Case, base_facts, is_goods
from kefu.shop.clock import add_months, day_end, shop_day
from kefu.shop.outcome import Outcome, done, offered, refused
from kefu.shop.returns import delivery, not_delivered
from kefu.shop.tickets import CLOSED, open_ticket
from kefu.store.records import OrderLine, Ticket

CLAUSE = "warranty.1"


def assess(case: Case) -> Outcome:
    """Whether the product is still under its warranty, counted in months from delivery."""
    facts = base_facts(case)
    goods = [line for line in case.lines() if is_goods(line)]
    if not case.finds(CLAUSE, bool(goods), goods=bool(goods)):
        return refused("refused_warranty_none", CLAUSE, **facts)
    early = not_delivered(case, facts)
    if early is not None:
        return early
    line = max(goods, key=lambda candidate: months_of(case, candidate) or 0)
    months = months_of(case, line)
    facts |= {"product": line.product, "months": months, "delivered_at": delivery(case.order)}
    if months is None:
        case.finds(CLAUSE, False, product=line.product.product_id, months=None)
        return refused("refused_warranty_none", CLAUSE, **facts)
    return _in_time(case, line, months, facts)


def months_of(case: Case, line: OrderLine) -> int | None:
    """The product's warranty in months, None where the catalogue gives none."""
    value = line.product.attributes.get(case.policy.text(CLAUSE, "months_attribute"))
    return int(value) if isinstance(value, str) and value.isdecimal() and int(value) > 0 else None


def _in_time(case: Case, line: OrderLine, months: int, facts: dict[str, Any]) -> Outcome:
    zone = case.policy.zone
    end = add_months(shop_day(delivery(case.order), zone), months)
    facts["last_day"] = end
    left = (end - shop_day(case.now, zone)).days
    looked_at = {"delivered_at": delivery(case.order), "months": months, "last_day": end, "days_left": left}
    if not case.finds(CLAUSE, case.now < day_end(end, zone), **looked_at):
        return refused("refused_warranty_over", CLAUSE, **facts)
    known = _open_case(case, line)
    if known is not None:
        return refused("refused_warranty_already", CLAUSE, **facts, ticket=known, ticket_id=known.ticket_id)
    return offered("confirm_warranty", CLAUSE, **facts, line=line.line)


def _summary(case: Case, line: OrderLine) -> str:
    product = line.product
    return f"warranty of {case.order.order_number} line {line.line}: {product.product_id} {product.name_en}"


def _open_case(case: Case, line: OrderLine) -> Ticket | None:
    rows = case.tx.tickets.of_order(case.order.order_number)
    here = (row for row in rows if row.kind == "warranty" and row.state != CLOSED)
    return next((row for row in here if row.summary == _summary(case, line)), None)


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Open the ticket of the person who arranges it."""
    opened = open_ticket(
        case.tx,
        case.identity,
        "warranty",
        _summary(case, case.line(offer.facts["line"])),
        now=case.now,
        order_number=case.order.order_number,
        reuse=False,
    )
    facts = {**offer.facts, "ticket": opened.ticket, "ticket_id": opened.ticket.ticket_id}
    return done("done_warranty", CLAUSE, **facts, hours=opened.hours)
