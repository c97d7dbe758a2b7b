"""Who may change the classifier's intent, and when: languages, fragments, passages."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from rasa.shared.nlu.training_data.message import Message

from kefu.components.entities import CATALOGUE, merged
from kefu.components.following import Following, Made
from kefu.components.fragments import FragmentClassifier
from kefu.components.intents import put_first
from kefu.components.knowledge import KnowledgeRetriever, RetrieverOptions
from kefu.components.language import LanguageTagger
from kefu.knowledge.ranking import Hit
from tests.support.graph import Workshop

ROOT = Path(__file__).resolve().parents[3]


def message(text: str, *, entities: list[dict[str, Any]] | None = None, confidence: float = 0.3) -> Message:
    ranking = [{"name": "track_order", "confidence": confidence}, {"name": "faq", "confidence": 0.1}]
    top = dict(ranking[0])
    return Message({"text": text, "entities": entities or [], "intent": top, "intent_ranking": ranking})


def entity(
    start: int, end: int, *, name: str = "product", by: str = CATALOGUE, **more: Any
) -> dict[str, Any]:
    return {"entity": name, "start": start, "end": end, "value": "x", "extractor": by, **more}


def names(found: Message) -> list[str]:
    return [intent["name"] for intent in found.get("intent_ranking")]


class FakeRanker:
    """Answers every search with one passage of a given score."""

    languages = ("en", "zh")

    def __init__(self, score: float) -> None:
        self.score = score
        self.asked: list[tuple[str, str]] = []

    def search(self, text: str, language: str, *, k: int, vector: object = None) -> list[Hit]:
        self.asked.append((text, language))
        return [Hit("return-window", language, self.score)][:k]


def retriever(ranker: FakeRanker) -> KnowledgeRetriever:
    nothing: Any = None
    shelf: Any = ranker
    holder = Following(Made(shelf, None, source="packaged"), nothing)
    return KnowledgeRetriever(RetrieverOptions(), nothing, holder)


def test_another_language_is_an_intent_of_its_own(tmp_path: Path) -> None:
    (found,) = Workshop(tmp_path).create(LanguageTagger).process([message("quiero cancelar mi pedido")])
    assert found.get("language") == "es"
    assert found.get("intent") == {"name": "other_language", "confidence": 1.0}
    assert names(found) == ["other_language", "track_order", "faq"]


def test_a_chinese_name_alone_speaks_chinese_and_an_english_one_nothing(tmp_path: Path) -> None:
    tagger = Workshop(tmp_path).create(LanguageTagger)
    both = [message("保温杯", entities=[entity(0, 3)]), message("Desk Lamp", entities=[entity(0, 9)])]
    assert [m.get("language") for m in tagger.process(both)] == ["zh", None]


@pytest.mark.parametrize(
    ("text", "spans", "intent"),
    [
        ("KF10000002", [(0, 10)], "inform"),
        ("耳机，KF10000002!", [(0, 2), (3, 13)], "inform"),
        ("where is KF10000002", [(9, 19)], "track_order"),
        ("?", [], "track_order"),
    ],
)
def test_a_bare_fact_informs(tmp_path: Path, text: str, spans: list[tuple[int, int]], intent: str) -> None:
    fragments = Workshop(tmp_path).create(FragmentClassifier)
    (found,) = fragments.process([message(text, entities=[entity(*span) for span in spans])])
    assert found.get("intent")["name"] == intent


@pytest.mark.parametrize(
    ("confidence", "score", "intent"),
    [(0.3, 0.9, "faq"), (0.3, 0.5, "track_order"), (0.8, 0.9, "track_order")],
)
def test_a_likely_passage_corrects_an_unsure_classifier(confidence: float, score: float, intent: str) -> None:
    (found,) = retriever(FakeRanker(score)).process([message("how", confidence=confidence)])
    assert found.get("intent")["name"] == intent
    assert found.get("knowledge") == [{"id": "return-window", "language": "en", "score": score}]


def test_some_intents_are_never_corrected() -> None:
    grave = message("it burnt me")
    grave.set("intent", {"name": "safety_issue", "confidence": 0.2})
    (found,) = retriever(FakeRanker(0.99)).process([grave])
    assert found.get("intent")["name"] == "safety_issue"


def test_passages_are_searched_in_the_language_of_the_conversation() -> None:
    ranker = FakeRanker(0.2)
    other = message("quiero")
    other.set("language", "es")
    chinese = message("退货")
    chinese.set("language", "zh")
    tracker: Any = SimpleNamespace(slots={"language": SimpleNamespace(value="zh")})
    retriever(ranker).process([chinese, message("KF1"), other], tracker)
    assert ranker.asked == [("退货", "zh"), ("KF1", "zh")]
    assert other.get("knowledge") == []


def test_overlapping_entities_are_settled_for_the_catalogue_then_for_length() -> None:
    mine = entity(5, 15, name="order_number", product_ids=["P1"])
    inside = entity(7, 8, name="quantity", by="BertIntentEntityClassifier")
    short = entity(20, 24, name="reason", by="BertIntentEntityClassifier", confidence_entity=0.9)
    long = entity(18, 24, name="reason", by="BertIntentEntityClassifier", confidence_entity=0.4)
    assert merged([long, inside, short, mine], first=CATALOGUE) == [mine, long]


def test_the_others_share_what_a_sure_intent_leaves() -> None:
    """Else FallbackClassifier finds 1.0 beside 1.0 ambiguous: "Où est ma commande" was not understood."""
    surest = message("Où est ma commande ?", confidence=0.99)
    put_first(surest, "other_language", 1.0)
    put_first(half := message("hello", confidence=0.6), "faq", 0.8)
    assert [i["confidence"] for i in surest.get("intent_ranking")] == [1.0, 0.0, 0.0]
    assert sum(i["confidence"] for i in half.get("intent_ranking")) == pytest.approx(1.0)


def certain(text: str, intent: str, *, confidence: float = 0.99, ordered: bool = False) -> Message:
    found = message(text, entities=[entity(0, 1, name="order_number")] if ordered else [])
    found.set("intent", {"name": intent, "confidence": confidence})
    return found


@pytest.mark.parametrize(
    "settled",
    [
        certain("hello", "greet"),
        certain("谢谢", "thank"),
        certain("where is my order KF10000002", "track_order", ordered=True),
    ],
)
def test_passages_are_not_searched_where_none_can_matter(settled: Message) -> None:
    ranker = FakeRanker(0.99)
    (found,) = retriever(ranker).process([settled])
    assert ranker.asked == [] and found.get("knowledge") == []
    assert found.get("intent")["confidence"] == 0.99


@pytest.mark.parametrize(
    "open_",
    [
        certain("hello", "greet", confidence=0.9),
        certain("where is my order", "track_order"),
        certain("how much is shipping", "faq"),
        certain("where is my order KF10000002 and how much is shipping?", "track_order", ordered=True),
        certain("and for e-books?", "greet"),
    ],
)
def test_passages_are_searched_where_one_may(open_: Message) -> None:
    ranker = FakeRanker(0.99)
    retriever(ranker).process([open_])
    assert ranker.asked


def test_intents_whose_messages_are_not_searched_are_answered_without_passages() -> None:
    """Each is one of the domain, and each of their rules begins with words or with a task of its own."""
    rules = [
        rule
        for file in sorted((ROOT / "data" / "rules").glob("*.yml"))
        for rule in yaml.safe_load(file.read_text(encoding="utf-8")).get("rules", [])
    ]
    options = RetrieverOptions()
    for intent in (*options.unsearched, *options.unsearched_with_order):
        after = [
            step["action"]
            for rule in rules
            for first, step in pairwise(rule["steps"])
            if first.get("intent") == intent and "action" in step
        ]
        assert after, intent
        assert all(action.startswith(("utter_", "action_begin_task")) for action in after), (intent, after)
