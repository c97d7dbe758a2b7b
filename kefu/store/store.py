"""The store: opens a database of the right schema and hands out transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url

from kefu.errors import ConfigError, StaleRevision, StoreError
from kefu.store import schema
from kefu.store.base import Clock, translated, utc_now
from kefu.store.kept import Kept
from kefu.store.transaction import Transaction

_LOCK_WAIT_SECONDS = 10
_MIGRATION_LOCK = 0x4B656675  # any number, the same in every process


class Store:
    """One database. Threads may share a store; a transaction belongs to one thread."""

    def __init__(self, engine: Engine, *, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._kept = Kept()

    @classmethod
    def open(cls, url: str, *, migrate: bool = False, clock: Clock = utc_now) -> Store:
        """Connect to ``url`` (``sqlite:///PATH`` or ``postgresql://…``) and check its schema.

        With ``migrate`` the schema is made or brought up to date first. Without it a database
        that is not at this code's revision raises StaleRevision; a newer one always does.
        ``clock`` gives the time of rows whose time the caller does not give.
        """
        parsed = _parsed(url)
        _prepare_file(parsed, create=migrate)
        store = cls(_engine(parsed), clock=clock)
        try:
            store.migrate() if migrate else store._check_revision()
        except BaseException:
            store.close()
            raise
        return store

    def migrate(self) -> None:
        """Bring the schema to this code's revision; does nothing where it is there."""
        # alembic takes a while to import and only who migrates needs it
        from kefu.store.migrations import upgrade

        if self._engine.dialect.name == "sqlite":
            with translated(), closing(self._engine.raw_connection()) as raw:  # kept in the file from then on
                raw.execute("PRAGMA journal_mode=WAL")
        with translated(), _connection(self._engine, write=True, migrating=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            found = _revision(connection)
            if found is not None and found > schema.REVISION:
                raise _stale(found)
            if found != schema.REVISION:
                upgrade(connection)
            _check_references(connection)
            connection.commit()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        name: str = self._engine.dialect.name
        return name

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that sees one moment of the database and cannot change it."""
        with _connection(self._engine, write=False) as connection:
            yield Transaction(connection, self._clock, self._kept)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that is committed at the end of the block, or undone if that raises."""
        with _connection(self._engine, write=True) as connection:
            tx = Transaction(connection, self._clock, self._kept)
            yield tx
            tx.audit.flush()
            with translated():
                connection.commit()

    def change_counter(self, name: str) -> int:
        """A number that grows when the ``catalogue`` or the ``passages`` change."""
        with self.read() as tx:
            return tx.counter(name)

    def _check_revision(self) -> None:
        with translated(), _connection(self._engine, write=False) as connection:
            found = _revision(connection)
        if found != schema.REVISION:
            raise _stale(found)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        # the value is not repeated: it may hold a password
        raise ConfigError("KEFU_DATABASE_URL is none; wanted sqlite:///PATH or postgresql://…") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        found = parsed.get_backend_name()
        raise ConfigError(f"KEFU_DATABASE_URL: found a {found} database; wanted sqlite or postgresql")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError("KEFU_DATABASE_URL: found SQLite in memory, which two processes cannot share; "
                          "wanted a file, sqlite:///PATH")  # fmt: skip
    return parsed


def _prepare_file(url: URL, *, create: bool) -> None:
    if url.get_backend_name() != "sqlite":
        return
    file = Path(str(url.database))
    if create:
        file.parent.mkdir(parents=True, exist_ok=True)
    elif not file.exists():
        raise StaleRevision(f"there is no database at {file}; `kefu seed` makes it and loads the shop")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(url, future=True, pool_pre_ping=True)
    arguments = {"timeout": _LOCK_WAIT_SECONDS, "check_same_thread": False}
    engine = sa.create_engine(url, future=True, poolclass=sa.pool.QueuePool, connect_args=arguments)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is said by _begin_sqlite, not guessed by the driver
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    write = options.get("kefu_write", False)
    # a migration makes some tables anew; dropping the old one must not take along what hangs on it
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if options.get('kefu_migrating') else 'ON'}")
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if write else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _connection(engine: Engine, *, write: bool, migrating: bool = False) -> Iterator[Connection]:
    """A connection within a transaction; what is not committed is undone at the end."""
    options: dict[str, Any] = {"kefu_write": write, "kefu_migrating": migrating}
    if engine.dialect.name == "postgresql" and not write:
        options.update(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with translated():
        connection = engine.connect()
    try:
        with translated():
            connection = connection.execution_options(**options)
            connection.begin()
        yield connection
    finally:
        connection.close()


def _check_references(connection: Connection) -> None:
    """What foreign keys would have held while they were off (SQLite alone turns them off)."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StoreError(
            f"after the migration a row of {broken[0]} names one of {broken[2]} that is not there; nothing "
            "was changed. Repair the row (PRAGMA foreign_key_check lists them) and migrate again."
        )


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _stale(found: str | None) -> StaleRevision:
    wanted = schema.REVISION
    if found is not None and found > wanted:
        return StaleRevision(
            f"the database has schema {found}, this code wants {wanted}: a newer Kefu made it. "
            "Update Kefu, or point KEFU_DATABASE_URL at another database."
        )
    return StaleRevision(
        f"the database has {'no schema' if found is None else 'schema ' + found}, this code wants {wanted}. "
        "Run `kefu seed` (in code: Store.open(url, migrate=True))."
    )
