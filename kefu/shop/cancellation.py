"""Cancelling an order, or a line of it, while it has not left (clauses cancel.1 and cancel.2)."""

from __future__ import annotations

from typing import Any

from kefu.shop.case import Case, base_facts, is_goods
from kefu.shop.digital import CLAUSES, evidence
from kefu.shop.lines import Portion, covers_everything, line_facts
from kefu.shop.outcome import Outcome, ask, done, offered, refused
from kefu.shop.refunds import (
    TIME_CLAUSE,
    ask_supervisor,
    pay,
    refund_facts,
    refund_state,
    settled,
    underway,
    unrefunded,
    worth,
)
from kefu.store.records import OrderLine

CLAUSE = "cancel.1"
TOO_LATE = "cancel.2"


def assess(case: Case) -> Outcome:
    """What cancelling would do; whole orders give back everything that was paid."""
    facts = base_facts(case)
    gone = settled(case, facts)
    if gone is not None:
        return gone
    if not case.in_state(CLAUSE):
        return _too_late(case, facts)
    portions = _portions(case)
    if isinstance(portions, Outcome):
        return portions
    whole = covers_everything(case, portions)
    facts |= line_facts(portions) | {"whole": whole}
    facts["coupon_restored"] = case.order.coupon if whole else None
    earlier = underway(case, _line(facts))
    if earlier is not None:
        state = refund_state(case.policy, earlier)
        return refused("refused_return_already", TIME_CLAUSE, **{**facts, **state})
    amount = unrefunded(case) if whole else sum(portion.amount.amount for portion in portions)
    if amount == 0:
        return offered("confirm_cancel_unpaid", CLAUSE, **facts, amount=case.money(0), waits=False)
    code = "confirm_cancel" if whole else "confirm_cancel_line"
    return offered(code, CLAUSE, **facts, **refund_facts(case, amount))


def _portions(case: Case) -> tuple[Portion, ...] | Outcome:
    """The pieces to cancel; a line without a quantity means all that is left of it."""
    portions = []
    for line in case.lines():
        left, item = case.left(line), case.item(line)
        if left == 0 and item is not None:
            return refused("refused_cancel_already", CLAUSE, **base_facts(case))
        pieces = left if item is None or item.quantity is None else item.quantity
        if item is not None and not 1 <= pieces <= left:
            return ask("quantity", CLAUSE, **base_facts(case), available=left, said=pieces)
        if pieces:
            portions.append(_portion(case, line, pieces))
    return tuple(portions)


def _portion(case: Case, line: OrderLine, pieces: int) -> Portion:
    amount = min(worth(case, line, pieces), unrefunded(case)) if case.order.paid else 0
    return Portion(line, pieces, case.money(amount))


def _too_late(case: Case, facts: dict[str, Any]) -> Outcome:
    order = case.order
    lines = case.lines()
    if not any(is_goods(line) for line in lines):
        return refused(
            "refused_cancel_digital", CLAUSES[lines[0].product.kind], **facts, **evidence(case, lines[0])
        )
    if order.status == "delivered":
        return refused("refused_cancel_delivered", CLAUSE, **facts, delivered_at=order.delivered_at)
    facts |= {"carrier": order.carrier, "tracking_number": order.tracking_number}
    way = "refuse_parcel" if order.status == "shipped" else None
    case.in_state(TOO_LATE)
    return refused("refused_cancel_shipped", TOO_LATE, **facts, way=way)


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Cancel at once; the refund is submitted, or waits where a limit hands it to a supervisor."""
    facts = dict(offer.facts)
    _take_back(case, facts)
    if facts["amount"].amount == 0:
        return done("done_cancel_unpaid", CLAUSE, **facts)
    facts["refund"] = pay(case, facts["amount"].amount, line=_line(facts), key=key, waits=facts["waits"])
    if facts["waits"]:
        facts["ticket_id"] = ask_supervisor(case, facts["amount"], facts["limit_clause"])
        return done("done_cancel_waiting", CLAUSE, **facts)
    return done("done_cancel" if facts["whole"] else "done_cancel_line", CLAUSE, **facts)


def _line(facts: dict[str, Any]) -> int | None:
    """The one line that the refund is for, None where it is for more."""
    one = not facts["whole"] and len(facts["portions"]) == 1
    return int(facts["portions"][0].line.line) if one else None


def _take_back(case: Case, facts: dict[str, Any]) -> None:
    """Close the order or the lines, and put the pieces back on the shelf."""
    number = case.order.order_number
    for portion in facts["portions"]:
        line = portion.line
        case.tx.orders.cancel_line(number, line.line, portion.quantity)
        if line.product.stock is not None:
            case.tx.products.put_back(line.product.product_id, line.variant, portion.quantity)
    if facts["whole"]:
        case.tx.orders.set_status(number, "cancelled")
