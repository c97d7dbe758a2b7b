"""Questions about the rules: passages with their source, clauses, coupons, and honest ignorance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rasa_sdk.events import SlotSet

from actions.answers import said_reason
from actions.base import KefuAction
from actions.begin import begin
from actions.focus import focus_of
from actions.forms import judge
from actions.handoff import OFFER
from actions.meanwhile import WHERE_TO, asked_meanwhile
from actions.orders import say_waiting
from actions.paid import PAID, say_paid
from actions.passages import (
    CERTAIN,
    hits_of,
    parts_of,
    say_beside,
    say_parts,
    say_passage,
    say_unknown,
    sure,
)
from actions.present import focus_events, outcome_facts, tell
from actions.tasks import TASKS
from actions.turn import Event, Turn
from actions.wiring import answer_of, settings
from actions.words import bullets, listed, money, word
from kefu.shop.catalogue import returnable_clause
from kefu.shop.coupons import check_coupon
from kefu.shop.identity import may_see, visible_orders
from kefu.shop.money import Money
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import assess
from kefu.shop.outcome import Outcome
from kefu.shop.records import Coupon, Order, Product, Transaction
from kefu.shop.selection import Choice, Mention, choose

CANCELLED = re.compile(r"cancel|取消", re.IGNORECASE)
BARE_WHY = 8  # characters: a longer question says itself what it is about
CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{4,20}(?![A-Za-z0-9])")


class ActionFaq(KefuAction):
    """The passage that answers the question, with its source; else the nearest questions and a person."""

    def name(self) -> str:
        return "action_faq"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        pressed, parts = turn.value("passage"), parts_of(turn)
        meanwhile = asked_meanwhile(turn, tx) if pressed is None else None
        if meanwhile is not None:
            return meanwhile
        if pressed is None and parts:
            events = say_parts(turn, tx, parts)
            if events is not None:
                return events
        best = pressed or sure(hits_of(turn))
        question = "" if pressed else turn.text  # a button is no question: the passage's title is
        events = say_passage(turn, tx, best, question=question) if best else None
        if events is None and PAID.search(turn.plain):
            events = say_paid(turn, tx)
        return say_unknown(turn, tx) if events is None else events


class ActionReturnable(KefuAction):
    """Whether something can go back: decided on the customer's own purchase, else told by its clause."""

    def name(self) -> str:
        return "action_returnable"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        elsewhere = asked_meanwhile(turn, tx) if WHERE_TO.search(turn.plain) else None
        if elsewhere is not None:  # "can you refund it to my other card?" does not ask whether
            return [*elsewhere, *say_waiting(turn, tx)]
        mention = turn.mention()
        products = _products(turn, tx, mention)
        if CANCELLED.search(turn.plain) and visible_orders(tx, turn.identity) and _goods_only(products):
            return begin(turn, tx, "cancel_form")  # which knows what has left, and offers what can be done
        choice = _owned(turn, tx, mention, products)
        if choice is not None and choice.status == "one" and choice.targets:
            return [*say_beside(turn, tx), *self._decide(turn, tx, choice)]
        if choice is not None and choice.status == "many" and mention.names_thing:
            return begin(turn, tx, "return_form")  # which asks which of them
        if products and (mention.product_ids or not self._other_question(turn, tx, products)):
            return [*say_beside(turn, tx), *_say_clauses(turn, tx, products)]
        if sure(hits_of(turn)):
            return ActionFaq().act(turn, tx)
        return [*say_beside(turn, tx), *_say_clauses(turn, tx, tx.products.all())]

    def _other_question(self, turn: Turn, tx: Transaction, products: Sequence[Product]) -> bool:
        """Whether a passage under another rule than these products' own answers better."""
        best = sure(hits_of(turn))
        answer = answer_of(tx, best, turn.language, now=turn.now) if best else None
        return answer is not None and answer.clause not in {returnable_clause(p) for p in products}

    def _decide(self, turn: Turn, tx: Transaction, choice: Choice) -> list[Event]:
        target = choice.targets[0]
        order = may_see(tx, turn.identity, target.order_number)
        if order is None:
            return _say_clauses(turn, tx, [])
        items = (Item(target.line),) if target.line else ()
        operation = Operation("return", order.order_number, items, reason=said_reason(turn))
        outcome = assess(tx, turn.identity, _settled(tx, turn, operation), now=turn.now)
        if outcome.kind == "refused":
            return tell(turn, tx, outcome, operation)
        return _say_yes(turn, tx, outcome, operation, order)


def _goods_only(products: Sequence[Product]) -> bool:
    return all(product.kind == "physical" for product in products)


def _settled(tx: Transaction, turn: Turn, operation: Operation) -> Operation:
    """A question about "whether" needs no reason yet: take the plain one unless one was said."""
    outcome = assess(tx, turn.identity, operation, now=turn.now)
    if outcome.kind == "ask" and outcome.facts.get("missing") == "reason":
        return replace(operation, reason="unwanted")
    return operation


def _say_yes(
    turn: Turn, tx: Transaction, outcome: Outcome, operation: Operation, order: Order
) -> list[Event]:
    facts = outcome_facts(turn, tx, outcome, operation, order)
    facts.setdefault("amount", Money(order.paid, order.currency))
    facts["method"] = facts["method"] or order.payment_method
    offer = {"offer": {"kind": operation.kind, "operation": operation.as_dict()}}
    turn.say("returnable_yes", custom=offer, **facts)
    return focus_events(order, operation, outcome)


def _products(turn: Turn, tx: Transaction, mention: Mention) -> list[Product]:
    """The products that the question names; without one, the product in focus."""
    focus = focus_of(turn)
    ids = mention.product_ids or ((focus,) if focus else ())
    found = [product for product in (tx.products.get(pid) for pid in ids) if product is not None]
    if mention.product_ids or not mention.kinds:
        return found
    # "and e-books?" behind a membership is about e-books
    here = [product for product in found if product.kind in mention.kinds]
    return here or [product for product in tx.products.all() if product.kind in mention.kinds]


def _owned(turn: Turn, tx: Transaction, mention: Mention, products: Sequence[Product]) -> Choice | None:
    """The customer's own purchase that the question is about, if there is one."""
    if not visible_orders(tx, turn.identity) or not (
        products or mention.order_numbers or turn.slot("focus_order")
    ):
        return None
    asked = Mention(
        mention.order_numbers,
        tuple(product.product_id for product in products),
        mention.kinds,
        mention.ordinal,
        mention.variant,
        mention.text,
    )
    suits = judge(turn, tx, TASKS["return_form"])
    return choose(
        tx, turn.identity, asked, suits=suits, offered=(), focus=turn.slot("focus_order"), whole_orders=False
    )


def _say_clauses(turn: Turn, tx: Transaction, products: Sequence[Product]) -> list[Event]:
    """The rule for each kind of product concerned, once."""
    clauses = tx.policy.in_force(turn.now)
    by_clause: dict[str, list[Product]] = {}
    for product in products:
        by_clause.setdefault(returnable_clause(product), []).append(product)
    if not by_clause:
        turn.say("faq_nothing", custom=OFFER)
        return []
    told = {
        number: (_called(concerned, turn), clauses[number].text(turn.language))
        for number, concerned in by_clause.items()
    }
    first = next(iter(told))
    if len(told) == 1:
        code = "returnable_clause" if turn.identity.guest else "returnable_clause_owner"
        what, text = told[first]
        turn.say(code, custom={"clause": first}, what=what, clause=first, clause_text=text)
    else:
        turn.say("returnable_clauses", custom={"asked": "returnable"}, list=_ruled(told, turn))
    focus = products[0].product_id if len(products) == 1 else None
    return [SlotSet("last_clause", first), SlotSet("focus_product", focus)]


def _called(products: Sequence[Product], turn: Turn) -> str:
    """What a rule's products are called: the one by its name, several by their kind."""
    if len(products) == 1:
        return products[0].name(turn.language)
    return word(f"{products[0].kind}_many", language=turn.language)


def _ruled(told: Mapping[str, tuple[str, str]], turn: Turn) -> str:
    zh = turn.language == "zh"
    return bullets(
        [
            f"{what}（条款 {number}）：{text}"
            if zh
            else f"{what[:1].upper()}{what[1:]} (clause {number}): {text}"
            for number, (what, text) in told.items()
        ]
    )


class ActionWhy(KefuAction):
    """The clause behind the last decision."""

    def name(self) -> str:
        return "action_why"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        clause = tx.policy.in_force(turn.now).get(str(turn.slot("last_clause")))
        asks_more = len(turn.text) > BARE_WHY and sure(hits_of(turn), CERTAIN)
        if asks_more or (clause is None and sure(hits_of(turn))):
            return ActionFaq().act(turn, tx)
        if clause is None:
            turn.say("why_nothing")
            return []
        turn.say("why", custom=OFFER, clause=clause.clause, clause_text=clause.text(turn.language))
        return []


class ActionCoupon(KefuAction):
    """Whether a coupon works, and under which conditions."""

    def name(self) -> str:
        return "action_coupon"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        clause = tx.policy.in_force(turn.now)["coupon.1"]
        code = turn.value("coupon")
        if code is None and turn.slot("requested_slot") == "guest_code":
            turn.say("code_help", minutes=settings().code_minutes)  # "I have no code": not one of coupons
            return []
        if code is None:
            typed = CODE.search(turn.text)
            code = typed.group().upper() if typed and not turn.entities("order_number") else None
        if code is None:
            turn.say("coupon_which", clause_text=clause.text(turn.language))
            return [SlotSet("last_clause", "coupon.1")]
        outcome = check_coupon(tx, code, now=turn.now)
        coupon = outcome.facts.get("coupon")
        more = _coupon_words(coupon, outcome, turn) if isinstance(coupon, Coupon) else {}
        facts = {name: value for name, value in outcome.facts.items() if name not in ("coupon", "category")}
        turn.say(outcome.code, **{**facts, **more}, clause_text=clause.text(turn.language))
        return [SlotSet("last_clause", "coupon.1")]


def _coupon_words(coupon: Coupon, outcome: Outcome, turn: Turn) -> dict[str, str]:
    zh = turn.language == "zh"
    if coupon.kind == "percent":
        benefit = f"减 {coupon.value}%" if zh else f"{coupon.value} percent off"
    else:
        off = money(outcome.facts["amount"])
        benefit = f"减 {off}" if zh else f"{off} off"
    conditions = []
    if coupon.minimum:
        least = money(outcome.facts["minimum"])
        conditions.append(f"订单满 {least} 可用" if zh else f"from an order of {least}")
    if coupon.category:
        kind = word(coupon.category, language=turn.language)
        conditions.append(f"仅限{kind}" if zh else f"for the category {kind}")
    return {"benefit": benefit, "conditions": listed(conditions, language=turn.language)}
