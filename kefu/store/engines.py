"""Engines: how a database is connected to, by blocking drivers and by asyncio's, with the same promises.

SQLite: foreign keys on, BEGIN IMMEDIATE for who writes, query_only for who reads. PostgreSQL: readers see one
moment (REPEATABLE READ, read only).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from kefu.errors import ConfigError, StaleRevision
from kefu.store.base import translated
from kefu.store.memory import Memory

CONNECTIONS = 15  # at most, of one store
_LOCK_WAIT_SECONDS = 10.0
# One wait of the driver for SQLite's lock, which nothing interrupts; between two of them work can be cut.
_LOOK_SECONDS = 0.25
_CUT_SECONDS = 1.0  # how long a server may take to confirm that it stopped a statement
_STATEMENTS = 500  # kept prepared by a connection; the repositories have some 300


def parsed(url: str) -> URL:
    """The URL of a database that Kefu can use; raises ConfigError."""
    try:
        known = make_url(url)
    except sa.exc.ArgumentError as error:
        # the value is not repeated: it may hold a password
        raise ConfigError("KEFU_DATABASE_URL is none; wanted sqlite:///PATH or postgresql://…") from error
    if known.get_backend_name() not in ("sqlite", "postgresql"):
        found = known.get_backend_name()
        raise ConfigError(f"KEFU_DATABASE_URL: found a {found} database; wanted sqlite or postgresql")
    if known.get_backend_name() == "sqlite" and known.database in (None, "", ":memory:"):
        raise ConfigError("KEFU_DATABASE_URL: found SQLite in memory, which two processes cannot share; "
                          "wanted a file, sqlite:///PATH")  # fmt: skip
    return known


def prepare_file(url: URL, *, create: bool) -> None:
    """Make the folder of a SQLite file, or with ``create`` off see that the file is there."""
    if url.get_backend_name() != "sqlite":
        return
    file = Path(str(url.database))
    if create:
        file.parent.mkdir(parents=True, exist_ok=True)
    elif not file.exists():
        raise StaleRevision(f"there is no database at {file}; `kefu seed` makes it and loads the shop")


def engine(url: URL, *, serving: bool = False, hurried: bool = False) -> Engine:
    """An engine whose statements block the thread that runs them.

    ``serving``: for work that can be cut; all connections are kept, and locks are waited for step by step.
    ``hurried``: a commit does not wait for the disk. What the machine loses with its current is whole
    transactions, the latest ones; the next commit of another engine takes them to the disk with its own.
    """
    places: dict[str, Any] = {"pool_size": CONNECTIONS, "max_overflow": 0} if serving else {}
    if url.get_backend_name() == "postgresql":
        made = sa.create_engine(url, future=True, pool_pre_ping=True, **places)
        if hurried:
            sa.event.listen(made, "connect", _hurry_postgresql)
        return made
    arguments = {"timeout": _LOOK_SECONDS if serving else _LOCK_WAIT_SECONDS, "check_same_thread": False}
    pool = sa.pool.QueuePool
    made = sa.create_engine(url, future=True, poolclass=pool, connect_args=arguments, **places)
    _listen_sqlite(made)
    if hurried:
        sa.event.listen(made, "connect", _hurry_sqlite)
    return made


def async_engine(url: URL) -> Engine:
    """An engine whose statements are awaited; it is used within ``sqlalchemy.util.greenlet_spawn`` alone.

    A statement whose task is cancelled is stopped in the database too, and its connection is dropped.
    """
    places: dict[str, Any] = {"pool_size": CONNECTIONS, "max_overflow": 0}
    if url.get_backend_name() == "postgresql":
        plain = sa.engine.URL.create("postgresql+asyncpg")
        made = create_async_engine(plain, pool_pre_ping=True, connect_args=_asyncpg_arguments(url), **places)
        sa.event.listen(made.sync_engine, "do_connect", _connect_asyncpg)
        sa.event.listen(made.sync_engine, "handle_error", _stop_asyncpg)
    else:
        plain, pool = url.set(drivername="sqlite+aiosqlite"), sa.pool.AsyncAdaptedQueuePool
        made = create_async_engine(plain, poolclass=pool, connect_args={"timeout": _LOOK_SECONDS}, **places)
        sa.event.listen(made.sync_engine, "handle_error", _stop_aiosqlite)
        _listen_sqlite(made.sync_engine)
    return made.sync_engine


@contextmanager
def connected(
    engine: Engine, *, write: bool, migrating: bool = False, alive: Callable[[], None] | None = None
) -> Iterator[Connection]:
    """A connection within a transaction; what is not committed is undone at the end.

    ``alive`` is called while a lock is waited for; what it raises ends the waiting.
    """
    options: dict[str, Any] = {
        "kefu_write": write, "kefu_migrating": migrating, "kefu_alive": alive, "kefu_memory": Memory()
    }  # fmt: skip
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


def _listen_sqlite(made: Engine) -> None:
    sa.event.listen(made, "connect", _prepare_sqlite)
    sa.event.listen(made, "begin", _begin_sqlite)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is said by _begin_sqlite, not guessed by the driver
    connection.execute("PRAGMA foreign_keys=ON")


def _hurry_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")  # https://www.sqlite.org/pragma.html#pragma_synchronous


def _hurry_postgresql(connection: Any, _record: Any) -> None:
    # https://www.postgresql.org/docs/current/wal-async-commit.html
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    write = options.get("kefu_write", False)
    # a migration makes some tables anew; dropping the old one must not take along what hangs on it
    _say(
        connection,
        f"PRAGMA foreign_keys={'OFF' if options.get('kefu_migrating') else 'ON'}",
        f"PRAGMA query_only={'OFF' if write else 'ON'}",
        *([] if write else ["BEGIN"]),
    )
    if write:
        _take_lock(connection, options.get("kefu_alive"))


def _say(connection: Connection, *words: str) -> None:
    """Have the driver run what gives no rows: it begins each transaction, so nothing lies between."""
    dialect, base = connection.dialect, connection.dialect.dbapi.Error
    cursor = connection.connection.cursor()
    try:
        for each in words:
            cursor.execute(each)
    except base as error:
        raise sa.exc.DBAPIError.instance(words[-1], None, error, base, dialect=dialect) from error
    finally:
        cursor.close()


def _take_lock(connection: Connection, alive: Callable[[], None] | None) -> None:
    """Become the one who writes; OperationalError where another has not ended in time."""
    until = monotonic() + _LOCK_WAIT_SECONDS
    while True:
        try:
            _say(connection, "BEGIN IMMEDIATE")
            return
        except sa.exc.OperationalError as error:
            if "locked" not in str(error.orig) or monotonic() >= until:
                raise
        if alive is not None:
            alive()


def _asyncpg_arguments(url: URL) -> dict[str, Any]:
    """asyncpg reads the same URL as libpq does, but for the time that connecting may take."""
    query = dict(url.query)
    seconds = query.pop("connect_timeout", None)
    dsn = url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
    limit = {"timeout": float(str(seconds))} if seconds else {}
    return {"dsn": dsn, "prepared_statement_cache_size": _STATEMENTS, **limit}


def _connect_asyncpg(dialect: Any, _record: Any, places: Any, options: Any) -> Any:
    """Connect; what asyncpg raises then SQLAlchemy 1.4 hands on as it is; here it is a driver's error."""
    import asyncpg

    try:
        return dialect.connect(*places, **options)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError) as error:
        raise dialect.dbapi.OperationalError(str(error) or type(error).__name__) from error


def _stop_asyncpg(context: Any) -> None:
    """Have the server stop a statement whose task was cancelled.

    asyncpg asks the server to, and forgets it where the connection is closed at once, as SQLAlchemy does:
    a statement that waits for a lock would wait on. The next one on the connection waits until it stopped.
    """
    driver = _driver_of(context)
    if driver is not None and not driver.is_closed():
        try:
            await_only(driver.execute("ROLLBACK", timeout=_CUT_SECONDS))
        except Exception as error:
            # the connection is dropped in any case; what cannot be stopped is said
            context.engine.pool.logger.warning("a statement was not stopped: %s", type(error).__name__)


def _stop_aiosqlite(context: Any) -> None:
    """Stop a statement whose task was cancelled, so that its connection can be closed."""
    driver = _driver_of(context)
    if driver is not None:
        await_only(driver.interrupt())


def _driver_of(context: Any) -> Any:
    """The driver's connection where a task was cancelled in a statement; else None."""
    cancelled = isinstance(context.original_exception, asyncio.CancelledError)
    if not cancelled or context.connection is None or context.connection.invalidated:
        return None
    return context.connection.connection.driver_connection
