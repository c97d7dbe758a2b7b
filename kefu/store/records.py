"""What the store gives out: rows as frozen dataclasses, free of SQL.

Money is an integer of minor units (cents) with its ISO 4217 currency; times are
timezone-aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LOADED = "seed:"  # keys of refunds that a shop's tables brought along


@dataclass(frozen=True)
class Customer:
    """A person of the shop."""

    customer_id: str
    name: str
    email: str
    phone: str
    language: str
    membership: str
    address: str
    postcode: str
    country: str
    state: str = "active"  # active | closed


@dataclass(frozen=True)
class Variant:
    """One variant of a product (a colour, say) and its stock in pieces."""

    name: str
    stock: int


@dataclass(frozen=True)
class Product:
    """A catalogue entry; ``attributes`` holds every ``key=value`` of its row, lists as tuples."""

    product_id: str
    kind: str  # physical | course | ebook | membership
    name_en: str
    name_zh: str
    category: str
    price: int
    currency: str
    stock: int | None  # None where stock has no meaning (digital)
    variants: tuple[Variant, ...] = ()
    attributes: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    def name(self, language: str) -> str:
        """The product's name in ``language`` (``zh``, otherwise English)."""
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True)
class Shipment:
    """One parcel of an order, counted from 1."""

    order_number: str
    parcel: int
    carrier: str | None
    tracking_number: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    eta_at: datetime | None


@dataclass(frozen=True)
class OrderLine:
    """One line of an order; ``progress_percent`` for courses, ``downloaded`` for e-books."""

    order_number: str
    line: int
    product: Product
    quantity: int
    unit_price: int
    variant: str | None
    progress_percent: int | None
    downloaded: bool | None
    cancelled: int = 0  # pieces cancelled
    exchanged: bool = False


@dataclass(frozen=True)
class Address:
    """Where a parcel goes."""

    name: str
    phone: str
    address: str
    postcode: str
    country: str


@dataclass(frozen=True)
class Order:
    """An order with its lines. ``paid`` is what was really charged (0 while unpaid).

    Of several parcels ``carrier``, ``tracking_number`` and ``eta_at`` are those of the first that is
    still under way; ``delivered_at`` is known when all of them have arrived.
    """

    order_number: str
    customer_id: str
    status: str
    placed_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    ended_at: datetime | None  # membership: end of the running period once renewal is stopped
    renews: bool | None  # membership: will it be charged again
    shipping_method: str | None
    carrier: str | None
    tracking_number: str | None
    eta_at: datetime | None
    payment_method: str  # "visa-4242", "paypal", …
    subtotal: int
    shipping_fee: int
    discount: int
    coupon: str | None
    total: int
    paid: int
    currency: str
    benefit_used: bool | None
    address: Address | None
    lines: tuple[OrderLine, ...]
    charged_at: datetime | None = None  # membership: the last charge (= placed_at: the first payment)
    next_charge_at: datetime | None = None  # membership: when it will be charged again, if it renews
    shipments: tuple[Shipment, ...] = ()


@dataclass(frozen=True)
class Return:
    """Goods on their way back, one row a line."""

    return_id: str
    order_number: str
    line: int
    quantity: int
    reason: str
    kind: str  # return | exchange
    new_variant: str | None
    state: str  # requested | approved | rejected | in_transit | received
    shipping_paid_by: str  # customer | shop
    created_at: datetime
    promised: int | None = None  # minor units to be paid on arrival; None: an exchange, or not written down


@dataclass(frozen=True)
class Refund:
    """Money on its way back. ``key`` is unique: one refund for one intent."""

    refund_id: str
    order_number: str
    line: int | None  # None: the whole order
    amount: int
    currency: str
    method: str
    state: str  # requested | approved | rejected | submitted | succeeded | failed
    reason: str
    automatic: bool
    key: str
    created_at: datetime
    requested_by: str | None = None  # a customer id, or "guest"
    decided_by: str | None = None  # the person who approved or rejected it, where one had to
    decided_at: datetime | None = None
    reference: str | None = None  # what the payment provider calls it; None: it has not confirmed it
    settled_at: datetime | None = None
    note: str | None = None  # why it was rejected or failed

    @property
    def elsewhere(self) -> bool:
        """Whether another system made it, before the shop was loaded: its money is not ours to send."""
        return self.key.startswith(LOADED)

    @property
    def unconfirmed(self) -> bool:
        """Whether it was submitted and the payment provider has not said that it has it."""
        return self.state == "submitted" and self.reference is None and not self.elsewhere


@dataclass(frozen=True)
class Payment:
    """What was charged for an order."""

    payment_id: str
    order_number: str
    amount: int
    currency: str
    method: str
    reference: str
    charged_at: datetime


@dataclass(frozen=True)
class Claim:
    """A key under which something was done, once: what it was for, and the answer that was given."""

    key: str
    content_hash: str
    answer: str | None  # JSON; None while it is being done
    created_at: datetime


@dataclass(frozen=True)
class Switch:
    """Something that people stop and resume, and who did so last."""

    name: str
    stopped: bool
    set_by: str | None
    reason: str | None
    set_at: datetime | None


@dataclass(frozen=True)
class Invoice:
    """A requested electronic invoice."""

    invoice_id: str
    order_number: str
    kind: str  # personal | company
    company: str | None
    tax_number: str | None
    email: str
    state: str  # requested | sent | reissued
    created_at: datetime


@dataclass(frozen=True)
class Coupon:
    """A coupon; ``value`` is percent or minor units by ``kind``."""

    code: str
    kind: str  # percent | amount
    value: int
    minimum: int
    category: str | None
    valid_from: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True)
class Clause:
    """One rule of the shop's policy in force: its parameters and its words."""

    clause: str
    version: int
    params: Mapping[str, str]
    text_en: str
    text_zh: str
    effective_from: datetime
    effective_to: datetime | None = None  # from here on it holds no more; None: until a newer version

    def text(self, language: str) -> str:
        """The clause in words, its parameters filled in."""
        template, comma = (self.text_zh, "、") if language == "zh" else (self.text_en, ", ")
        return template.format(**{key: value.replace("|", comma) for key, value in self.params.items()})


@dataclass(frozen=True)
class Ticket:
    """A case for a person."""

    ticket_id: str
    session_id: str | None
    customer_id: str | None
    order_number: str | None
    kind: str  # human | complaint | legal | safety | refund | lost_parcel | warranty | payment | address…
    summary: str
    state: str  # open | waiting | closed
    created_at: datetime


@dataclass(frozen=True)
class AuditEntry:
    """Who did what to which thing, and when."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]
