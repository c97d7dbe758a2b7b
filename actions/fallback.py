"""Not understood: two best guesses (to the upset who cannot wait: a person), another wording, a person."""

from __future__ import annotations

from actions.alone import wished_by
from actions.base import KefuAction
from actions.begin import begin
from actions.clauses import two_tasks
from actions.guesses import TITLES, guesses
from actions.handoff import OFFER, OfferPerson
from actions.later import say_both
from actions.proposing import pending
from actions.rescue import answered, rescue
from actions.tasks import TASKS
from actions.turn import Event, Turn
from actions.understood import urgent
from actions.words import bullets
from kefu.shop.records import Transaction


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
        waiting = pending(turn, tx)
        events = None if waiting else rescue(turn, tx)
        if events is not None:
            return events
        both = two_tasks(turn.plain) if waiting is None and turn.tracker.active_loop_name is None else None
        if both is not None:  # between two tasks the classifier may be torn
            return [*say_both(turn, both[0].form), *begin(turn, tx, both[0].form)]
        form = wished_by(turn, tx) if waiting is None and turn.tracker.active_loop_name is None else None
        if form is not None:
            return begin(turn, tx, form)
        missed = misses(turn)
        if missed >= 3:
            return ActionDefaultFallback().act(turn, tx)
        if turn.tracker.active_loop_name in TASKS:
            turn.say("not_understood")  # the form asks its question again
            return []
        if waiting is not None:
            turn.say("not_understood_confirming")
            return []
        if _was_refused(turn):
            turn.say("refusal_stands", custom=OFFER)
            return []
        if missed > 1:
            return ActionDefaultAskRephrase().act(turn, tx)
        if urgent(turn.message):
            say_person(turn, "fallback_urgent")
            return []
        return ActionDefaultAskAffirmation().act(turn, tx)


def _was_refused(turn: Turn) -> bool:
    """Whether the last words said which clause is against a wish, and offered a person: "that is a lie"."""
    last = turn.last_words()
    return bool(last.get("clause")) and last.get("offer") == OFFER["offer"]


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
