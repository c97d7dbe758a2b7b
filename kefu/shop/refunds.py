"""Money on its way back: what a line is worth, who decides, when it arrives, and the row itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kefu.shop.case import Case, is_away, new_id
from kefu.shop.clock import add_business_days, shop_day
from kefu.shop.coupons import line_values
from kefu.shop.killswitch import is_stopped
from kefu.shop.money import Money, part
from kefu.shop.outcome import Outcome, refused
from kefu.shop.policy import Policy
from kefu.shop.tickets import open_ticket
from kefu.store.records import OrderLine, Refund

if TYPE_CHECKING:
    from kefu.store import Transaction

TIME_CLAUSE = "refund.time"
DEAD = ("rejected", "failed")
UNDERWAY = ("requested", "approved", "in_transit")
GUEST = "guest"  # who asked, where nobody was signed in
WAITS = "waits for a decision"


@dataclass(frozen=True)
class Verdict:
    """Whether a refund waits for a person, and the limit that speaks against paying it at once.

    Without a ``clause`` it waits because people stopped automatic refunds.
    """

    waits: bool
    clause: str | None = None


def worth(case: Case, line: OrderLine, pieces: int) -> int:
    """What the next ``pieces`` of a line cost after the discount, in minor units."""
    value = line_values(case.tx, case.order, case.policy)[line.line]
    gone = line.quantity - case.left(line)
    return part(value, pieces=pieces, before=gone, of=line.quantity)


def unrefunded(case: Case) -> int:
    """What was paid and is neither refunded nor about to be (returns on their way)."""
    return max(case.order.paid - committed(case), 0)


def committed(case: Case) -> int:
    """The order's refunds, and the value of its goods that are on their way back."""
    promised = promises(case)
    on_the_way = [row.return_id for row in case.returns if row.state in UNDERWAY]
    refunded = sum(row.amount for row in case.refunds if row.state not in DEAD)
    return refunded + sum(promised.get(return_id, 0) for return_id in on_the_way)


def promises(case: Case) -> dict[str, int]:
    """What is paid for each return that counts, by its id: what was promised, which stands in its row.

    Where it does not (another system's, or one of before it was kept): its pieces after those before it.
    """
    values = line_values(case.tx, case.order, case.policy)
    gone = {line.line: line.cancelled for line in case.order.lines}
    found: dict[str, int] = {}
    for row in filter(is_away, case.returns):
        if row.kind == "return":
            of = case.line(row.line).quantity
            worth_now = part(values[row.line], pieces=row.quantity, before=gone[row.line], of=of)
            found[row.return_id] = worth_now if row.promised is None else row.promised
        gone[row.line] += row.quantity
    return found


def judge(case: Case, amount: int, *, rows: int = 1) -> Verdict:
    """Whether a limit, or the kill switch, hands ``amount`` in so many refunds to a supervisor."""
    limit = case.policy.money("limit.amount", "amount")
    total = case.money(committed(case) + amount)
    # an amount in another currency cannot be held against the limit, so a person looks at it
    within = limit.currency == total.currency and total.amount <= limit.amount
    if not case.finds("limit.amount", within, refunds_of_order=total, limit=limit):
        return Verdict(True, "limit.amount")
    since = case.now - timedelta(hours=24 * case.policy.number("limit.count", "days"))
    automatic = case.tx.refunds.automatic_of_customer(case.order.customer_id, since)
    most = case.policy.number("limit.count", "count")
    if not case.finds("limit.count", automatic + rows <= most, automatic=automatic, count=most, since=since):
        return Verdict(True, "limit.count")
    return Verdict(is_stopped(case.tx))


def refund_facts(case: Case, amount: int, *, rows: int = 1) -> dict[str, Any]:
    """Amount, limits and time of what is paid back in so many refunds, for the offer."""
    verdict = judge(case, amount, rows=rows)
    start, end = expected(case.policy, case.now)
    return {
        "amount": case.money(amount),
        "waits": verdict.waits,
        "limit_clause": verdict.clause,
        "limit": case.policy.money("limit.amount", "amount"),
        "limit_count": case.policy.number("limit.count", "count"),
        "limit_days": case.policy.number("limit.count", "days"),
        "min_days": case.policy.number(TIME_CLAUSE, "min_days"),
        "max_days": case.policy.number(TIME_CLAUSE, "max_days"),
        "expected_from": start,
        "expected_by": end,
    }


def expected(policy: Policy, approved_at: datetime) -> tuple[date, date]:
    """First and last date (shop time) on which a refund approved at ``approved_at`` should arrive."""
    day = shop_day(approved_at, policy.zone)
    return (
        add_business_days(day, policy.number(TIME_CLAUSE, "min_days")),
        add_business_days(day, policy.number(TIME_CLAUSE, "max_days")),
    )


def pay(case: Case, amount: int, *, line: int | None, key: str, waits: bool) -> Refund:
    """Write the refund: submitted at once, or requested where a supervisor decides.

    Nothing is paid here: ``settlement.settle`` calls the provider once this is committed. Raises
    DuplicateKey (StoreError) when ``key`` has refunded before.
    """
    order = case.order
    refund = Refund(
        refund_id=new_id("RF"),
        order_number=order.order_number,
        line=line,
        amount=amount,
        currency=order.currency,
        method=order.payment_method,
        state="requested" if waits else "approved",
        reason=case.operation.reason or case.operation.kind,
        automatic=not waits,
        key=key,
        created_at=case.now,
        requested_by=case.identity.customer_id or GUEST,
    )
    case.tx.refunds.add(refund)
    if waits:
        return refund
    case.tx.refunds.set_state(refund.refund_id, "submitted")
    reissue_invoice(case.tx, order.order_number, now=case.now)
    return replace(refund, state="submitted")


def ask_supervisor(case: Case, amount: Money, clause: str | None) -> str:
    """Open the ticket on which a supervisor decides; returns its id."""
    operation = case.operation
    summary = (
        f"{operation.kind} of {case.order.order_number}: {amount} "
        f"{WAITS} ({clause or 'automatic refunds are stopped'})"
    )
    number = case.order.order_number
    opened = open_ticket(
        case.tx, case.identity, "refund", summary, now=case.now, order_number=number, reuse=False
    )
    return opened.ticket.ticket_id


def reissue_invoice(tx: Transaction, order_number: str, *, now: datetime) -> None:
    """A refund changes what was bought, so an invoice that stands is made anew."""
    invoices = tx.invoices.of_order(order_number)
    if invoices:
        latest = max(invoices, key=lambda invoice: invoice.created_at)
        tx.invoices.add(replace(latest, invoice_id=new_id("IN"), state="reissued", created_at=now))


def underway(case: Case, line: int | None) -> Refund | None:
    """The refund of this line (None: of the order) that is not over yet; until then there is no other."""
    return case.tx.refunds.open_on_line(case.order.order_number, line)


def live_refunds(case: Case, line: int | None = None) -> list[Refund]:
    """The order's refunds that were neither rejected nor failed; with ``line``, those that cover it."""
    rows = [row for row in case.refunds if row.state not in DEAD]
    return [row for row in rows if line is None or row.line in (None, line)]


def refund_state(policy: Policy, refund: Refund | None) -> dict[str, Any]:
    """A refund's state for the customer: amount, method, and when it should arrive."""
    if refund is None:
        return {"refund": None, "refund_state": None}
    start, end = expected(policy, refund.created_at)
    return {
        "refund": refund,
        "refund_state": refund.state,
        "amount": Money(refund.amount, refund.currency),
        "method": refund.method,
        "refunded_at": refund.created_at,
        "expected_from": start,
        "expected_by": end,
    }


def settled(case: Case, facts: dict[str, Any]) -> Outcome | None:
    """The refusal for an order that was already cancelled or returned, with its refund; else None."""
    if case.order.status not in ("cancelled", "returned"):
        return None
    clause = "cancel.1" if case.order.status == "cancelled" else TIME_CLAUSE
    case.finds(clause, False, status=case.order.status)
    rows = case.refunds
    state = refund_state(case.policy, rows[-1] if rows else None)
    if case.order.status == "cancelled":
        return refused("refused_cancel_already", "cancel.1", **{**facts, **state})
    return refused("refused_return_already", TIME_CLAUSE, **{**facts, **state})
