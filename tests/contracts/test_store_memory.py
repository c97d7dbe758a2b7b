"""What a transaction read it reads once, but never past a change or a lock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kefu.errors import DuplicateKey, StoreError
from kefu.store import Store, Transaction
from kefu.store.records import Address
from tests.support.databases import NOW, PostgresDatabases
from tests.support.rows import confirmation, session

CUSTOMER, ORDER, LINE = "C1003", "KF10000012", 1
HERE = Address("A", "1", "Street 1", "10000", "US")

Step = Callable[[Transaction], Any]


def _policy(tx: Transaction) -> None:
    clauses = tx.policy.in_force(NOW).values()
    tx.policy.replace_all([replace(each, params={**each.params, "days": "1"}) for each in clauses])


def _stock(tx: Transaction) -> None:
    order = tx.orders.get(ORDER)
    assert order is not None
    line = order.lines[0]
    tx.products.take_stock(line.product.product_id, line.variant, 1)


def _refused(tx: Transaction) -> None:
    with pytest.raises(StoreError):
        tx.orders.cancel_line(ORDER, LINE, 10_000)


def _taken(tx: Transaction) -> None:
    with pytest.raises(DuplicateKey):
        tx.sessions.add(session())


READS: Sequence[Step] = (
    lambda tx: tx.orders.get(ORDER),
    lambda tx: tx.orders.get_owned(ORDER, CUSTOMER),
    lambda tx: tx.orders.get_owned(ORDER, "C1001"),
    lambda tx: tx.orders.get_proved(ORDER, ORDER),
    lambda tx: tx.orders.get_proved(ORDER, None),
    lambda tx: tx.orders.of_customer(CUSTOMER),
    lambda tx: tx.policy.in_force(NOW),
    lambda tx: tx.policy.clause("hours.1", NOW),
    lambda tx: tx.sessions.get("s1"),
    lambda tx: tx.confirmations.open_of("s1"),
)
WRITES: Sequence[Step] = (
    lambda tx: tx.orders.set_address(ORDER, HERE),
    lambda tx: tx.orders.set_address(ORDER, replace(HERE, name="B")),
    lambda tx: tx.orders.put([order for order in [tx.orders.get(ORDER)] if order]),
    lambda tx: tx.orders.lock(ORDER),
    lambda tx: tx.execute(f"UPDATE orders SET coupon = 'C' WHERE order_number = '{ORDER}'"),
    lambda tx: tx.sessions.set_language("s1", "zh"),
    lambda tx: tx.sessions.verify_order("s1", ORDER, NOW),
    lambda tx: tx.sessions.hold("s1"),
    lambda tx: tx.confirmations.void("s1"),
    lambda tx: tx.confirmations.get("n1") or tx.confirmations.add(confirmation()),
    lambda tx: tx.confirmations.use("n1", now=NOW),
    _policy,
    _stock,
    _refused,
    _taken,
)
CUT = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@CUT
@given(st.lists(st.sampled_from((*READS, *WRITES)), min_size=4, max_size=14))
def test_after_any_steps_what_is_read_is_what_stands_there(store: Store, steps: Sequence[Step]) -> None:
    with pytest.raises(_Undone), store.write() as tx:
        tx.sessions.add(session())
        for step in steps:
            step(tx)
            read = [each(tx) for each in READS]
            assert [each(tx) for each in READS] == read  # remembered
            tx._memory.forget()
            assert [each(tx) for each in READS] == read  # read anew
        raise _Undone


class _Undone(Exception):
    """Ends an example and undoes what it wrote."""


def test_an_order_is_read_once_until_something_is_written(store: Store) -> None:
    with _counted(store) as said, store.write() as tx:
        tx.orders.of_customer(CUSTOMER)
        said.clear()
        assert tx.orders.get_owned(ORDER, CUSTOMER) in tx.orders.of_customer(CUSTOMER)
        assert said == []
        tx.orders.set_address(ORDER, HERE)
        addresses = {order.order_number: order.address for order in tx.orders.of_customer(CUSTOMER)}
        assert addresses[ORDER] == HERE


def test_one_who_changes_the_list_changes_nothing_that_is_remembered(store: Store) -> None:
    with store.read() as tx:
        tx.orders.of_customer(CUSTOMER).clear()
        assert tx.orders.of_customer(CUSTOMER)


def test_another_transaction_remembers_nothing_of_the_one_before(store: Store) -> None:
    with store.read() as tx:
        before = tx.orders.get(ORDER)
    with store.write() as tx:
        tx.orders.set_address(ORDER, HERE)
    with store.read() as tx:
        after = tx.orders.get(ORDER)
    assert before is not None and after is not None
    assert before.address != HERE == after.address


def test_behind_a_lock_stands_what_was_committed_before_it(postgres_databases: PostgresDatabases) -> None:
    """On SQLite nobody else can commit while a transaction may write."""
    store = Store.open(postgres_databases.shop(), clock=lambda: NOW)
    with store.write() as mine:
        seen = mine.orders.get(ORDER)
        with store.write() as other:
            other.orders.set_address(ORDER, HERE)
        locked = mine.orders.lock(ORDER)
        again = mine.orders.get(ORDER)
    store.close()
    assert seen is not None and locked is not None
    assert seen.address != HERE == locked.address
    assert again == locked


def test_a_session_is_held_once_and_not_at_all_where_who_writes_is_alone(store: Store) -> None:
    with store.write() as tx:
        tx.sessions.add(session())
    with _counted(store) as said, store.write() as tx:
        tx.sessions.get("s1")
        said.clear()
        tx.sessions.hold("s1")
        tx.sessions.hold("s1")
    assert len(said) == (0 if store.dialect == "sqlite" else 1)


@contextmanager
def _counted(store: Store) -> Iterator[list[str]]:
    """The statements that are run within the block."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    sa.event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(store._engine, "before_cursor_execute", note)
