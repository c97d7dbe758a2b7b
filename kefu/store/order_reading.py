"""Orders as they are read: with lines, products and parcels, by statements that are built once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.products import FIELDS as PRODUCT_FIELDS
from kefu.store.products import product_of
from kefu.store.records import Address, Order, OrderLine, Shipment, Variant
from kefu.store.shipments import told

ORDERS, LINES, _PRODUCTS, _VARIANTS = schema.orders, schema.order_lines, schema.products, schema.variants
_PARCELS, _MEMBERSHIPS, _USED = schema.shipments, schema.memberships, schema.entitlements
ADDRESS = ("name", "phone", "address", "postcode", "country")
FIELDS = tuple(c.name for c in ORDERS.columns if not c.name.startswith("ship_to_"))
MEMBER_FIELDS = ("renews", "charged_at", "next_charge_at", "ended_at", "benefit_used")
LINE_FIELDS = tuple(c.name for c in LINES.columns if c.name != "product_id")
USED_FIELDS = ("progress_percent", "downloaded")
_OF_ORDER, _OF_LINE = (*FIELDS, *MEMBER_FIELDS), (*LINE_FIELDS, *USED_FIELDS)
_OF_PARCEL = tuple(column.name for column in _PARCELS.columns)


@dataclass(frozen=True)
class Reading:
    """Four statements over some orders: the orders, their lines, their products' variants, their parcels."""

    orders: Any
    lines: Any
    variants: Any
    parcels: Any

    @classmethod
    def of(cls, where: Any, within: Callable[[Any], Any]) -> Reading:
        """Orders that meet ``where``; ``within`` is the same of a column that holds their numbers."""
        return cls(_orders(where), _lines(within), _variants(within), _parcels(within))


@lru_cache(maxsize=1)
def by_number() -> Reading:
    """The order ``number``."""
    return Reading.of(_is_number(ORDERS.c.order_number), _is_number)


@lru_cache(maxsize=1)
def by_owner() -> Reading:
    """The order ``number`` where it is ``customer``'s."""
    mine = sa.and_(_is_number(ORDERS.c.order_number), ORDERS.c.customer_id == sa.bindparam("customer"))
    return Reading.of(mine, _is_number)


@lru_cache(maxsize=1)
def by_proof() -> Reading:
    """The order ``number`` where it is the ``proved`` one."""
    mine = sa.and_(_is_number(ORDERS.c.order_number), ORDERS.c.order_number == sa.bindparam("proved"))
    return Reading.of(mine, _is_number)


@lru_cache(maxsize=1)
def by_customer() -> Reading:
    """Every order of ``customer``."""
    mine = ORDERS.c.customer_id == sa.bindparam("customer")
    return Reading.of(mine, lambda column: column.in_(sa.select(ORDERS.c.order_number).where(mine)))


@lru_cache(maxsize=1)
def by_numbers() -> Reading:
    """The orders ``numbers``."""

    def within(column: Any) -> Any:
        return column.in_(sa.bindparam("numbers", expanding=True))

    return Reading.of(within(ORDERS.c.order_number), within)


def _is_number(column: Any) -> Any:
    return column == sa.bindparam("number")


def _orders(where: Any) -> Any:
    columns = [*(ORDERS.c[name] for name in FIELDS), *(_MEMBERSHIPS.c[name] for name in MEMBER_FIELDS)]
    columns += [ORDERS.c[f"ship_to_{name}"] for name in ADDRESS]
    joined = ORDERS.outerjoin(_MEMBERSHIPS, _MEMBERSHIPS.c.order_number == ORDERS.c.order_number)
    newest_first = (ORDERS.c.placed_at.desc(), ORDERS.c.order_number.desc())
    return sa.select(*columns).select_from(joined).where(where).order_by(*newest_first)


def _lines(within: Callable[[Any], Any]) -> Any:
    columns = [*(LINES.c[name] for name in LINE_FIELDS), *(_USED.c[name] for name in USED_FIELDS)]
    columns += [*(_PRODUCTS.c[name] for name in PRODUCT_FIELDS), _PRODUCTS.c.attributes]
    used = sa.and_(_USED.c.order_number == LINES.c.order_number, _USED.c.line == LINES.c.line)
    joined = LINES.join(_PRODUCTS, _PRODUCTS.c.product_id == LINES.c.product_id).outerjoin(_USED, used)
    here = sa.select(*columns).select_from(joined).where(within(LINES.c.order_number))
    return here.order_by(LINES.c.order_number, LINES.c.line)


def _variants(within: Callable[[Any], Any]) -> Any:
    bought = sa.select(LINES.c.product_id).where(within(LINES.c.order_number))
    here = sa.select(_VARIANTS.c.product_id, _VARIANTS.c.name, _VARIANTS.c.stock)
    here = here.where(_VARIANTS.c.product_id.in_(bought))
    return here.order_by(_VARIANTS.c.position, _VARIANTS.c.name)


def _parcels(within: Callable[[Any], Any]) -> Any:
    here = sa.select(*_PARCELS.columns).where(within(_PARCELS.c.order_number))
    return here.order_by(_PARCELS.c.order_number, _PARCELS.c.parcel)


class OrderReading(Repository):
    """Reads orders with all that hangs on them."""

    def _records(self, reading: Reading, values: Mapping[str, Any]) -> list[Order]:
        rows = self._run(reading.orders, values).all()
        if not rows:
            return []
        lines = self._lines(reading, values)
        parcels: dict[str, tuple[Shipment, ...]] = {}
        for row in self._run(reading.parcels, values):
            parcel = Shipment(**dict(zip(_OF_PARCEL, row, strict=True)))
            parcels[parcel.order_number] = (*parcels.get(parcel.order_number, ()), parcel)
        return [_order(row, lines, parcels) for row in rows]

    def _lines(self, reading: Reading, values: Mapping[str, Any]) -> dict[str, list[OrderLine]]:
        variants = _by_product(self._run(reading.variants, values))
        found: dict[str, list[OrderLine]] = {}
        for row in self._run(reading.lines, values):
            product = row[len(_OF_LINE) :]
            fields = dict(zip(_OF_LINE, row, strict=False))
            line = OrderLine(**fields, product=product_of(product, variants.get(product[0], ())))
            found.setdefault(line.order_number, []).append(line)
        return found


def _order(row: Any, lines: Mapping[str, Sequence[OrderLine]], parcels: Mapping[str, Any]) -> Order:
    fields: dict[str, Any] = dict(zip(_OF_ORDER, row, strict=False))
    number = fields["order_number"]
    mine = parcels.get(number, ())
    return Order(
        **fields,
        **told(mine),
        address=_address(row[len(_OF_ORDER) :]),
        lines=tuple(lines.get(number, ())),
        shipments=mine,
    )


def _address(parts: Sequence[str | None]) -> Address | None:
    return Address(*(part or "" for part in parts)) if any(parts) else None


def _by_product(rows: Iterable[Any]) -> dict[str, tuple[Variant, ...]]:
    found: dict[str, tuple[Variant, ...]] = {}
    for product_id, name, stock in rows:
        found[product_id] = (*found.get(product_id, ()), Variant(name, stock))
    return found
