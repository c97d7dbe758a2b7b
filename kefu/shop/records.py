"""The records that the shop speaks of, and the transaction that its functions take.

They are kept by the store; whoever asks the shop (actions, channels) names them from here, so that
nobody but the store's own wiring needs to know where they are kept.
"""

from __future__ import annotations

from kefu.store import Transaction
from kefu.store.chat_records import Attachment, ChatMessage, CodeRow, Confirmation, Feedback, Session
from kefu.store.records import (
    Address,
    Clause,
    Coupon,
    Customer,
    Invoice,
    Order,
    OrderLine,
    Product,
    Refund,
    Return,
    Shipment,
    Ticket,
    Variant,
)

__all__ = [
    "Address",
    "Attachment",
    "ChatMessage",
    "Clause",
    "CodeRow",
    "Confirmation",
    "Coupon",
    "Customer",
    "Feedback",
    "Invoice",
    "Order",
    "OrderLine",
    "Product",
    "Refund",
    "Return",
    "Session",
    "Shipment",
    "Ticket",
    "Transaction",
    "Variant",
]
