"""Another variant of the same product in place of the one that came (clause exchange.1)."""

from __future__ import annotations

from typing import Any

from kefu.shop.case import Case, base_facts, clause_days, is_goods, new_id
from kefu.shop.clock import last_day
from kefu.shop.lines import Portion, chosen, line_facts
from kefu.shop.outcome import Outcome, ask, done, offered, refused
from kefu.shop.returns import (
    OWN_WISH,
    SHOP_FAULT,
    SHOP_REASONS,
    delivery,
    not_delivered,
    returnable_lines,
)
from kefu.store.records import OrderLine, Return, Variant

CLAUSE = "exchange.1"


def assess(case: Case) -> Outcome:
    """Whether one line can be exchanged for the variant wanted; asks for the variant where it is open."""
    facts = base_facts(case)
    goods = [line for line in case.lines() if is_goods(line)]
    if not case.finds(CLAUSE, bool(goods), goods=bool(goods)):
        return refused("refused_exchange_digital", CLAUSE, **facts)
    early = not_delivered(case, facts)
    if early is not None:
        return early
    open_lines = [line for line in goods if not _again(case, line)]
    if not open_lines:
        facts |= {"product": goods[0].product, "times": case.policy.number(CLAUSE, "times")}
        return refused("refused_exchange_again", CLAUSE, **facts)
    lines = returnable_lines(case)
    if isinstance(lines, Outcome):
        return lines
    return _in_time(case, [line for line in lines if line in open_lines] or lines, facts)


def _again(case: Case, line: OrderLine) -> bool:
    """Whether the line was exchanged as often as the clause allows."""
    rows = [row for row in case.returns if (row.line, row.kind) == (line.line, "exchange")]
    before = [row for row in rows if row.state != "rejected"]
    exchanged, times = max(len(before), int(line.exchanged)), case.policy.number(CLAUSE, "times")
    return not case.finds(CLAUSE, exchanged < times, line=line.line, exchanged=exchanged, times=times)


def _in_time(case: Case, lines: list[OrderLine], facts: dict[str, Any]) -> Outcome:
    since, zone, days = delivery(case.order), case.policy.zone, clause_days(case, CLAUSE)
    facts |= {"delivered_at": since, "days": days, "last_day": last_day(since, days, zone)}
    if not case.in_time(CLAUSE, since):
        return refused("refused_exchange_window", CLAUSE, **facts)
    return _for_line(case, lines[0], facts)


def _for_line(case: Case, line: OrderLine, facts: dict[str, Any]) -> Outcome:
    facts |= variant_facts(line)
    if not same_price(case, line, facts):
        return refused("refused_exchange_price", CLAUSE, **facts)
    others, wanted = facts["variants"], wanted_variant(case, line)
    if wanted is None and case.operation.variant is None and sum(v.stock > 0 for v in others) > 1:
        return ask("variant", CLAUSE, **facts)
    if wanted is None and others and case.operation.variant is not None:
        return ask("variant", CLAUSE, **facts, said=case.operation.variant)
    portions = chosen(case, [line], CLAUSE)
    if isinstance(portions, Outcome):
        return portions
    stock = 0 if wanted is None else wanted.stock
    enough = stock >= portions[0].quantity and wanted is not None
    case.finds(CLAUSE, enough, new_variant=wanted and wanted.name, stock=stock)
    if wanted is None or not enough:
        return refused("refused_exchange_stock", CLAUSE, **facts, new_variant=wanted and wanted.name)
    facts |= line_facts(portions) | {"new_variant": wanted.name, "shipping_paid_by": _payer(case)}
    return offered("confirm_exchange", CLAUSE, **facts)


def variant_facts(line: OrderLine) -> dict[str, Any]:
    """A line's product, its variant, the other variants, and when more are expected."""
    others = tuple(variant for variant in line.product.variants if variant.name != line.variant)
    return {
        "product": line.product,
        "variant": line.variant,
        "variants": others,
        "restock_days": _restock_days(line),
    }


def same_price(case: Case, line: OrderLine, facts: dict[str, Any]) -> bool:
    """Whether the product costs what was paid for it; where it does not, both go into ``facts``."""
    paid, price = case.money(line.unit_price), case.money(line.product.price)
    holds = case.finds(CLAUSE, price == paid, paid_price=paid, price=price)
    facts |= {} if holds else {"paid_price": paid, "price": price}
    return holds


def wanted_variant(case: Case, line: OrderLine) -> Variant | None:
    """The other variant asked for in place of a line's; where none was named, the only one in stock."""
    others = [variant for variant in line.product.variants if variant.name != line.variant]
    said = case.operation.variant
    if said is not None:
        return next((v for v in others if v.name.casefold() == said.strip().casefold()), None)
    in_stock = [variant for variant in others if variant.stock > 0]
    return in_stock[0] if len(in_stock) == 1 else None


def _restock_days(line: OrderLine) -> str | None:
    """In how many days the product is expected back, as the catalogue says it."""
    days = line.product.attributes.get("restock_days")
    return days if isinstance(days, str) else None


def _payer(case: Case) -> str:
    clause = SHOP_FAULT if case.operation.reason in SHOP_REASONS else OWN_WISH
    return case.policy.text(clause, "shipping_paid_by")


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Set the new pieces aside and write the way back of the old ones."""
    facts = dict(offer.facts)
    portion: Portion = facts["portions"][0]
    product, number = portion.line.product, case.order.order_number
    if not case.tx.products.take_stock(product.product_id, facts["new_variant"], portion.quantity):
        return refused("refused_exchange_stock", CLAUSE, **facts)
    row = Return(
        return_id=new_id("RT"),
        order_number=number,
        line=portion.line.line,
        quantity=portion.quantity,
        reason=case.operation.reason or "unwanted",
        kind="exchange",
        new_variant=facts["new_variant"],
        state="approved",
        shipping_paid_by=facts["shipping_paid_by"],
        created_at=case.now,
    )
    case.tx.returns.add(row)
    if not portion.line.exchanged:
        case.tx.orders.mark_exchanged(number, portion.line.line)
    return done("done_exchange", CLAUSE, **facts, returns=(row,), return_state=row.state)
