"""The ends of the task forms: decide the operation and show its confirmation, or say why not."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from actions.answers import ARRIVED_SO
from actions.base import KefuAction
from actions.confirm import propose
from actions.handoff import OFFER
from actions.tasks import TASKS, cleared, operation_of
from actions.turn import Event, Turn
from kefu.shop.identity import visible_orders
from kefu.shop.operation import Operation
from kefu.shop.operations import assess
from kefu.shop.records import Transaction
from kefu.shop.selection import Target


class SubmitTask(KefuAction):
    """Decide what a form has collected. The form's slots end here; the confirmation is a row."""

    @property
    @abstractmethod
    def task(self) -> str:
        """The form's name without _form."""

    def name(self) -> str:
        return f"action_submit_{self.task}"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        orders = {order.order_number: order for order in visible_orders(tx, turn.identity)}
        targets = [Target(order, line) for order, line in turn.slot("item") or [] if order in orders]
        operation = operation_of(TASKS[f"{self.task}_form"], targets, orders, turn.tracker.slots)
        if operation is None:
            turn.say("item_none", custom=OFFER)
            return cleared()
        later = dict.fromkeys(t.order_number for t in targets if t.order_number != operation.order_number)
        if later:
            turn.say("one_at_a_time", order_number=operation.order_number, later=list(later))
        return [*cleared(), *propose(turn, tx, self.wish(turn, tx, operation))]

    def wish(self, turn: Turn, tx: Transaction, operation: Operation) -> Operation:
        """The operation that is decided; a task may know a fitter one."""
        return operation


class ActionSubmitCancel(SubmitTask):
    """Cancel an order or a line."""

    task = "cancel"


class ActionSubmitAddress(SubmitTask):
    """Send an order elsewhere."""

    task = "address"


class ActionSubmitReturn(SubmitTask):
    """Return or refund."""

    task = "return"


class ActionSubmitExchange(SubmitTask):
    """Another variant."""

    task = "exchange"


class ActionSubmitWarranty(SubmitTask):
    """A fault that came later."""

    task = "warranty"

    def wish(self, turn: Turn, tx: Transaction, operation: Operation) -> Operation:
        """A fault that was there on arrival is returned, where its clause still reaches."""
        if not ARRIVED_SO.search(turn.text):
            return operation
        back = replace(operation, kind="return", reason="damaged")
        return operation if assess(tx, turn.identity, back, now=turn.now).kind == "refused" else back


class ActionSubmitRenewal(SubmitTask):
    """Stop a renewal."""

    task = "renewal"


class ActionSubmitInvoice(SubmitTask):
    """Request an invoice."""

    task = "invoice"


class ActionSubmitParcel(SubmitTask):
    """Search for a parcel."""

    task = "parcel"
