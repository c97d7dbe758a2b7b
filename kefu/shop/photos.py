"""Pictures that a customer sends: kept with the conversation, put to the case that they show."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kefu.shop.identity import Identity, visible_orders
from kefu.shop.outcome import Outcome
from kefu.shop.returns import SHOP_REASONS
from kefu.shop.tickets import CLOSED
from kefu.store.chat_records import Attachment

if TYPE_CHECKING:
    from kefu.store import Transaction

RECENT = timedelta(hours=24)  # an older picture is not taken for one of the case at hand
ORDERS_TRIED = 20
VISIBLE_REASONS = ("damaged", "wrong")  # what is missing shows in no picture
WARRANTY_OPENED = "done_warranty"
UNDER_WAY = ("requested", "approved")


@dataclass(frozen=True)
class Photo:
    """A picture decoded and encoded anew, without what its camera wrote into it."""

    media_type: str
    width: int  # pixels
    height: int
    content: bytes


def keep(tx: Transaction, identity: Identity, photo: Photo, *, now: datetime) -> Attachment:
    """Keep a picture of a conversation, for the case that waits for one if there is any."""
    row = Attachment(
        attachment_id=secrets.token_urlsafe(18),
        session_id=identity.session_id,
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        content=photo.content,
        subject=waiting_case(tx, identity, now=now),
        created_at=now,
    )
    tx.attachments.add(row)
    return row


def waiting_case(tx: Transaction, identity: Identity, *, now: datetime) -> str | None:
    """The id of what a new picture is for: a fresh return of faulty goods, else the open ticket."""
    for order in visible_orders(tx, identity)[:ORDERS_TRIED]:
        for row in reversed(tx.returns.of_order(order.order_number)):
            if row.reason in SHOP_REASONS and row.state in UNDER_WAY and row.created_at >= now - RECENT:
                return row.return_id
    tickets = tx.tickets.of_session(identity.session_id)
    return next((ticket.ticket_id for ticket in tickets if ticket.state != CLOSED), None)


def wanted_for(tx: Transaction, outcome: Outcome) -> str | None:
    """The return or warranty case just opened that a picture would help; None where it has one already."""
    if outcome.kind != "done":
        return None
    rows = outcome.facts.get("returns") or ()
    case = next((row.return_id for row in rows if row.reason in VISIBLE_REASONS), None)
    if case is None and outcome.code == WARRANTY_OPENED:
        case = str(outcome.facts["ticket_id"])
    return case if case and not tx.attachments.of_subject(case) else None


def put_to_returns(tx: Transaction, identity: Identity, outcome: Outcome, *, now: datetime) -> None:
    """The pictures sent lately show what is wrong with the goods of a return that was just agreed."""
    rows = outcome.facts.get("returns") or ()
    faulty = [row.return_id for row in rows if row.reason in SHOP_REASONS]
    if outcome.kind == "done" and faulty:
        tx.attachments.assign(identity.session_id, faulty[0], since=now - RECENT)
