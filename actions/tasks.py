"""The tasks that a form carries: what each is about, and which purchases it suits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet

from actions.turn import Turn
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


def cleared(turn: Turn) -> list[dict[str, Any]]:
    """Rasa events that empty the slots of a task, none for those that are empty: each is work for Rasa."""
    return [SlotSet(slot, None) for slot in TASK_SLOTS if turn.slot(slot) is not None]


def ended(turn: Turn) -> list[dict[str, Any]]:
    """Rasa events that end the running task."""
    return [*cleared(turn), ActiveLoop(None), SlotSet("requested_slot", None)]


def task_slots(operation: Operation) -> list[dict[str, Any]]:
    """Rasa events that fill a form's slots with what an operation says."""
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
    return [SlotSet(name, value) for name, value in slots.items()]


def task_events(operation: Operation, missing: str) -> list[dict[str, Any]]:
    """Rasa events that take up an operation's form where a fact is still missing."""
    return [
        *task_slots(operation),
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
    "back": re.compile(r"\breturn|refund|(?:send|take|give) \w+ back|money back|退", re.IGNORECASE),
    "exchange": re.compile(r"exchange|swap|换|換", re.IGNORECASE),
    "repair": re.compile(r"repair|\bfix|\bmend\b|warranty|维修|修|保修", re.IGNORECASE),
    "address": re.compile(r"\baddress|地址", re.IGNORECASE),
    "invoice": re.compile(r"\binvoice|发票", re.IGNORECASE),
}
_FITTING = {
    "cancel": {"cancel", "back"},
    "return": {"back"},
    "refund": {"back", "cancel"},
    "exchange": {"exchange", "back"},
    "change_items": {"exchange", "cancel"},
    "stop_renewal": {"cancel"},
    "warranty": {"repair", "exchange"},
    "change_address": {"address"},
    "invoice": {"invoice"},
}
# the form that begins where the words name a task, and what turns the words round ("不换了", "don't cancel")
_BEGUN = {
    "cancel": "cancel_form",
    "back": "return_form",
    "exchange": "exchange_form",
    "repair": "warranty_form",
}
_DENIED = re.compile(
    r"(?:\b(?:don'?t|do not|not|never ?mind|stop|forget|without|no)\b(?: \w+){0,2} ?"
    r"|[不别没][想要用需必再]{0,2})$",
    re.IGNORECASE,
)


def speaks_of_another(text: str, kind: str) -> bool:
    """Whether a "yes" names another task than the one it would confirm ("yes, cancel it" to a return)."""
    named = {name for name, words in _SPOKEN.items() if words.search(text)}
    return bool(named - _FITTING.get(kind, set()))


def named_form(text: str) -> str | None:
    """The form of the task that words name, asking for nothing and denying nothing; None where there is none.

    Of several the one said last counts: "never mind the swap, refund me".
    """
    if set(text) & set("?？吗"):
        return None
    found = [
        (match.start(), name)
        for name, words in _SPOKEN.items()
        for match in words.finditer(text)
        if name in _BEGUN and not _DENIED.search(text[: match.start()])
    ]
    return _BEGUN[max(found)[1]] if found else None


def latest_form(events: Sequence[Mapping[str, Any]]) -> str | None:
    """The form of the task that ran last."""
    forms = (event.get("name") for event in reversed(events) if event.get("event") == "active_loop")
    return next((str(form) for form in forms if form in TASKS), None)
