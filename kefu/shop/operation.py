"""What a customer wants done to an order, as plain data that a confirmation row can hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from unicodedata import category

from kefu.errors import KefuError
from kefu.store.records import Address

KINDS = (
    "cancel",
    "change_address",
    "change_items",
    "return",
    "refund",
    "exchange",
    "warranty",
    "stop_renewal",
    "invoice",
    "lost_parcel",
)
LONGEST = 500  # characters of any one word of an operation
FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)}
REASONS = ("damaged", "wrong", "missing", "unwanted", "later_fault")


@dataclass(frozen=True)
class Item:
    """Pieces of one line; ``quantity`` None: not said. (What it counts, the topic says.)"""

    line: int
    quantity: int | None = None


@dataclass(frozen=True)
class Operation:
    """One wish about one order. No ``items``: the whole order (every line, all that is left).

    ``kind`` is one of KINDS, ``reason`` one of REASONS or None (not said), ``invoice_kind``
    personal or company. Raises KefuError for a kind or reason outside of these.
    """

    kind: str
    order_number: str
    items: tuple[Item, ...] = ()
    reason: str | None = None
    variant: str | None = None
    address: Address | None = None
    invoice_kind: str | None = None
    company: str | None = None
    tax_number: str | None = None

    def __post_init__(self) -> None:
        _known("operation kind", self.kind, KINDS)
        if self.reason is not None:
            _known("reason", self.reason, REASONS)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data; ``from_dict`` gives the same operation back."""
        return {**asdict(self), "items": [asdict(item) for item in self.items]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Operation:
        """The operation that ``as_dict`` wrote, also after a trip through JSON."""
        fields = dict(data)
        fields["items"] = tuple(Item(**item) for item in fields.get("items") or ())
        if fields.get("address") is not None:
            fields["address"] = Address(**fields["address"])
        return cls(**fields)

    def content_hash(self, terms: Mapping[str, Any] | None = None) -> str:
        """SHA-256 of the operation, and of the terms it was offered at where given."""
        content = {"operation": self.as_dict(), "terms": dict(terms or {})}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    @property
    def readable(self) -> bool:
        """Whether every word of it can be written down; a tax number also without invisible characters."""
        address = asdict(self.address).values() if self.address else ()
        words = (self.variant, self.invoice_kind, self.company, self.tax_number, *address)
        hidden = any(category(sign) == "Cf" for sign in self.tax_number or "")
        return not hidden and all(readable(word) for word in words if word)


def readable(text: str) -> bool:
    """Whether a text is short enough and free of control characters and halves of characters."""
    unreadable = (sign for sign in text if category(sign) in ("Cc", "Cs") and sign not in "\n\r\t")
    return len(text) <= LONGEST and next(unreadable, None) is None


def pieces_said(said: object) -> int | None:
    """A number of pieces as somebody said it, in plain or full-width digits; None where it is none.

    >>> pieces_said("２"), pieces_said(3), pieces_said("1\\u200b"), pieces_said("²"), pieces_said("-1")
    (2, 3, None, None, None)
    """
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    digits = str(said).strip().translate(FULL_WIDTH)
    return int(digits) if re.fullmatch("[0-9]{1,9}", digits) else None


def _known(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise KefuError(f"found the {what} {value!r}; wanted one of {', '.join(known)}; pass one of these")
