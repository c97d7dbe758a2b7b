"""A store that does not wait for the disk is a store in all else."""

from __future__ import annotations

from typing import Any

from kefu.store import Store, Transaction
from tests.support.rows import session


def test_a_hurried_store_keeps_what_others_read(databases: Any) -> None:
    """It does not wait for the disk at its commits; all else is as with any store."""
    url = databases.shop()
    hurried, other = Store.open(url, hurried=True), Store.open(url)
    with hurried.write() as tx:
        tx.sessions.add(session())
        assert _is_hurried(tx)
    with other.write() as tx:
        assert tx.sessions.get(session().session_id) is not None
        assert not _is_hurried(tx)
    hurried.close()
    other.close()


def _is_hurried(tx: Transaction) -> bool:
    connection = tx.sessions._connection
    if connection.dialect.name == "sqlite":
        return bool(connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1)
    # the server of these tests waits for no disk at all: what counts is who said so
    said = "SELECT source || setting FROM pg_settings WHERE name = 'synchronous_commit'"
    return bool(connection.exec_driver_sql(said).scalar() == "sessionoff")
