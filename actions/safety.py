"""Matters of safety, told from what is merely uncomfortable."""

from __future__ import annotations

from typing import Any

from actions.base import KefuAction
from actions.begin import begin
from actions.cues import is_discomfort
from actions.handoff import open_for_person
from actions.proposing import pending
from actions.tasks import TASKS, ended
from actions.turn import Event, Turn, names_nothing
from kefu.shop.records import Transaction

# "it", where nothing was named: anything that can be worn or looked at
GOODS = {"entity": "product", "value": "", "product_ids": [], "kinds": ["physical"], "start": 0, "end": 0}


class ActionEscalateSafety(KefuAction):
    """Smoke, fire, injury: a person at once, the emergency number first; what was being done ends.

    What is uncomfortable and harms nobody is a reason to give it back: a return begins, or goes on.
    """

    def name(self) -> str:
        return "action_escalate_safety"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        if not is_discomfort(turn.plain):
            return [*open_for_person(turn, tx, kind="safety", words="escalated_safety"), *ended(turn)]
        turn.say("uncomfortable")
        if turn.tracker.active_loop_name in TASKS or pending(turn, tx):
            return []  # the form asks its question again, what waits is shown anew
        turn.tracker.latest_message = _as_reason(turn)
        return begin(turn, tx, "return_form")


def _as_reason(turn: Turn) -> dict[str, Any]:
    """The message as an answer that gives a reason; what hurts is no course and no e-book."""
    named = [] if not names_nothing(turn.mention()) else [GOODS]
    entities = [*(turn.message.get("entities") or []), *named]
    return {**turn.message, "intent": {"name": "inform"}, "entities": entities}
