"""Coupons: whether a code works, and how a discount is shared over the lines of an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kefu.shop.money import Money, part, split
from kefu.shop.outcome import Outcome, done, refused
from kefu.shop.policy import Policy
from kefu.store.records import Coupon, Order, OrderLine, Product

if TYPE_CHECKING:
    from kefu.store import Transaction

CLAUSE = "coupon.1"


def split_discount(order: Order, coupon: Coupon | None, policy: Policy) -> dict[int, int]:
    """Each line's share of the order's discount, by line number; the shares add up to the discount.

    The discount goes to the lines that the coupon is for, in proportion to their prices.
    """
    prices = [line.unit_price * line.quantity for line in order.lines]
    weights = [
        price if coupon is None or applies_to(coupon, line.product, policy) else 0
        for price, line in zip(prices, order.lines, strict=True)
    ]
    if sum(weights) < order.discount:  # the discount was more than this coupon's: everything shares it
        weights = prices
    shares = split(order.discount, weights)
    return {line.line: share for line, share in zip(order.lines, shares, strict=True)}


def line_values(tx: Transaction, order: Order, policy: Policy) -> dict[int, int]:
    """What each line cost after its share of the discount, in minor units, by line number."""
    coupon = tx.coupons.get(order.coupon) if order.coupon else None
    shares = split_discount(order, coupon, policy)
    return {line.line: line.unit_price * line.quantity - shares[line.line] for line in order.lines}


def applies_to(coupon: Coupon, product: Product, policy: Policy) -> bool:
    """Whether the coupon counts for a product."""
    excluded = policy.values(CLAUSE, "excluded_kinds")
    return product.kind not in excluded and coupon.category in (None, product.category)


def check_coupon(
    tx: Transaction, code: str, *, now: datetime, basket: Sequence[tuple[Product, int]] = ()
) -> Outcome:
    """Whether a code works now, and for ``basket`` (products with quantities) where one is given.

    ``done`` with code coupon_valid and what it takes off; refused_coupon_unknown, _early, _expired,
    _category or _minimum otherwise. ``facts['coupon']`` is the coupon.
    """
    coupon = tx.coupons.get(code.strip())
    if coupon is None:
        return refused("refused_coupon_unknown", CLAUSE, coupon_code=code.strip().upper())
    policy = Policy.load(tx, now=now)
    facts = _facts(coupon, policy)
    if coupon.valid_from is not None and now < coupon.valid_from:
        return refused("refused_coupon_early", CLAUSE, **facts)
    if coupon.expires_at is not None and now >= coupon.expires_at:
        return refused("refused_coupon_expired", CLAUSE, **facts)
    eligible = [bought for bought in basket if applies_to(coupon, bought[0], policy)]
    if basket and not eligible:
        return refused("refused_coupon_category", CLAUSE, **facts)
    return _for_basket(coupon, eligible, facts) if basket else done("coupon_valid", CLAUSE, **facts)


def check_for_order(tx: Transaction, code: str, order: Order, *, now: datetime) -> Outcome:
    """``check_coupon`` for what an order holds."""
    return check_coupon(tx, code, now=now, basket=[_bought(line) for line in order.lines])


def _bought(line: OrderLine) -> tuple[Product, int]:
    return line.product, line.quantity - line.cancelled


def _for_basket(coupon: Coupon, basket: Sequence[tuple[Product, int]], facts: dict[str, Any]) -> Outcome:
    worth = sum(product.price * pieces for product, pieces in basket)
    if worth < coupon.minimum:
        return refused("refused_coupon_minimum", CLAUSE, **facts)
    saved = part(worth, pieces=coupon.value, before=0, of=100) if coupon.kind == "percent" else coupon.value
    return done("coupon_valid", CLAUSE, **facts, saving=Money(min(saved, worth), basket[0][0].currency))


def _facts(coupon: Coupon, policy: Policy) -> dict[str, Any]:
    currency = policy.text("limit.amount", "currency")
    return {
        "coupon": coupon,
        "coupon_code": coupon.code,
        "percent": coupon.value if coupon.kind == "percent" else None,
        "amount": Money(coupon.value, currency) if coupon.kind != "percent" else None,
        "minimum": Money(coupon.minimum, currency),
        "category": coupon.category,
        "valid_from": coupon.valid_from,
        "expires_at": coupon.expires_at,
        "per_order": policy.number(CLAUSE, "per_order"),
    }
