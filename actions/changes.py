"""The ends of the task forms: decide the operation and show its confirmation, or say why not."""

from __future__ import annotations

from abc import abstractmethod

from actions.base import KefuAction
from actions.proposing import submit
from actions.tasks import TASKS
from actions.turn import Event, Turn
from kefu.shop.records import Transaction


class SubmitTask(KefuAction):
    """Decide what a form has collected. The form's slots end here; the confirmation is a row."""

    @property
    @abstractmethod
    def task(self) -> str:
        """The form's name without _form."""

    def name(self) -> str:
        return f"action_submit_{self.task}"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        return submit(turn, tx, TASKS[f"{self.task}_form"])


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


class ActionSubmitRenewal(SubmitTask):
    """Stop a renewal."""

    task = "renewal"


class ActionSubmitInvoice(SubmitTask):
    """Request an invoice."""

    task = "invoice"


class ActionSubmitParcel(SubmitTask):
    """Search for a parcel."""

    task = "parcel"
