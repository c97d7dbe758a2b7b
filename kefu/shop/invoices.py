"""Electronic invoices of paid orders (clause invoice.1)."""

from __future__ import annotations

from kefu.shop.case import Case, base_facts, clause_days, new_id
from kefu.shop.clock import last_day
from kefu.shop.outcome import Outcome, ask, done, offered, refused
from kefu.store.records import Invoice

CLAUSE = "invoice.1"
DETAILS = ("company", "tax_number")


def assess(case: Case) -> Outcome:
    """Whether the order can have the invoice; asks for what a company's invoice needs."""
    order, days = case.order, clause_days(case, CLAUSE)
    facts = base_facts(case) | {"paid_at": order.placed_at, "days": days}
    facts["last_day"] = last_day(order.placed_at, days, case.policy.zone)
    if not case.finds(CLAUSE, order.paid > 0, paid=case.money(order.paid)):
        return refused("refused_invoice_unpaid", CLAUSE, **facts)
    if not case.in_time(CLAUSE, order.placed_at):
        return refused("refused_invoice_days", CLAUSE, **facts)
    missing = _missing(case)
    if missing is not None:
        return ask(missing, CLAUSE, **facts)
    refunded = case.tx.refunds.sum_of_order(order.order_number)
    facts |= {"amount": case.money(order.paid - refunded), "email": _email(case)}
    facts |= {"invoice_kind": case.operation.invoice_kind} | _buyer(case)
    known = _same(case)
    if known is not None:
        return refused("refused_invoice_already", CLAUSE, **facts, invoice=known)
    return offered("confirm_invoice", CLAUSE, **facts)


def _missing(case: Case) -> str | None:
    operation = case.operation
    if operation.invoice_kind not in ("personal", "company"):
        return "invoice_kind"
    if operation.invoice_kind == "personal":
        return None
    return next((name for name in DETAILS if not (getattr(operation, name) or "").strip()), None)


def _buyer(case: Case) -> dict[str, str | None]:
    """Company and tax number as they will stand on the invoice; none on a personal one."""
    if case.operation.invoice_kind == "personal":
        return dict.fromkeys(DETAILS)
    return {name: (getattr(case.operation, name) or "").strip() for name in DETAILS}


def _same(case: Case) -> Invoice | None:
    """The invoice that stands, if it is the very one asked for."""
    rows = case.tx.invoices.of_order(case.order.order_number)
    if not rows:
        return None
    latest, buyer = rows[-1], _buyer(case)
    same = (latest.kind, latest.company, latest.tax_number) == (case.operation.invoice_kind, *buyer.values())
    return latest if same else None


def _email(case: Case) -> str:
    """The order's e-mail: in full for its owner, masked for a guest."""
    email = _full_email(case)
    if not case.identity.guest:
        return email
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def _full_email(case: Case) -> str:
    customer = case.tx.customers.get(case.order.customer_id)
    return customer.email if customer is not None else ""


def perform(case: Case, offer: Outcome, *, key: str) -> Outcome:
    """Write the request; another invoice of the order is replaced by it."""
    invoice = Invoice(
        invoice_id=new_id("IN"),
        order_number=case.order.order_number,
        kind=offer.facts["invoice_kind"],
        company=offer.facts["company"],
        tax_number=offer.facts["tax_number"],
        email=_full_email(case),
        state="requested",
        created_at=case.now,
    )
    case.tx.invoices.add(invoice)
    return done("done_invoice", CLAUSE, **offer.facts, invoice=invoice)
