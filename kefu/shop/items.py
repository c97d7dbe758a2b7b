"""Changing what is in an order while it has not left: another variant, fewer pieces, a line less.

No clause is about this, so it goes as far as other clauses carry it: another variant on the terms of
exchange.1 (same price, in stock), fewer pieces as a cancellation of the rest (cancel.1). More pieces
or a dearer variant would have to be charged, which no clause allows: a person does that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kefu.shop import cancellation
from kefu.shop.case import Case, base_facts, is_goods
from kefu.shop.exchange import CLAUSE, same_price, variant_facts, wanted_variant
from kefu.shop.lines import Portion, line_facts
from kefu.shop.operation import Item
from kefu.shop.outcome import Outcome, ask, done, offered, refused
from kefu.shop.refunds import settled
from kefu.store.records import OrderLine

MORE = "change.1"  # what it names can be changed; pieces that were not bought are not among it


def assess(case: Case) -> Outcome:
    """What the change would come to.

    ``quantity`` of an item is how many pieces get the variant; where none is named, how many the line
    shall have (0: the line goes).
    """
    facts = base_facts(case)
    gone = settled(case, facts)
    if gone is not None:
        return gone
    goods = [line for line in case.lines() if is_goods(line)]
    if not case.in_state(cancellation.CLAUSE):
        late = _too_late(case, facts)
        return late if goods else refused("refused_exchange_digital", CLAUSE, **facts)
    open_lines = [line for line in case.lines() if case.left(line) > 0]
    if not open_lines:
        return refused("refused_cancel_already", cancellation.CLAUSE, **facts)
    line = _meant(case, open_lines)
    said = _target(case, line)
    if said is not None:
        return _to_quantity(case, line, said)
    if not case.finds(CLAUSE, bool(goods), goods=bool(goods)):
        return refused("refused_exchange_digital", CLAUSE, **facts)
    return _to_variant(case, line, facts)


def not_sent(case: Case) -> bool:
    """Whether the order can still be changed like one that can be cancelled."""
    return case.order.status in case.policy.values(cancellation.CLAUSE, "states")


def _too_late(case: Case, facts: dict[str, Any]) -> Outcome:
    case.in_state(cancellation.TOO_LATE)
    facts |= {"carrier": case.order.carrier, "tracking_number": case.order.tracking_number}
    way = "refuse_parcel" if case.order.status == "shipped" else None
    return refused("refused_items_late", cancellation.TOO_LATE, **facts, way=way)


def _meant(case: Case, lines: list[OrderLine]) -> OrderLine:
    """The line to change; where several may be meant, one that there is another variant of."""
    goods = [line for line in lines if is_goods(line)] or lines
    return next((line for line in goods if wanted_variant(case, line) is not None), goods[0])


def _target(case: Case, line: OrderLine) -> int | None:
    """How many pieces the line shall have; None where another variant is wanted."""
    item = case.item(line)
    asked = case.operation.kind == "change_items" and case.operation.variant is None
    return item.quantity if asked and item is not None else None


def _to_quantity(case: Case, line: OrderLine, pieces: int) -> Outcome:
    left = case.left(line)
    facts = base_facts(case) | {"product": line.product, "available": left, "said": pieces, "line": line.line}
    if not case.finds(MORE, pieces <= left, said=pieces, available=left):
        return refused("refused_items_more", MORE, **facts)
    if pieces < 0 or pieces == left:
        return ask("quantity", cancellation.CLAUSE, **facts)
    return cancellation.assess(_without(case, line, left - pieces))


def _without(case: Case, line: OrderLine, pieces: int) -> Case:
    """The same case as the cancellation of so many pieces of a line."""
    wish = replace(case.operation, kind="cancel", items=(Item(line.line, pieces),), variant=None)
    return replace(case, operation=wish)


def _to_variant(case: Case, line: OrderLine, facts: dict[str, Any]) -> Outcome:
    facts |= variant_facts(line)
    if not same_price(case, line, facts):
        return refused("refused_items_price", CLAUSE, **facts)
    others, wanted = facts["variants"], wanted_variant(case, line)
    unclear = case.operation.variant is not None or sum(variant.stock > 0 for variant in others) > 1
    if wanted is None and others and unclear:
        return ask("variant", CLAUSE, **facts, said=case.operation.variant)
    item, left = case.item(line), case.left(line)
    pieces = left if item is None or item.quantity is None else item.quantity
    if not 1 <= pieces <= left:
        return ask("quantity", CLAUSE, **facts, available=left, said=pieces, line=line.line)
    stock = wanted.stock if wanted is not None else 0
    if not case.finds(CLAUSE, stock >= pieces, new_variant=wanted and wanted.name, stock=stock) or not wanted:
        return refused("refused_items_stock", CLAUSE, **facts, new_variant=wanted and wanted.name)
    facts |= line_facts([Portion(line, pieces, case.money(0))]) | {"new_variant": wanted.name}
    return offered("confirm_items", CLAUSE, **facts)


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Put the pieces that go back on the shelf; take the others from it, or pay back what goes."""
    facts = dict(offer.facts)
    portion: Portion = facts["portions"][0]
    if "new_variant" not in facts:
        return cancellation.perform(_without(case, portion.line, portion.quantity), offer, key=key)
    product, new = portion.line.product, facts["new_variant"]
    if not case.tx.products.take_stock(product.product_id, new, portion.quantity):
        return refused("refused_items_stock", CLAUSE, **facts)
    case.tx.products.put_back(product.product_id, portion.line.variant, portion.quantity)
    case.tx.orders.change_variant(case.order.order_number, portion.line.line, new, portion.quantity)
    return done("done_items", CLAUSE, **facts)
