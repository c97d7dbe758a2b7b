"""Fixtures for every test: a store with the demo shop, and the real databases behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kefu.store import Store
from tests.support.databases import NOW, PostgresDatabases, SqliteDatabases

# Redis, RabbitMQ and Chromium: only for the tests that ask for them.
pytest_plugins = ["tests.services", "tests.support.browser"]


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """SQLite files, empty or with the demo shop."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """Databases of a PostgreSQL server that runs for this session of tests."""
    databases = PostgresDatabases()
    yield databases
    databases.close()


@pytest.fixture
def shop_store(sqlite_databases: SqliteDatabases) -> Iterator[Store]:
    """A store of its own on SQLite with the demo shop as of ``tests.support.databases.NOW``."""
    store = Store.open(sqlite_databases.shop(), clock=lambda: NOW)
    yield store
    store.close()
