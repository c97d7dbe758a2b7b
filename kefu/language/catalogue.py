"""What the entity matcher must know of a shop, and where it may come from."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kefu.errors import SeedError

_ITEM_COLUMNS = ("product_id", "kind", "name_en", "name_zh")


@dataclass(frozen=True)
class Item:
    """A product as far as words go: its names, its kind and the names of its variants."""

    product_id: str
    kind: str
    name_en: str
    name_zh: str
    variants: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """How a number is built: letters, then so many digits. ``Shape("KF", 8)`` is KF10000001."""

    letters: str
    digits: int


@dataclass(frozen=True)
class Catalogue:
    """The names and codes of one shop."""

    items: tuple[Item, ...] = ()
    coupons: tuple[str, ...] = ()
    orders: tuple[Shape, ...] = ()
    tracking: tuple[Shape, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Catalogue:
        """The inverse of ``as_dict`` after a way through JSON."""
        return cls(
            items=tuple(Item(**{**i, "variants": tuple(i["variants"])}) for i in values["items"]),
            coupons=tuple(values["coupons"]),
            orders=tuple(Shape(**s) for s in values["orders"]),
            tracking=tuple(Shape(**s) for s in values["tracking"]),
        )

    def digest(self) -> str:
        """A fingerprint of everything in it."""
        plain = json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()

    @classmethod
    def from_folder(cls, folder: Path) -> Catalogue:
        """Read a shop's tables (products, coupons and orders.csv); SeedError names what is missing."""
        orders = _rows(folder / "orders.csv", "order_number", "tracking_number")
        return cls(
            items=tuple(map(_item, _rows(folder / "products.csv", *_ITEM_COLUMNS))),
            coupons=tuple(row["code"] for row in _rows(folder / "coupons.csv", "code")),
            orders=shapes(row["order_number"] for row in orders),
            tracking=shapes(row["tracking_number"] for row in orders),
        )


def shapes(numbers: Iterable[str | None]) -> tuple[Shape, ...]:
    """The shapes of ``numbers``, the most frequent first; numbers built otherwise are left out.

    >>> shapes(["KF10000001", "KF10000002", None, "SF1234567890"])
    (Shape(letters='KF', digits=8), Shape(letters='SF', digits=10))
    """
    counts: dict[Shape, int] = {}
    for number in numbers:
        shape = _shape((number or "").strip().upper())
        if shape is not None:
            counts[shape] = counts.get(shape, 0) + 1
    return tuple(sorted(counts, key=lambda shape: -counts[shape]))


def _shape(number: str) -> Shape | None:
    letters = number.rstrip("0123456789")
    digits = len(number) - len(letters)
    plain = letters.isascii() and (letters.isalpha() or not letters)
    return Shape(letters, digits) if plain and digits >= 4 else None


def _item(row: Mapping[str, str]) -> Item:
    variants = [part.partition(":")[0].strip() for part in (row.get("stock_by_variant") or "").split("|")]
    names = tuple(v for v in variants if v)
    return Item(row["product_id"], row["kind"], row["name_en"], row["name_zh"], names)


def _rows(path: Path, *columns: str) -> Sequence[dict[str, str]]:
    if not path.is_file():
        raise SeedError(f"{path} is missing. A shop's folder holds products.csv, coupons.csv and orders.csv.")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    missing = [c for c in columns if rows and c not in rows[0]]
    if missing:
        raise SeedError(f"{path} has no column {missing[0]!r}. It has: {', '.join(rows[0])}.")
    return rows
