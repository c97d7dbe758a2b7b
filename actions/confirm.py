"""Yes, no, not that one: what stands between a wish and its doing.

A confirmation is a row in the store. A "yes" counts only if the assistant's very last words
were that confirmation; after anything else a new one is shown.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

from rasa_sdk.events import SlotSet

from actions.alone import is_partial, wished_by
from actions.answers import (
    address_within,
    invoice_kind,
    looks_like_address,
    parse_address,
    said_quantity,
    said_reason,
)
from actions.base import KefuAction
from actions.begin import begin
from actions.cues import is_discomfort
from actions.faq import ActionReturnable
from actions.focus import focus_of, line_in_focus, unfocused
from actions.forms import judge
from actions.handoff import open_for_person
from actions.later import SLOT as LATER
from actions.later import offer_later, say_both
from actions.meanwhile import in_between
from actions.passages import say_beside
from actions.present import concerned, tell
from actions.products import ActionProduct
from actions.proposing import pending, propose
from actions.rescue import say_if_certain
from actions.status import focus, say_status
from actions.tasks import (
    TASKS,
    by_kind,
    cleared,
    ended,
    named_form,
    speaks_of_another,
    task_events,
    task_slots,
)
from actions.turn import Event, Turn, names_nothing
from actions.wiring import settings, settled, store
from kefu.shop import confirmations
from kefu.shop.identity import may_see
from kefu.shop.operation import Item, Operation, pieces_said
from kefu.shop.outcome import Outcome
from kefu.shop.records import Confirmation, Order, Transaction
from kefu.shop.selection import Target, choose
from kefu.shop.settlement import owed, truth

# after these nothing is offered to be done: it would be out of place, or nobody is there to answer
LAST = ("legal_threat", "safety_issue", "goodbye")
BARE = re.compile(r"\W*(?:cancel|取消)\W*", re.IGNORECASE)  # of whatever is going on


class ActionBeginTask(KefuAction):
    """Make room for a new task: an earlier one's slots, its confirmation, the product in focus are gone."""

    def name(self) -> str:
        return "action_begin_task"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        waiting = pending(turn, tx)
        if in_between(turn, tx):
            return []  # the end of the look-up answers, and shows what waits anew
        confirmations.void(tx, turn.identity.session_id)
        known = _repeated(turn, tx, waiting) if waiting else []
        running = turn.tracker.active_loop_name in TASKS and turn.slot("item") is not None
        if not known and (waiting or running):
            turn.say("set_aside")
        beside = say_beside(turn, tx)
        if not beside:
            answer_first(turn, tx)
        both = say_both(turn, _form_of(turn))
        order = may_see(tx, turn.identity, turn.slot("focus_order") or "") if focus_of(turn) else None
        gone = unfocused() if line_in_focus(turn, order) is None else []  # the line spoken of last stays "it"
        return [*cleared(turn), *known, *gone, *beside, *both]


def _form_of(turn: Turn) -> str | None:
    """The form that the message's intent begins."""
    return next((form for form, task in TASKS.items() if turn.intent in task.triggers), None)


def _repeated(turn: Turn, tx: Transaction, waiting: Confirmation) -> list[Event]:
    """The slots of what waits for a yes, where the message wishes for the same again."""
    operation = Operation.from_dict(waiting.operation)
    if turn.intent not in by_kind(operation.kind).triggers:
        return []
    other = None if names_nothing(turn.mention()) else _amended(turn, tx, operation)
    same = names_nothing(turn.mention()) or (
        other is not None and (other.order_number, other.items) == (operation.order_number, operation.items)
    )
    return task_slots(operation) if same else []


def answer_first(turn: Turn, tx: Transaction) -> None:
    """A guest who names no order may only ask in general: say the passage that answers, if one does."""
    if turn.identity.guest and turn.identity.verified_order is None and not turn.mention().order_numbers:
        say_if_certain(turn, tx)


class ActionAffirm(KefuAction):
    """A plain "yes": to the confirmation or the offer that were the last words, to nothing else."""

    def name(self) -> str:
        return "action_affirm"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        if turn.tracker.active_loop_name in TASKS:
            return []  # the form asks its question again
        last, waiting = turn.last_words(), pending(turn, tx)
        offer = last.get("offer")
        form = named_form(turn.plain) if turn.value("confirmation") is None else None
        if form and (waiting is None or offer) and _is_another(turn.plain, offer):
            confirmations.void(tx, turn.identity.session_id)
            return begin(turn, tx, form)  # "fine, return it then"
        if offer:  # it was said after the confirmation, which is void then
            confirmations.void(tx, turn.identity.session_id)
            return self._take_up(turn, tx, offer)
        if waiting is not None:
            return self._confirm(turn, tx, waiting, last.get("confirmation"))
        return self._late(turn, tx, last.get("confirmation"))

    def _confirm(self, turn: Turn, tx: Transaction, waiting: Confirmation, said: str | None) -> list[Event]:
        operation = Operation.from_dict(waiting.operation)
        pressed = turn.value("confirmation")
        other_task = pressed is None and speaks_of_another(turn.plain, operation.kind)
        if said != waiting.nonce or pressed not in (None, waiting.nonce) or other_task:
            turn.say("confirm_anew")
            return propose(turn, tx, operation)
        other = _amended(turn, tx, operation) if pressed is None else None
        if other is not None and other != operation:  # "yes, but only one": yes to something else
            return propose(turn, tx, other)
        return self._redeem(turn, tx, operation, waiting.nonce)

    def _late(self, turn: Turn, tx: Transaction, said: str | None) -> list[Event]:
        """A yes to last words whose confirmation waits no more: it has expired, or it was redeemed and the
        answer got lost with a process."""
        held = tx.confirmations.get(said) if said else None
        if held is None or held.session_id != turn.identity.session_id or held.state == "void":
            answered = say_if_certain(
                turn, tx
            )  # "ok, buy it for me" agrees to nothing, and asks for something
            if answered is None:
                turn.say("affirm_nothing")
            return answered or []
        operation = Operation.from_dict(held.operation)
        if held.state == "used":
            return self._redeem(turn, tx, operation, held.nonce)
        turn.say("confirm_anew")
        return propose(turn, tx, operation)

    def _redeem(self, turn: Turn, tx: Transaction, operation: Operation, nonce: str) -> list[Event]:
        outcome = confirmations.redeem(
            tx, turn.identity, nonce, now=turn.now, minutes=settings().confirmation_minutes
        )
        if owed(outcome):
            turn.afterwards.append(partial(_pay_and_tell, turn, outcome, operation))
            return []
        fresh = pending(turn, tx) if outcome.kind == "offered" else None
        told = tell(turn, tx, outcome, operation, nonce=fresh.nonce if fresh else None)
        return [*told, *(offer_later(turn) if outcome.kind == "done" else [])]

    def _take_up(self, turn: Turn, tx: Transaction, offer: dict[str, Any]) -> list[Event]:
        if offer["kind"] == "human":
            return [*open_for_person(turn, tx, kind="human"), *offer_later(turn)]
        if offer["kind"] == "later":
            turn.tracker.latest_message = dict(offer["message"])  # as if it were said now
            return begin(turn, tx, str(offer["form"]))
        return propose(turn, tx, Operation.from_dict(offer["operation"]))


def _is_another(text: str, offer: dict[str, Any] | None) -> bool:
    """Whether a task that a "yes" names is another than the one offered, if one was."""
    if offer is None or offer["kind"] in ("human", "later"):
        return True
    return speaks_of_another(text, str(offer["kind"]))


def _pay_and_tell(turn: Turn, outcome: Outcome, operation: Operation) -> list[Event]:
    """Behind the commit: have the provider pay what is owed, and say what came of it."""
    refunds = settled(owed(outcome), now=turn.now, until=turn.until)
    with store().read() as tx:
        return [*tell(turn, tx, truth(tx, outcome, refunds), operation), *offer_later(turn)]


class ActionDeny(KefuAction):
    """A plain "no"."""

    def name(self) -> str:
        return "action_deny"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        if pending(turn, tx) is not None:
            confirmations.void(tx, turn.identity.session_id)
            turn.say("dropped")
            return [*cleared(turn), *offer_later(turn)]
        if turn.tracker.active_loop_name in TASKS:
            turn.say("stopped")
            return ended(turn)
        later = offer_later(turn)
        if not later:
            turn.say("deny_nothing")
        return later


class ActionStop(KefuAction):
    """Never mind: the running task and its confirmation end, nothing is changed."""

    def name(self) -> str:
        return "action_stop"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        form = None if pending(turn, tx) or BARE.fullmatch(turn.plain) else named_form(turn.plain)
        if form and turn.tracker.active_loop_name in (None, form):
            return begin(turn, tx, form)  # "forget it, cancel the order" ends the talk, not the wish
        confirmations.void(tx, turn.identity.session_id)
        turn.say("stopped")
        return [*ended(turn), SlotSet(LATER, None)]


class ActionResume(KefuAction):
    """After an answer in between: the old confirmation is void, a new one is shown."""

    def name(self) -> str:
        return "action_resume"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        waiting = pending(turn, tx)
        if waiting is None or turn.tracker.active_loop_name in TASKS:
            return []
        said = turn.words_of_this_turn()
        if said.get("confirmation") == waiting.nonce:
            return []  # it was shown by what answered
        if turn.intent in LAST and not is_discomfort(turn.plain):
            confirmations.void(tx, turn.identity.session_id)
            turn.say("set_aside")
            return []
        offer = said.get("offer")
        if offer:  # two questions at once would make a "yes" mean either
            confirmations.void(tx, turn.identity.session_id)
            turn.say("set_aside", custom={"offer": offer})
            return []
        return propose(turn, tx, Operation.from_dict(waiting.operation))


class ActionAmend(KefuAction):
    """ "No, the other one", "just one": the confirmation on the table with the fact corrected."""

    def name(self) -> str:
        return "action_amend"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        if turn.tracker.active_loop_name in TASKS:
            return []  # the form found nothing in the words and asks again
        waiting = pending(turn, tx)
        if waiting is None:
            return _fact_alone(turn, tx)
        before = Operation.from_dict(waiting.operation)
        after = _amended(turn, tx, before)
        if after is not None or turn.intent == "inform":  # "since yesterday" takes nothing back
            return propose(turn, tx, after or before)
        confirmations.void(tx, turn.identity.session_id)
        form = named_form(turn.plain) if speaks_of_another(turn.plain, before.kind) else None
        if form is not None:  # "no, cancel it instead"
            turn.say("set_aside")
            return begin(turn, tx, form)
        if before.kind == "change_address" and re.search(r"\d", turn.text):
            return task_events(before, "address")  # "no, number 98": the whole of it is asked for again
        turn.say("correct_what")
        return []


def _fact_alone(turn: Turn, tx: Transaction) -> list[Event]:
    """A fact that no task asked for: one of a list just shown, a product, a code that nobody wanted."""
    if turn.value("code"):
        turn.say("code_unasked")
        return []
    form = wished_by(turn, tx)
    if form is not None:
        return begin(turn, tx, form)
    picked = _picked(turn, tx)
    if picked is not None:
        say_status(turn, tx, picked)
        return focus(picked)
    if turn.entities("product"):
        returnable = turn.last_words().get("asked") == "returnable"
        return (ActionReturnable() if returnable else ActionProduct()).act(turn, tx)
    turn.say("inform_what" if turn.intent == "inform" else "correct_what")
    return []


def _picked(turn: Turn, tx: Transaction) -> Order | None:
    """The order that the words pick from the list just shown."""
    mention, offered = turn.mention(), turn.offered()
    if not offered or names_nothing(mention):
        return None
    choice = choose(
        tx, turn.identity, mention, suits=lambda order, line: True, offered=offered, whole_orders=True
    )
    one = choice.status == "one"
    return may_see(tx, turn.identity, choice.targets[0].order_number) if one else None


def _amended(turn: Turn, tx: Transaction, operation: Operation) -> Operation | None:
    """The operation with what the message corrects; None where that stays unclear."""
    changes = _changes(turn, tx, operation)
    mention = turn.mention()
    if not changes and names_nothing(mention):
        return None
    if changes.get("address") or not (mention.order_numbers or mention.names_thing or mention.ordinal):
        return replace(operation, **changes)
    if "items" in changes and not (mention.order_numbers or mention.names_thing):
        return replace(operation, **changes)  # "both" are pieces here, not purchases
    moved = _moved(turn, tx, operation)
    kept = {name: value for name, value in changes.items() if name != "items"}
    return replace(moved, **kept) if moved else None


def _changes(turn: Turn, tx: Transaction, operation: Operation) -> dict[str, Any]:
    """The facts of an operation that the message gives anew."""
    changes: dict[str, Any] = {}
    if operation.kind == "change_address":
        order = may_see(tx, turn.identity, operation.order_number)
        address = address_within(turn.text) or turn.text
        if is_partial(address):
            return changes
        if order and order.address and looks_like_address(address):
            changes["address"] = parse_address(address, order.address, country=turn.value("country"))
        return changes
    if operation.kind == "invoice":
        return invoice_kind(turn.plain)
    if said_reason(turn) and operation.kind in ("return", "refund"):
        changes["reason"] = said_reason(turn)
    if turn.value("variant") and operation.kind in ("exchange", "change_items"):
        changes["variant"] = turn.value("variant")
    return changes | _pieces(turn, tx, operation)


def _pieces(turn: Turn, tx: Transaction, operation: Operation) -> dict[str, Any]:
    """The number of pieces that the message corrects, where the operation is about one line."""
    said, order = said_quantity(turn), may_see(tx, turn.identity, operation.order_number)
    lines = concerned(order, operation) if order else []
    if said is None or len(lines) != 1 or lines[0].quantity == 1:
        return {}
    pieces = lines[0].quantity if said == "all" else pieces_said(said)
    return {"items": (Item(lines[0].line, pieces),)} if pieces else {}


def _moved(turn: Turn, tx: Transaction, operation: Operation) -> Operation | None:
    """The same wish about another purchase."""
    task = by_kind(operation.kind)
    current = tuple(Target(operation.order_number, item.line) for item in operation.items)
    choice = choose(
        tx,
        turn.identity,
        turn.mention(),
        suits=judge(turn, tx, task),
        offered=current,
        focus=operation.order_number,
        whole_orders=task.whole_orders,
    )
    if choice.status != "one":
        return None
    target = choice.targets[0]
    items = (Item(target.line),) if target.line else ()
    return replace(operation, order_number=target.order_number, items=items)
