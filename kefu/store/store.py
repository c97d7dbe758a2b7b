"""The store: opens a database of the right schema and hands out transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from kefu.errors import StaleRevision, StoreError
from kefu.store import near, schema
from kefu.store.base import Clock, translated, utc_now
from kefu.store.engines import connected, engine, parsed, prepare_file
from kefu.store.kept import Kept
from kefu.store.transaction import Transaction

T = TypeVar("T")
_MIGRATION_LOCK = 0x4B656675  # any number, the same in every process


class Store:
    """One database. Threads may share a store; a transaction belongs to one thread."""

    def __init__(self, engine: Engine, *, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._kept = Kept()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        migrate: bool = False,
        clock: Clock = utc_now,
        serving: bool = False,
        hurried: bool = False,
    ) -> Store:
        """Connect to ``url`` (``sqlite:///PATH`` or ``postgresql://…``) and check its schema.

        With ``migrate`` the schema is made or brought up to date first. Without it a database
        that is not at this code's revision raises StaleRevision; a newer one always does.
        ``clock`` gives the time of rows whose time the caller does not give. ``serving`` is for
        ThreadedStore, which cuts work that takes too long; ``hurried`` for what may be lost with the
        machine's current, since something that is kept later stands for it (see engines.engine).
        """
        known = parsed(url)
        prepare_file(known, create=migrate)
        store = cls(engine(known, serving=serving, hurried=hurried), clock=clock)
        try:
            store.migrate() if migrate else store.check_revision()
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
        with translated(), connected(self._engine, write=True, migrating=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            found = _revision(connection)
            if found is not None and found > schema.REVISION:
                raise _stale(found)
            if found != schema.REVISION:
                upgrade(connection)
            near.make(connection)
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
        with connected(self._engine, write=False) as connection:
            yield Transaction(connection, self._clock, self._kept)

    @contextmanager
    def write(self, *, alive: Callable[[], None] | None = None) -> Iterator[Transaction]:
        """A transaction that is committed at the end of the block, or undone if that raises.

        ``alive`` is called while a lock is waited for and right before the commit; it raises to end both.
        """
        with connected(self._engine, write=True, alive=alive) as connection:
            tx = Transaction(connection, self._clock, self._kept)
            yield tx
            tx.audit.flush()
            if alive is not None:
                alive()
            _commit(connection)

    def run(self, function: Callable[[Transaction], T], *, write: bool) -> T:
        """What ``function`` gives, in a transaction of its own."""
        with self.write() if write else self.read() as tx:
            return function(tx)

    def change_counter(self, name: str) -> int:
        """A number that grows when the ``catalogue`` or the ``passages`` change."""
        with self.read() as tx:
            return tx.counter(name)

    def check_revision(self) -> None:
        """Raise StaleRevision unless the database has this code's schema."""
        with translated(), connected(self._engine, write=False) as connection:
            found = _revision(connection)
        if found != schema.REVISION:
            raise _stale(found)


def _commit(connection: Connection) -> None:
    """Commit; a connection whose commit failed is dropped.

    SQLAlchemy 1.4 would put it back as it is, and on SQLite its transaction is open still.
    """
    try:
        with translated():
            connection.commit()
    except BaseException:
        connection.invalidate()
        raise


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
