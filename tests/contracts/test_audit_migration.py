"""The audit that was there before it was a chain, and the role that may only add to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from kefu.errors import ConfigError, StoreError
from kefu.store import Store, grants
from kefu.store.chain import verify
from kefu.store.migrations import config
from tests.support.databases import NOW, PostgresDatabases
from tests.support.rows import refund, session

BEFORE, CHAINED = "0003", "0005"
NAMES = ("audit_id", "at", "actor", "action", "subject", "detail")


@contextmanager
def connected(url: str) -> Iterator[sa.engine.Connection]:
    engine = sa.create_engine(url, future=True)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def migrate(url: str, revision: str) -> None:
    settings = config()
    with connected(url) as connection:
        settings.attributes["connection"] = connection
        (command.downgrade if revision == BEFORE else command.upgrade)(settings, revision)


def entries(url: str) -> list[tuple[Any, ...]]:
    """What the audit says, without its numbers."""
    with connected(url) as connection:
        rows = connection.execute(sa.text(f"SELECT {', '.join(NAMES)} FROM audit ORDER BY audit_id"))
        return [(str(row.at), row.actor, row.action, row.subject, _data(row.detail)) for row in rows]


def _data(detail: Any) -> Any:
    return json.loads(detail) if isinstance(detail, str) else detail


def holds(url: str) -> int:
    store = Store.open(url, migrate=True)
    with store.read() as tx:
        verdict = verify(tx.audit.rows())
    store.close()
    assert verdict.holds, verdict.problem
    return verdict.rows


def test_down_and_up_again_keeps_every_entry(databases: Any) -> None:
    url = databases.shop()
    before = entries(url)
    migrate(url, BEFORE)
    assert entries(url) == before
    with pytest.raises(sa.exc.DBAPIError, match="audit_fixed"), connected(url) as connection:
        connection.execute(sa.text("UPDATE audit SET actor = 'x'"))
    migrate(url, CHAINED)
    assert entries(url) == before and holds(url) == len(before)


def test_rows_from_before_are_chained_without_gaps_and_refunds_get_their_entry(databases: Any) -> None:
    url = databases.shop()
    migrate(url, BEFORE)
    insert = "INSERT INTO audit (audit_id, at, actor, action, subject, detail) VALUES "
    with connected(url) as connection:
        connection.execute(sa.text("DELETE FROM audit"))
        for number in (*range(3, 2000, 2), 5000):
            row = (
                f"({number}, '2026-03-04 04:00:00.123456', 'C1', 'look', 'KF{number}', '{{\"n\": {number}}}')"
            )
            connection.execute(sa.text((insert + row).replace(":", r"\:")))
    kept = entries(url)
    migrate(url, CHAINED)
    after = entries(url)
    assert after[: len(kept)] == kept
    added = {(actor, action, subject) for _, actor, action, subject, _ in after[len(kept) :]}
    assert ("migration", "refund.submitted", "RF-KF10000008") in added and len(added) == 5
    assert holds(url) == len(after) == len(kept) + 5


def test_a_role_that_serves_may_add_to_the_audit_and_do_no_more(
    postgres_databases: PostgresDatabases,
) -> None:
    url = postgres_databases.shop()
    with connected(url) as connection:
        connection.execute(sa.text('DROP ROLE IF EXISTS "serving ""one"""'))
        connection.execute(sa.text('CREATE ROLE "serving ""one"""'))
    owner = Store.open(url)
    grants.apply(owner, 'serving "one"')
    grants.apply(owner, 'serving "one"')  # again, as after an update
    with owner.write() as tx:
        tx.execute('SET LOCAL ROLE "serving ""one"""')
        tx.sessions.add(session())
        tx.codes.add("s1", "KF10000001", "hash", NOW)
        tx.orders.lock("KF10000001")
        tx.refunds.add(refund())
        tx.refunds.set_state("RF-k1", "approved", decided_by="supervisor", decided_at=NOW)
        tx.audit.flush()
    for refused in (
        "UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL", "DROP TABLE audit",
        "INSERT INTO legal_moves VALUES ('refund', 'failed', 'requested')",
        "UPDATE alembic_version SET version_num = '9'",
        "INSERT INTO counters (name, value) VALUES ('more', 1)", "DELETE FROM counters",
    ):  # fmt: skip
        with pytest.raises(StoreError, match="permission denied|must be owner"), owner.write() as tx:
            tx.execute('SET LOCAL ROLE "serving ""one"""')
            tx.execute(refused)
    with owner.read() as tx:
        assert verify(tx.audit.rows()).holds and len(tx.audit.of_subject("RF-k1")) == 2
    owner.close()


def test_a_role_that_serves_cannot_say_that_a_shop_is_being_loaded(
    postgres_databases: PostgresDatabases,
) -> None:
    """While that counter is up, refunds, payments and claims may be deleted: the owner's affair."""
    url, serve = postgres_databases.shop(), 'SET LOCAL ROLE "serving two"'
    with connected(url) as connection:
        connection.execute(sa.text('DROP ROLE IF EXISTS "serving two"'))
        connection.execute(sa.text('CREATE ROLE "serving two"'))
    owner = Store.open(url)
    grants.apply(owner, "serving two")
    raised = "UPDATE counters SET value = 1 WHERE name = 'loading'"
    renamed = "UPDATE counters SET name = 'loading'"
    with pytest.raises(StoreError), owner.write() as tx:
        tx.execute(serve)
        tx.execute(raised)
        tx.execute("DELETE FROM payments")
    with pytest.raises(StoreError), owner.write() as tx:
        tx.execute(serve)
        tx.execute(f"{renamed} WHERE name = 'passages'")
    with owner.write() as tx:
        tx.execute(serve)
        tx.execute("UPDATE counters SET value = value + 1 WHERE name = 'catalogue'")
        assert tx.counter("catalogue") > 0 and tx.counter("loading") == 0
    with owner.write() as tx:  # the owner loads a shop as before
        tx.empty()
    owner.close()


def test_sqlite_has_no_roles(shop_store: Store) -> None:
    with pytest.raises(ConfigError, match="PostgreSQL"):
        grants.apply(shop_store, "serving")
    with pytest.raises(ConfigError, match="role"):
        grants.statements(" ")
