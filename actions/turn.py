"""One turn of a conversation as actions see it: what was said, by whom, and what to say back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.wiring import simplified
from actions.words import spoken
from kefu.shop.identity import Identity
from kefu.shop.records import CodeRow
from kefu.shop.selection import Mention, Target

Event = dict[str, Any]
# what stands before a thing that is not meant, and words for everything that is there
DENIED = re.compile(
    r"(?:\bnot|instead of|rather than)\s+(?:the |my |a |that )?$|(?:不是|并非|不要)(?:那个|这个|那|这)?$",
    re.IGNORECASE,
)
EVERYTHING = re.compile(
    r"\b(?:both|all of (?:it|them|these|those))\b|[两兩][个個件样樣]都|都退|全部|全都", re.IGNORECASE
)


@dataclass
class Turn:
    """What one action may read and say.

    The dispatcher's messages are local to the turn: one that is cut off after its time limit
    leaves no words behind in the conversation. What stands in ``afterwards`` is done, and speaks,
    once the transaction of the turn is committed.
    """

    tracker: Tracker
    dispatcher: CollectingDispatcher
    identity: Identity
    now: datetime
    zone_of: Callable[[], str]
    until: float = math.inf  # when the action has to be done, by time.monotonic()
    afterwards: list[Callable[[], list[Event]]] = field(default_factory=list)
    tried: CodeRow | None = None  # the one-time code at which this turn guesses, its try counted

    @cached_property
    def zone(self) -> str:
        """The shop's time zone, read when a time is first spoken of, within the turn's transaction."""
        return self.zone_of()

    @property
    def language(self) -> str:
        """``zh`` or ``en``: the language of this turn's words."""
        return "zh" if self.tracker.get_slot("language") == "zh" else "en"

    @property
    def message(self) -> Mapping[str, Any]:
        """The latest message with everything that understanding left in it."""
        return self.tracker.latest_message or {}

    @property
    def message_before(self) -> Mapping[str, Any]:
        """The message before the latest one, in the same way; empty where there is none."""
        users = [event for event in self.tracker.events if event.get("event") == "user"]
        return (users[-2].get("parse_data") or {}) if len(users) > 1 else {}

    @property
    def text(self) -> str:
        """What the customer typed."""
        return str(self.message.get("text") or "")

    @property
    def plain(self) -> str:
        """What was typed, with Traditional characters as Simplified ones; each in its place, for looking."""
        return simplified(self.text)

    @property
    def intent(self) -> str:
        """The intent of the latest message."""
        return str((self.message.get("intent") or {}).get("name") or "")

    def say(
        self,
        code: str,
        *,
        buttons: Sequence[tuple[str, str]] = (),
        custom: Mapping[str, Any] | None = None,
        **facts: Any,
    ) -> None:
        """Utter ``utter_<code>`` in the customer's language; ``facts`` fill its placeholders."""
        words = {name: spoken(value, language=self.language, zone=self.zone) for name, value in facts.items()}
        self.dispatcher.utter_message(
            response=f"utter_{code}",
            buttons=[{"title": title, "payload": payload} for title, payload in buttons],
            json_message=dict(custom or {}),
            **words,
        )

    def entities(self, name: str) -> list[Mapping[str, Any]]:
        """The latest message's entities called ``name``, in the order of the text."""
        return [entity for entity in self.message.get("entities") or [] if entity.get("entity") == name]

    def value(self, name: str) -> str | None:
        """The value of the first entity called ``name``."""
        found = self.entities(name)
        return str(found[0]["value"]) if found else None

    def slot(self, name: str) -> Any:
        """A slot's value."""
        return self.tracker.get_slot(name)

    def mention(self) -> Mention:
        """What the latest message names: orders, products, a place in the list just offered."""
        products = self._meant("product")
        return Mention(
            order_numbers=tuple(str(entity["value"]) for entity in self._meant("order_number")),
            product_ids=_unique(
                pid for entity in products for pid in entity.get("product_ids", [entity["value"]])
            ),
            kinds=_unique(kind for entity in products for kind in entity.get("kinds") or []),
            ordinal=self._ordinal(),
            variant=self.value("variant"),
            text=self.text,
        )

    def _meant(self, name: str) -> list[Mapping[str, Any]]:
        """The entities called ``name`` without those that are denied beside another ("not X but Y")."""
        found = self.entities(name)
        kept = [entity for entity in found if not DENIED.search(self.text[: entity.get("start", 0)])]
        return kept or found

    def _ordinal(self) -> str | None:
        bare = re.fullmatch(r"\s*#?([1-9])\s*[.)、号]?\s*", self.text)
        every = "all" if EVERYTHING.search(self.text) else None
        return self.value("ordinal") or (bare.group(1) if bare else every)

    def offered(self) -> tuple[Target, ...]:
        """The targets listed in the assistant's last question."""
        return tuple(Target(order, line) for order, line in self.slot("offered") or [])

    def last_words(self) -> Mapping[str, Any]:
        """The ``custom`` part of the assistant's very last words before the latest message.

        Read from the raw events: a reverted utterance was said all the same.
        """
        events = list(self.tracker.events)
        users = [place for place, event in enumerate(events) if event.get("event") == "user"]
        return _last_custom(events[: users[-1]]) if users else {}

    def words_of_this_turn(self) -> Mapping[str, Any]:
        """The ``custom`` part of the last words that another action said since the latest message."""
        events = list(self.tracker.events)
        users = [place for place, event in enumerate(events) if event.get("event") == "user"]
        return _last_custom(events[users[-1] :]) if users else {}


def _last_custom(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    said = [event for event in events if event.get("event") == "bot"]
    return (said[-1].get("data") or {}).get("custom") or {} if said else {}


def names_nothing(mention: Mention) -> bool:
    """Whether the words point at no purchase at all ("cancel it")."""
    return not (mention.order_numbers or mention.names_thing or mention.ordinal or mention.variant)


def _unique(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in values))
