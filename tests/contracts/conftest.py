"""Every test of a store here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kefu.store import Store
from tests.support.databases import NOW, PostgresDatabases, SqliteDatabases


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> SqliteDatabases | PostgresDatabases:
    """The databases of one kind."""
    return request.getfixturevalue(f"{request.param}_databases")


@pytest.fixture
def store(databases: SqliteDatabases | PostgresDatabases) -> Iterator[Store]:
    """A store of its own with the demo shop; its clock stands at NOW."""
    store = Store.open(databases.shop(), clock=lambda: NOW)
    yield store
    store.close()
