"""Who did what to which thing, and when: rows are added, never changed, and each holds the last one's hash.

Entries wait until the transaction ends, so that the chain's lock, which all writers share, is taken last
and held for a moment only.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kefu.errors import StoreError
from kefu.store import schema
from kefu.store.base import Clock, Repository, translated
from kefu.store.chain import START, Link, linked
from kefu.store.records import AuditEntry

EMPTIED = "store_emptied"
_TABLE = schema.audit
_FIELDS = ("at", "actor", "action", "subject", "detail")
_LOCK = 0x61756469  # any number, the same in every process
_AT_ONCE = 1000  # rows that a reader of the chain holds


class Audit(Repository):
    """The audit log."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        super().__init__(connection, clock)
        self._waiting: list[dict[str, Any]] = []

    def add(
        self,
        actor: str,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | str,
        *,
        now: datetime | None = None,
    ) -> None:
        """Write an entry at the transaction's end; a ``detail`` in words is kept as ``{"note": words}``.

        No personal data: customers by their id, what they typed not at all. StoreError in a transaction
        that only reads, and for a detail that JSON cannot hold.
        """
        if not self._connection.get_execution_options().get("kefu_write"):
            raise StoreError(
                f"found the audit entry {action!r} in a transaction that reads; use Store.write()"
            )
        at = now or self._clock()
        if at.tzinfo is None:
            raise StoreError(f"found the time {at!r} without a zone; wanted one with tzinfo")
        kept = {"note": detail} if isinstance(detail, str) else dict(detail)
        values = {"actor": actor, "action": action, "subject": subject, "detail": _plain(kept)}
        self._waiting.append({"at": at, **values})

    def flush(self) -> None:
        """Append what waits; the store calls it before it commits."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        if self._connection.dialect.name == "postgresql":
            self._run(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        with translated():
            rows = list(linked(waiting, self._newest() or START))
        self._run(sa.insert(_TABLE), rows)

    def head(self) -> Link | None:
        """The newest row's number and hash; None where nothing was ever written."""
        self.flush()
        return self._newest()

    def of_subject(self, subject: str) -> list[AuditEntry]:
        """What was done to a thing, oldest first."""
        self.flush()
        mine = sa.select(*(_TABLE.c[name] for name in _FIELDS)).where(_TABLE.c.subject == subject)
        return [AuditEntry(**row) for row in self._all(mine.order_by(_TABLE.c.audit_id))]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every row as it really stands in the database, for ``chain.verify``; a few at a time."""
        self.flush()
        columns = [_raw(column, self._connection.dialect.name) for column in _TABLE.columns]
        statement = sa.select(*columns).order_by(_TABLE.c.audit_id).execution_options(stream_results=True)
        with translated():
            for row in self._connection.execute(statement).yield_per(_AT_ONCE).mappings():
                yield _as_hashed(row)

    def _newest(self) -> Link | None:
        newest = sa.select(_TABLE.c.audit_id, _TABLE.c.hash).order_by(_TABLE.c.audit_id.desc()).limit(1)
        row = self._one(newest)
        return Link(row["audit_id"], row["hash"]) if row else None


def _plain(detail: dict[str, Any]) -> Any:
    """The detail as it comes back from the database, so that it has the same hash then."""
    try:
        return json.loads(json.dumps(detail, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise StoreError(f"an audit entry's detail is not plain data: {error}") from error


def _raw(column: Any, dialect: str) -> Any:
    """A column without its type's reading of it: what was altered may be unreadable."""
    if column.name == "audit_id":
        return column
    if dialect == "sqlite":
        return sa.cast(column, sa.LargeBinary).label(column.name)
    if column.name == "at":
        utc = sa.func.timezone("UTC", column)
        return sa.func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.US').label(column.name)
    return sa.cast(column, sa.Text).label(column.name)


def _as_hashed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as its hash was made from it: the time with a T, the detail as data where it is any."""
    found = {name: _text(value) for name, value in row.items()}
    found["at"] = str(found["at"]).replace(" ", "T", 1)
    with contextlib.suppress(TypeError, ValueError, RecursionError):  # stays a text, which has another hash
        found["detail"] = json.loads(found["detail"])
    return found


def _text(value: Any) -> Any:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
