"""People: asking for one, being angry, threats, safety, and what the assistant cannot do."""

from __future__ import annotations

from abc import abstractmethod

from actions.base import KefuAction
from actions.tasks import ended
from actions.turn import Event, Turn
from actions.understood import urgent
from kefu.shop.records import Transaction
from kefu.shop.tickets import ask_for_person

OFFER = {"offer": {"kind": "human"}}
# Names of languages the shop does not speak, in English and Chinese.
LANGUAGES: dict[str, tuple[str, str]] = {
    "es": ("Spanish", "西班牙语"),
    "fr": ("French", "法语"),
    "de": ("German", "德语"),
    "it": ("Italian", "意大利语"),
    "pt": ("Portuguese", "葡萄牙语"),
    "nl": ("Dutch", "荷兰语"),
    "pl": ("Polish", "波兰语"),
    "tr": ("Turkish", "土耳其语"),
    "vi": ("Vietnamese", "越南语"),
    "id": ("Indonesian", "印尼语"),
    "ru": ("Russian", "俄语"),
    "ja": ("Japanese", "日语"),
    "ko": ("Korean", "韩语"),
    "ar": ("Arabic", "阿拉伯语"),
    "th": ("Thai", "泰语"),
    "hi": ("Hindi", "印地语"),
}


def open_for_person(turn: Turn, tx: Transaction, *, kind: str, words: str | None = None) -> list[Event]:
    """Open a ticket and say when people answer; the conversation goes on.

    A ticket has no priority of its own; its summary begins with "urgent" where it cannot wait.
    """
    urgency = "urgent: " if _cannot_wait(turn) else ""
    opened = ask_for_person(
        tx,
        turn.identity,
        kind,
        f"{urgency}asked in the chat ({turn.intent})",
        now=turn.now,
        order_number=turn.slot("focus_order"),
    )
    hours = opened.hours
    turn.say(
        words or ("human_open" if hours.open_now else "human_closed"),
        ticket=opened.ticket.ticket_id,
        open=f"{hours.opens:%H:%M}",
        close=f"{hours.closes:%H:%M}",
    )
    return []


def _cannot_wait(turn: Turn) -> bool:
    """Whether this message was urgent, or the one on which a person was offered to this mere "yes"."""
    offered = turn.last_words().get("offer") == OFFER["offer"]
    return urgent(turn.message) or (offered and urgent(turn.message_before))


class ActionRequestHuman(KefuAction):
    """The customer wants a person."""

    def name(self) -> str:
        return "action_request_human"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        return open_for_person(turn, tx, kind="human")


class ActionEscalateLegal(KefuAction):
    """Lawyers, courts, press: a person at once; what was being done ends."""

    def name(self) -> str:
        return "action_escalate_legal"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        return [*open_for_person(turn, tx, kind="legal", words="escalated_legal"), *ended(turn)]


class OfferPerson(KefuAction):
    """Words of regret or of limits, with a person as the offer; ``words`` names the response."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The response's name without utter_."""

    def name(self) -> str:
        return f"action_{self.words}"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        turn.say(self.words, custom=OFFER)
        return []


class ActionComplaint(OfferPerson):
    """Unhappy with the service."""

    words = "complaint"


class ActionAngry(OfferPerson):
    """Insults and rage."""

    words = "angry"


class ActionGrieving(OfferPerson):
    """A death or an illness."""

    words = "grieving"


class ActionClaimAuthority(OfferPerson):
    """Claims of authority in the text change nothing."""

    words = "claim_authority"


class ActionOtherLanguage(KefuAction):
    """Another language is named politely, and a person offered."""

    def name(self) -> str:
        return "action_other_language"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        code = str(turn.message.get("language") or "")
        pair = LANGUAGES.get(code, ("another language", "其他语言"))
        turn.say("other_language", custom=OFFER, name=pair[turn.language == "zh"])
        return []


class ActionHelp(KefuAction):
    """What can be asked; a guest hears what a guest may ask."""

    def name(self) -> str:
        return "action_help"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        turn.say("help_guest" if turn.identity.guest else "help")
        return []
