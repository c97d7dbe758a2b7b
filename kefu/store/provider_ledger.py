"""The books of the demo's payment provider: a SQLite file of its own, apart from the shop's store.

It plays the world outside: several processes see it, it survives whatever becomes of them, and a
transaction of the shop never covers it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from kefu.errors import StoreError

_WAIT_SECONDS = 10
_TABLES = """
CREATE TABLE IF NOT EXISTS payments (
  key TEXT PRIMARY KEY, content_hash TEXT NOT NULL, order_number TEXT NOT NULL, amount INTEGER NOT NULL,
  currency TEXT NOT NULL, method TEXT NOT NULL, state TEXT NOT NULL, reference TEXT NOT NULL,
  booked_at REAL NOT NULL, due_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS behaviour (id INTEGER PRIMARY KEY, name TEXT NOT NULL, seconds REAL NOT NULL);
"""


@dataclass(frozen=True)
class LedgerRow:
    """One request that the provider booked; times are POSIX seconds."""

    key: str
    content_hash: str
    order_number: str
    amount: int
    currency: str
    method: str
    state: str  # booked | refused
    reference: str
    booked_at: float
    due_at: float  # from then on it counts as paid out


class ProviderLedger:
    """The provider's books and the way it was told to behave. Threads and processes may share the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def book(self, row: LedgerRow) -> LedgerRow:
        """Write ``row`` unless its key is there; the row that stands under the key afterwards."""
        marks = ", ".join("?" * len(fields(LedgerRow)))
        with self._changing() as connection:
            connection.execute(f"INSERT OR IGNORE INTO payments VALUES ({marks})", astuple(row))
            return _rows(connection, "WHERE key = ?", row.key)[0]

    def find(self, key: str) -> LedgerRow | None:
        """What stands under a key, None where nothing does."""
        with self._open() as connection:
            return next(iter(_rows(connection, "WHERE key = ?", key)), None)

    def rows(self) -> list[LedgerRow]:
        """Everything that was booked, oldest first."""
        with self._open() as connection:
            return _rows(connection, "ORDER BY booked_at, key")

    def behaviour(self, default: str) -> tuple[str, float]:
        """How the provider was told to behave, and for how many seconds; else ``default``."""
        with self._open() as connection:
            told = connection.execute("SELECT name, seconds FROM behaviour").fetchone()
        return (str(told[0]), float(told[1])) if told else (default, 0.0)

    def tell(self, name: str, seconds: float) -> None:
        """Have every process's provider behave so from now on."""
        with self._changing() as connection:
            connection.execute("INSERT OR REPLACE INTO behaviour VALUES (1, ?, ?)", (name, seconds))

    def clear(self) -> None:
        """Forget everything that was booked."""
        with self._changing() as connection:
            connection.execute("DELETE FROM payments")

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)) as found:
                found.executescript(_TABLES)
                yield found
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self._path}: the demo provider's books cannot be used ({error}); is the folder writable?"
            ) from error


def _rows(connection: sqlite3.Connection, where: str, *values: str) -> list[LedgerRow]:
    names = ", ".join(field.name for field in fields(LedgerRow))
    return [LedgerRow(*row) for row in connection.execute(f"SELECT {names} FROM payments {where}", values)]
