"""The customer's tickets: their state, and how long one takes."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions.base import KefuAction
from actions.cues import cue
from actions.handoff import OFFER
from actions.rescue import say_if_certain
from actions.turn import Event, Turn
from actions.words import bullets, spoken, word
from kefu.shop.records import Ticket, Transaction
from kefu.shop.tickets import tickets_of

HOW_LONG = cue(r"how (?:long|soon|fast|quick)|\bwhen\b|response time", r"多久|多长|几天|什么时候|啥时候|何时")


class ActionTicketStatus(KefuAction):
    """The state of the customer's tickets."""

    def name(self) -> str:
        return "action_ticket_status"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        rows = tickets_of(tx, turn.identity)
        told = say_if_certain(turn, tx) if HOW_LONG.search(turn.plain) else None
        if told is not None and not rows:
            return told
        if not rows:
            turn.say("tickets_none", custom=OFFER)
            return []
        turn.say("tickets_list", list=ticket_lines(turn, rows))
        focus = [SlotSet("focus_order", rows[0].order_number)] if rows[0].order_number else []
        return [*(told or []), *focus]


def ticket_lines(turn: Turn, rows: Sequence[Ticket]) -> str:
    """A numbered list of tickets."""
    return bullets([_ticket_line(turn, row) for row in rows[:5]])


def _ticket_line(turn: Turn, row: Ticket) -> str:
    about = f" ({row.order_number})" if row.order_number else ""
    opened = spoken(row.created_at, language=turn.language, zone=turn.zone)
    kind, state = word(row.kind, language=turn.language), word(row.state, language=turn.language)
    if turn.language == "zh":
        return f"{row.ticket_id}：{kind}{about}，{state}，{opened}"
    return f"{row.ticket_id} — {kind}{about}, {state}, {opened}"
