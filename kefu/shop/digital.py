"""Money back for courses, e-books and memberships, by their own clauses and what was used of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kefu.shop.case import Case, base_facts, clause_days, is_goods
from kefu.shop.clock import last_day
from kefu.shop.lines import Portion, covers_everything, line_facts
from kefu.shop.outcome import Outcome, done, offered, refused
from kefu.shop.refunds import (
    ask_supervisor,
    live_refunds,
    pay,
    refund_facts,
    refund_state,
    settled,
    unrefunded,
    worth,
)
from kefu.store.records import Order, OrderLine

if TYPE_CHECKING:
    from kefu.store import Transaction

CLAUSES = {"course": "refund.course", "ebook": "refund.ebook", "membership": "refund.membership"}
Evidence = dict[str, Any]


def assess(case: Case) -> Outcome:
    """What a refund of the operation's digital lines would come to, with the evidence."""
    facts = base_facts(case)
    gone = settled(case, facts)
    if gone is not None:
        return gone
    if case.order.paid == 0:
        case.in_state("cancel.1")
        return refused("refused_return_unpaid", "cancel.1", **facts, way="cancel")
    lines = [line for line in case.lines() if not is_goods(line)]
    for line in lines:
        against = _already(case, line) or _refusal(case, line)
        if against is not None:
            return against
    return _offer(case, lines)


def _already(case: Case, line: OrderLine) -> Outcome | None:
    rows = live_refunds(case, line.line)
    if not rows:
        return None
    case.finds("refund.time", False, line=line.line, refund_state=rows[-1].state)
    facts = base_facts(case) | {"product": line.product} | refund_state(case.policy, rows[-1])
    return refused("refused_return_already", "refund.time", **facts)


def _refusal(case: Case, line: OrderLine) -> Outcome | None:
    clause = CLAUSES[line.product.kind]
    code = _against(case, line, evidence(case, line))
    if code is None:
        return None
    facts = base_facts(case) | {"product": line.product} | evidence(case, line)
    return refused(code, clause, **facts)


def evidence(case: Case, line: OrderLine) -> Evidence:
    """What the clause of a digital line looks at, and its numbers."""
    if line.product.kind == "membership":
        return _membership_evidence(case)
    clause = CLAUSES[line.product.kind]
    days = clause_days(case, clause)
    facts: Evidence = {
        "days": days,
        "purchased_at": case.order.placed_at,
        "last_day": last_day(case.order.placed_at, days, case.policy.zone),
    }
    if line.product.kind == "course":
        percent = case.policy.number(clause, "percent")
        return facts | {"percent": percent, "progress_percent": line.progress_percent or 0}
    return facts | {"downloaded": bool(line.downloaded)}


def _membership_evidence(case: Case) -> Evidence:
    order, clause = case.order, CLAUSES["membership"]
    return {
        "first_days": clause_days(case, clause, "first_days"),
        "renewal_hours": clause_days(case, clause, "renewal_hours"),
        "charge": "first" if is_first_charge(order) else "renewal",
        "charged_at": charged_at(order),
        "benefit_used": bool(order.benefit_used),
        "renews": order.renews,
        "next_charge_at": order.next_charge_at,
    }


def charged_at(order: Order) -> datetime:
    """When a membership was last charged."""
    return order.charged_at or order.placed_at


def is_first_charge(order: Order) -> bool:
    """Whether the last charge of a membership is its first."""
    return charged_at(order) <= order.placed_at


def _against(case: Case, line: OrderLine, seen: Evidence) -> str | None:
    """The code of what speaks against the refund, None if nothing does."""
    kind = line.product.kind
    if kind == "membership":
        return _against_membership(case, seen)
    clause = CLAUSES[kind]
    if not case.in_time(clause, case.order.placed_at):
        return f"refused_{kind}_days"
    if kind == "course":
        watched, percent = seen["progress_percent"], seen["percent"]
        little = case.finds(clause, watched < percent, progress_percent=watched, percent=percent)
        return None if little else "refused_course_watched"
    unread = case.finds(clause, not seen["downloaded"], downloaded=seen["downloaded"])
    return None if unread else "refused_ebook_downloaded"


def _against_membership(case: Case, seen: Evidence) -> str | None:
    if not _membership_in_time(case, seen):
        return "refused_membership_days"
    unused = case.finds(CLAUSES["membership"], not seen["benefit_used"], benefit_used=seen["benefit_used"])
    return None if unused else "refused_membership_used"


def _membership_in_time(case: Case, seen: Evidence) -> bool:
    since, clause = seen["charged_at"], CLAUSES["membership"]
    if seen["charge"] == "first":
        return case.in_time(clause, since, param="first_days")
    until = since + timedelta(hours=seen["renewal_hours"])
    looked_at = {name: seen[name] for name in ("charge", "charged_at", "renewal_hours")}
    return case.finds(clause, case.now < until, **looked_at, until=until)


def _offer(case: Case, lines: list[OrderLine]) -> Outcome:
    portions = _portions(case, lines)
    amount = sum(portion.amount.amount for portion in portions)
    facts = base_facts(case) | line_facts(portions) | {"whole": covers_everything(case, portions)}
    for line in lines:
        facts |= evidence(case, line)
    kind = lines[0].product.kind
    code = "confirm_refund_membership" if kind == "membership" else "confirm_refund_digital"
    return offered(code, CLAUSES[kind], **facts, **refund_facts(case, amount, rows=len(portions)))


def _portions(case: Case, lines: list[OrderLine]) -> list[Portion]:
    """Each line at what it cost, together never more than is left of the payment."""
    portions, rest = [], unrefunded(case)
    for line in lines:
        pieces = line.quantity - line.cancelled
        amount = min(worth(case, line, pieces), rest)
        rest -= amount
        portions.append(Portion(line, pieces, case.money(amount)))
    return portions


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Pay the lines back, each with a row of its own; a refunded membership ends at once."""
    facts = dict(offer.facts)
    waits, portions = facts["waits"], facts["portions"]
    facts["refunds"] = tuple(
        pay(
            case,
            portion.amount.amount,
            line=portion.line.line,
            key=key if len(portions) == 1 else f"{key}/{portion.line.line}",
            waits=waits,
        )
        for portion in portions
    )
    facts["refund"] = facts["refunds"][0]
    if waits:
        facts["ticket_id"] = ask_supervisor(case, facts["amount"], facts["limit_clause"])
        return done("done_refund_waiting", offer.clause, **facts)
    if offer.code == "confirm_refund_membership":
        facts["ended_at"] = end_membership(case.tx, case.order, now=case.now)
    return done(offer.code.replace("confirm_", "done_"), offer.clause, **facts)


def end_membership(tx: Transaction, order: Order, *, now: datetime) -> datetime:
    """End a membership at once, since its payment is given back; when it ended.

    One whose refund the provider refused has ended before.
    """
    if order.status == "ended":
        return order.ended_at or now
    tx.orders.set_renews(order.order_number, False, now)
    tx.orders.set_status(order.order_number, "ended")
    return now
