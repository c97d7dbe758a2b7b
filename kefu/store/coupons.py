"""Coupons."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Coupon

_TABLE = schema.coupons
_FIELDS = ("code", "kind", "value", "minimum", "category", "valid_from", "expires_at")
_SELECT = sa.select(*(_TABLE.c[name] for name in _FIELDS))


class Coupons(Repository):
    """Read coupons; only the seed writes them."""

    def get(self, code: str) -> Coupon | None:
        """The coupon with this code, upper and lower case alike."""
        row = self._one(_SELECT.where(_TABLE.c.code_key == code.strip().casefold()))
        return Coupon(**row) if row else None

    def all(self) -> list[Coupon]:
        """Every coupon, by code."""
        return [Coupon(**row) for row in self._all(_SELECT.order_by(_TABLE.c.code))]

    def put(self, coupons: Sequence[Coupon]) -> None:
        """Insert coupons, or overwrite those that are there."""
        rows = [{name: getattr(coupon, name) for name in _FIELDS} for coupon in coupons]
        self._put(_TABLE, [{**row, "code_key": row["code"].casefold()} for row in rows])
