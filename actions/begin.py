"""A task that begins where no intent of its own did: "fine, return it then" to an offer of something else."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop

from actions.every_form import form_called
from actions.proposing import submit
from actions.tasks import TASKS, ended
from actions.turn import Event, Turn
from kefu.shop.records import Transaction


def begin(turn: Turn, tx: Transaction, form: str) -> list[Event]:
    """Have the form read the message as its first one; decide, or leave the form to ask what is missing.

    ``form`` is one that prepares an operation. The tracker of this action is brought up to date, so that
    form and end read what they would read as actions of their own.
    """
    slots, gone = turn.tracker.slots, ended(turn)
    slots.update({event["name"]: event["value"] for event in gone if event["event"] == "slot"})
    turn.tracker.active_loop = {"name": form}
    filled = form_called(form).act(turn, tx)
    slots.update({event["name"]: event["value"] for event in filled})
    if slots["requested_slot"] is None:
        return [*gone, *submit(turn, tx, TASKS[form])]
    return [*gone, ActiveLoop(form), *filled]
