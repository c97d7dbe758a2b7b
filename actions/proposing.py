"""Deciding what was wished for, and showing its confirmation."""

from __future__ import annotations

from dataclasses import replace

from actions.answers import ARRIVED_SO
from actions.handoff import OFFER
from actions.present import tell
from actions.tasks import Task, cleared, operation_of, task_events
from actions.turn import Event, Turn
from actions.wiring import settings, simplified
from kefu.shop import confirmations
from kefu.shop.identity import visible_among
from kefu.shop.operation import Operation
from kefu.shop.operations import assess
from kefu.shop.records import Confirmation, Transaction
from kefu.shop.selection import Target


def propose(turn: Turn, tx: Transaction, operation: Operation) -> list[Event]:
    """Decide an operation; if it can be done, show its confirmation as the last words."""
    outcome, confirmation = confirmations.propose(
        tx, turn.identity, operation, now=turn.now, minutes=settings().confirmation_minutes
    )
    if outcome.kind == "ask":  # its form asks for what is missing
        return task_events(operation, str(outcome.facts["missing"]))
    return tell(turn, tx, outcome, operation, nonce=confirmation.nonce if confirmation else None)


def pending(turn: Turn, tx: Transaction) -> Confirmation | None:
    """The session's open confirmation."""
    return confirmations.pending(tx, turn.identity.session_id, now=turn.now)


def submit(turn: Turn, tx: Transaction, task: Task) -> list[Event]:
    """Decide what a task's slots hold; they end here."""
    numbers = [order for order, _ in turn.slot("item") or []]
    orders = {order.order_number: order for order in visible_among(tx, turn.identity, numbers)}
    targets = [Target(order, line) for order, line in turn.slot("item") or [] if order in orders]
    operation = operation_of(task, targets, orders, turn.tracker.slots)
    if operation is None:
        turn.say("item_none", custom=OFFER)
        return cleared(turn)
    later = dict.fromkeys(t.order_number for t in targets if t.order_number != operation.order_number)
    if later:
        turn.say("one_at_a_time", order_number=operation.order_number, later=list(later))
    return [*cleared(turn), *propose(turn, tx, _fitting(turn, tx, operation))]


def _fitting(turn: Turn, tx: Transaction, operation: Operation) -> Operation:
    """A fault that was there on arrival is no warranty case but a return, where its clause still reaches."""
    before = simplified(str(turn.message_before.get("text") or ""))  # a guest's code may stand in between
    told = f"{before}\n{turn.plain}"
    if operation.kind != "warranty" or not ARRIVED_SO.search(told):
        return operation
    back = replace(operation, kind="return", reason="damaged")
    return operation if assess(tx, turn.identity, back, now=turn.now).kind == "refused" else back
