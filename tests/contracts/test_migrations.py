"""Every step of the schema's history, up and down, with a shop and its conversations in the tables.

``rows_at_0003.json`` holds the demo shop's rows as the code of that revision wrote them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from kefu.errors import StoreError
from kefu.store import Store, schema
from kefu.store.knowledge_records import Relation
from kefu.store.migrations import config, downgrade
from kefu.store.records import Shipment
from tests.support.databases import NOW

ROWS = json.loads(Path(__file__).with_name("rows_at_0003.json").read_text(encoding="utf-8"))
EARLIER = [step.revision for step in ScriptDirectory.from_config(config()).walk_revisions()][:0:-1]

Everything = dict[str, list[dict[str, Any]]]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = sa.create_engine(url, future=True)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def everything(connection: Connection) -> Everything:
    """Every row of every table, times in UTC, in an order of its own."""
    found: Everything = {}
    for table in reflected(connection):
        kept = connection.execute(sa.select(table)).mappings()
        rows = [{name: plain(value) for name, value in row.items()} for row in kept]
        found[table.name] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return found


def reflected(connection: Connection) -> list[sa.Table]:
    tables = sa.MetaData()
    tables.reflect(connection)
    return tables.sorted_tables


def plain(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    instant = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    return instant.astimezone(timezone.utc).isoformat()


def make_old(url: str, revision: str) -> Everything:
    """A database at an earlier revision with the rows that it can hold; gives back what is in it.

    The rows are of 0003: a later revision gets them by its own migration.
    """
    with connected(url) as connection:
        upgrade_to(connection, min(revision, "0003"))
        for table in reflected(connection):
            rows = [{k: typed(table.c[k], v) for k, v in row.items()} for row in ROWS.get(table.name, ())]
            if rows:
                connection.execute(sa.insert(table), rows)
        upgrade_to(connection, revision)
        return everything(connection)


def upgrade_to(connection: Connection, revision: str) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, revision)


def typed(column: sa.Column, value: Any) -> Any:
    return datetime.fromisoformat(value) if value and isinstance(column.type, sa.DateTime) else value


def back(url: str, revision: str) -> Everything:
    with connected(url) as connection:
        downgrade(connection, revision)
        return everything(connection)


def test_the_fixture_speaks_of_every_table_that_it_can() -> None:
    assert EARLIER[:3] == ["0001", "0002", "0003"]
    assert all(ROWS[name] for name in ("orders", "order_lines", "refunds", "returns", "audit", "sessions"))


@pytest.mark.parametrize("revision", EARLIER)
def test_rows_of_every_earlier_revision_go_up_and_come_down_the_same(databases: Any, revision: str) -> None:
    url = databases.empty()
    before = unnoted(make_old(url, revision))
    store = Store.open(url, migrate=True, clock=lambda: NOW)
    with store.read() as tx:
        orders = [order for c in tx.customers.first(99) for order in tx.orders.of_customer(c.customer_id)]
        lines = [line for order in orders for line in order.lines]
    store.close()
    assert len(orders) == len(ROWS["orders"]) and len(lines) == len(ROWS["order_lines"])
    assert unnoted(back(url, revision)) == before
    Store.open(url, migrate=True).close()
    assert unnoted(back(url, revision)) == before  # also the second time


def unnoted(found: Everything) -> Everything:
    """Without what 0005 notes of refunds in the audit, which outlives it: the audit loses no row."""
    if "audit" not in found:
        return found
    return {**found, "audit": [row for row in found["audit"] if row["actor"] != "migration"]}


@pytest.mark.parametrize("revision", EARLIER)
def test_orders_tell_the_same_after_the_move(databases: Any, revision: str) -> None:
    url = databases.empty()
    make_old(url, revision)
    store = Store.open(url, migrate=True)
    with store.read() as tx:
        for row in ROWS["orders"]:
            order = tx.orders.get(row["order_number"])
            assert order is not None
            told = {name: plain(getattr(order, name, None)) for name in row if not name.startswith("ship_to")}
            assert told == {name: value for name, value in row.items() if name in told}
        for row in ROWS["order_lines"]:
            order = tx.orders.get(row["order_number"])
            line = order.lines[row["line"] - 1]
            assert {n: getattr(line, n) for n in row if n != "product_id"} == {
                n: v for n, v in row.items() if n != "product_id"
            }
        assert Relation("P101", "compatible_with", "P103") in tx.relations.all()
        assert all(customer.state == "active" for customer in tx.customers.first(99))
    store.close()


def test_nothing_to_everything_and_back_to_nothing(databases: Any) -> None:
    url = databases.empty()
    Store.open(url, migrate=True).close()
    assert [name for name, rows in back(url, "base").items() if name != "alembic_version" or rows] == []
    Store.open(url, migrate=True).close()
    Store.open(url).close()


def test_going_down_the_parcel_under_way_speaks_for_its_order(databases: Any) -> None:
    url = databases.shop()
    store = Store.open(url, clock=lambda: NOW)
    day = timedelta(days=1)
    with store.write() as tx:
        parcels = [
            Shipment("KF10000002", 1, "DHL", "A1", NOW - 3 * day, NOW - day, None),
            Shipment("KF10000002", 2, "UPS", "B2", NOW - 2 * day, None, NOW + day),
        ]
        tx.shipments.put(parcels)
        order = tx.orders.get("KF10000002")
    store.close()
    assert order is not None and order.shipments == tuple(parcels)
    assert (order.carrier, order.tracking_number, order.eta_at) == ("UPS", "B2", NOW + day)
    assert (order.shipped_at, order.delivered_at) == (NOW - 3 * day, None)
    rows = {row["order_number"]: row for row in back(url, "0003")["orders"]}
    names = ("carrier", "tracking_number", "eta_at", "shipped_at", "delivered_at")
    assert [rows["KF10000002"][name] for name in names] == [plain(getattr(order, name)) for name in names]


def test_a_row_that_hangs_in_the_air_stops_the_migration_and_changes_nothing(sqlite_databases: Any) -> None:
    # foreign keys are off while SQLite's tables are made anew, so the store looks itself
    url = sqlite_databases.empty()
    make_old(url, "0003")
    with connected(url) as connection:
        connection.execute(sa.text("DELETE FROM customers WHERE customer_id = 'C1001'"))
        before = everything(connection)
    with pytest.raises(StoreError, match="customers"):
        Store.open(url, migrate=True)
    with connected(url) as connection:
        assert everything(connection) == before


def test_a_table_that_is_made_anew_keeps_its_triggers(sqlite_databases: Any) -> None:
    url = sqlite_databases.empty()
    make_old(url, "0003")
    with connected(url) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER kept BEFORE DELETE ON order_lines BEGIN SELECT RAISE(ABORT, 'kept'); END"
        )
    Store.open(url, migrate=True).close()
    with connected(url) as connection, pytest.raises(sa.exc.IntegrityError, match="kept"):
        connection.execute(sa.text("DELETE FROM order_lines"))


def test_sqlite_keeps_a_journal_ahead_and_foreign_keys_on(sqlite_databases: Any) -> None:
    url = sqlite_databases.empty()
    store = Store.open(url, migrate=True)
    with store.write() as tx:
        tx.relations.replace_of([], [])
        with pytest.raises(StoreError):
            tx.relations.replace_of([], [Relation("P101", "fits", "P102")])
        assert tx._value(sa.text("PRAGMA foreign_keys")) == 1
        assert tx._value(sa.text("PRAGMA journal_mode")) == "wal"
    store.close()


def test_the_schema_is_one_line_of_revisions() -> None:
    assert [*EARLIER, schema.REVISION] == sorted([*EARLIER, schema.REVISION])
