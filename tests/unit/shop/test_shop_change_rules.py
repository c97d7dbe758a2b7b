"""Exchanges, addresses, invoices and parcels: what is asked for, what is refused, what is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kefu.store.records import Address
from tests.support.demo_shop import DemoShop, later


def test_the_variant_is_asked_only_where_there_is_a_choice(shop: DemoShop) -> None:
    assert shop.assess("exchange", "KF10000021").facts["new_variant"] == "green"
    with shop.write() as tx:
        bottle = tx.products.get("P106")
        assert bottle is not None
        more = (*bottle.variants, replace(bottle.variants[0], name="red", stock=0))
        tx.products.put([replace(bottle, variants=more)])
    assert shop.assess("exchange", "KF10000021").facts["new_variant"] == "green"
    with shop.write() as tx:
        tx.products.put([replace(bottle, variants=(*more[:2], replace(more[2], stock=4)))])
    assert shop.assess("exchange", "KF10000021").code == "ask_variant"
    assert shop.assess("exchange", "KF10000021", variant="Red").facts["new_variant"] == "red"
    assert shop.assess("exchange", "KF10000021", variant="pink").code == "ask_variant"
    assert shop.assess("exchange", "KF10000021", variant="blue").code == "ask_variant"  # the one they have


def test_an_exchange_needs_stock_and_happens_once(shop: DemoShop) -> None:
    with shop.write() as tx:
        assert tx.products.take_stock("P101", "black", 40)
    empty = shop.assess("exchange", "KF10000026", variant="black")
    assert (empty.code, empty.facts["way"]) == ("refused_exchange_stock", "return")

    shop.perform("exchange", "KF10000021")
    assert shop.assess("exchange", "KF10000021").code == "refused_exchange_again"


def test_an_exchange_is_at_the_same_price(shop: DemoShop) -> None:
    with shop.write() as tx:
        bottle = tx.products.get("P106")
        assert bottle is not None
        tx.products.put([replace(bottle, price=2600)])
    outcome = shop.assess("exchange", "KF10000021")
    assert (outcome.code, outcome.facts["way"]) == ("refused_exchange_price", "return")


def test_an_address_is_asked_for_completed_and_kept_to_the_shops_countries(shop: DemoShop) -> None:
    assert shop.assess("change_address", "KF10000001").code == "ask_address"
    home = Address("", "", "1 New St", "10002", "")
    offer = shop.assess("change_address", "KF10000001", address=home)
    assert offer.facts["address"] == Address("Alice Chen", "+1-202-555-0101", "1 New St", "10002", "US")
    abroad = shop.assess("change_address", "KF10000001", address=replace(home, country="fr"))
    assert (abroad.code, abroad.clause, abroad.facts["country"]) == (
        "refused_address_country",
        "shipping.1",
        "FR",
    )


def test_an_invoice_needs_its_details_and_its_time(shop: DemoShop) -> None:
    assert shop.assess("invoice", "KF10000001").code == "ask_invoice_kind"
    assert shop.assess("invoice", "KF10000001", invoice_kind="company").code == "ask_company"
    wish = {"invoice_kind": "company", "company": "Acme"}
    assert shop.assess("invoice", "KF10000001", **wish).code == "ask_tax_number"
    shop.perform("invoice", "KF10000001", **wish, tax_number="T-1")
    assert shop.assess("invoice", "KF10000001", **wish, tax_number="T-1").code == "refused_invoice_already"
    assert shop.assess("invoice", "KF10000001", **wish, tax_number="T-2").kind == "offered"
    late = later(shop, days=181).assess("invoice", "KF10000001", invoice_kind="personal")
    assert (late.code, late.facts["days"]) == ("refused_invoice_days", 180)


def test_a_parcel_is_traced_three_business_days_after_its_date(shop: DemoShop) -> None:
    early = shop.assess("lost_parcel", "KF10000022").facts  # due on Monday, today is Wednesday
    assert (early["parcel"], early["late_days"], early["late_business_days"]) == ("late", 2, 2)
    assert early["trace_from"] == date(2026, 11, 19)
    tomorrow = later(shop, days=1)
    assert tomorrow.assess("lost_parcel", "KF10000022").kind == "offered"
    done = tomorrow.perform("lost_parcel", "KF10000022")
    assert done.facts["ticket"].kind == "lost_parcel"
    assert tomorrow.assess("lost_parcel", "KF10000022").code == "refused_parcel_already"
