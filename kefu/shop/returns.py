"""Sending goods back (clauses return.1 and return.2): until when, at whose cost, for how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kefu.shop.case import Case, base_facts, clause_days, is_away, is_goods, new_id
from kefu.shop.clock import last_day
from kefu.shop.lines import Portion, chosen, covers_everything, line_facts
from kefu.shop.outcome import Outcome, ask, done, offered, refused
from kefu.shop.refunds import ask_supervisor, refund_facts, settled, unrefunded
from kefu.store.records import Order, OrderLine, Return

OWN_WISH = "return.1"
SHOP_FAULT = "return.2"
SHOP_REASONS = ("damaged", "wrong", "missing")


@dataclass(frozen=True)
class Windows:
    """Which of the two clauses are still open for a delivery."""

    own_wish: bool
    shop_fault: bool


def assess(case: Case) -> Outcome:
    """What sending back the goods of the operation would come to."""
    facts = base_facts(case)
    early = not_delivered(case, facts)
    if early is not None:
        return early
    lines = returnable_lines(case)
    if isinstance(lines, Outcome):
        return lines
    facts |= _window_facts(case)
    clause = _clause(case, facts)
    if isinstance(clause, Outcome):
        return clause
    portions = chosen(case, lines, clause)
    return portions if isinstance(portions, Outcome) else _offer(case, clause, portions, facts)


def not_delivered(case: Case, facts: dict[str, Any]) -> Outcome | None:
    """The refusal for an order whose goods are not with the customer, with the way that remains."""
    order = case.order
    gone = settled(case, facts)
    if gone is not None:
        return gone
    if order.status in ("pending_payment", "processing"):
        case.in_state("cancel.1")
    if order.status == "pending_payment":
        return refused("refused_return_unpaid", "cancel.1", **facts, way="cancel")
    if order.status == "processing":
        return refused("refused_return_not_delivered", "cancel.1", **facts, way="cancel")
    if order.status == "shipped":
        case.in_state("cancel.2")
        facts |= {"carrier": order.carrier, "tracking_number": order.tracking_number}
        return refused("refused_return_not_delivered", "cancel.2", **facts, way="refuse_parcel")
    return None


def returnable_lines(case: Case) -> list[OrderLine] | Outcome:
    """The goods of the operation of which something is left; the refusal where nothing is."""
    goods = [line for line in case.lines() if is_goods(line)]
    open_lines = [line for line in goods if case.left(line) > 0]
    if open_lines and (len(open_lines) == len(goods) or not case.operation.items):
        return open_lines
    gone = next((line for line in goods if case.left(line) == 0), None)
    row = next((row for row in reversed(case.returns) if gone is not None and row.line == gone.line), None)
    state = row.state if row else None
    case.finds(OWN_WISH, False, lines=[line.line for line in goods], left=0, return_state=state)
    facts = base_facts(case) | {"return": row, "return_state": state}
    return refused("refused_return_already", OWN_WISH, **facts, refund=None, refund_state=None)


def windows(case: Case) -> Windows:
    """Which return clauses are open at the moment of the case."""
    since = delivery(case.order)
    return Windows(case.in_time(OWN_WISH, since), case.in_time(SHOP_FAULT, since))


def delivery(order: Order) -> datetime:
    """When the goods arrived; a shop that did not write it down is taken at the earliest it wrote."""
    return order.delivered_at or order.shipped_at or order.placed_at


def _window_facts(case: Case) -> dict[str, Any]:
    since, zone = delivery(case.order), case.policy.zone
    days, fault_days = clause_days(case, OWN_WISH), clause_days(case, SHOP_FAULT)
    return {
        "delivered_at": since,
        "days": days,
        "last_day": last_day(since, days, zone),
        "damaged_days": fault_days,
        "damaged_last_day": last_day(since, fault_days, zone),
        "reason": case.operation.reason,
    }


def _clause(case: Case, facts: dict[str, Any]) -> str | Outcome:
    """The clause that the return falls under, the refusal, or the question on which it depends."""
    open_windows, reason = windows(case), case.operation.reason
    if not (open_windows.own_wish or open_windows.shop_fault):
        late = SHOP_FAULT if reason in SHOP_REASONS or reason is None else OWN_WISH
        return refused("refused_return_window", late, **facts)
    if reason is None:
        return ask("reason", OWN_WISH if open_windows.own_wish else SHOP_FAULT, **facts)
    if reason in SHOP_REASONS:
        if open_windows.shop_fault:
            return SHOP_FAULT
        return refused("refused_return_window", SHOP_FAULT, **facts)
    return OWN_WISH if open_windows.own_wish else refused("refused_return_window", OWN_WISH, **facts)


def _offer(case: Case, clause: str, portions: Sequence[Portion], facts: dict[str, Any]) -> Outcome:
    goods, rest = sum(portion.amount.amount for portion in portions), unrefunded(case)
    shipping = 0
    if clause == SHOP_FAULT and covers_everything(case, portions) and _all_at_fault(case):
        shipping = min(case.order.shipping_fee, max(rest - goods, 0))
    amount = min(goods + shipping, rest)
    facts |= line_facts(portions) | refund_facts(case, amount)
    facts |= {
        "shipping_refunded": case.money(shipping) if shipping else None,
        "shipping_paid_by": case.policy.text(clause, "shipping_paid_by"),
    }
    return offered("confirm_return_damaged" if clause == SHOP_FAULT else "confirm_return", clause, **facts)


def _all_at_fault(case: Case) -> bool:
    """Whether whatever was sent back before was the shop's fault, too."""
    before = filter(is_away, case.returns)
    return all((row.kind, row.reason in SHOP_REASONS) == ("return", True) for row in before)


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Write the returns: approved, or requested where a limit hands the refund to a supervisor.

    No refund row yet: money moves when the goods arrive.
    """
    facts = dict(offer.facts)
    state = "requested" if facts["waits"] else "approved"
    payer, promised = facts["shipping_paid_by"], _promised(facts["portions"], facts["amount"].amount)
    rows = [
        _row(case, portion, state, payer=payer, promised=promise)
        for portion, promise in zip(facts["portions"], promised, strict=True)
    ]
    for row in rows:
        case.tx.returns.add(row)
    facts |= {"returns": tuple(rows), "return_state": state}
    if facts["waits"]:
        facts["ticket_id"] = ask_supervisor(case, facts["amount"], facts["limit_clause"])
        return done("done_return_waiting", offer.clause, **facts)
    return done(offer.code.replace("confirm_", "done_"), offer.clause, **facts)


def _promised(portions: Sequence[Portion], amount: int) -> list[int]:
    """The amount of an offer, shared over its rows: the last has what is over, outward shipping above all."""
    shares, rest = [], amount
    for portion in portions[:-1]:
        shares.append(min(portion.amount.amount, rest))
        rest -= shares[-1]
    return [*shares, rest]


def _row(case: Case, portion: Portion, state: str, *, payer: str, promised: int) -> Return:
    return Return(
        return_id=new_id("RT"),
        order_number=case.order.order_number,
        line=portion.line.line,
        quantity=portion.quantity,
        reason=case.operation.reason or "unwanted",
        kind="return",
        new_variant=None,
        state=state,
        shipping_paid_by=payer,
        created_at=case.now,
        promised=promised,
    )
