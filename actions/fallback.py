"""Not understood: two best guesses (to the upset who cannot wait: a person), another wording, a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.base import KefuAction
from actions.handoff import OFFER, OfferPerson
from actions.rescue import answered, rescue
from actions.tasks import TASKS
from actions.turn import Event, Turn
from actions.understood import urgent
from actions.words import bullets
from kefu.shop import confirmations
from kefu.shop.records import Transaction

# What a guess is called on its button; intents that are no request are not guessed.
TITLES: Mapping[str, tuple[str, str]] = {
    "track_order": ("Where is my order?", "我的订单到哪了？"),
    "list_orders": ("Show my orders", "查看我的订单"),
    "parcel_problem": ("My parcel is late or lost", "包裹延误或丢失"),
    "refund_status": ("Where is my refund?", "我的退款到哪了？"),
    "return_status": ("How is my return?", "我的退货进度"),
    "ticket_status": ("How is my ticket?", "我的工单进度"),
    "digital_access": ("I cannot open what I bought", "课程或电子书打不开"),
    "cancel_order": ("Cancel an order", "取消订单"),
    "change_address": ("Change the delivery address", "修改收货地址"),
    "return_item": ("Return something", "我要退货"),
    "exchange_item": ("Exchange something", "我要换货"),
    "refund_request": ("Get my money back", "我要退款"),
    "report_damage": ("It arrived damaged or wrong", "收到破损或错发的商品"),
    "warranty_claim": ("Something stopped working", "商品出现故障"),
    "stop_renewal": ("Stop a renewal", "停止自动续费"),
    "invoice_request": ("Request an invoice", "申请发票"),
    "check_coupon": ("Check a coupon", "查询优惠券"),
    "ask_product": ("A question about a product", "咨询商品"),
    "search_products": ("See what you sell", "看看有什么商品"),
    "ask_recommendation": ("Recommend something to me", "给我推荐商品"),
    "compare_products": ("Compare two products", "对比两款商品"),
    "request_human": ("Talk to a person", "转人工"),
}


def guesses(turn: Turn) -> list[str]:
    """The two best intents behind the unclear message that are requests."""
    ranking: Sequence[Mapping[str, Any]] = turn.message.get("intent_ranking") or []
    return [str(row["name"]) for row in ranking if row.get("name") in TITLES][:2]


def misses(turn: Turn) -> int:
    """How many messages in a row, this one included, were neither understood nor answered all the same."""
    count, reply = 0, []
    for event in reversed(turn.tracker.events):
        if event.get("event") == "bot":
            reply.append(event)
        if event.get("event") != "user":
            continue
        unclear = ((event.get("parse_data") or {}).get("intent") or {}).get("name") == "nlu_fallback"
        if not unclear or any(map(answered, reply)):
            break
        count, reply = count + 1, []
    return count


def say_person(turn: Turn, code: str) -> None:
    """Offer a person, with a button."""
    title = TITLES["request_human"][turn.language == "zh"]
    turn.say(code, custom=OFFER, buttons=[(title, "/request_human")])


class ActionTwoStageFallback(KefuAction):
    """Chooses the stage.

    Rasa's own loop re-adds the clarified utterance, which could confirm on a wrong "yes".
    Who is upset and cannot wait is not made to guess along, but offered a person.
    """

    def name(self) -> str:
        return "action_two_stage_fallback"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        waiting = confirmations.pending(tx, turn.identity.session_id, now=turn.now)
        events = None if waiting else rescue(turn, tx)
        if events is not None:
            return events
        missed = misses(turn)
        if missed >= 3:
            return ActionDefaultFallback().act(turn, tx)
        if turn.tracker.active_loop_name in TASKS:
            turn.say("not_understood")  # the form asks its question again
            return []
        if waiting is not None:
            turn.say("not_understood_confirming")
            return []
        if missed > 1:
            return ActionDefaultAskRephrase().act(turn, tx)
        if urgent(turn.message):
            say_person(turn, "fallback_urgent")
            return []
        return ActionDefaultAskAffirmation().act(turn, tx)


class ActionDefaultAskAffirmation(KefuAction):
    """The two best guesses as titled buttons, and as text."""

    def name(self) -> str:
        return "action_default_ask_affirmation"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        titles = {intent: TITLES[intent][turn.language == "zh"] for intent in guesses(turn)}
        if not titles:
            turn.say("ask_rephrase")
            return []
        buttons = [(title, f"/{intent}") for intent, title in titles.items()]
        turn.say("ask_affirmation", guesses=bullets(list(titles.values())), buttons=buttons)
        return []


class ActionDefaultAskRephrase(KefuAction):
    """Another wording, please."""

    def name(self) -> str:
        return "action_default_ask_rephrase"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        turn.say("ask_rephrase")
        return []


class ActionDefaultFallback(KefuAction):
    """Giving up politely: a person."""

    def name(self) -> str:
        return "action_default_fallback"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        say_person(turn, "fallback_person")
        return []


class ActionOutOfScope(OfferPerson):
    """Not a matter of this shop, unless the passages or the catalogue do answer it."""

    words = "out_of_scope"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        events = rescue(turn, tx)
        return super().act(turn, tx) if events is None else events
