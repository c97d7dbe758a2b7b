"""What a guest with a proved order may do: what its owner may, but not change e-mail or payout."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import sqlalchemy as sa

from kefu.shop.identity import Identity, check_code, identify
from kefu.shop.operation import KINDS, Operation
from kefu.shop.operations import assess, perform
from kefu.store import Transaction, schema
from kefu.store.records import Address
from tests.support.codes import RULES, guest, sent_code
from tests.support.demo_shop import NOW, DemoShop


def proved(shop: DemoShop, number: str) -> Identity:
    """The identity of a guest who proved an order by its code."""
    with shop.read() as tx:
        owner = tx.customers.get(shop.order(number).customer_id)
    assert owner is not None
    session_id = guest(shop.store, f"guest-of-{number}", now=NOW)
    code = sent_code(shop.store, session_id, number, owner.email, now=NOW)
    with shop.write() as tx:
        assert check_code(tx, session_id, code, now=NOW, rules=RULES)
        return identify(tx, session_id, now=NOW)


def wish(kind: str, number: str) -> Operation:
    address = Address("Eve", "1", "9 Other Street", "99999", "US")
    return Operation(
        kind, number, reason="damaged", variant="white", invoice_kind="personal", address=address
    )


def kept(tx: Transaction) -> tuple[Any, ...]:
    """Every customer, and how every order is paid and whose it is."""
    orders = schema.orders.c
    paid = sa.select(orders.order_number, orders.customer_id, orders.payment_method, orders.paid)
    return tuple(sorted(repr(row) for query in (sa.select(schema.customers), paid) for row in tx._all(query)))


def test_no_wish_names_an_address_for_mail_or_money() -> None:
    """There is nothing to fill in, so nothing to forge: an operation has no place for either."""
    names = {field.name for field in fields(Operation)}
    assert not {
        name
        for name in names
        for word in ("email", "mail", "method", "card", "account", "payout")
        if word in name
    }
    assert not {kind for kind in KINDS for word in ("email", "payout", "payment", "method") if word in kind}


@pytest.mark.parametrize("number", ["KF10000001", "KF10000003", "KF10000005", "KF10000011", "KF10000029"])
def test_nothing_that_a_verified_guest_does_moves_mail_or_money_elsewhere(
    shop: DemoShop, number: str
) -> None:
    who, order = proved(shop, number), shop.order(number)
    with shop.write() as tx:
        before = kept(tx)
        for kind in KINDS:
            perform(tx, who, wish(kind, number), now=NOW, key=f"key-{kind}")
        assert kept(tx) == before
        owner = tx.customers.get(order.customer_id)
        assert owner is not None
        assert {row.method for row in tx.refunds.of_order(number)} <= {order.payment_method}
        assert {row.email for row in tx.invoices.of_order(number)} <= {owner.email}


def test_an_invoice_shows_a_guest_a_masked_address_and_goes_to_the_orders_own(shop: DemoShop) -> None:
    who = proved(shop, "KF10000003")
    with shop.write() as tx:
        shown = assess(tx, who, wish("invoice", "KF10000003"), now=NOW)
        done = perform(tx, who, wish("invoice", "KF10000003"), now=NOW, key="k")
        (invoice,) = tx.invoices.of_order("KF10000003")
    assert shown.facts["email"] == "a***@example.com" and done.kind == "done"
    assert invoice.email == "alice@example.com"


def test_a_verified_guest_has_one_order_and_no_other_of_its_owner(shop: DemoShop) -> None:
    who = proved(shop, "KF10000003")
    with shop.read() as tx:
        for kind in KINDS:
            other = assess(tx, who, wish(kind, "KF10000001"), now=NOW)
            assert (other.kind, other.code) == ("refused", "refused_not_visible")
