"""Parcels: an order may have several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Order, Shipment

_TABLE = schema.shipments
_FIELDS = tuple(column.name for column in _TABLE.columns)
OF_ONE = ("carrier", "tracking_number", "shipped_at", "delivered_at", "eta_at")


def told(parcels: Sequence[Shipment]) -> dict[str, Any]:
    """What an order tells of its parcels: of several, the first that is still under way speaks.

    It was shipped with the first of them and delivered with the last.
    """
    if not parcels:
        return dict.fromkeys(OF_ONE)
    speaks = next((parcel for parcel in parcels if parcel.delivered_at is None), parcels[0])
    shipped = [parcel.shipped_at for parcel in parcels if parcel.shipped_at is not None]
    delivered = [parcel.delivered_at for parcel in parcels if parcel.delivered_at is not None]
    return {
        "carrier": speaks.carrier,
        "tracking_number": speaks.tracking_number,
        "shipped_at": min(shipped, default=None),
        "delivered_at": max(delivered) if len(delivered) == len(parcels) else None,
        "eta_at": speaks.eta_at,
    }


def parcels_of(order: Order) -> Sequence[Shipment]:
    """The parcels that an order's record describes: several as they are, one by the order's own fields."""
    if len(order.shipments) > 1:
        return order.shipments
    fields = {name: getattr(order, name) for name in OF_ONE}
    known = any(value is not None for value in fields.values())
    return [Shipment(order.order_number, 1, **fields)] if known else []


class Shipments(Repository):
    """Load parcels; they are read with their orders."""

    def put(self, parcels: Sequence[Shipment]) -> None:
        """Load parcels as they are (the seed)."""
        self._put(_TABLE, [{name: getattr(parcel, name) for name in _FIELDS} for parcel in parcels])
