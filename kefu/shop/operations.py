"""The one door to everything that changes an order: assess what would happen, then perform it.

Each kind of operation has a topic (a module with ``assess`` and ``perform``). ``perform`` assesses
again inside the same write transaction, with the order held, so what was shown is what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from kefu.shop import (
    address,
    cancellation,
    digital,
    exchange,
    invoices,
    items,
    killswitch,
    parcels,
    photos,
    renewal,
    returns,
    warranty,
)
from kefu.shop.case import Case, base_facts, is_goods
from kefu.shop.identity import Identity, may_see
from kefu.shop.operation import Item, Operation
from kefu.shop.outcome import Outcome, refused
from kefu.shop.policy import Policy
from kefu.shop.replay import restored, saved
from kefu.store.records import Order, OrderLine

if TYPE_CHECKING:
    from kefu.store import Transaction


@dataclass(frozen=True)
class Topic:
    """How one kind of operation is assessed and performed."""

    assess: Callable[[Case], Outcome]
    perform: Callable[..., Outcome]


TOPICS: Mapping[str, Topic] = MappingProxyType(
    {
        "cancel": Topic(cancellation.assess, cancellation.perform),
        "change_address": Topic(address.assess, address.perform),
        "change_items": Topic(items.assess, items.perform),
        "return": Topic(returns.assess, returns.perform),
        "digital": Topic(digital.assess, digital.perform),
        "exchange": Topic(exchange.assess, exchange.perform),
        "warranty": Topic(warranty.assess, warranty.perform),
        "stop_renewal": Topic(renewal.assess, renewal.perform),
        "invoice": Topic(invoices.assess, invoices.perform),
        "lost_parcel": Topic(parcels.assess, parcels.perform),
    }
)

CLOSED_ACCOUNT = "closed"
COUNTING = ("cancel", "change_items", "return", "exchange")  # topics that ask for pieces themselves

# what may still be open to a customer who was refused, in the order in which it is offered
WAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "refused_cancel_delivered": ("return",),
        "refused_cancel_digital": ("refund", "stop_renewal"),
        "refused_return_window": ("warranty",),
        "refused_exchange_window": ("warranty",),
        "refused_exchange_stock": ("return",),
        "refused_exchange_price": ("return",),
        "refused_exchange_again": ("return",),
        "refused_items_late": ("return",),
        "refused_items_stock": ("cancel",),
        "refused_items_price": ("cancel",),
        "refused_warranty_none": ("return",),
        "refused_membership_days": ("stop_renewal",),
        "refused_membership_used": ("stop_renewal",),
    }
)


def assess(tx: Transaction, identity: Identity, operation: Operation, *, now: datetime) -> Outcome:
    """What the operation would come to now; changes nothing."""
    case = _case(tx, identity, operation, now=now)
    return assess_case(case) if case is not None else not_visible(operation)


def assess_case(case: Case) -> Outcome:
    """``assess`` for a case that is on the table already."""
    routed, outcome = _decided(case)
    if outcome.kind == "refused" and outcome.facts.get("way") is None and outcome.code in WAYS:
        return _with_way(routed, outcome)
    return outcome


def _decided(case: Case) -> tuple[Case, Outcome]:
    """The case as its topic took it, and the outcome without another way."""
    against = unheard(case)
    if against is not None:
        return case, against
    topic, routed = route(case)
    if topic not in COUNTING and not _countable(case):
        return routed, refused("refused_quantity", None, **base_facts(case))
    return routed, TOPICS[topic].assess(routed)


def perform(
    tx: Transaction,
    identity: Identity,
    operation: Operation,
    *,
    now: datetime,
    key: str,
    agreed: str | None = None,
) -> Outcome:
    """Do it, in a write transaction. ``key`` is claimed first: one key never does or pays anything twice.

    A replay (the same key with the same content) returns the saved answer, with the fact
    ``replayed``. With ``agreed`` (the hash of operation and terms that the customer said yes to)
    nothing is done when the terms are others by now: the fresh offer comes back instead.

    Raises:
        DuplicateKey: the key was used for something else.
    """
    if may_see(tx, identity, operation.order_number) is None:
        return not_visible(operation)
    earlier = tx.claims.take(key, agreed or operation.content_hash(), now=now)
    if earlier is not None and earlier.answer is not None:
        return restored(earlier.answer)
    outcome = _perform(tx, identity, operation, now=now, key=key, agreed=agreed)
    if outcome.kind == "done":
        tx.claims.keep(key, saved(outcome))
    else:
        tx.claims.release(key)
    return outcome


def _perform(
    tx: Transaction, identity: Identity, operation: Operation, *, now: datetime, key: str, agreed: str | None
) -> Outcome:
    """Assess with order and kill switch held, and do what is offered on the terms agreed."""
    killswitch.hold(tx)
    tx.orders.lock(operation.order_number.strip().upper())
    case = _case(tx, identity, operation, now=now)
    if case is None:
        return not_visible(operation)
    outcome = assess_case(case)
    if outcome.kind != "offered" or agreed not in (None, operation.content_hash(outcome.terms())):
        return outcome
    topic, routed = route(case)
    result = TOPICS[topic].perform(routed, outcome, key=key)
    _note(case, result)
    photos.put_to_returns(tx, identity, result, now=now)
    return result


def not_visible(operation: Operation) -> Outcome:
    """The one answer for an order that is not there and for one that is somebody else's."""
    return refused("refused_not_visible", "privacy.1", order_number=operation.order_number)


def unheard(case: Case) -> Outcome | None:
    """The refusal before any clause is asked.

    A closed account; a line that the order does not have, or one named twice; words that cannot be kept.
    """
    facts = {"order_number": case.order.order_number, "status": case.order.status}
    owner = case.tx.customers.get(case.order.customer_id)
    if owner is not None and owner.state == CLOSED_ACCOUNT:
        return refused("refused_account_closed", None, **facts)
    said, known = [item.line for item in case.operation.items], [line.line for line in case.order.lines]
    if not set(said) <= set(known) or len(set(said)) < len(said):
        return refused("refused_line_unknown", None, **facts, lines=tuple(known))
    if not case.operation.readable:
        return refused("refused_unreadable", None, **facts)
    return None


def _countable(case: Case) -> bool:
    """Whether the pieces said are pieces that the lines have."""
    items = case.operation.items
    return all(item.quantity is None or 1 <= item.quantity <= case.line(item.line).quantity for item in items)


def route(case: Case) -> tuple[str, Case]:
    """The topic that answers a wish: money back for an unsent order is a cancellation, and so on."""
    kind = case.operation.kind
    if kind == "exchange" and items.not_sent(case) and any(map(is_goods, case.lines())):
        return "change_items", case  # what has not left need not come back
    if kind == "change_items" and case.order.status == "delivered" and case.operation.variant is not None:
        return "exchange", case
    if kind not in ("return", "refund"):
        return kind, case
    if kind == "refund" and case.order.status == "processing":
        return "cancel", case
    if not any(is_goods(line) for line in case.lines()):
        return "digital", case
    # the return clauses speak of faults on arrival; one that appears later is the warranty's
    later = case.operation.reason == "later_fault" and case.order.status == "delivered"
    return ("warranty" if later else "return"), case


def suitable(
    tx: Transaction, identity: Identity, kind: str, *, now: datetime, reason: str | None = None
) -> Callable[[Order, OrderLine], bool]:
    """A judge of lines for selection: whether an operation of ``kind`` on them would not be refused."""
    policy = Policy.load(tx, now=now)

    def suits(order: Order, line: OrderLine) -> bool:
        wish = Operation(kind, order.order_number, (Item(line.line),), reason=reason)
        return assess_case(Case(tx, identity, wish, order, policy, now)).kind != "refused"

    return suits


def _case(tx: Transaction, identity: Identity, operation: Operation, *, now: datetime) -> Case | None:
    order = may_see(tx, identity, operation.order_number)
    if order is None:
        return None
    return Case(tx, identity, operation, order, Policy.load(tx, now=now), now)


def _with_way(case: Case, outcome: Outcome) -> Outcome:
    """The refusal with the first other operation that would not be refused, and with its clause."""
    facts: dict[str, str | None] = {}
    for kind in WAYS[outcome.code]:
        # without its own ways: a return that is too late names the warranty, and where there is none that
        # would name the return again
        _, other = _decided(replace(case, operation=replace(case.operation, kind=kind, reason=None)))
        if other.kind != "refused":
            return outcome.with_facts(**facts, way=kind, way_clause=other.clause)
        facts.setdefault("because", other.code)
        facts.setdefault("because_clause", other.clause)
    return outcome.with_facts(**facts)


def _note(case: Case, outcome: Outcome) -> None:
    """Write into the audit log who did what."""
    actor = case.identity.customer_id or "guest"
    wish = case.operation
    amount = outcome.facts.get("amount")
    detail = {
        "session": case.identity.session_id,
        "code": outcome.code,
        "clause": outcome.clause,
        "items": [[item.line, item.quantity] for item in wish.items],
        "reason": wish.reason,
        "variant": outcome.facts.get("new_variant"),
        "amount": [amount.amount, amount.currency] if amount is not None else None,
    }
    case.tx.audit.add(actor, case.operation.kind, case.order.order_number, detail, now=case.now)
