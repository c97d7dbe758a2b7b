"""`kefu returns …`: what waits for a person, and goods that arrive."""

from __future__ import annotations

from kefu.cli import console
from kefu.cli.refunds import say_paid
from kefu.cli.shop import open_store
from kefu.settings import Settings
from kefu.shop import receipt, settlement, supervision
from kefu.shop.money import Money
from kefu.shop.outcome import Outcome
from kefu.shop.payments import provider_of
from kefu.shop.refunds import UNDERWAY
from kefu.store import Transaction
from kefu.store.base import utc_now
from kefu.store.records import Return

ALL = (*UNDERWAY, "received", "rejected")


def show_all(*, every: bool) -> None:
    """Print the returns and exchanges that are open, or every one, a line each."""
    with open_store(Settings.load()) as store, store.read() as tx:
        lines = [_line(tx, row) for row in tx.returns.in_state(*(ALL if every else UNDERWAY))]
    for line in lines or ["no return" if every else "no return is open"]:
        console.say(line)


def receive(return_id: str, *, by: str) -> int:
    """Note that the goods arrived, have it paid; 1 where another refund is in the way, else 0."""
    settings = Settings.load()
    with open_store(settings) as store:
        with store.write() as tx:
            outcome = receipt.receive(tx, return_id, by=by, now=utc_now())
        seconds = settings.payment_seconds
        paid = [
            settlement.settle(store, provider_of(settings), row.refund_id, now=utc_now(), seconds=seconds)
            for row in settlement.owed(outcome)
        ]
        with store.read() as tx:
            console.say(_line(tx, outcome.facts["return"]))
    _say_rest(outcome)
    for refund in paid:
        say_paid(refund)
    return 1 if outcome.code == "receipt_underway" else 0


def _say_rest(outcome: Outcome) -> None:
    """What a person has to know besides the rows."""
    facts = outcome.facts
    if outcome.code == "receipt_already":
        console.say("it had been received before; nothing was changed")
    if outcome.code == "receipt_underway":
        refund = facts["refund"]
        console.say(
            f"{refund.refund_id} of the same line is {refund.state}; nothing was changed. Receive the goods "
            "when it is over: `kefu refunds list`"
        )
    if facts.get("waits"):
        refund_id = facts["refund"].refund_id
        console.say(f"{refund_id} waits for a person: `kefu refunds approve {refund_id} --by NAME`")
    if outcome.code == "receipt_exchange":
        row: Return = facts["return"]
        console.say(f"send {row.quantity} of {row.new_variant} to the customer now: they are set aside")
    if facts.get("restocked") is False:
        console.say("the pieces were not put on the shelf: look at them first")


def approve(return_id: str, *, by: str) -> None:
    """Approve what waits; the goods may come."""
    with open_store(Settings.load()) as store, store.write() as tx:
        console.say(_line(tx, supervision.approve_return(tx, return_id, by=by, now=utc_now())))


def reject(return_id: str, *, by: str, reason: str) -> None:
    """Reject what waits."""
    with open_store(Settings.load()) as store, store.write() as tx:
        row = supervision.reject_return(tx, return_id, by=by, reason=reason, now=utc_now())
        console.say(_line(tx, row))


def _line(tx: Transaction, row: Return) -> str:
    order = tx.orders.get(row.order_number)
    promised = Money(row.promised, order.currency) if order and row.promised else None
    money = f", {promised}" if promised else ""
    swap = f" for {row.new_variant}" if row.new_variant else ""
    return (
        f"{row.return_id}  {row.state}  {row.kind}{swap} of {row.quantity} ({row.reason}), order "
        f"{row.order_number}, line {row.line}{money}, {row.created_at:%Y-%m-%d %H:%M} UTC"
    )
