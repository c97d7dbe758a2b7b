"""Forms: who asks, what it is about, and only then what its clause still needs."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.answers import read_answers, said_reason, wanted_variant
from actions.base import KefuAction
from actions.cues import is_discomfort
from actions.focus import line_in_focus
from actions.later import narrow
from actions.meanwhile import in_between, say_term
from actions.tasks import ANSWERS, TASKS, Suits, Task, is_underway, operation_of
from actions.turn import Event, Turn, names_nothing
from actions.wiring import code_rules
from kefu.shop.identity import (
    Identity,
    check_code,
    count_try,
    identify,
    may_see,
    send_code,
    visible_among,
    visible_orders,
)
from kefu.shop.operation import Operation
from kefu.shop.operations import assess, suitable
from kefu.shop.records import Order, OrderLine, Transaction
from kefu.shop.selection import Choice, Mention, Target, choose

POINTS = re.compile(r"\b(it|its|it's|this|that|them|they|those|these)\b|它|这|那|该", re.IGNORECASE)
ARRIVED = re.compile(r"deliver|签收|送达|已到", re.IGNORECASE)
# slots that are asked for, and the entity that answers them
ASKED_ENTITIES = {"quantity": "quantity", "variant": "variant", "guest_code": "code"}
FACTS = ("reason", "quantity", "variant")  # that Rasa reads from entities
KINDS = {"physical", "course", "ebook", "membership"}
FREE_TEXT = ("address", "company", "tax_number", "invoice_kind")


class TaskForm(KefuAction):
    """Fills one task's slots; the name of the form stands in the class's ``form``.

    Returning no slot but ``requested_slot`` rejects the form, so that the rule of an
    interrupting intent may answer; RulePolicy then comes back and the form asks again.
    """

    @property
    @abstractmethod
    def form(self) -> str:
        """The form's name."""

    def name(self) -> str:
        return f"validate_{self.form}"

    @property
    def task(self) -> Task:
        """The task that this form carries."""
        return TASKS[self.form]

    def failed(self, tracker: Tracker) -> list[Event]:
        """End the form: words were said, and half-read slots must not be acted on."""
        return [SlotSet("item", None), SlotSet("requested_slot", None)]

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        requested = turn.slot("requested_slot")
        if requested is not None and not _answers(turn, self.task, requested):
            return _asked_meanwhile(turn, tx, self.task, requested)
        if in_between(turn, tx):
            return [SlotSet("item", []), SlotSet("requested_slot", None)]
        filled = self._begun(turn) if requested is None else {}
        filled |= self._guest(turn, tx)
        if not _unverified(turn):
            filled |= self._item(turn, tx, requested)
            order = self._order(turn, tx, filled)
            line = self._line(turn, order, filled)
            filled |= read_answers(turn, order, line, requested)
            filled |= wanted_variant(turn, line) if self.form == "exchange_form" else {}
        following = self._next(turn, tx, filled)
        return [
            *(SlotSet(slot, value) for slot, value in filled.items()),
            SlotSet("requested_slot", following),
        ]

    def guesses(self, tracker: Tracker) -> bool:
        """Whether the message holds what may be a one-time code."""
        entities = (tracker.latest_message or {}).get("entities") or []
        return any(entity.get("entity") == "code" for entity in entities)

    def count(self, turn: Turn, tx: Transaction) -> None:
        """Count the try at a code: a turn that fails behind it gives it not back."""
        code, requested = turn.value("code"), turn.slot("requested_slot")
        proves = turn.identity.guest and _answers(turn, self.task, requested)
        if code and proves and _order_to_prove(turn) is None and _is_proving(turn):
            session = turn.identity.session_id
            turn.tried = count_try(tx, session, code, now=turn.now, rules=code_rules())

    def _begun(self, turn: Turn) -> dict[str, Any]:
        """What the message that begins the form says beside its purchase.

        Of two tasks in it this one's words count alone: Rasa filled the slots from both. Where another
        action began the form, Rasa filled none.
        """
        filled = dict.fromkeys(FACTS) if narrow(turn, self.form) else {}
        wished = turn.value("variant") if self.form == "exchange_form" else None
        reason = said_reason(turn) if self.form == "return_form" else None  # a guest says it before the code
        said = {"variant": wished, "reason": reason}
        return {**filled, **{name: value for name, value in said.items() if value is not None}}

    def _guest(self, turn: Turn, tx: Transaction) -> dict[str, Any]:
        """A guest proves one order first: its number, then the code sent to its e-mail."""
        if not turn.identity.guest:
            return {}
        named = _order_to_prove(turn)
        if named is not None:
            return self._send(turn, tx, named)
        if not _is_proving(turn):
            return {}
        turn.identity = Identity(turn.identity.session_id)  # another order was proved before, not this one
        code = turn.value("code")
        return self._check(turn, tx, code) if code else {}

    def _send(self, turn: Turn, tx: Transaction, named: str) -> dict[str, Any]:
        session = turn.identity.session_id
        if not send_code(tx, session, named, now=turn.now, rules=code_rules()):
            turn.say("code_limit", custom={"unsent": True})
        turn.identity = Identity(session)
        return {"guest_order": named, "guest_code": None, "item": None}

    def _check(self, turn: Turn, tx: Transaction, code: str) -> dict[str, Any]:
        session = turn.identity.session_id
        if not check_code(tx, session, code, now=turn.now, rules=code_rules(), tried=turn.tried):
            turn.say("code_wrong")
            return {"guest_code": None}
        turn.identity = identify(tx, session, now=turn.now)
        turn.say("code_right")
        return {"guest_code": "checked"}

    def _item(self, turn: Turn, tx: Transaction, requested: str | None) -> dict[str, Any]:
        mention = self._mention(turn)
        if turn.slot("item") is not None and requested in FREE_TEXT and turn.intent != "correct":
            return {}  # digits of an address or a tax number are no order
        if turn.slot("item") is not None and requested in ASKED_ENTITIES and _no_name(mention):
            return {}  # "1" and "both" are how many, "the blue one" is which variant
        if turn.slot("item") is not None and names_nothing(mention):
            return {}
        if self.form == "refund_status_form" and names_nothing(mention):
            return {"item": []}  # all of them are told
        if requested == "item" and _is_no_pick(turn, mention):
            return {}  # "it is broken" behind "not among your orders; which of these?" picks none
        choice = self._choose(turn, tx, mention)
        if choice.status == "one":
            return {"item": _plain(choice.targets), "offered": None}
        return self._unclear(turn, tx, mention, choice)

    def _mention(self, turn: Turn) -> Mention:
        """What is named; the variant that an exchange asks for is a wish, not what the customer has."""
        mention = turn.mention()
        return replace(mention, variant=None) if self.form == "exchange_form" else mention

    def _choose(self, turn: Turn, tx: Transaction, mention: Mention) -> Choice:
        if not mention.order_numbers:
            visible_orders(tx, turn.identity)  # all are looked at: the one in focus need not be read alone
        return choose(
            tx,
            turn.identity,
            mention,
            suits=judge(turn, tx, self.task),
            offered=turn.offered(),
            focus=self._focus(turn, tx),
            whole_orders=self.task.whole_orders,
        )

    def _focus(self, turn: Turn, tx: Transaction) -> Target | None:
        """What was just spoken of; "where is my order", without "it", means one that is under way."""
        number: str | None = turn.identity.verified_order or turn.slot("focus_order")
        order = may_see(tx, turn.identity, number) if number else None
        if order is None:
            return _owned_product(turn, tx)
        free = self.form != "order_status_form" or bool(POINTS.search(turn.plain))
        if free or turn.identity.guest or is_underway(order):
            return Target(order.order_number, line_in_focus(turn, order))
        return None

    def _unclear(self, turn: Turn, tx: Transaction, mention: Mention, choice: Choice) -> dict[str, Any]:
        """Say what is unclear and leave the targets that the next question lists."""
        if choice.status == "contradiction":
            number = choice.targets[0].order_number
            order = next(o for o in visible_orders(tx, turn.identity) if o.order_number == number)
            turn.say("item_contradiction", order_number=number, holds=order.lines)
            elsewhere = self._choose(turn, tx, replace(mention, order_numbers=()))
            return {"item": None, "offered": _plain(_joined(choice.targets, elsewhere))}
        if choice.status == "many":
            return {"item": None, "offered": _plain(choice.targets)}
        if choice.status == "not_visible":
            turn.say("refused_not_visible")
        rest = _alike(tx, turn, mention, self._choose(turn, tx, Mention()).targets)
        if choice.status == "none" and rest and not names_nothing(mention):
            turn.say("item_not_found")
        return {"item": None if rest else [], "offered": _plain(rest)}

    def _line(self, turn: Turn, order: Order | None, filled: dict[str, Any]) -> OrderLine | None:
        """The one line that the task is about, so far."""
        chosen = [line for _, line in filled.get("item") or turn.slot("item") or []]
        lines = [line for line in order.lines if line.line in chosen or chosen == [None]] if order else []
        return lines[0] if len(lines) == 1 else None

    def _order(self, turn: Turn, tx: Transaction, filled: dict[str, Any]) -> Order | None:
        targets = filled.get("item") or turn.slot("item") or []
        return next(iter(visible_among(tx, turn.identity, [order for order, _ in targets[:1]])), None)

    def _next(self, turn: Turn, tx: Transaction, filled: dict[str, Any]) -> str | None:
        """The slot to ask for; None when the task can be decided."""
        slots = {**turn.tracker.slots, **filled}
        if _unverified(turn):
            return "guest_code" if slots.get("guest_order") else "guest_order"
        if slots.get("item") is None:
            return "item"
        targets = [Target(order, line) for order, line in slots["item"]]
        operation = self._operation(turn, tx, targets, slots)
        if operation is None:
            return None
        outcome = assess(tx, turn.identity, operation, now=turn.now)
        return str(outcome.facts["missing"]) if outcome.kind == "ask" else None

    def _operation(
        self, turn: Turn, tx: Transaction, targets: Sequence[Target], slots: dict[str, Any]
    ) -> Operation | None:
        if self.task.kind is None:
            return None
        mine = visible_among(tx, turn.identity, [target.order_number for target in targets])
        return operation_of(self.task, targets, {order.order_number: order for order in mine}, slots)


def _answers(turn: Turn, task: Task, requested: str | None) -> bool:
    """Whether the message may inform the form, or interrupts it."""
    if turn.intent in task.triggers or turn.intent in ("inform", "correct"):
        return True
    if requested == "reason" and said_reason(turn) is not None:
        return True
    if task.form == "return_form" and is_discomfort(turn.plain):
        return True
    if requested in ASKED_ENTITIES and turn.value(ASKED_ENTITIES[requested]):
        return True  # "I don't want it any more" answers the question why, whatever else it may mean
    if turn.intent in ANSWERS:
        return not names_nothing(turn.mention()) or bool(requested in FREE_TEXT and turn.slot(requested))
    picks = requested == "item" and turn.intent in ("ask_product", "search_products")
    return picks and not names_nothing(turn.mention()) and not set(turn.plain) & set("?？吗多少")


def _owned_product(turn: Turn, tx: Transaction) -> Target | None:
    """The purchase of the product in focus, where a fact alone began the form ("I don't want it")."""
    if turn.intent not in ("inform", "correct"):
        return None
    orders = visible_orders(tx, turn.identity)
    held = [(order.order_number, line_in_focus(turn, order)) for order in orders]
    found = [Target(number, line) for number, line in held if line is not None]
    return found[0] if len(found) == 1 else None


def _asked_meanwhile(turn: Turn, tx: Transaction, task: Task, requested: str) -> list[Event]:
    """What interrupts a form; "when is it refunded?" is about the very refund that the form prepares."""
    asks = turn.intent in ("refund_status", "return_status") and names_nothing(turn.mention())
    if asks and task.kind in ("return", "cancel") and not turn.identity.guest:
        say_term(turn, tx, str(task.kind))
        return [SlotSet("offered", turn.slot("offered")), SlotSet("requested_slot", requested)]
    return [SlotSet("requested_slot", requested)]


def judge(turn: Turn, tx: Transaction, task: Task) -> Suits:
    """Which purchases are meant when the words name none."""
    if task.form == "parcel_form" and ARRIVED.search(turn.plain):
        return lambda order, line: order.status == "delivered"
    if task.suits is not None:
        return task.suits
    return suitable(tx, turn.identity, str(task.kind), now=turn.now, reason=said_reason(turn))


def _is_no_pick(turn: Turn, mention: Mention) -> bool:
    """Whether a message leaves the one purchase that was listed unpicked."""
    only = len(turn.offered()) == 1
    return only and names_nothing(mention) and turn.intent in ("inform", "report_damage")


def _no_name(mention: Mention) -> bool:
    return not (mention.order_numbers or mention.names_thing)


def _order_to_prove(turn: Turn) -> str | None:
    """The number of an order that a guest names anew, to which a code goes."""
    named = next(iter(turn.mention().order_numbers), None)
    if named is None or named == turn.identity.verified_order:
        return None
    # "the code for KF10000029 is 123456"
    return None if turn.value("code") and named == turn.slot("guest_order") else named


def _is_proving(turn: Turn) -> bool:
    """Whether a code was sent for an order that is not proved yet."""
    return turn.slot("guest_order") not in (None, turn.identity.verified_order)


def _unverified(turn: Turn) -> bool:
    return turn.identity.guest and turn.identity.verified_order is None


def _alike(tx: Transaction, turn: Turn, mention: Mention, targets: Sequence[Target]) -> Sequence[Target]:
    """The targets that hold a kind of thing which was named: for a membership no parcel is meant."""
    named = {product.kind for product in tx.products.all() if product.product_id in mention.product_ids}
    wanted = named | (KINDS & set(mention.kinds))
    if not wanted:
        return targets
    lines = [line for order in visible_orders(tx, turn.identity) for line in order.lines]
    alike = [line for line in lines if line.product.kind in wanted]
    return [t for t in targets if any(t.covers(line.order_number, line.line) for line in alike)]


def _joined(here: Sequence[Target], elsewhere: Choice) -> Sequence[Target]:
    """What the named order holds, and where else the named product was bought."""
    found = elsewhere.targets if elsewhere.status in ("one", "many") else ()
    return list(dict.fromkeys([*here, *found]))


def _plain(targets: Sequence[Target]) -> list[list[Any]]:
    return [[target.order_number, target.line] for target in targets]
