"""Changing where an order goes, while it has not left (clause change.1)."""

from __future__ import annotations

from dataclasses import replace

from kefu.shop.case import Case, base_facts, has_goods
from kefu.shop.outcome import Outcome, ask, done, offered, refused
from kefu.shop.refunds import settled
from kefu.store.records import Address

CLAUSE = "change.1"
SHIPPING = "shipping.1"


def assess(case: Case) -> Outcome:
    """Whether the order's address can be changed to the operation's; asks for it where it is missing."""
    facts = base_facts(case) | {"old_address": case.order.address}
    goods = has_goods(case.order)
    if not case.finds(CLAUSE, goods, goods=goods):
        return refused("refused_address_digital", CLAUSE, **facts)
    gone = settled(case, facts)
    if gone is not None:
        return gone
    if not case.in_state(CLAUSE):
        facts |= {"carrier": case.order.carrier, "tracking_number": case.order.tracking_number}
        way = "refuse_parcel" if case.order.status == "shipped" else None
        return refused("refused_address_late", CLAUSE, **facts, way=way)
    new = case.operation.address
    if new is None or not new.address.strip():
        return ask("address", CLAUSE, **facts)
    address = _completed(new, case.order.address)
    countries = case.policy.values(SHIPPING, "countries")
    served = address.country in countries
    if not case.finds(SHIPPING, served, country=address.country, countries=countries):
        facts |= {"country": address.country, "countries": countries}
        return refused("refused_address_country", SHIPPING, **facts)
    return offered("confirm_address", CLAUSE, **facts, address=address)


def _completed(new: Address, old: Address | None) -> Address:
    """The new address; who receives it and the country stay where nothing else was said."""
    kept = old or Address("", "", "", "", "")
    return replace(
        new,
        name=new.name.strip() or kept.name,
        phone=new.phone.strip() or kept.phone,
        country=(new.country.strip() or kept.country).upper(),
    )


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Write the new address."""
    case.tx.orders.set_address(case.order.order_number, offer.facts["address"])
    return done("done_address", CLAUSE, **offer.facts)
