"""`kefu refunds …`: what waits for a person, the kill switch, and agreement with the provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from kefu.cli import console
from kefu.cli.shop import open_store
from kefu.errors import ConfigError
from kefu.settings import Settings
from kefu.shop import killswitch, settlement, supervision
from kefu.shop.money import Money
from kefu.shop.payments import DEMO, demo_provider, provider_of
from kefu.store.base import utc_now
from kefu.store.records import Refund, Switch
from kefu.store.refunds import OPEN

ALL = (*OPEN, "succeeded", "failed", "rejected")


def show_all(*, every: bool) -> None:
    """Print the refunds that are open, or every one, a line each; and whether they are stopped."""
    with open_store(Settings.load()) as store, store.read() as tx:
        rows, switch = tx.refunds.in_state(*(ALL if every else OPEN)), tx.switches.get(killswitch.NAME)
    for row in rows:
        console.say(described(row))
    if not rows:
        console.say("no refund" if every else "no refund is open")
    if switch.stopped:
        console.say(_stopped(switch))


def show(refund_id: str) -> None:
    """Print everything that is known of a refund, a line a fact."""
    with open_store(Settings.load()) as store, store.read() as tx:
        refund = settlement.known(tx, refund_id)
        tickets = [row.ticket_id for row in tx.tickets.of_order(refund.order_number) if row.kind == "refund"]
    for field in fields(refund):
        value = getattr(refund, field.name)
        if value is not None and field.name != "key":
            console.say(f"{field.name}: {value}")
    console.say(f"tickets: {', '.join(tickets) or 'none'}")


def approve(refund_id: str, *, by: str) -> None:
    """Approve what waits, then have the provider pay it."""
    settings = Settings.load()
    with open_store(settings) as store:
        with store.write() as tx:
            supervision.approve(tx, refund_id, by=by, now=utc_now())
        seconds = settings.payment_seconds
        after = settlement.settle(store, provider_of(settings), refund_id, now=utc_now(), seconds=seconds)
    say_paid(after)


def reject(refund_id: str, *, by: str, reason: str) -> None:
    """Reject what waits; nothing is paid."""
    with open_store(Settings.load()) as store, store.write() as tx:
        console.say(described(supervision.reject(tx, refund_id, by=by, reason=reason, now=utc_now())))


def turn(*, stopped: bool, by: str, reason: str) -> None:
    """Stop automatic refunds, or resume them."""
    with open_store(Settings.load()) as store:
        with store.write() as tx:
            (killswitch.stop if stopped else killswitch.resume)(tx, by=by, reason=reason, now=utc_now())
        with store.read() as tx:
            switch = tx.switches.get(killswitch.NAME)
    console.say(_stopped(switch) if switch.stopped else "automatic refunds are made again")


def reconcile() -> int:
    """Settle what the provider knows; 1 where a refund needs somebody's eye, else 0."""
    settings = Settings.load()
    with open_store(settings) as store:
        seconds = settings.payment_seconds
        found = settlement.reconcile(store, provider_of(settings), now=utc_now(), seconds=seconds)
    for field in fields(found):
        ids: Sequence[str] = getattr(found, field.name)
        console.say(f"{field.name}: {len(ids)}{' ' + ', '.join(ids) if ids else ''}")
    return 1 if found.lost or found.unanswered else 0


def behave(behaviour: str, *, seconds: float) -> None:
    """Tell the demo's payment provider how to behave, in every process, from now on."""
    settings = Settings.load()
    if settings.payment_provider != DEMO:
        found = settings.payment_provider
        raise ConfigError(f"found the provider {found}; only demo can be told how to behave")
    demo_provider(settings).tell(behaviour, seconds)
    console.say(f"the demo's payment provider will {behaviour.replace('_', ' ')}")


def say_paid(refund: Refund) -> None:
    """Print a refund as it stands after the provider was called."""
    console.say(described(refund))
    if refund.unconfirmed:
        console.say("the provider has not confirmed it; `kefu refunds reconcile` asks again")


def described(row: Refund) -> str:
    """A refund in a line."""
    line = f", line {row.line}" if row.line else ""
    decided = f", decided by {row.decided_by}" if row.decided_by else ""
    return (
        f"{row.refund_id}  {row.state}  {Money(row.amount, row.currency)} to {row.method}, order "
        f"{row.order_number}{line}, {row.created_at:%Y-%m-%d %H:%M} UTC{decided}"
    )


def _stopped(switch: Switch) -> str:
    when = f"{switch.set_at:%Y-%m-%d %H:%M} UTC" if switch.set_at else ""
    return f"automatic refunds are stopped since {when} by {switch.set_by}: {switch.reason}"
