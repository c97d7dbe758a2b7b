"""What happens to a submitted refund: the provider is called outside of any transaction, then it is noted.

A refund without a final answer stays ``submitted``; it is asked for again by its own key and never
paid under another one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kefu.errors import KefuError, KeyConflict, PaymentError
from kefu.shop.case import new_id
from kefu.shop.killswitch import is_stopped
from kefu.shop.outcome import Outcome, done
from kefu.shop.payments import Answer, Provider
from kefu.store.records import Refund, Ticket

if TYPE_CHECKING:
    from kefu.store import Store, Transaction

logger = logging.getLogger(__name__)
SECONDS = 2.0  # how long the provider is waited for, unless the caller says otherwise


@dataclass(frozen=True)
class Reconciled:
    """What became of the submitted refunds, by refund id.

    ``waiting``: with the bank or wallet; ``held``: stopped by the kill switch before it was paid;
    ``lost``: the provider had confirmed it and does not know it any more, or knows another one;
    ``unanswered``: the provider did not answer.
    """

    settled: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()


def owed(outcome: Outcome) -> list[Refund]:
    """The refunds of an outcome that the provider has to pay now."""
    single = outcome.facts.get("refund")
    rows = outcome.facts.get("refunds") or ((single,) if single is not None else ())
    return [row for row in rows if row.state == "submitted"] if outcome.kind == "done" else []


def settle(
    store: Store, provider: Provider, refund_id: str, *, now: datetime, seconds: float = SECONDS
) -> Refund:
    """Have a submitted refund paid under its own key, and note what the provider says.

    Returns the refund as it stands then; without an answer, or with automatic refunds stopped, it
    is ``submitted`` still. Does nothing to a refund in another state, nor to one of another system.

    Raises:
        StoreError: the store cannot be used; what was paid is found by the next reconciliation.
    """
    with store.read() as tx:
        refund = known(tx, refund_id)
        held = refund.automatic and refund.reference is None and is_stopped(tx)
    if refund.state != "submitted" or refund.elsewhere or held:
        return refund
    try:
        answer = _ask(provider, refund, seconds=seconds)
    except PaymentError as error:
        logger.warning("refund %s: %s", refund_id, error)
        return refund
    with store.write() as tx:
        return record(tx, refund_id, answer, now=now)


def _ask(provider: Provider, refund: Refund, *, seconds: float) -> Answer:
    terms = (refund.key, refund.order_number, refund.amount, refund.currency, refund.method)
    return _same(refund, provider.refund(*terms, seconds=seconds))


def _same(refund: Refund, answer: Answer) -> Answer:
    """The answer, if it is about the money of this refund; raises KeyConflict."""
    if (answer.amount, answer.currency) != (refund.amount, refund.currency):
        raise KeyConflict(
            f"refund {refund.refund_id} is of {refund.amount} {refund.currency}, the provider has "
            f"{answer.amount} {answer.currency} under its key; a person has to compare both"
        )
    return answer


def record(tx: Transaction, refund_id: str, answer: Answer, *, now: datetime) -> Refund:
    """Write down what the provider said, in a write transaction; the refund as it stands then."""
    refund = tx.refunds.lock(refund_id)
    if refund is None or refund.state != "submitted":
        return known(tx, refund_id)
    if refund.reference is None:
        tx.refunds.set_reference(refund_id, answer.reference)
    if answer.state == "accepted":
        return known(tx, refund_id)
    paid = answer.state == "paid"
    state = "succeeded" if paid else "failed"
    tx.refunds.set_state(refund_id, state, settled_at=now, note=answer.reason)
    if not paid:
        _call_person(tx, refund, now=now)
    tx.audit.add("provider", f"refund_{state}", refund.order_number, {"refund": refund_id}, now=now)
    return known(tx, refund_id)


def _call_person(tx: Transaction, refund: Refund, *, now: datetime) -> None:
    """A refund that the provider refuses is looked at by a person."""
    order = tx.orders.get(refund.order_number)
    ticket = Ticket(
        ticket_id=new_id("TK"),
        session_id=None,
        customer_id=order.customer_id if order else None,
        order_number=refund.order_number,
        kind="refund",
        summary=f"refund {refund.refund_id} of {refund.order_number} was refused by the payment provider",
        state="open",
        created_at=now,
    )
    tx.tickets.add(ticket)


def ticket_of(tx: Transaction, refund: Refund) -> str | None:
    """The id of the ticket on which a person looks at a failed refund."""
    tickets = tx.tickets.of_order(refund.order_number)
    return next((row.ticket_id for row in tickets if f"refund {refund.refund_id} " in row.summary), None)


def known(tx: Transaction, refund_id: str) -> Refund:
    """The refund with this id; KefuError where there is none."""
    refund = tx.refunds.get(refund_id)
    if refund is None:
        raise KefuError(f"found no refund {refund_id!r}; `kefu refunds list` shows them")
    return refund


def truth(tx: Transaction, outcome: Outcome, refunds: Sequence[Refund]) -> Outcome:
    """The outcome as it is now that the provider was called for ``refunds``.

    As it was, where the provider took all of them; else done_refund_failed with its ticket, or
    done_refund_checking, both with ``did``: the code of what was done besides.
    """
    facts = {**outcome.facts, "did": outcome.code, "refunds": tuple(refunds), "refund": refunds[0]}
    failed = next((row for row in refunds if row.state == "failed"), None)
    if failed is not None:
        ticket = ticket_of(tx, failed)
        return done("done_refund_failed", outcome.clause, **{**facts, "ticket_id": ticket})
    if any(row.unconfirmed for row in refunds):
        return done("done_refund_checking", outcome.clause, **facts)
    return outcome


def reconcile(store: Store, provider: Provider, *, now: datetime, seconds: float = SECONDS) -> Reconciled:
    """Ask the provider for every submitted refund of ours by its key, and note what it says.

    One that it never booked is submitted again, with the same key. After the first question
    without an answer the others are left for the next time.
    """
    with store.read() as tx:
        rows = [row for row in tx.refunds.in_state("submitted") if not row.elsewhere]
    found: dict[str, list[str]] = {}
    for place, refund in enumerate(rows):
        try:
            fate = _fate(store, provider, refund, now=now, seconds=seconds)
        except KeyConflict as error:
            logger.error("reconciling refunds: %s", error)
            fate = "lost"
        except PaymentError as error:
            logger.warning("reconciling refunds: %s", error)
            found["unanswered"] = [row.refund_id for row in rows[place:]]
            break
        found.setdefault(fate, []).append(refund.refund_id)
    return Reconciled(**{fate: tuple(ids) for fate, ids in found.items()})


def _fate(store: Store, provider: Provider, refund: Refund, *, now: datetime, seconds: float) -> str:
    answer = provider.find(refund.key, seconds=seconds)
    if answer is None and refund.reference is not None:
        logger.error("refund %s was confirmed and is unknown to the provider", refund.refund_id)
        return "lost"
    if answer is None:
        with store.read() as tx:
            if refund.automatic and is_stopped(tx):
                return "held"
        answer = _ask(provider, refund, seconds=seconds)
    answer = _same(refund, answer)
    if answer.state == "accepted" and refund.reference is not None:
        return "waiting"  # nothing new
    with store.write() as tx:
        after = record(tx, refund.refund_id, answer, now=now)
    return "waiting" if after.state == "submitted" else "settled"
