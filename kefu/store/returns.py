"""Goods on their way back."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Return

_TABLE = schema.returns
_FIELDS = tuple(column.name for column in _TABLE.columns)
_OF_ORDER = sa.select(_TABLE).where(_TABLE.c.order_number == sa.bindparam("number"))
_OF_ORDER = _OF_ORDER.order_by(_TABLE.c.created_at, _TABLE.c.return_id)


class Returns(Repository):
    """Returns and exchanges, one row a line; the database counts the pieces."""

    def of_order(self, order_number: str) -> list[Return]:
        """The order's returns, oldest first."""
        statement = _OF_ORDER if self._until is None else _OF_ORDER.where(self._begun(_TABLE))
        return [Return(**row) for row in self._all(statement, {"number": order_number})]

    def get(self, return_id: str) -> Return | None:
        """The return with this id, None where there is none."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.return_id == return_id))
        return Return(**row) if row else None

    def add(self, record: Return) -> None:
        """Record a return; StoreError where more pieces would go back than the line has left."""
        self._try(sa.insert(_TABLE).values({name: getattr(record, name) for name in _FIELDS}))

    def put(self, returns: Sequence[Return]) -> None:
        """Load returns as they are (the seed)."""
        self._put(_TABLE, [{name: getattr(record, name) for name in _FIELDS} for record in returns])

    def in_state(self, *states: str) -> list[Return]:
        """Every return in one of ``states``, oldest first."""
        mine = sa.select(_TABLE).where(_TABLE.c.state.in_(states))
        return [Return(**row) for row in self._all(mine.order_by(_TABLE.c.created_at, _TABLE.c.return_id))]

    def set_state(self, return_id: str, to: str) -> None:
        """Move a return to another state; StoreError where that is no legal move."""
        self._move(_TABLE, "return_id", return_id, column="state", to=to)

    def open_pieces(self, order_number: str, line: int) -> int:
        """Pieces of the line that came or are coming back.

        Rejected returns do not count, nor do received exchanges: the customer holds the new pieces.
        """
        exchanged = sa.and_(_TABLE.c.kind == "exchange", _TABLE.c.state == "received")
        counted = sa.and_(_TABLE.c.state != "rejected", sa.not_(exchanged))
        total = sa.select(sa.func.coalesce(sa.func.sum(_TABLE.c.quantity), 0))
        here = sa.and_(_TABLE.c.order_number == order_number, _TABLE.c.line == line)
        return int(self._value(total.where(here, counted, self._begun(_TABLE))))
