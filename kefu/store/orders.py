"""Orders with their lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.errors import StoreError
from kefu.store import order_reading as reading
from kefu.store import schema
from kefu.store.order_reading import (
    ADDRESS,
    FIELDS,
    LINE_FIELDS,
    MEMBER_FIELDS,
    USED_FIELDS,
    OrderReading,
    Reading,
)
from kefu.store.payments import Payments
from kefu.store.records import Address, Order, OrderLine
from kefu.store.shipments import Shipments, parcels_of

_ORDERS, _LINES, _CUSTOMERS = schema.orders, schema.order_lines, schema.customers
_PARCELS, _MEMBERSHIPS, _USED = schema.shipments, schema.memberships, schema.entitlements
_NOT_SOLD = ("pending_payment", "cancelled", "returned")
_AT_ONCE = 200  # orders that are held


def _most(sold: tuple[str, int]) -> tuple[int, str]:
    return -sold[1], sold[0]


def _number(order: Order) -> str:
    return order.order_number


def _address_columns(address: Address | None) -> dict[str, str | None]:
    return {f"ship_to_{name}": getattr(address, name) if address else None for name in ADDRESS}


def _order_row(order: Order) -> dict[str, Any]:
    return {**{name: getattr(order, name) for name in FIELDS}, **_address_columns(order.address)}


def _line_row(line: OrderLine) -> dict[str, Any]:
    return {**{name: getattr(line, name) for name in LINE_FIELDS}, "product_id": line.product.product_id}


def _membership_rows(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """A row for each order with a membership, or of which such things are told."""
    rows = []
    for order in orders:
        told_of = {name: getattr(order, name) for name in MEMBER_FIELDS}
        bought = [line.product for line in order.lines if line.product.kind == "membership"]
        if bought or any(value is not None for value in told_of.values()):
            period = str(bought[0].attributes.get("period", "month")) if bought else None
            rows.append({"order_number": order.order_number, "period": period, **told_of})
    return rows


def _used_rows(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """A row for each line of which is told how far it was used."""
    lines = [line for order in orders for line in order.lines]
    names = ("order_number", "line", *USED_FIELDS)
    rows = [{name: getattr(line, name) for name in names} for line in lines]
    return [row for row in rows if any(row[name] is not None for name in USED_FIELDS)]


class Orders(OrderReading):
    """Read orders and change what the shop allows to change.

    An order is read once in a transaction, until that writes or holds something.
    """

    def get(self, order_number: str) -> Order | None:
        """The order with this number, None where there is none."""
        return self._first(("order", order_number), reading.by_number(), {"number": order_number})

    def get_owned(self, order_number: str, customer_id: str) -> Order | None:
        """The order if it is this customer's; None alike for another's and for one that is not there."""
        every: Sequence[Order] | None = self._memory.known(("orders", customer_id))
        if every is not None:
            return next((order for order in every if order.order_number == order_number), None)
        mine = {"number": order_number, "customer": customer_id}
        return self._first(("owned", order_number, customer_id), reading.by_owner(), mine)

    def get_proved(self, order_number: str, proved: str | None) -> Order | None:
        """The order if it is the one that a guest has ``proved``; None alike for every other number."""
        mine = {"number": order_number, "proved": proved}
        return self._first(("proved", order_number, proved), reading.by_proof(), mine)

    def of_customer(self, customer_id: str) -> list[Order]:
        """A customer's orders, newest first."""
        mine = {"customer": customer_id}
        key = ("orders", customer_id)
        return list(self._remembered(key, lambda: self._records(reading.by_customer(), mine)))

    def numbers(self, *, most: int) -> list[tuple[str, str | None]]:
        """Order and tracking numbers of the ``most`` newest orders: how such numbers look here."""
        newest = sa.select(_ORDERS.c.order_number).order_by(_ORDERS.c.placed_at.desc()).limit(most)
        rows = newest.add_columns(_PARCELS.c.tracking_number).select_from(_ORDERS.outerjoin(_PARCELS))
        return [(row["order_number"], row["tracking_number"]) for row in self._all(rows)]

    def sold_lately(self, *, most: int) -> dict[str, int]:
        """Pieces sold of each product in the ``most`` newest orders, the most first; not what went back."""
        newest = sa.select(_ORDERS.c.order_number, _ORDERS.c.status).order_by(_ORDERS.c.placed_at.desc())
        rows = self._all(newest.limit(most))
        numbers = [row["order_number"] for row in rows if row["status"] not in _NOT_SOLD]
        sold: Counter[str] = Counter()
        for row in self._all(sa.select(_LINES).where(_LINES.c.order_number.in_(numbers))):
            sold[row["product_id"]] += row["quantity"] - row["cancelled"]
        return {product_id: pieces for product_id, pieces in sorted(sold.items(), key=_most) if pieces}

    def each(self, *, since: datetime | None = None) -> Iterator[Order]:
        """Every order, or those placed since a moment, by number; a few at a time."""
        begun = sa.true() if since is None else _ORDERS.c.placed_at >= since
        last = ""
        while True:
            page = sa.select(_ORDERS.c.order_number).where(begun, _ORDERS.c.order_number > last)
            rows = self._all(page.order_by(_ORDERS.c.order_number).limit(_AT_ONCE))
            if not rows:
                return
            numbers = [row["order_number"] for row in rows]
            yield from sorted(self._records(reading.by_numbers(), {"numbers": numbers}), key=_number)
            last = numbers[-1]

    def lock(self, order_number: str) -> Order | None:
        """The order as it stands, held until the end of the write transaction.

        Its customer is held too: limits count over all orders of a customer. (On SQLite the
        write transaction alone excludes other writers.)
        """
        owner = sa.select(_ORDERS.c.customer_id).where(_ORDERS.c.order_number == order_number)
        held = sa.select(_CUSTOMERS.c.customer_id).where(_CUSTOMERS.c.customer_id == owner.scalar_subquery())
        self._run(held.with_for_update(key_share=True))
        row = sa.select(_ORDERS.c.order_number).where(_ORDERS.c.order_number == order_number)
        self._run(row.with_for_update(key_share=True))
        return self.get(order_number)

    def set_status(self, order_number: str, to: str) -> None:
        """Move the order to another status; StoreError where that is no legal move."""
        self._move(_ORDERS, "order_number", order_number, column="status", to=to)

    def set_address(self, order_number: str, address: Address) -> None:
        """Change where the parcel goes."""
        self._set(order_number, **_address_columns(address))

    def set_renews(self, order_number: str, renews: bool, ended_at: datetime | None) -> None:
        """Stop (or resume) a membership's renewal; ``ended_at`` is when the running period ends."""
        here = sa.update(_MEMBERSHIPS).where(_MEMBERSHIPS.c.order_number == order_number)
        changed = here.values(renews=renews, ended_at=ended_at)
        self._must_change(changed, f"order {order_number!r} is no membership")

    def cancel_line(self, order_number: str, line: int, pieces: int) -> None:
        """Cancel ``pieces`` of a line; StoreError where fewer are left."""
        if pieces < 1:
            raise StoreError(f"found {pieces} pieces to cancel; wanted one or more")
        left = _LINES.c.cancelled + pieces <= _LINES.c.quantity
        values = {"cancelled": _LINES.c.cancelled + pieces}
        problem = f"order {order_number}, line {line}: there are not {pieces} pieces left to cancel"
        self._set_line(order_number, line, left, values, problem)

    def change_variant(self, order_number: str, line: int, variant: str, pieces: int) -> None:
        """Make ``pieces`` of a line another variant; where others are left they become a line of their own.

        StoreError where so many are not left.
        """
        mine = sa.and_(_LINES.c.order_number == order_number, _LINES.c.line == line)
        row = self._one(sa.select(_LINES).where(mine))
        left = row["quantity"] - row["cancelled"] if row else 0
        if row is None or not 1 <= pieces <= left:
            raise StoreError(f"order {order_number}, line {line}: there are not {pieces} pieces to change")
        if pieces == left:
            self._run(sa.update(_LINES).where(mine).values(variant=variant))
            return
        self._run(sa.update(_LINES).where(mine).values(quantity=_LINES.c.quantity - pieces))
        here = sa.select(sa.func.max(_LINES.c.line)).where(_LINES.c.order_number == order_number)
        new = {"line": self._value(here) + 1, "quantity": pieces, "variant": variant, "cancelled": 0}
        self._try(sa.insert(_LINES).values({**row, **new}))

    def mark_exchanged(self, order_number: str, line: int) -> None:
        """Remember that the line was exchanged; StoreError where it had been before."""
        problem = f"order {order_number}, line {line}: not there, or exchanged before"
        self._set_line(order_number, line, _LINES.c.exchanged.is_(False), {"exchanged": True}, problem)

    def put(self, orders: Sequence[Order]) -> None:
        """Load orders as they are; of those that are there everything hanging on them goes first."""
        if orders:
            gone = sa.delete(_ORDERS).where(_ORDERS.c.order_number == sa.bindparam("number"))
            with self._loading():
                self._run(gone, [{"number": order.order_number} for order in orders])
        self._put(_ORDERS, [_order_row(order) for order in orders])
        self._put(_MEMBERSHIPS, _membership_rows(orders))
        self._put(_LINES, [_line_row(line) for order in orders for line in order.lines])
        self._put(_USED, _used_rows(orders))
        parcels = [parcel for order in orders for parcel in parcels_of(order)]
        Shipments(self._connection, self._clock).put(parcels)
        Payments(self._connection, self._clock).of_orders(orders)

    def _first(self, key: Hashable, kind: Reading, values: Mapping[str, Any]) -> Order | None:
        return self._remembered(key, lambda: next(iter(self._records(kind, values)), None))

    def _set(self, order_number: str, **values: Any) -> None:
        changed = sa.update(_ORDERS).where(_ORDERS.c.order_number == order_number).values(**values)
        self._must_change(changed, f"there is no order {order_number!r}")

    def _set_line(
        self, order_number: str, line: int, condition: Any, values: dict[str, Any], problem: str
    ) -> None:
        here = sa.and_(_LINES.c.order_number == order_number, _LINES.c.line == line, condition)
        self._must_change(sa.update(_LINES).where(here).values(**values), problem)
