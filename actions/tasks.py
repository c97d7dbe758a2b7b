"""The tasks that a form carries: what each is about, and which purchases it suits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet

from kefu.shop.operation import Item, Operation, pieces_said
from kefu.shop.records import Address, Order, OrderLine
from kefu.shop.selection import Target

Suits = Callable[[Order, OrderLine], bool]
ANSWERS = frozenset({"affirm", "nlu_fallback"})
# slots of one task; cleared when a task begins and when it ends
TASK_SLOTS = (
    "item", "offered", "reason", "quantity", "variant", "address",
    "invoice_kind", "company", "tax_number", "guest_order", "guest_code",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One form: the operation that it prepares (None for a look-up) and how its purchase is chosen.

    ``triggers`` are the intents that start it; inside the form they inform it. ``suits`` says which
    purchases are meant when none is named; None: those that the operation would not be refused for.
    """

    form: str
    kind: str | None
    triggers: frozenset[str]
    whole_orders: bool
    suits: Suits | None = None


def is_underway(order: Order) -> bool:
    """Whether an order is on its way to the customer, or will be."""
    return order.status in ("pending_payment", "processing", "shipped")


def _underway(order: Order, line: OrderLine) -> bool:
    return is_underway(order)


def _shipped(order: Order, line: OrderLine) -> bool:
    return order.status == "shipped"


def _digital(order: Order, line: OrderLine) -> bool:
    return line.product.kind in ("course", "ebook")


def _went_back(order: Order, line: OrderLine) -> bool:
    return order.status in ("returned", "cancelled", "ended")


def _tasks() -> Sequence[Task]:
    back = frozenset({"return_item", "refund_request", "report_damage"})
    return (
        Task("order_status_form", None, frozenset({"track_order"}), True, _underway),
        Task("refund_status_form", None, frozenset({"refund_status", "return_status"}), True, _went_back),
        Task("parcel_form", "lost_parcel", frozenset({"parcel_problem"}), True, _shipped),
        Task("access_form", None, frozenset({"digital_access"}), False, _digital),
        Task("cancel_form", "cancel", frozenset({"cancel_order"}), True),
        Task("address_form", "change_address", frozenset({"change_address"}), True),
        Task("return_form", "return", back, False),
        Task("exchange_form", "exchange", frozenset({"exchange_item"}), False),
        Task("warranty_form", "warranty", frozenset({"warranty_claim"}), False),
        Task("renewal_form", "stop_renewal", frozenset({"stop_renewal"}), True),
        Task("invoice_form", "invoice", frozenset({"invoice_request"}), True),
    )


TASKS: Mapping[str, Task] = MappingProxyType({task.form: task for task in _tasks()})


def _pieces(quantity: Any, lines: Sequence[int]) -> int | None:
    """The pieces of each line; a number that was said belongs to one line alone."""
    return pieces_said(quantity) if quantity is not None and len(lines) == 1 else None


def cleared() -> list[dict[str, Any]]:
    """Rasa events that empty the slots of a task."""
    return [SlotSet(slot, None) for slot in TASK_SLOTS]


def ended() -> list[dict[str, Any]]:
    """Rasa events that end the running task."""
    return [*cleared(), ActiveLoop(None), SlotSet("requested_slot", None)]


def task_events(operation: Operation, missing: str) -> list[dict[str, Any]]:
    """Rasa events that take up an operation's form where a fact is still missing."""
    lines: list[int | None] = [item.line for item in operation.items] or [None]
    slots = {
        "item": [[operation.order_number, line] for line in lines],
        "reason": operation.reason,
        "quantity": operation.items[0].quantity if operation.items else None,
        "variant": operation.variant,
        "invoice_kind": operation.invoice_kind,
        "company": operation.company,
        "tax_number": operation.tax_number,
    }
    return [
        *(SlotSet(name, value) for name, value in slots.items()),
        ActiveLoop(by_kind(operation.kind).form),
        SlotSet("requested_slot", missing),
    ]


def by_kind(kind: str) -> Task:
    """The task that prepares operations of ``kind``; some have no form of their own."""
    prepared = {"refund": "return", "change_items": "exchange"}.get(kind, kind)
    return next(task for task in TASKS.values() if task.kind == prepared)


def operation_of(
    task: Task, targets: Sequence[Target], orders: Mapping[str, Order], slots: Mapping[str, Any]
) -> Operation | None:
    """The operation that a task's slots describe; None while nothing is chosen or for a look-up."""
    if not targets or task.kind is None:
        return None
    order = orders[targets[0].order_number]
    lines = [target.line for target in targets if target.order_number == order.order_number and target.line]
    address = slots.get("address")
    return Operation(
        kind=task.kind,
        order_number=order.order_number,
        items=tuple(Item(line, _pieces(slots.get("quantity"), lines)) for line in lines),
        reason=slots.get("reason"),
        variant=slots.get("variant"),
        address=Address(**address) if address else None,
        invoice_kind=slots.get("invoice_kind"),
        company=slots.get("company"),
        tax_number=slots.get("tax_number"),
    )


# what a "yes" may say beside yes, by the operation that it is said to
_SPOKEN = {
    "cancel": re.compile(r"cancel|取消", re.IGNORECASE),
    "back": re.compile(r"return|refund|send \w+ back|退", re.IGNORECASE),
    "exchange": re.compile(r"exchange|swap|换", re.IGNORECASE),
}
_FITTING = {
    "cancel": {"cancel", "back"},
    "return": {"back"},
    "refund": {"back", "cancel"},
    "exchange": {"exchange", "back"},
    "change_items": {"exchange", "cancel"},
    "stop_renewal": {"cancel"},
}


def speaks_of_another(text: str, kind: str) -> bool:
    """Whether a "yes" names another task than the one it would confirm ("yes, cancel it" to a return)."""
    named = {name for name, words in _SPOKEN.items() if words.search(text)}
    return bool(named - _FITTING.get(kind, set()))
