"""What would differ under another policy: every order and operation decided by both, and compared.

Orders are looked at twice: as they stand, and as they stood when something was decided about them. What
cannot be known of the past is taken as it is now: stock, prices, and how a refund of that time ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from kefu.shop.case import Case, has_goods
from kefu.shop.identity import Identity
from kefu.shop.money import Money
from kefu.shop.operation import KINDS, REASONS, Item, Operation
from kefu.shop.operations import assess_case
from kefu.shop.outcome import Outcome
from kefu.shop.policy import Policy
from kefu.store.records import Order

if TYPE_CHECKING:
    from kefu.store import Transaction

PROBED_REASONS = {"return": ("unwanted", "damaged")}  # without a reason a return only asks for it


@dataclass(frozen=True)
class Difference:
    """An operation that the two policies decide differently.

    ``decided``: it was really asked for at ``at``; otherwise the order as it stands was tried.
    """

    operation: Operation
    at: datetime
    decided: bool
    old: Outcome
    new: Outcome


@dataclass
class Replayed:
    """How much was tried, and what differs."""

    orders: int
    tried: int
    differences: list[Difference]

    def totals(self) -> dict[tuple[str, str], tuple[int, int]]:
        """By (operation, currency): minor units offered in the differences, before and after."""
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for one in self.differences:
            old, new = offered_amount(one.old), offered_amount(one.new)
            money = old or new
            if money is None:
                continue
            key = one.operation.kind, money.currency
            before, after = sums.get(key, (0, 0))
            sums[key] = before + (old.amount if old else 0), after + (new.amount if new else 0)
        return sums


def offered_amount(outcome: Outcome) -> Money | None:
    """The money that an outcome offers, None where it offers none."""
    amount = outcome.facts.get("amount")
    return amount if outcome.kind == "offered" and isinstance(amount, Money) else None


def replay(
    tx: Transaction,
    old: Policy,
    new: Policy,
    *,
    now: datetime,
    since: datetime | None = None,
    kinds: Iterable[str] = KINDS,
) -> Replayed:
    """Decide every operation of ``kinds`` on every order placed since ``since`` by both policies."""
    wanted, found = tuple(kinds), Replayed(0, 0, [])
    for order in tx.orders.each(since=since):
        found.orders += 1
        for case, decided in _cases(tx, order, old, now=now):
            if case.operation.kind not in wanted:
                continue
            found.tried += 1
            before, after = assess_case(case), assess_case(replace(case, policy=new))
            if (before.kind, before.terms()) != (after.kind, after.terms()):
                difference = Difference(case.operation, case.now, decided, before, after)
                found.differences.append(difference)
    return found


def _cases(tx: Transaction, order: Order, policy: Policy, *, now: datetime) -> Iterator[tuple[Case, bool]]:
    owner = Identity("replay", customer_id=order.customer_id)
    for operation in probes(order):
        yield Case(tx, owner, operation, order, policy, now), False
    for at, operation in decisions(tx, order):
        if at < now:
            yield Case(tx.as_of(at), owner, operation, as_of(order, operation, at), policy, at), True


def probes(order: Order) -> Iterator[Operation]:
    """Every operation on the whole order, with what it asks for where that does not depend on the policy."""
    for kind in KINDS:
        for reason in PROBED_REASONS.get(kind, (None,)):
            yield _wish(order, kind, reason=reason)


def _wish(order: Order, kind: str, **fields: Any) -> Operation:
    return Operation(
        kind,
        order.order_number,
        address=order.address if kind == "change_address" else None,
        invoice_kind="personal" if kind == "invoice" else None,
        **fields,
    )


def decisions(tx: Transaction, order: Order) -> list[tuple[datetime, Operation]]:
    """What was asked for and done, oldest first: by the audit, and by rows that it says nothing of."""
    entries = [entry for entry in tx.audit.of_subject(order.order_number) if entry.action in KINDS]
    # an order that was loaded again may have entries of its earlier life
    told = [(entry.at, _told(order, entry.action, entry.detail)) for entry in entries]
    told = [(at, operation) for at, operation in told if at >= order.placed_at]
    known = {at for at, _ in told}
    rows = [(at, wish) for at, wish in (*_sent_back(tx, order), *_paid_back(tx, order)) if at not in known]
    return sorted([*told, *rows], key=lambda one: one[0])


def _told(order: Order, kind: str, detail: Mapping[str, Any]) -> Operation:
    lines = {line.line for line in order.lines}
    items = tuple(Item(*item) for item in detail.get("items") or () if item[0] in lines)
    return _wish(
        order, kind, items=items, reason=_reason(detail.get("reason")), variant=detail.get("variant")
    )


def _reason(text: str | None) -> str | None:
    return text if text in REASONS else None


def _sent_back(tx: Transaction, order: Order) -> Iterator[tuple[datetime, Operation]]:
    """Returns and exchanges; rows of one moment were one wish."""
    rows = tx.returns.of_order(order.order_number)
    for (at, kind), group in groupby(rows, key=lambda row: (row.created_at, row.kind)):
        same = list(group)
        items = tuple(Item(row.line, row.quantity) for row in same)
        yield at, _wish(order, kind, items=items, reason=_reason(same[0].reason), variant=same[0].new_variant)


def _paid_back(tx: Transaction, order: Order) -> Iterator[tuple[datetime, Operation]]:
    """Cancellations and digital refunds, which leave a refund at once (a return's comes later)."""
    for row in tx.refunds.of_order(order.order_number):
        if row.reason in ("cancel", "refund"):
            items = (Item(row.line),) if row.line is not None else ()
            yield row.created_at, _wish(order, row.reason, items=items)


def as_of(order: Order, operation: Operation, at: datetime) -> Order:
    """The order as it stood when the operation was asked for at ``at``."""
    concerned = {item.line for item in operation.items} or {line.line for line in order.lines}
    lines = []
    for line in order.lines:
        if line.line in concerned and operation.kind in ("cancel", "refund"):
            line = replace(line, cancelled=0)
        if line.line in concerned and operation.kind == "exchange":
            line = replace(line, exchanged=False)
        lines.append(line)
    before = replace(order, lines=tuple(lines), status=_status(order, at))
    stopped = order.status == "ended" or operation.kind == "stop_renewal"
    return replace(before, renews=True, ended_at=None) if stopped else before


def _status(order: Order, at: datetime) -> str:
    if order.paid == 0:
        return "pending_payment"
    if has_goods(order):
        arrived = order.delivered_at is not None and order.delivered_at <= at
        sent = order.shipped_at is not None and order.shipped_at <= at
        return "delivered" if arrived else "shipped" if sent else "processing"
    member = any(line.product.kind == "membership" for line in order.lines)
    return "active" if member else "completed"
