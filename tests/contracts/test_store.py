"""What every store promises, whichever database is behind it: opening, transactions, repositories."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from kefu.errors import DuplicateKey, StaleRevision, StoreError
from kefu.store import Store, Transaction, schema
from kefu.store.chat_records import Button
from kefu.store.knowledge_records import Passage, Relation
from kefu.store.migrations import config
from kefu.store.near import TABLE
from kefu.store.records import Address, Invoice
from tests.support.databases import NOW
from tests.support.rows import confirmation, refund, session, ticket

# -- opening ----------------------------------------------------------------------------


def test_a_database_without_schema_is_refused_with_the_next_step(databases: Any) -> None:
    with pytest.raises(StaleRevision, match="kefu seed"):
        Store.open(databases.empty())


def test_migrating_makes_the_schema_and_doing_it_again_changes_nothing(databases: Any) -> None:
    url = databases.empty()
    first = Store.open(url, migrate=True)
    first.migrate()
    second = Store.open(url)
    with second.read() as tx:
        assert tx.products.all() == []
    first.close()
    second.close()


def test_an_older_schema_is_refused_until_it_is_migrated(databases: Any) -> None:
    url = databases.empty()
    engine = sa.create_engine(url, future=True)
    with engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
    engine.dispose()
    with pytest.raises(StaleRevision, match="schema 0001"):
        Store.open(url)
    Store.open(url, migrate=True).close()
    Store.open(url).close()


def test_the_code_asks_for_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [schema.REVISION]


def test_a_newer_database_is_refused_even_when_migrating(databases: Any) -> None:
    url = databases.shop()
    engine = sa.create_engine(url, future=True)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for migrate in (False, True):
        with pytest.raises(StaleRevision, match="newer Kefu"):
            Store.open(url, migrate=migrate)


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(databases: Any) -> None:
    engine = sa.create_engine(databases.shop(), future=True)
    with engine.connect() as connection:
        # the vectors of passages stand outside of the revisions: not every server has their type
        opts = {"compare_type": True, "include_name": lambda name, kind, _: (kind, name) != ("table", TABLE)}
        context = MigrationContext.configure(connection, opts=opts)
        found = list(compare_metadata(context, schema.metadata))
    engine.dispose()
    assert found == []


# -- transactions -----------------------------------------------------------------------


def test_what_a_failed_block_wrote_is_undone(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as tx:
        tx.sessions.add(session())
        raise RuntimeError("after the row")
    with store.read() as tx:
        assert tx.sessions.get("s1") is None


def test_a_read_transaction_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError), store.read() as tx:
        tx.sessions.add(session())
    with store.write() as tx:
        tx.sessions.add(session())


def test_a_read_transaction_sees_one_moment(store: Store) -> None:
    with store.read() as before:
        assert before.sessions.get("s1") is None
        with store.write() as tx:
            tx.sessions.add(session())
        assert before.sessions.get("s1") is None
    with store.read() as after:
        assert after.sessions.get("s1") == session()


def test_a_refused_row_leaves_the_transaction_usable(store: Store) -> None:
    with store.write() as tx:
        tx.sessions.add(session())
        with pytest.raises(DuplicateKey):
            tx.sessions.add(session())
        tx.sessions.set_language("s1", "zh")
    with store.read() as tx:
        found = tx.sessions.get("s1")
    assert found is not None and found.language == "zh"


@pytest.mark.parametrize("text", ["nul \x00", "half a pair \ud800"])
def test_text_that_a_database_cannot_hold_never_leaves_as_a_driver_error(store: Store, text: str) -> None:
    try:
        with store.write() as tx:
            tx.audit.add("test", "write", text, "")
    except StoreError:
        pass


# -- the shop ---------------------------------------------------------------------------


def test_customers_are_found_by_id_and_by_email_in_any_case(store: Store) -> None:
    with store.read() as tx:
        alice = tx.customers.get("C1001")
        assert alice is not None and alice.name == "Alice Chen"
        assert tx.customers.by_email(" ALICE@example.com") == alice
        assert tx.customers.get("C9") is None and tx.customers.by_email("x@y") is None
        assert [customer.customer_id for customer in tx.customers.first(2)] == ["C1001", "C1002"]


def test_products_keep_order_variants_and_lists(store: Store) -> None:
    with store.read() as tx:
        products = tx.products.all()
        monitor = tx.products.get("P108")
        assert tx.products.get("P999") is None
    assert [p.product_id for p in products][:3] == ["P101", "P102", "P103"] and len(products) == 15
    assert [(v.name, v.stock) for v in products[0].variants] == [("white", 80), ("black", 40)]
    assert monitor is not None and monitor.attributes["ports"] == ("HDMI", "USB-C")
    assert monitor.price == 65000 and monitor.stock == 12
    assert products[8].stock is None


def test_stock_is_taken_only_where_there_is_enough(store: Store) -> None:
    with store.write() as tx:
        assert not tx.products.take_stock("P106", "green", 201)
        assert tx.products.take_stock("P106", "green", 200)
        assert not tx.products.take_stock("P106", "green", 1)
        assert not tx.products.take_stock("P106", "pink", 1)
        assert not tx.products.take_stock("P106", None, 1)  # which of two variants is not said
        assert tx.products.take_stock("P108", None, 12)  # there is only one
        assert tx.products.take_stock("P201", None, 1)  # a course has no stock
        assert tx.products.put_back("P106", "green", 3)
        bottle = tx.products.get("P106")
    assert bottle is not None and bottle.stock == 103


def test_orders_come_newest_first_with_lines_and_address(store: Store) -> None:
    with store.read() as tx:
        orders = tx.orders.of_customer("C1001")
        two_lines = tx.orders.get("KF10000012")
        unpaid = tx.orders.get("KF10000014")
        assert tx.orders.get("KF99999999") is None
        assert tx.orders.get_owned("KF10000012", "C1001") is None
        assert tx.orders.get_owned("KF10000012", "C1003") == two_lines
    placed = [order.placed_at for order in orders]
    assert placed == sorted(placed, reverse=True) and len(orders) == 6
    assert two_lines is not None and [line.product.product_id for line in two_lines.lines] == ["P106", "P105"]
    assert two_lines.address is not None and two_lines.address.name == "王小明"
    assert unpaid is not None and (unpaid.total, unpaid.paid, unpaid.address) == (3900, 0, None)


def test_an_order_is_changed_where_it_was_meant_to_be(store: Store) -> None:
    address = Address("A", "1", "Street 2", "3", "US")
    with store.write() as tx:
        tx.orders.set_address("KF10000001", address)
        tx.orders.cancel_line("KF10000018", 2, 1)
        tx.orders.set_renews("KF10000011", False, NOW)
        tx.orders.mark_exchanged("KF10000003", 1)
        for number in ("KF10000018", "KF10000011"):
            assert tx.orders.lock(number) == tx.orders.get(number)
        assert tx.orders.lock("KF99999999") is None
    with store.read() as tx:
        found = {number: tx.orders.get(number) for number in ("KF10000001", "KF10000002", "KF10000018")}
        member, exchanged = tx.orders.get("KF10000011"), tx.orders.get("KF10000003")
    assert found["KF10000001"].address == address and found["KF10000002"].address != address
    assert [line.cancelled for line in found["KF10000018"].lines] == [0, 1]
    assert (member.renews, member.ended_at) == (False, NOW) and exchanged.lines[0].exchanged


def test_changing_what_is_not_there_raises(store: Store) -> None:
    changes = (
        lambda tx: tx.orders.set_address("KF9", Address("", "", "", "", "")),
        lambda tx: tx.orders.set_status("KF9", "cancelled"),
        lambda tx: tx.orders.cancel_line("KF10000001", 9, 1),
        lambda tx: tx.sessions.set_state("nobody", "human"),
        lambda tx: tx.sessions.verify_order("nobody", "KF10000001", NOW),
        lambda tx: tx.tickets.set_state("T9", "closed"),
    )
    with store.write() as tx:
        for change in changes:
            with pytest.raises(StoreError):
                change(tx)


def test_a_membership_knows_its_charges(store: Store) -> None:
    with store.read() as tx:
        order = tx.orders.get("KF10000011")
    assert order is not None and order.renews and order.ended_at is None
    assert order.charged_at == order.placed_at == NOW - timedelta(days=12)
    assert order.next_charge_at == NOW + timedelta(days=18)


def test_times_come_back_as_the_same_instant_in_utc(store: Store) -> None:
    shop_time = timezone(timedelta(hours=8))
    until = datetime(2026, 3, 4, 23, 59, 59, 123456, tzinfo=shop_time)
    with store.write() as tx:
        tx.sessions.add(session(expires_at=until))
        found = tx.sessions.get("s1")
        assert found is not None and found.expires_at == until
        assert found.expires_at.utcoffset() == timedelta(0)
        with pytest.raises(StoreError, match="zone"):
            tx.sessions.add(session("s2", expires_at=until.replace(tzinfo=None)))


def test_automatic_refunds_of_a_customer_are_counted_in_the_window(store: Store) -> None:
    with store.write() as tx:
        assert tx.refunds.automatic_of_customer("C1008", NOW - timedelta(days=30)) == 3
        assert tx.refunds.automatic_of_customer("C1008", NOW - timedelta(days=12)) == 1
        assert tx.refunds.automatic_of_customer("C1001", NOW - timedelta(days=30)) == 0
        tx.refunds.add(refund("a"))
        tx.refunds.add(refund("b", automatic=False, line=2))
        tx.refunds.set_state("RF-a", "rejected", decided_by="Sam")
        assert tx.refunds.automatic_of_customer("C1001", NOW - timedelta(days=30)) == 0
        assert tx.refunds.sum_of_order("KF10000003") == 1000
        assert [r.key for r in tx.refunds.of_order("KF10000003")] == ["a", "b"]
        assert tx.refunds.by_key("b") == tx.refunds.get("RF-b") == refund("b", automatic=False, line=2)


def test_coupons_and_invoices(store: Store) -> None:
    invoice = Invoice("IN1", "KF10000003", "company", "Acme", "DE1", "a@b.c", "requested", NOW)
    with store.write() as tx:
        coupon = tx.coupons.get(" welcome10")
        assert coupon is not None and (coupon.code, coupon.kind, coupon.value) == ("WELCOME10", "percent", 10)
        assert coupon.minimum == 3000 and coupon.expires_at == NOW + timedelta(days=60)
        assert tx.coupons.get("NOPE") is None and len(tx.coupons.all()) == 3
        tx.invoices.add(invoice)
        tx.invoices.set_state("IN1", "sent")
        assert [row.state for row in tx.invoices.of_order("KF10000003")] == ["sent"]
        with pytest.raises(StoreError):
            tx.invoices.add(Invoice("IN2", "KF10000003", "company", None, None, "a@b.c", "requested", NOW))


def test_the_policy_in_force_is_the_latest_version_begun(store: Store) -> None:
    with store.write() as tx:
        clauses = list(tx.policy.in_force(NOW).values())
        old = next(clause for clause in clauses if clause.clause == "return.1")
        new = type(old)(**{**vars(old), "version": 2, "params": {"days": "14"}, "effective_from": NOW})
        tx.policy.replace_all([*clauses, new])
        assert tx.policy.in_force(NOW)["return.1"] == new
        assert tx.policy.in_force(NOW - timedelta(seconds=1))["return.1"] == old
        assert tx.policy.in_force(NOW - timedelta(days=9999)) == {}
    assert "14" not in old.text("en") and "30" in old.text("en") and "30" in old.text("zh")


def test_change_counters_grow_with_what_they_count(store: Store) -> None:
    passage = Passage("p", "en", "T", ("a?", "b?"), "{return.1:days} days", "returns", None, "p.md", NOW)
    before = store.change_counter("catalogue"), store.change_counter("passages")
    with store.write() as tx:
        tx.passages.replace_all([passage, Passage(**{**vars(passage), "language": "zh"})])
        assert tx.passages.all(language="en") == [passage] and len(tx.passages.all()) == 2
        tx.products.take_stock("P106", "green", 1)
    assert (store.change_counter("catalogue"), store.change_counter("passages")) == (before[0], before[1] + 1)
    with store.write() as tx:
        tx.products.put(tx.products.all())
    assert store.change_counter("catalogue") == before[0] + 1


def test_what_is_kept_is_built_anew_after_a_change_and_not_after_one_that_was_undone(store: Store) -> None:
    def kept(tx: Transaction) -> list[Relation]:
        return tx.kept("catalogue", lambda here: here.relations.of_product("P101"))

    with store.read() as tx:
        first = kept(tx)
    with pytest.raises(KeyError), store.write() as tx:
        tx.relations.replace_of(["P101"], [])
        assert kept(tx) == []
        raise KeyError
    with store.write() as tx:
        assert kept(tx) is first
        tx.relations.replace_of(["P101"], [Relation("P101", "fits", "P102")])
        assert kept(tx) == [Relation("P101", "fits", "P102")]
    with store.read() as tx:
        assert kept(tx) == [Relation("P101", "fits", "P102")]


def test_what_sold_lately_is_of_the_newest_orders(store: Store) -> None:
    with store.read() as tx:
        every = tx.orders.sold_lately(most=1_000)
        assert (every["P106"], every["P101"]) == (5, 5)
        assert "P203" not in every  # not paid
        assert tx.orders.sold_lately(most=2) == {"P106": 2}
        assert tx.orders.sold_lately(most=0) == {}


# -- conversations ----------------------------------------------------------------------


def test_a_guests_session_remembers_what_was_proved(store: Store) -> None:
    until = NOW + timedelta(minutes=30)
    with store.write() as tx:
        tx.sessions.add(session(customer_id=None, language=None))
        tx.sessions.set_pending("s1", "KF00000000")
        assert tx.sessions.get("s1").pending_order == "KF00000000"
        tx.sessions.verify_order("s1", "KF10000029", until)
        tx.sessions.set_state("s1", "human")
        found = tx.sessions.get("s1")
    assert (found.verified_order, found.verified_until, found.pending_order) == ("KF10000029", until, None)
    assert found.state == "human"


def test_a_session_has_one_open_confirmation(store: Store) -> None:
    with store.write() as tx:
        tx.confirmations.add(confirmation("n1"))
        tx.confirmations.add(confirmation("n2"))
        tx.confirmations.add(confirmation("other", session_id="s2"))
        assert tx.confirmations.open_of("s1") == confirmation("n2")
        assert tx.confirmations.get("n1").state == "void" and not tx.confirmations.use("n1")
        tx.confirmations.void("s1")
        assert tx.confirmations.open_of("s1") is None and not tx.confirmations.use("n2")
        assert tx.confirmations.use("other") and not tx.confirmations.use("other")


def test_an_expired_confirmation_is_not_used(store: Store) -> None:
    with store.write() as tx:
        tx.confirmations.add(confirmation())
        assert not tx.confirmations.use("n1", now=NOW + timedelta(minutes=10))
        assert tx.confirmations.use("n1", now=NOW + timedelta(minutes=9))


def test_a_button_is_pressed_once_and_in_its_own_session(store: Store) -> None:
    button = Button("b1", "s1", "Ja", "affirm", {"a": ["1"]})
    with store.write() as tx:
        tx.buttons.add(button)
        assert tx.buttons.take("b1", "s2", message_id="m1") is None
        assert tx.buttons.take("b1", "s1", message_id="m1") == button
        assert tx.buttons.take("b1", "s1", message_id="m2") is None
        assert tx.buttons.take("b1", "s1", message_id="m1") == button, "its turn may have ended in a crash"


def test_tickets_newest_first(store: Store) -> None:
    with store.write() as tx:
        tx.tickets.add(ticket("T1"))
        tx.tickets.add(ticket("T2", created_at=NOW + timedelta(hours=1)))
        tx.tickets.set_state("T1", "closed")
        assert [row.ticket_id for row in tx.tickets.of_session("s1")] == ["T2", "T1"]
        assert tx.tickets.of_customer("C1001") == tx.tickets.of_session("s1")
        assert tx.tickets.get("T1").state == "closed" and tx.tickets.get("T9") is None


def test_a_message_is_answered_once(store: Store) -> None:
    with store.write() as tx:
        turn = tx.turns.add("s1", "m1", "hash", '[{"text": "你好"}]')
        with pytest.raises(DuplicateKey):
            tx.turns.add("s1", "m1", "hash", "[]")
        tx.turns.add("s2", "m1", "hash", "[]")
        assert tx.turns.get("s1", "m1") == turn and tx.turns.get("s1", "m2") is None


def test_the_audit_log_only_grows(store: Store) -> None:
    with store.write() as tx:
        tx.audit.add("C1001", "cancel", "KF10000001", {"amount": 7900})
        tx.audit.add("agent", "look", "KF10000001", "in passing", now=NOW)
        assert [entry.detail for entry in tx.audit.of_subject("KF10000001")] == [
            {"amount": 7900},
            {"note": "in passing"},
        ]
        with pytest.raises(StoreError):
            tx.audit._try(sa.update(schema.audit).values(actor="somebody else"))
