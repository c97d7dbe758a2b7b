"""A shop's tables in the demo format, as records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kefu.errors import SeedError
from kefu.store.csv_tables import Moments, Row, read_table
from kefu.store.knowledge_records import Relation
from kefu.store.policy_file import pairs
from kefu.store.records import (
    LOADED,
    Address,
    Coupon,
    Customer,
    Order,
    OrderLine,
    Product,
    Refund,
    Return,
    Shipment,
    Variant,
)
from kefu.store.relations_file import read_relations, unknown_links
from kefu.store.shipments import told

CUSTOMERS = (
    "customer_id", "name", "email", "phone", "language", "membership", "address", "postcode", "country",
)  # fmt: skip
PRODUCTS = (
    "product_id", "kind", "name_en", "name_zh", "category", "price", "currency", "stock",
    "stock_by_variant", "attributes",
)  # fmt: skip
LINES = (
    "order_number", "line", "product_id", "quantity", "unit_price", "variant", "progress_percent",
    "downloaded",
)  # fmt: skip
COUPONS = ("code", "kind", "value", "minimum", "category", "valid_from_days_ago", "expires_in_days")
ORDERS = (
    "order_number", "customer_id", "status", "placed_days_ago", "shipped_days_ago", "delivered_days_ago",
    "shipping_method", "carrier", "tracking_number", "eta_days", "payment_method", "subtotal",
    "shipping_fee", "discount", "coupon", "total", "currency", "refund_status", "refund_amount",
    "refund_days_ago", "benefit_used", "ship_to_name", "ship_to_phone", "ship_to_address",
    "ship_to_postcode", "ship_to_country",
)  # fmt: skip
SHIPMENTS = (
    "order_number", "parcel", "carrier", "tracking_number", "shipped_days_ago", "delivered_days_ago",
    "eta_days",
)  # fmt: skip
ADDRESS = ("name", "phone", "address", "postcode", "country")
NOTE = ("note",)  # for people; read by nobody
STATES = ("active", "closed")

KINDS = ("physical", "course", "ebook", "membership")
STATUSES = (
    "pending_payment", "processing", "shipped", "delivered", "returned", "cancelled", "completed",
    "active", "ended",
)  # fmt: skip
REFUND_STATES = ("requested", "approved", "rejected", "submitted", "succeeded", "failed")
# a month is 30 days and a year 365, so that a price a period is a price a known number of days
PERIODS = {"week": 7, "month": 30, "quarter": 91, "year": 365}


@dataclass(frozen=True)
class Shop:
    """Everything that a shop's folder holds besides its policy and its passages."""

    customers: tuple[Customer, ...]
    products: tuple[Product, ...]
    orders: tuple[Order, ...]
    returns: tuple[Return, ...]
    refunds: tuple[Refund, ...]
    coupons: tuple[Coupon, ...]
    relations: tuple[Relation, ...]
    notes: tuple[str, ...]  # what does not add up and was loaded nevertheless


def read_shop(folder: Path, moments: Moments, *, automatic_up_to: int, clauses: Sequence[str]) -> Shop:
    """Read the tables of ``folder``; days become instants of ``moments``.

    ``automatic_up_to`` (minor units) says which of the refunds that the table knows were automatic;
    ``clauses`` are those that a product may be covered by. ``relations.csv`` and ``shipments.csv`` (the
    parcels of orders that have several) may be missing.

    Raises:
        SeedError: naming file, line and column.
    """
    customers = [_customer(row) for row in _table(folder, "customers", CUSTOMERS)]
    product_rows = _table(folder, "products", PRODUCTS)
    products = {row.text("product_id"): read_product(row) for row in product_rows}
    rows = _table(folder, "orders", ORDERS)
    _known(rows, "customer_id", {customer.customer_id for customer in customers})
    lines = _lines(folder, rows, products)
    parcels = _parcels(folder, rows, moments)
    orders = {row.text("order_number"): _order(row, lines, parcels, moments) for row in rows}
    return Shop(
        customers=tuple(customers),
        products=tuple(products.values()),
        orders=tuple(orders.values()),
        returns=tuple(r for row in rows for r in _returns(row, orders, moments)),
        refunds=tuple(_refund(row, orders, moments, automatic_up_to) for row in rows if _refunded(row)),
        coupons=tuple(_coupon(row, moments) for row in _table(folder, "coupons", COUPONS)),
        relations=read_relations(folder, products, clauses),
        notes=(
            *_stock_notes(product_rows, products),
            *_sum_notes(rows, orders),
            *unknown_links(products),
        ),
    )


def _table(folder: Path, name: str, columns: Sequence[str]) -> list[Row]:
    keys = columns[:2] if columns in (LINES, SHIPMENTS) else columns[:1]
    file = folder / f"{name}.csv"
    optional = (*NOTE, "state") if columns is CUSTOMERS else NOTE
    return read_table(file, columns, key=lambda row: tuple(row.cells[k] for k in keys), optional=optional)


def _known(rows: Sequence[Row], column: str, known: set[str]) -> None:
    for row in rows:
        if row.text(column) not in known:
            row.refuse(column, f"a {column} that stands in its own table")


def _customer(row: Row) -> Customer:
    needed = {name: row.text(name) for name in ("customer_id", "name", "email", "language")}
    state = row.choice("state", STATES) if row.optional("state") else "active"
    return Customer(**{name: row.optional(name) or "" for name in CUSTOMERS} | needed, state=state)


def read_product(row: Row) -> Product:
    """The product of a row with the columns ``PRODUCTS``; SeedError where a cell cannot be read."""
    attributes = pairs(row, "attributes")
    period = attributes.get("period")
    if period is not None and period not in PERIODS:
        row.refuse("attributes", "period=" + "|".join(PERIODS))
    return Product(
        product_id=row.text("product_id"),
        kind=row.choice("kind", KINDS),
        name_en=row.text("name_en"),
        name_zh=row.text("name_zh"),
        category=row.text("category"),
        price=row.money("price"),
        currency=row.text("currency"),
        stock=row.optional_whole("stock"),
        variants=_variants(row),
        attributes={k: tuple(v.split("|")) if "|" in v else v for k, v in attributes.items()},
    )


def _variants(row: Row) -> tuple[Variant, ...]:
    parts = [part.rpartition(":") for part in (row.optional("stock_by_variant") or "").split("|") if part]
    names = [name.strip() for name, _, _ in parts]
    sound = all(names) and len(set(names)) == len(names)
    if not (sound and all(stock.strip().isdecimal() for _, _, stock in parts)):
        row.refuse("stock_by_variant", "name:pieces|name:pieces, each name once")
    return tuple(Variant(name, int(part[2])) for name, part in zip(names, parts, strict=True))


def _lines(
    folder: Path, orders: Sequence[Row], products: Mapping[str, Product]
) -> dict[str, list[OrderLine]]:
    rows = _table(folder, "order_items", LINES)
    lines: dict[str, list[OrderLine]] = {row.text("order_number"): [] for row in orders}
    _known(rows, "order_number", set(lines))
    _known(rows, "product_id", set(products))
    for row in rows:
        lines[row.text("order_number")].append(_line(row, products))
    for row in orders:
        if not lines[row.text("order_number")]:
            row.refuse("order_number", "at least one line of it in order_items.csv")
    return {number: sorted(found, key=lambda line: line.line) for number, found in lines.items()}


def _line(row: Row, products: Mapping[str, Product]) -> OrderLine:
    return OrderLine(
        order_number=row.text("order_number"),
        line=row.whole("line", least=1),
        product=products[row.text("product_id")],
        quantity=row.whole("quantity", least=1),
        unit_price=row.money("unit_price"),
        variant=row.optional("variant"),
        progress_percent=row.optional_whole("progress_percent", most=100),
        downloaded=row.flag("downloaded"),
    )


def _parcels(folder: Path, orders: Sequence[Row], moments: Moments) -> dict[str, tuple[Shipment, ...]]:
    """Each order's parcels: those of ``shipments.csv``, else the one that its own row describes."""
    rows = _table(folder, "shipments", SHIPMENTS) if (folder / "shipments.csv").is_file() else []
    _known(rows, "order_number", {row.text("order_number") for row in orders})
    found: dict[str, tuple[Shipment, ...]] = {}
    for row in rows:
        number = row.text("order_number")
        parcel = _parcel(row, row.whole("parcel", least=1), moments)
        found[number] = tuple(sorted((*found.get(number, ()), parcel), key=lambda each: each.parcel))
    for row in orders:
        told_of = ("carrier", "tracking_number", "shipped_days_ago", "delivered_days_ago", "eta_days")
        number = row.text("order_number")
        if number not in found and any(row.optional(name) for name in told_of):
            found[number] = (_parcel(row, 1, moments),)
    return found


def _parcel(row: Row, number: int, moments: Moments) -> Shipment:
    shipped = row.moment("shipped_days_ago", moments, sign=-1)
    delivered = row.moment("delivered_days_ago", moments, sign=-1)
    if shipped is not None and delivered is not None and delivered < shipped:
        row.refuse("delivered_days_ago", "no more days than shipped_days_ago")
    return Shipment(
        order_number=row.text("order_number"),
        parcel=number,
        carrier=row.optional("carrier"),
        tracking_number=row.optional("tracking_number"),
        shipped_at=shipped,
        delivered_at=delivered,
        eta_at=row.moment("eta_days", moments),
    )


def _order(
    row: Row,
    all_lines: Mapping[str, list[OrderLine]],
    parcels: Mapping[str, tuple[Shipment, ...]],
    moments: Moments,
) -> Order:
    lines = tuple(all_lines[row.text("order_number")])
    _check_sums(row, lines)
    status = row.choice("status", STATUSES)
    placed = row.moment("placed_days_ago", moments, sign=-1) or row.refuse("placed_days_ago", "a number")
    unpaid = status == "pending_payment" or row.optional("payment_method") is None
    charged, next_charge = _charges(lines, placed, moments.now)
    return Order(
        order_number=row.text("order_number"),
        customer_id=row.text("customer_id"),
        status=status,
        placed_at=placed,
        **told(parcels.get(row.text("order_number"), ())),
        shipments=parcels.get(row.text("order_number"), ()),
        ended_at=next_charge if status == "ended" else None,
        renews=None if next_charge is None else status == "active",
        charged_at=None if unpaid else charged,
        next_charge_at=next_charge if status == "active" else None,
        shipping_method=row.optional("shipping_method"),
        payment_method=row.optional("payment_method") or "",
        subtotal=row.money("subtotal"),
        shipping_fee=row.money("shipping_fee"),
        discount=row.money("discount"),
        coupon=row.optional("coupon"),
        total=row.money("total"),
        paid=0 if unpaid else row.money("total"),
        currency=row.text("currency"),
        benefit_used=row.flag("benefit_used"),
        address=_address(row),
        lines=lines,
    )


def _check_sums(row: Row, lines: Sequence[OrderLine]) -> None:
    """Refuse what the database would: a total that is none, a product in another currency."""
    total = row.money("subtotal") + row.money("shipping_fee") - row.money("discount")
    if row.money("total") != total:
        row.refuse("total", "subtotal + shipping_fee - discount")
    if any(line.product.currency != row.text("currency") for line in lines):
        row.refuse("currency", "the currency of the products in order_items.csv")


def _charges(
    lines: Sequence[OrderLine], placed: datetime, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """When a membership was last charged and will be next; (None, None) for what is none."""
    member = next((line.product for line in lines if line.product.kind == "membership"), None)
    if member is None:
        return None, None
    period = timedelta(days=PERIODS[str(member.attributes.get("period", "month"))])
    passed = max((now - placed) // period, 0)
    return placed + passed * period, placed + (passed + 1) * period


def _address(row: Row) -> Address | None:
    parts = {name: row.optional(f"ship_to_{name}") for name in ADDRESS}
    return Address(**{k: v or "" for k, v in parts.items()}) if any(parts.values()) else None


def _refunded(row: Row) -> bool:
    given = [row.optional(name) for name in ("refund_status", "refund_amount", "refund_days_ago")]
    if any(given) and not all(given):
        row.refuse("refund_status", "refund_status, refund_amount and refund_days_ago, or none of them")
    return all(given)


def _refund(row: Row, orders: Mapping[str, Order], moments: Moments, automatic_up_to: int) -> Refund:
    order = orders[row.text("order_number")]
    amount = row.money("refund_amount")
    if not 0 < amount <= order.paid:
        row.refuse("refund_amount", "more than nothing and at most what was paid")
    created = row.moment("refund_days_ago", moments, sign=-1)
    return Refund(
        refund_id=f"RF-{order.order_number}",
        order_number=order.order_number,
        line=None,
        amount=amount,
        currency=order.currency,
        method=order.payment_method,
        state=row.choice("refund_status", REFUND_STATES),
        reason="cancel" if order.status == "cancelled" else "return",
        automatic=amount <= automatic_up_to,
        key=f"{LOADED}{order.order_number}:{amount}:{order.currency}",
        created_at=created or moments.now,
        requested_by=order.customer_id,
    )


def _returns(row: Row, orders: Mapping[str, Order], moments: Moments) -> list[Return]:
    """The parcels behind ``returned`` orders: the table says no more of them than that they are back.

    They are dated a day before the refund that followed them, never before delivery.
    """
    order = orders[row.text("order_number")]
    if order.status != "returned":
        return []
    refunded = row.moment("refund_days_ago", moments, sign=-1)
    earliest = order.delivered_at or order.placed_at
    at = max(refunded - timedelta(days=1), earliest) if refunded else earliest
    return [
        Return(
            return_id=f"RT-{order.order_number}-{line.line}",
            order_number=order.order_number,
            line=line.line,
            quantity=line.quantity,
            reason="unwanted",
            kind="return",
            new_variant=None,
            state="received",
            shipping_paid_by="customer",
            created_at=at,
        )
        for line in order.lines
    ]


def _coupon(row: Row, moments: Moments) -> Coupon:
    kind = row.choice("kind", ("percent", "amount"))
    return Coupon(
        code=row.text("code"),
        kind=kind,
        value=row.whole("value", least=1, most=100) if kind == "percent" else row.money("value"),
        minimum=row.money("minimum") if row.optional("minimum") else 0,
        category=row.optional("category"),
        valid_from=row.moment("valid_from_days_ago", moments, sign=-1),
        expires_at=row.moment("expires_in_days", moments),
    )


def _stock_notes(rows: Sequence[Row], products: Mapping[str, Product]) -> list[str]:
    notes = []
    for row in rows:
        product = products[row.text("product_id")]
        pieces = sum(variant.stock for variant in product.variants)
        if product.variants and pieces != product.stock:
            notes.append(
                f"{row.file.name}, line {row.number}: stock is {product.stock}, its variants add up to "
                f"{pieces}; the variants count"
            )
    return notes


def _sum_notes(rows: Sequence[Row], orders: Mapping[str, Order]) -> list[str]:
    notes = []
    for row in rows:
        order = orders[row.text("order_number")]
        goods = sum(line.unit_price * line.quantity for line in order.lines)
        if order.subtotal != goods:
            notes.append(f"{row.file.name}, line {row.number}: lines and subtotal do not add up")
    return notes


def check_folder(folder: Path) -> None:
    """Raise SeedError where ``folder`` is none or lacks tables."""
    if not folder.is_dir():
        raise SeedError(f"found no folder {folder}; wanted one with a shop's tables, like data/shop")
    names = ("customers.csv", "products.csv", "orders.csv", "order_items.csv", "coupons.csv")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise SeedError(f"{folder} lacks {', '.join(missing)}; wanted all tables that data/shop has")
