"""What has to agree, side by side: refunds and their audit entries, orders and what came back of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.audit import EMPTIED
from kefu.store.base import Repository, translated
from kefu.store.refunds import DROPPED

_AUDIT, _REFUNDS, _ORDERS, _LINES = schema.audit, schema.refunds, schema.orders, schema.order_lines
_RETURNS, _PRODUCTS = schema.returns, schema.products
_AT_ONCE = 1000  # rows that are held
_DEAD = ("rejected", "failed")


@dataclass(frozen=True)
class RefundEntry:
    """A refund beside the newest audit entry that speaks of it (action and detail None: there is none)."""

    refund_id: str
    state: str
    order_number: str
    line: int | None
    amount: int
    currency: str
    automatic: bool
    known_line: bool  # its order has that line
    action: str | None
    detail: Mapping[str, Any] | None


@dataclass(frozen=True)
class Account:
    """An order in sums: minor units refunded, and pieces. Rejected and failed refunds do not count."""

    order_number: str
    status: str
    paid: int
    membership: bool
    refunded: int  # made, on its way or waiting
    granted: int  # of that, what no longer waits for a decision
    odd_currency: int  # refunds in another currency than the order's
    pieces: int
    cancelled: int
    goods: int  # pieces that travel and were not cancelled
    received: int  # pieces that came back, exchanges left out
    travelling: int  # pieces of returns that are neither received nor rejected


class Books(Repository):
    """Reads everything, a few rows at a time; changes nothing."""

    def refunds(self) -> Iterator[RefundEntry]:
        """Every refund with its newest audit entry."""
        newest = _newest_entries()
        entry, line = _AUDIT.alias("entry"), _LINES.alias("line")
        here = sa.and_(line.c.order_number == _REFUNDS.c.order_number, line.c.line == _REFUNDS.c.line)
        joined = (
            _REFUNDS.outerjoin(newest, newest.c.subject == _REFUNDS.c.refund_id)
            .outerjoin(entry, entry.c.audit_id == newest.c.audit_id)
            .outerjoin(line, here)
        )
        names = ("refund_id", "state", "order_number", "line", "amount", "currency", "automatic")
        known = sa.or_(_REFUNDS.c.line.is_(None), line.c.line.is_not(None)).label("known_line")
        columns = (*(_REFUNDS.c[name] for name in names), known, entry.c.action, entry.c.detail)
        statement = sa.select(*columns).select_from(joined).order_by(_REFUNDS.c.refund_id)
        for row in self._stream(statement):
            yield RefundEntry(**{**row, "known_line": bool(row["known_line"])})

    def orphans(self) -> Iterator[tuple[str, str]]:
        """Refund id and newest action where the audit speaks of a refund that is not there."""
        newest, entry = _newest_entries(), _AUDIT.alias("entry")
        joined = newest.join(entry, entry.c.audit_id == newest.c.audit_id).outerjoin(
            _REFUNDS, _REFUNDS.c.refund_id == newest.c.subject
        )
        gone = sa.and_(_REFUNDS.c.refund_id.is_(None), entry.c.action != DROPPED)
        statement = sa.select(entry.c.subject, entry.c.action).select_from(joined).where(gone)
        for row in self._stream(statement.order_by(entry.c.subject)):
            yield row["subject"], row["action"]

    def accounts(self) -> Iterator[Account]:
        """Every order in sums, by number."""
        refunds, lines, returns = _refund_sums(), _line_sums(), _return_sums()
        joined = _ORDERS
        for sums in (refunds, lines, returns):
            joined = joined.outerjoin(sums, sums.c.order_number == _ORDERS.c.order_number)
        found = {name: sums.c[name] for sums in (refunds, lines, returns) for name in _summed(sums)}
        columns = [sa.func.coalesce(column, 0).label(name) for name, column in found.items()]
        own = (_ORDERS.c.order_number, _ORDERS.c.status, _ORDERS.c.paid)
        statement = sa.select(*own, *columns).select_from(joined).order_by(_ORDERS.c.order_number)
        for row in self._stream(statement):
            # PostgreSQL adds up to a Decimal
            numbers: dict[str, Any] = {name: int(row[name]) for name in (*found, "paid")}
            numbers["membership"] = bool(numbers["membership"])
            yield Account(order_number=row["order_number"], status=row["status"], **numbers)

    def _stream(self, statement: Any) -> Iterator[dict[str, Any]]:
        with translated():
            found = self._connection.execute(statement.execution_options(stream_results=True))
            for row in found.yield_per(_AT_ONCE).mappings():
                yield dict(row)


def _newest_entries() -> Any:
    """The number of the newest entry of each refund since the store was last emptied."""
    emptied = sa.select(sa.func.coalesce(sa.func.max(_AUDIT.c.audit_id), 0)).where(_AUDIT.c.action == EMPTIED)
    since = sa.and_(_AUDIT.c.action.like("refund.%"), _AUDIT.c.audit_id > emptied.scalar_subquery())
    newest = sa.select(_AUDIT.c.subject, sa.func.max(_AUDIT.c.audit_id).label("audit_id"))
    return newest.where(since).group_by(_AUDIT.c.subject).subquery()


def _summed(sums: Any) -> list[str]:
    return [column.name for column in sums.columns if column.name != "order_number"]


def _total(value: Any, name: str, *, where: Any = None) -> Any:
    counted = value if where is None else sa.case((where, value), else_=0)
    return sa.func.sum(counted).label(name)


def _refund_sums() -> Any:
    table = _REFUNDS.join(_ORDERS, _ORDERS.c.order_number == _REFUNDS.c.order_number)
    live = _REFUNDS.c.state.not_in(_DEAD)
    granted = _REFUNDS.c.state.in_(("approved", "submitted", "succeeded"))
    columns = (
        _total(_REFUNDS.c.amount, "refunded", where=live),
        _total(_REFUNDS.c.amount, "granted", where=granted),
        _total(1, "odd_currency", where=_REFUNDS.c.currency != _ORDERS.c.currency),
    )
    key = _REFUNDS.c.order_number
    return sa.select(key, *columns).select_from(table).group_by(key).subquery()


def _line_sums() -> Any:
    table = _LINES.join(_PRODUCTS, _PRODUCTS.c.product_id == _LINES.c.product_id)
    left = _LINES.c.quantity - _LINES.c.cancelled
    columns = (
        _total(_LINES.c.quantity, "pieces"),
        _total(_LINES.c.cancelled, "cancelled"),
        _total(left, "goods", where=_PRODUCTS.c.kind == "physical"),
        _total(1, "membership", where=_PRODUCTS.c.kind == "membership"),
    )
    key = _LINES.c.order_number
    return sa.select(key, *columns).select_from(table).group_by(key).subquery()


def _return_sums() -> Any:
    came = sa.and_(_RETURNS.c.state == "received", _RETURNS.c.kind == "return")
    columns = (
        _total(_RETURNS.c.quantity, "received", where=came),
        _total(_RETURNS.c.quantity, "travelling", where=_RETURNS.c.state.not_in(("received", "rejected"))),
    )
    key = _RETURNS.c.order_number
    return sa.select(key, *columns).group_by(key).subquery()
