"""Cases for a person: opened once, with the hours in which somebody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from kefu.shop.case import new_id
from kefu.shop.identity import Identity, may_see
from kefu.shop.policy import Policy
from kefu.store.records import Ticket

if TYPE_CHECKING:
    from kefu.store import Transaction

HOURS = "hours.1"
CLOSED = "closed"
DAY_END = time.max
PHOTOS_BEFORE = timedelta(hours=24)  # pictures sent this long before a case was opened are for it


@dataclass(frozen=True)
class Hours:
    """Whether people answer now; else when they are back. ``opens`` and ``closes`` are shop times."""

    open_now: bool
    opens: time
    closes: time
    next_open_at: datetime


@dataclass(frozen=True)
class OpenedTicket:
    """A ticket with the hours it meets; ``new`` is False where the same case was open already."""

    ticket: Ticket
    hours: Hours
    new: bool


def hours_at(policy: Policy, now: datetime) -> Hours:
    """The opening hours of hours.1 as they stand at ``now``; ``next_open_at`` is ``now`` while open."""
    opens, closes = policy.hour(HOURS, "open"), policy.hour(HOURS, "close")
    local = now.astimezone(policy.zone)
    clock = local.time()
    if opens <= clock and (clock < closes or closes == DAY_END):
        return Hours(True, opens, closes, now)
    day = local.date() if clock < opens else local.date() + timedelta(days=1)
    back = datetime.combine(day, opens, tzinfo=policy.zone).astimezone(timezone.utc)
    return Hours(False, opens, closes, back)


def open_ticket(
    tx: Transaction,
    identity: Identity,
    kind: str,
    summary: str,
    *,
    now: datetime,
    order_number: str | None = None,
    reuse: bool = True,
) -> OpenedTicket:
    """Open a case of ``kind`` for a person; with ``reuse``, give the one that the session has open already.

    A request for a person outside the hours of hours.1 becomes a ``callback``. An order that the
    speaker may not see is not written down.
    """
    hours = hours_at(Policy.load(tx, now=now), now)
    kind = "callback" if kind == "human" and not hours.open_now else kind
    seen = may_see(tx, identity, order_number) if order_number else None
    number = seen.order_number if seen else None
    for known in tx.tickets.of_session(identity.session_id) if reuse else ():
        if (known.kind, known.order_number) == (kind, number) and known.state != CLOSED:
            return OpenedTicket(known, hours, new=False)
    ticket = Ticket(
        ticket_id=new_id("TK"),
        session_id=identity.session_id,
        customer_id=identity.customer_id,
        order_number=number,
        kind=kind,
        summary=summary,
        state="open",
        created_at=now,
    )
    tx.tickets.add(ticket)
    tx.attachments.assign(identity.session_id, ticket.ticket_id, since=now - PHOTOS_BEFORE)
    return OpenedTicket(ticket, hours, new=True)


def ask_for_person(
    tx: Transaction,
    identity: Identity,
    kind: str,
    summary: str,
    *,
    now: datetime,
    order_number: str | None = None,
) -> OpenedTicket:
    """Open a ticket and mark the session as one in which a person was asked for."""
    opened = open_ticket(tx, identity, kind, summary, now=now, order_number=order_number)
    if tx.sessions.get(identity.session_id) is not None:
        tx.sessions.set_state(identity.session_id, "human")
    return opened


def tickets_of(tx: Transaction, identity: Identity) -> list[Ticket]:
    """The speaker's cases: a customer's from every session, a guest's from this one; newest first."""
    if identity.customer_id is not None:
        rows = tx.tickets.of_customer(identity.customer_id)
    else:
        rows = tx.tickets.of_session(identity.session_id)
    return sorted(rows, key=lambda ticket: ticket.created_at, reverse=True)
