"""Money on its way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kefu.store import schema
from kefu.store.audit import Audit
from kefu.store.base import Clock, Repository
from kefu.store.records import Refund

_TABLE, _ORDERS = schema.refunds, schema.orders
_FIELDS = tuple(column.name for column in _TABLE.columns)
_OF_ORDER = sa.select(_TABLE).where(_TABLE.c.order_number == sa.bindparam("number"))
_OF_ORDER = _OF_ORDER.order_by(_TABLE.c.created_at, _TABLE.c.refund_id)
OPEN = ("requested", "approved", "submitted")
DROPPED = "refund.dropped"
_AT_ONCE = 500  # order numbers in one statement
_COUNTS = _TABLE.c.state.not_in(("rejected", "failed"))


class Refunds(Repository):
    """Refunds; the database holds the key unique and the sum at or below what was paid.

    Every row and every move of its state leaves an audit entry ``refund.<state>``; ``by`` is its actor.
    """

    def __init__(self, connection: Connection, clock: Clock, audit: Audit) -> None:
        super().__init__(connection, clock)
        self._audit = audit

    def of_order(self, order_number: str) -> list[Refund]:
        """The order's refunds, oldest first."""
        statement = _OF_ORDER if self._until is None else _OF_ORDER.where(self._begun(_TABLE))
        return [Refund(**row) for row in self._all(statement, {"number": order_number})]

    def get(self, refund_id: str) -> Refund | None:
        """The refund with this id, None where there is none."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.refund_id == refund_id))
        return Refund(**row) if row else None

    def by_key(self, key: str) -> Refund | None:
        """The refund recorded under this key, None where there is none."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.key == key))
        return Refund(**row) if row else None

    def each(self, *states: str) -> Iterator[Refund]:
        """Every refund in one of these states, by id; a few at a time."""
        mine = sa.select(_TABLE).where(_TABLE.c.state.in_(states)).order_by(_TABLE.c.refund_id)
        found = self._run(mine.execution_options(stream_results=True))
        for row in found.yield_per(_AT_ONCE).mappings():
            yield Refund(**row)

    def add(self, refund: Refund, *, by: str = "kefu") -> None:
        """Record a refund.

        DuplicateKey where its key was used before; StoreError where the order's refunds would
        exceed what was paid. The transaction stays usable after either.
        """
        self._try(sa.insert(_TABLE).values({name: getattr(refund, name) for name in _FIELDS}))
        self._note(refund, by=by)

    def put(self, refunds: Sequence[Refund]) -> None:
        """Load refunds as they are (the seed)."""
        self._put(_TABLE, [{name: getattr(refund, name) for name in _FIELDS} for refund in refunds])
        for refund in refunds:
            self._note(refund, by="operator")

    def set_state(self, refund_id: str, to: str, *, by: str = "kefu", **marks: Any) -> None:
        """Move a refund to another state; StoreError where that is no legal move.

        ``marks`` are written with it: ``decided_by`` and ``decided_at`` (a person's decision needs them),
        ``reference``, ``settled_at``, ``note``.
        """
        self._move(_TABLE, "refund_id", refund_id, column="state", to=to, **marks)
        refund = self.get(refund_id)
        if refund is not None:
            self._note(refund, by=marks.get("decided_by") or by)

    def set_reference(self, refund_id: str, reference: str) -> None:
        """Note what the payment provider calls the refund; it is written once."""
        changed = sa.update(_TABLE).where(_TABLE.c.refund_id == refund_id).values(reference=reference)
        self._must_change(changed, f"there is no refund {refund_id!r}")

    def lock(self, refund_id: str) -> Refund | None:
        """The refund as it stands, held until the end of the write transaction."""
        row = self._one(self._held(sa.select(_TABLE).where(_TABLE.c.refund_id == refund_id)))
        return Refund(**row) if row else None

    def in_state(self, *states: str) -> list[Refund]:
        """Every refund in one of ``states``, oldest first."""
        return sorted(self.each(*states), key=lambda row: (row.created_at, row.refund_id))

    def open_on_line(self, order_number: str, line: int | None) -> Refund | None:
        """The line's (None: the order's) refund that is neither settled nor rejected, None without one."""
        here = sa.and_(_TABLE.c.order_number == order_number, _TABLE.c.line.is_not_distinct_from(line))
        row = self._one(sa.select(_TABLE).where(here, _TABLE.c.state.in_(OPEN), self._begun(_TABLE)))
        return Refund(**row) if row else None

    def note_dropped(self, order_numbers: Sequence[str]) -> None:
        """Say in the audit that the refunds of these orders go, because the orders are loaded anew."""
        for start in range(0, len(order_numbers), _AT_ONCE):
            some = order_numbers[start : start + _AT_ONCE]
            for row in self._all(sa.select(_TABLE).where(_TABLE.c.order_number.in_(some))):
                self._note(Refund(**row), by="operator", action=DROPPED)

    def sum_of_order(self, order_number: str) -> int:
        """Minor units refunded or about to be; rejected and failed refunds do not count."""
        total = sa.select(sa.func.coalesce(sa.func.sum(_TABLE.c.amount), 0))
        mine = _TABLE.c.order_number == order_number
        return int(self._value(total.where(mine, _COUNTS, self._begun(_TABLE))))

    def automatic_of_customer(self, customer_id: str, since: datetime) -> int:
        """How many automatic refunds the customer got after ``since``, over all orders."""
        joined = _TABLE.join(_ORDERS, _ORDERS.c.order_number == _TABLE.c.order_number)
        count = sa.select(sa.func.count()).select_from(joined)
        mine = sa.and_(_ORDERS.c.customer_id == customer_id, _TABLE.c.created_at > since)
        automatic = _TABLE.c.automatic.is_(True)
        return int(self._value(count.where(mine, automatic, _COUNTS, self._begun(_TABLE))))

    def _note(self, refund: Refund, *, by: str, action: str | None = None) -> None:
        detail = refund_detail(vars(refund))
        self._audit.add(by, action or f"refund.{refund.state}", refund.refund_id, detail)


def refund_detail(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an audit entry keeps of a refund: what the money is for, not to which card it goes."""
    return {name: row[name] for name in ("order_number", "line", "amount", "currency", "automatic")}
