"""Behind a question that was answered: how long it is spoken of, and what it changes in a message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from kefu.components.answered import LIVES, SLOT, answered_before
from kefu.components.following import Following, Made
from kefu.components.knowledge import KnowledgeRetriever, RetrieverOptions
from kefu.knowledge.asking import Before
from kefu.knowledge.ranking import Hit

ANSWERED = SlotSet(SLOT, {"passage": "refund-time", "question": "how long do refunds take"})
SCORES = {
    "how long do refunds take": {"refund-time": 0.99},
    "do you ship to Spain?": {"shipping-countries": 0.98},
    "e-books": {"ebook-refund": 0.3},
    "how long do refunds take e-books": {"refund-time": 0.6, "ebook-refund": 0.4},
    "and for e-books?": {"ebook-formats": 0.4},
}


class Shelf:
    """Finds what SCORES says."""

    languages = ("en", "zh")

    def search(self, text: str, language: str, *, k: int, vector: object = None) -> list[Hit]:
        return [Hit(passage, language, score) for passage, score in SCORES.get(text, {}).items()][:k]


def tracker(*events: Event) -> DialogueStateTracker:
    domain = Domain.from_dict({"slots": {SLOT: {"type": "any", "mappings": [{"type": "custom"}]}}})
    made = DialogueStateTracker("alice", domain.slots)
    for event in events:
        made.update(event)
    return made


def read(text: str, at: DialogueStateTracker | None, *, intent: str, confidence: float) -> Message:
    nothing: Any = None
    shelf: Any = Shelf()
    retriever = KnowledgeRetriever(RetrieverOptions(), nothing, Following(Made(shelf, None), nothing))
    ranking = [{"name": intent, "confidence": confidence}, {"name": "greet", "confidence": 0.01}]
    said = Message({"text": text, "language": "en", "intent": dict(ranking[0]), "intent_ranking": ranking})
    (found,) = retriever.process([said], at)
    return found


@pytest.mark.parametrize("since", range(LIVES + 1))
def test_a_question_is_spoken_of_for_three_messages(since: int) -> None:
    at = tracker(ANSWERED, *[UserUttered("ok")] * since)
    wanted = Before("refund-time", "how long do refunds take") if since < LIVES else None
    assert answered_before(at) == wanted


@pytest.mark.parametrize(
    "events",
    [(), (ANSWERED, ActiveLoop("return_form")), (ANSWERED, SlotSet(SLOT, None)), (SlotSet(SLOT, "x"),),
     (SlotSet(SLOT, {"passage": "refund-time"}),)],
)  # fmt: skip
def test_nothing_is_spoken_of_in_an_empty_tracker_or_in_a_form(events: tuple[Event, ...]) -> None:
    assert answered_before(tracker(*events)) is None


def test_a_domain_without_the_slot_and_no_tracker_at_all_are_nothing_either() -> None:
    other: Any = SimpleNamespace(slots={})
    assert answered_before(other) is None and answered_before(None) is None


@pytest.mark.parametrize("at", [None, tracker()])
def test_without_a_question_before_it_a_follow_up_stands_alone(at: DialogueStateTracker | None) -> None:
    found = read("and for e-books?", at, intent="inform", confidence=1.0)
    assert found.get("knowledge")[0]["id"] == "ebook-formats" and found.get("knowledge_follows") is None
    assert found.get("intent")["name"] == "inform"


@pytest.mark.parametrize(
    ("intent", "confidence", "heard"),
    [("inform", 1.0, "faq"), ("ask_product", 0.6, "faq"), ("digital_access", 0.95, "faq"),
     ("safety_issue", 0.3, "safety_issue")],
)  # fmt: skip
def test_a_follow_up_is_a_question_again(intent: str, confidence: float, heard: str) -> None:
    found = read("and for e-books?", tracker(ANSWERED), intent=intent, confidence=confidence)
    assert found.get("knowledge")[0]["id"] == "ebook-refund"
    assert found.get("knowledge_follows") == "how long do refunds take"
    assert found.get("intent")["name"] == heard


def test_two_parts_stand_beside_the_hits_of_the_whole() -> None:
    text = "how long do refunds take and do you ship to Spain?"
    found = read(text, tracker(), intent="greet", confidence=0.3)
    parts = found.get("knowledge_parts")
    assert [(part["text"], part["asks"], part["hits"][0]["id"]) for part in parts] == [
        ("how long do refunds take", True, "refund-time"),
        ("do you ship to Spain?", True, "shipping-countries"),
    ]
    assert found.get("knowledge") == [] and found.get("intent")["name"] == "faq"
    assert {"knowledge", "knowledge_parts"} <= set(found.as_dict(only_output_properties=True))
