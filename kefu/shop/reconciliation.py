"""Whether refunds, audit, orders and the payment provider agree: small checks, each of one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from kefu.shop.payments import Booking
from kefu.store.books import Account, RefundEntry
from kefu.store.records import Refund

if TYPE_CHECKING:
    from kefu.store import Transaction

DETAIL = ("order_number", "line", "amount", "currency", "automatic")
# what the provider says of a key → the states in which the refund of that key may stand
AGREEING = MappingProxyType(
    {
        "accepted": ("submitted", "succeeded"),
        "paid": ("submitted", "succeeded"),  # submitted: not asked again yet
        "refused": ("submitted", "failed"),
    }
)


@dataclass(frozen=True)
class Finding:
    """Something that does not agree: which check, about what (an id of a refund or an order), and how."""

    check: str
    subject: str
    problem: str


def reconcile(tx: Transaction, provider: Iterable[Booking] | None = None) -> Iterator[Finding]:
    """Everything that does not agree, check by check; the provider's books too where they are given."""
    tx.audit.flush()
    for name, check in CHECKS.items():
        for subject, problem in check(tx):
            yield Finding(name, subject, problem)
    for account in tx.books.accounts():
        for name, judge in ACCOUNT_CHECKS.items():
            against = judge(account)
            if against is not None:
                yield Finding(name, account.order_number, against)
    if provider is not None:
        yield from against_provider(tx, provider)


# -- refunds and audit ------------------------------------------------------------------


def refunds_in_audit(tx: Transaction) -> Iterator[tuple[str, str]]:
    """Every refund has its audit entry, which says the same of it."""
    for refund in tx.books.refunds():
        problem = _differs(refund)
        if problem is not None:
            yield refund.refund_id, problem


def _differs(refund: RefundEntry) -> str | None:
    if refund.action is None or refund.detail is None:
        return f"the refund is {refund.state} and has no audit entry"
    if refund.action != f"refund.{refund.state}":
        return f"the refund is {refund.state}, its newest audit entry says {refund.action}"
    other = [name for name in DETAIL if refund.detail.get(name) != getattr(refund, name)]
    if other:
        told = ", ".join(f"{name} {refund.detail.get(name)!r}" for name in other)
        found = ", ".join(f"{getattr(refund, name)!r}" for name in other)
        return f"the refund has {found}, its audit entry {told}"
    return None


def audit_in_refunds(tx: Transaction) -> Iterator[tuple[str, str]]:
    """Every refund that the audit speaks of is there."""
    for refund_id, action in tx.books.orphans():
        yield refund_id, f"the audit says {action}, and there is no such refund"


def refunds_of_lines(tx: Transaction) -> Iterator[tuple[str, str]]:
    """Every refund of a line is of one that its order has."""
    for refund in tx.books.refunds():
        if not refund.known_line:
            yield refund.refund_id, f"order {refund.order_number} has no line {refund.line}"


Check = Callable[["Transaction"], Iterator[tuple[str, str]]]
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "refunds_in_audit": refunds_in_audit,
        "audit_in_refunds": audit_in_refunds,
        "refunds_of_lines": refunds_of_lines,
    }
)

# -- orders -----------------------------------------------------------------------------


def within_paid(account: Account) -> str | None:
    """An order's refunds are in its currency, and together at most what was paid."""
    if account.odd_currency:
        return f"{account.odd_currency} refunds are in another currency than the order"
    if account.refunded > account.paid:
        return f"{account.refunded} refunded of {account.paid} paid (minor units)"
    return None


def unpaid_is_unpaid(account: Account) -> str | None:
    """What waits for its payment was not paid."""
    waits = account.status == "pending_payment" and account.paid > 0
    return f"waits for payment with {account.paid} paid (minor units)" if waits else None


def cancelled_is_refunded(account: Account) -> str | None:
    """What was paid for a cancelled order is refunded, on its way, or waits for a decision."""
    if account.status != "cancelled" or account.refunded >= account.paid:
        return None
    return (
        f"cancelled, and {account.refunded} of {account.paid} paid is refunded or about to be (minor units)"
    )


def cancelled_is_whole(account: Account) -> str | None:
    """An order without a piece left is cancelled, and nothing of a cancelled one travels."""
    if account.status == "cancelled":
        return "cancelled, and goods are on their way back" if account.travelling else None
    gone = account.pieces > 0 and account.cancelled >= account.pieces
    return f"every piece is cancelled and the order is {account.status}" if gone else None


def returned_came_back(account: Account) -> str | None:
    """All goods of a returned order were received."""
    if account.status != "returned" or account.received >= account.goods:
        return None
    return f"returned, and {account.received} of {account.goods} pieces came back"


def received_is_refunded(account: Account) -> str | None:
    """Goods that came back have a refund."""
    owed = account.received > 0 and account.paid > 0 and account.refunded == 0
    return f"{account.received} pieces came back and nothing is refunded" if owed else None


def refunded_membership_ended(account: Account) -> str | None:
    """A membership whose payment is given back does not run on."""
    runs = account.membership and account.status == "active" and account.granted > 0
    return "the membership is refunded and runs on" if runs else None


ACCOUNT_CHECKS: Mapping[str, Callable[[Account], str | None]] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            within_paid,
            unpaid_is_unpaid,
            cancelled_is_refunded,
            cancelled_is_whole,
            returned_came_back,
            received_is_refunded,
            refunded_membership_ended,
        )
    }
)

# -- the provider -----------------------------------------------------------------------


def against_provider(tx: Transaction, entries: Iterable[Booking]) -> Iterator[Finding]:
    """The provider's books hold our refunds and no others, each as we know it."""
    known = set()
    for entry in entries:
        known.add(entry.key)
        refund = tx.refunds.by_key(entry.key)
        problem = _disagrees(entry, refund)
        if problem is not None:
            yield Finding("provider", refund.refund_id if refund else entry.key, problem)
    for refund in tx.refunds.each("succeeded"):
        if refund.key not in known and not refund.elsewhere:
            yield Finding("provider", refund.refund_id, "succeeded, and the provider's books do not have it")


def _disagrees(entry: Booking, refund: Refund | None) -> str | None:
    if refund is None:
        return f"the provider has {entry.amount} {entry.currency} for {entry.order_number}: no such refund"
    here = (refund.order_number, refund.amount, refund.currency)
    there = (entry.order_number, entry.amount, entry.currency)
    if here != there:
        return f"the refund is {here}, the provider's {there}"
    if refund.state not in AGREEING.get(entry.state, ()):
        return f"the refund is {refund.state}, the provider's books say {entry.state}"
    return None
