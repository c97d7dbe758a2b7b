"""Saying passages: one a question with its source, several questions side by side, and honest ignorance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from rasa_sdk.events import SlotSet

from actions.attributes import say_attribute
from actions.focus import focus_of, focused
from actions.guesses import TITLES, guesses
from actions.handoff import OFFER
from actions.turn import Event, Turn
from actions.wiring import ENOUGH, NEAR, answer_of, generator, own, titles_of
from actions.words import bullets
from kefu.shop.catalogue import attribute, by_ids
from kefu.shop.records import Product, Transaction

CERTAIN = 0.7  # calibrated probability from which a passage outweighs an unsure classifier
LIKELY = 0.05  # of an intent behind the first, from which a part of a message may have meant it
LONGEST = 200  # characters of a question that are kept or said again
# Passages that send the customer to the catalogue, with the key that holds the answer there.
OF_CATALOGUE: Mapping[str, str] = {
    "membership-benefits": "benefits",
    "course-certificate": "certificate",
    "warranty-length": "warranty_months",
    "ebook-formats": "format",
}
PRIVATE = ("email", "phone", "order_number", "tracking_number", "code")  # entities that nobody else may read
Hits = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Part:
    """A part of the message as understanding left it; ``hits`` best first."""

    text: str
    asks: bool
    hits: Hits

    def answer(self, least: float = ENOUGH) -> str | None:
        """The passage that answers it, at least so surely; None for what is no question."""
        return sure(self.hits, least) if self.asks else None


def hits_of(turn: Turn) -> Hits:
    """The passages nearest to the whole message, best first."""
    return turn.message.get("knowledge") or []


def parts_of(turn: Turn) -> list[Part]:
    """The parts of a message that asks several things; empty for one question."""
    return [Part(p["text"], p["asks"], p["hits"]) for p in turn.message.get("knowledge_parts") or []]


def sure(hits: Hits, least: float = ENOUGH) -> str | None:
    """The id of the first passage, where it is as probable as wanted."""
    return str(hits[0]["id"]) if hits and hits[0]["score"] >= least else None


def say_passage(turn: Turn, tx: Transaction, passage: str, *, question: str) -> list[Event] | None:
    """Say a passage with its source, or what the catalogue knows better; None where the passage is gone.

    ``question`` is what it answers; together they are what "and for e-books?" is understood by.
    """
    products = _told_by_catalogue(turn, tx, passage)
    for product in products:
        say_attribute(turn, product, OF_CATALOGUE[passage])
    if products:
        return focused(products[0]) if len(products) == 1 else []
    answer = answer_of(tx, passage, turn.language, now=turn.now)
    if answer is None:
        return None
    follows = turn.message.get("knowledge_follows")
    code = "faq_again" if follows and _heard(turn) == passage else "faq_answer"
    said = {"passage": passage}
    turn.say(code, custom=said, answer=answer.text, source=answer.title, updated=answer.updated)
    _reword_later(turn, answer.text, question=question or answer.title)
    asked = str(follows or question or answer.title)[:LONGEST]
    kept = SlotSet("last_passage", {"passage": passage, "question": asked})
    return [kept, SlotSet("last_clause", answer.clause)] if answer.clause else [kept]


def _reword_later(turn: Turn, facts: str, *, question: str) -> None:
    """Behind the commit, have the words just said put nicer, where a generator is set and its draft holds.

    What is said is changed in its place: whatever goes wrong, the plain answer stands there already.
    """
    made = generator()
    if made is None:
        return
    said = turn.dispatcher.messages[-1]
    private = _private(turn) if question == turn.text else ()

    def reword() -> list[Event]:
        seconds = turn.until - monotonic()
        draft = made.reworded(facts, turn.language, question=question, private=private, seconds=seconds)
        if draft is not None:
            said["answer"] = draft
        return []

    turn.afterwards.append(reword)


def _private(turn: Turn) -> list[tuple[int, int]]:
    """Where the message names what is the customer's own."""
    found = [entity for name in PRIVATE for entity in turn.entities(name)]
    return [(entity["start"], entity["end"]) for entity in found if "start" in entity and "end" in entity]


def say_parts(turn: Turn, tx: Transaction, parts: Sequence[Part]) -> list[Event] | None:
    """Answer each question of a message, first those that are known; None where none of them is."""
    events: list[Event] = []
    told: set[str] = set()
    for part, passage in _different(parts, ENOUGH):
        said = say_passage(turn, tx, passage, question=part.text)
        if said is not None:
            events, told = events + said, told | {passage}
    for part in parts if told else ():
        if part.asks and part.answer() not in told:
            _say_part_unknown(turn, part)
    return events if told else None


def say_beside(turn: Turn, tx: Transaction) -> list[Event]:
    """Say what certainly answers the questions beside a task ("where is my order, and how long …?")."""
    events: list[Event] = []
    general = [part for part in parts_of(turn) if not own(part.text)]
    if len([part for part in general if part.answer(CERTAIN)]) == len(parts_of(turn)):
        return []  # nothing in it asks for the task: whoever heard one may be wrong, and decides alone
    for part, passage in _different(general, CERTAIN):
        events += say_passage(turn, tx, passage, question=part.text) or []
    return events


def say_unknown(turn: Turn, tx: Transaction) -> list[Event]:
    """Not knowing is said; the two nearest questions, if any is near, stand below as text and as buttons."""
    known = titles_of(tx, [str(hit["id"]) for hit in hits_of(turn) if hit["score"] >= NEAR], turn.language)
    near = _told_apart(known)[:2]
    if not near:
        turn.say("faq_nothing", custom=OFFER)
        return []
    buttons = [(title, f'/faq{{"passage": "{passage}"}}') for passage, title in near]
    turn.say("faq_unknown", custom=OFFER, list=bullets([title for _, title in near]), buttons=buttons)
    return []


def _told_apart(titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """Passages with their titles; of those with one title, which nobody could tell apart, the first."""
    first = {title: passage for passage, title in reversed(list(titles.items()))}
    return [(passage, title) for passage, title in titles.items() if first[title] == passage]


def _different(parts: Sequence[Part], least: float) -> Iterator[tuple[Part, str]]:
    """The parts that a passage answers, each passage once."""
    seen: set[str] = set()
    for part in parts:
        passage = part.answer(least)
        if passage is not None and passage not in seen:
            seen.add(passage)
            yield part, passage


def _say_part_unknown(turn: Turn, part: Part) -> None:
    """What is not known is said beside what is; for the own order there is a button that looks it up."""
    question = part.text.strip(" ,.;?!，。；？！")[:LONGEST]
    ranking = turn.message.get("intent_ranking") or []
    likely = {row["name"] for row in ranking if row["confidence"] >= LIKELY}
    guessed = [intent for intent in guesses(turn) if intent in likely] if own(part.text) else []
    if guessed:
        button = (TITLES[guessed[0]][turn.language == "zh"], f"/{guessed[0]}")
        turn.say("faq_part_own", question=question, buttons=[button])
    else:
        turn.say("faq_part_unknown", custom=OFFER, question=question)


def _heard(turn: Turn) -> str | None:
    """The passage that was said last."""
    last = turn.slot("last_passage")
    return last.get("passage") if isinstance(last, dict) else None


def _told_by_catalogue(turn: Turn, tx: Transaction, passage: str) -> list[Product]:
    """The products whose rows answer the question better than a passage that points to them."""
    key = OF_CATALOGUE.get(passage)
    if key is None or turn.value("passage"):
        return []
    mention, focus = turn.mention(), focus_of(turn)
    kinds = [p for p in tx.products.all() if p.kind in mention.kinds] if key == "benefits" else []
    found = by_ids(tx, mention.product_ids) or kinds or by_ids(tx, [focus] if focus else [])
    known = [product for product in found if attribute(product, key).known]
    return known if len(known) == len(found) else []
