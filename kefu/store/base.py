"""What every repository stands on: one connection, one clock, one way for errors to leave."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from kefu.errors import DuplicateKey, StoreError
from kefu.store import schema
from kefu.store.memory import Memory

Value = TypeVar("Value")
Clock = Callable[[], datetime]
Rows = Sequence[Mapping[str, Any]]

_UNIQUE_VIOLATION = "23505"  # PostgreSQL's code; SQLite only has words
# the classes of PostgreSQL's codes that psycopg2 raises as OperationalError
_TROUBLE = ("08", "40", "53", "54", "55", "57", "58")
_CLASS_NAME = re.compile(r"^<class '[\w.]+'>: ")


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(timezone.utc)


def _is_duplicate(error: sa.exc.IntegrityError) -> bool:
    if getattr(error.orig, "pgcode", None) is not None:
        return bool(error.orig.pgcode == _UNIQUE_VIOLATION)
    return str(error.orig).startswith("UNIQUE constraint failed")


def _first_line(error: BaseException) -> str:
    lines = str(getattr(error, "orig", None) or error).splitlines()
    # with asyncpg SQLAlchemy puts the name of its class before the database's words
    return _CLASS_NAME.sub("", lines[0]) if lines else type(error).__name__


def _is_trouble(error: sa.exc.DBAPIError) -> bool:
    """Whether the database could not do its work: a lock, a limit, a lost server; not a wrong statement."""
    if isinstance(error, sa.exc.OperationalError):
        return True
    # asyncpg has one class for most errors; psycopg2 calls these kinds operational
    return str(getattr(error.orig, "pgcode", None) or "").startswith(_TROUBLE)


@contextmanager
def translated() -> Iterator[None]:
    """Let database errors leave as StoreError (DuplicateKey for a broken UNIQUE)."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        kind = DuplicateKey if _is_duplicate(error) else StoreError
        raise kind(f"the database refused the change: {_first_line(error)}") from error
    except (sa.exc.SQLAlchemyError, ValueError) as error:
        if isinstance(error, sa.exc.DBAPIError) and _is_trouble(error):
            raise StoreError(
                f"the database cannot be used now: {_first_line(error)}. Check KEFU_DATABASE_URL and that "
                "the database runs; if another process was writing, try again."
            ) from error
        # ValueError: a driver's refusal of NUL or surrogate characters, or of a time without a zone
        raise StoreError(f"the database could not take the statement: {_first_line(error)}") from error


def _only_reads(statement: Any) -> bool:
    """Whether a statement is a select that holds no rows; SQL in words may do anything."""
    return (
        bool(getattr(statement, "is_select", False)) and getattr(statement, "_for_update_arg", None) is None
    )


class Repository:
    """One table family inside one transaction."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._until: datetime | None = None
        self._memory: Memory = connection.get_execution_options()["kefu_memory"]
        self.moved: set[str] = set()  # the change counters that it moved

    def only_before(self, moment: datetime) -> None:
        """From now on give only rows that were created before ``moment``, where the rows know that."""
        self._until = moment

    def _begun(self, table: sa.Table) -> Any:
        return sa.true() if self._until is None else table.c.created_at < self._until

    def _run(self, statement: Any, values: Rows | Mapping[str, Any] | None = None) -> Any:
        """Run a statement, with rows once for each; before one that is no plain reading all is forgotten."""
        if not _only_reads(statement):
            self._memory.forget()
        with translated():
            if values:
                return self._connection.execute(statement, values)
            return self._connection.execute(statement)

    def _try(self, statement: Any, values: Mapping[str, Any] | None = None) -> Any:
        """Run a statement that may be refused; the transaction stays usable afterwards."""
        if self._connection.dialect.name == "sqlite":  # undoes a refused statement by itself
            return self._run(statement, values)
        with translated(), self._connection.begin_nested():
            return self._run(statement, values)

    def _one(self, statement: Any, values: Mapping[str, Any] | None = None) -> Mapping[str, Any] | None:
        row: Mapping[str, Any] | None = self._run(statement, values).mappings().first()
        return row

    def _all(self, statement: Any, values: Mapping[str, Any] | None = None) -> list[Mapping[str, Any]]:
        return list(self._run(statement, values).mappings())

    def _value(self, statement: Any, values: Mapping[str, Any] | None = None) -> Any:
        return self._run(statement, values).scalar()

    def _remembered(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """What ``read`` gives, read once in a transaction as long as nothing is written or held in it."""
        return self._memory.get(key, read)

    def _held(self, statement: Any) -> Any:
        """In a write transaction, take the rows of a select until its end (SQLite has no need)."""
        return statement.with_for_update(key_share=True) if self._writes else statement

    @property
    def _writes(self) -> bool:
        return bool(self._connection.get_execution_options().get("kefu_write"))

    @property
    def _holds_rows(self) -> bool:
        """Whether a row has to be taken to have it alone: not where one transaction writes at a time."""
        return self._writes and self._connection.dialect.name != "sqlite"

    def _must_change(self, statement: Any, what: str, values: Mapping[str, Any] | None = None) -> None:
        """Run an update that has to hit a row; StoreError with ``what`` where it hits none."""
        if self._try(statement, values).rowcount == 0:
            raise StoreError(what)

    def _move(self, table: sa.Table, key: str, row_id: str, *, column: str, to: str, **marks: Any) -> None:
        """Bring a row into another state; the database's trigger knows which moves are legal."""
        here = sa.select(table.c[column]).where(table.c[key] == row_id)
        found = self._value(here)
        if found is None:
            raise StoreError(f"there is no {key} {row_id!r} in {table.name}")
        try:
            self._try(sa.update(table).where(table.c[key] == row_id).values({column: to, **marks}))
        except StoreError as error:
            raise StoreError(
                f"{table.name}: {row_id} is {found!r} and cannot become {to!r} "
                "(the legal moves stand in the table legal_moves)"
            ) from error

    def _put(self, table: sa.Table, rows: Rows) -> None:
        """Insert rows, or overwrite those whose primary key is there already."""
        if not rows:
            return
        insert = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
        statement = insert(table)
        keys = [column.name for column in table.primary_key]
        others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
        self._run(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)

    @contextmanager
    def _loading(self) -> Iterator[None]:
        """Within the block refunds and payments may be deleted: a shop is being loaded anew."""
        here = sa.update(schema.counters).where(schema.counters.c.name == "loading")
        self._run(here.values(value=1))
        yield
        self._run(here.values(value=0))

    def _bump(self, counters: sa.Table, name: str) -> None:
        changed = sa.update(counters).where(counters.c.name == name).values(value=counters.c.value + 1)
        self._must_change(changed, f"there is no change counter {name!r}")
        self.moved.add(name)
