"""What the database itself refuses about money, and that its migration comes and goes with the data."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from kefu.errors import DuplicateKey, StoreError
from kefu.store import Store, schema
from kefu.store.migrations import config
from tests.support.databases import NOW
from tests.support.drivers import BLOCKING
from tests.support.rows import refund


@pytest.mark.parametrize("state", ["requested", "approved", "submitted"])
def test_a_line_has_one_open_refund_at_most(store: Store, state: str) -> None:
    with store.write() as tx:
        tx.refunds.add(refund("a", state=state))
        with pytest.raises(StoreError, match="one_open_a_line"):
            tx.refunds.add(refund("b"))
        tx.refunds.add(refund("whole", line=None))
        with pytest.raises(StoreError, match="one_open_a_line"):
            tx.refunds.add(refund("whole2", line=None))
        tx.refunds.add(refund("over", line=1, state="failed"))


@pytest.mark.parametrize("state", ["rejected", "succeeded", "failed"])
def test_a_refund_that_is_over_leaves_room_for_another(store: Store, state: str) -> None:
    with store.write() as tx:
        tx.refunds.add(refund("a", state=state))
        tx.refunds.add(refund("b"))


def test_a_refund_goes_to_the_method_paid_with(store: Store) -> None:
    with store.write() as tx, pytest.raises(StoreError, match="method_paid_with"):
        tx.refunds.add(refund(method="visa-1881"))


def test_a_waiting_refund_is_decided_by_a_person_who_did_not_ask(store: Store) -> None:
    with store.write() as tx:
        tx.refunds.add(refund("a", requested_by="agent Kim"))
        with pytest.raises(StoreError, match="'requested' and cannot become 'approved'"):
            tx.refunds.set_state("RF-a", "approved")
        customer = tx.customers.get("C1001")
        assert customer is not None
        for asker in ("Agent KIM ", "c1001", customer.name.upper(), customer.email):
            for state in ("approved", "rejected"):
                with pytest.raises(StoreError):
                    tx.refunds.set_state("RF-a", state, decided_by=asker)
        tx.refunds.set_state("RF-a", "approved", decided_by="Sam", decided_at=NOW)


@pytest.mark.parametrize("mark", ["decided_by", "decided_at", "reference", "settled_at"])
def test_who_decided_and_what_came_of_it_is_written_once(store: Store, mark: str) -> None:
    value, other = (NOW, NOW.replace(year=2030)) if mark.endswith("_at") else ("one", "two")
    here = schema.refunds.c.refund_id == "RF-a"
    with store.write() as tx:
        tx.refunds.add(refund("a", state="submitted"))
        for allowed in (value, value):
            tx._try(sa.update(schema.refunds).where(here).values({mark: allowed}))
        for forbidden in (other, None):
            with pytest.raises(StoreError, match="written_once"):
                tx._try(sa.update(schema.refunds).where(here).values({mark: forbidden}))


@pytest.mark.parametrize(
    "change",
    [{"method": "paypal"}, {"reason": "x"}, {"automatic": False}, {"requested_by": "x"}, {"line": 2},
     {"amount": 1}, {"currency": "EUR"}, {"order_number": "KF10000004"}, {"key": "x"}],
    ids=str,
)  # fmt: skip
def test_the_terms_of_a_refund_stay_as_they_were(store: Store, change: dict[str, Any]) -> None:
    with store.write() as tx:
        tx.refunds.add(refund())
        with pytest.raises(StoreError, match="fixed"):
            tx._try(sa.update(schema.refunds).where(schema.refunds.c.key == "k1").values(change))


@pytest.mark.parametrize("table", ["refunds", "payments"])
def test_money_that_moved_is_not_deleted(store: Store, table: str) -> None:
    with store.write() as tx, pytest.raises(StoreError, match=f"{table}_kept"):
        tx._try(sa.delete(schema.metadata.tables[table]))


def test_an_order_with_money_is_not_deleted_either(store: Store) -> None:
    with store.write() as tx, pytest.raises(StoreError, match="kept"):
        tx._try(sa.delete(schema.orders).where(schema.orders.c.order_number == "KF10000008"))


def test_a_shop_is_loaded_anew_all_the_same(store: Store) -> None:
    with store.write() as tx:
        order = tx.orders.get("KF10000008")
        assert order is not None
        tx.orders.put([order])
        assert tx.refunds.of_order("KF10000008") == []
        assert [row.amount for row in tx.payments.of_order("KF10000008")] == [order.paid]
        tx.refunds.add(refund())
        with pytest.raises(StoreError, match="refunds_kept"):
            tx._try(sa.delete(schema.refunds))
        tx.empty()
        assert (tx.refunds.in_state("requested"), tx.switches.get("refunds").stopped) == ([], False)


def test_every_paid_order_has_its_payment(store: Store) -> None:
    with store.read() as tx:
        orders = [order for n in range(1001, 1010) for order in tx.orders.of_customer(f"C{n}")]
        for order in orders:
            rows = tx.payments.of_order(order.order_number)
            assert sum(row.amount for row in rows) == order.paid
            assert {(row.currency, row.method) for row in rows} <= {(order.currency, order.payment_method)}


@pytest.mark.parametrize(
    "change", [{"amount": 0}, {"amount": -1}, {"amount": 1, "currency": "EUR"}, {"amount": 1}], ids=str
)
def test_a_payment_is_of_something_within_the_order(store: Store, change: dict[str, Any]) -> None:
    row = {"payment_id": "P2", "order_number": "KF10000003", "currency": "USD", "method": "visa-4242",
           "reference": "r", "charged_at": NOW}  # fmt: skip
    with store.write() as tx:
        with pytest.raises(StoreError):
            tx._try(sa.insert(schema.payments).values({**row, **change}))
        with pytest.raises(StoreError, match="payments_fixed"):
            tx._try(sa.update(schema.payments).values(amount=1))


def test_a_key_is_claimed_once_with_one_content_and_one_answer(store: Store) -> None:
    with store.write() as tx:
        assert tx.claims.take("k", "hash", now=NOW) is None
        tx.claims.keep("k", "{}")
        claim = tx.claims.take("k", "hash", now=NOW)
        assert claim is not None and claim.answer == "{}" and tx.claims.get("k") == claim
        with pytest.raises(DuplicateKey):
            tx.claims.take("k", "other", now=NOW)
        with pytest.raises(StoreError, match="claims_fixed"):
            tx.claims.keep("k", "[]")
        tx.claims.release("k")
        assert tx.claims.get("k") == claim
        with pytest.raises(StoreError, match="claims_kept"):
            tx._try(sa.delete(schema.claims))
        assert tx.claims.take("free", "hash", now=NOW) is None
        tx.claims.release("free")
        assert tx.claims.take("free", "other", now=NOW) is None
        with pytest.raises(StoreError):
            tx.claims.keep("never", "{}")


def test_a_switch_that_is_not_there_cannot_be_turned(store: Store) -> None:
    with store.write() as tx, pytest.raises(StoreError, match="no switch"):
        tx.switches.turn("lights", stopped=True, by="Sam", reason="x", now=NOW)


def test_the_migration_goes_and_comes_back_with_the_data(databases: Any) -> None:
    url = databases.shop()
    before = everything(url)
    for move, to in ((command.downgrade, "0003"), (command.upgrade, schema.REVISION)):
        engine = sa.create_engine(url, future=True)
        with engine.begin() as connection:
            settings = config()
            settings.attributes["connection"] = connection
            move(settings, to)
        engine.dispose()
    assert everything(url) == before
    store = Store.open(url)
    with store.write() as tx, pytest.raises(StoreError, match="refunds_kept"):
        tx._try(sa.delete(schema.refunds))
    store.close()


def everything(url: str) -> list[Any]:
    """Orders, refunds and payments of a database."""
    store = Store.open(url)
    with store.read() as tx:
        orders = [order for n in range(1001, 1010) for order in tx.orders.of_customer(f"C{n}")]
        refunds = [replace(row) for order in orders for row in tx.refunds.of_order(order.order_number)]
        payments = [row for order in orders for row in tx.payments.of_order(order.order_number)]
    store.close()
    return [orders, refunds, payments]


@BLOCKING
def test_whoever_stops_waits_for_those_who_hold_the_switch(store: Store) -> None:
    """On PostgreSQL by the row's shared lock, on SQLite because one transaction writes at a time."""
    told: list[str] = []

    def stop() -> None:
        with store.write() as tx:
            tx.switches.turn("refunds", stopped=True, by="Sam", reason="test", now=NOW)
        told.append("stopped")

    thread = Thread(target=stop)
    with store.write() as tx:
        tx.switches.hold("refunds")
        thread.start()
        thread.join(timeout=0.3)
        assert (told, tx.switches.get("refunds").stopped) == ([], False)
    thread.join(timeout=30)
    with store.read() as tx:
        assert (told, tx.switches.get("refunds").stopped) == (["stopped"], True)
