"""What is said from passages: with source, in parts, behind a question, reworded, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.confirm import ActionBeginTask
from actions.faq import ActionFaq, ActionReturnable
from actions.turn import Turn
from kefu.knowledge.passages import load
from kefu.shop.identity import Identity
from kefu.store.knowledge_records import Passage
from tests.support.acting import Stage, stage
from tests.support.databases import SqliteDatabases
from tests.support.generator_server import Mind, thinking
from tests.support.project import ROOT

REFUND, SPAIN, EBOOK = "refund-time", "shipping-countries", "ebook-refund"


@pytest.fixture
def acting(
    monkeypatch: pytest.MonkeyPatch, sqlite_databases: SqliteDatabases, tmp_path: Path
) -> Iterator[Stage]:
    with stage(monkeypatch, sqlite_databases.shop(), tmp_path, "C1001") as made:
        teach(made)
        yield made


def teach(acting: Stage) -> None:
    """Give the store the packaged passages."""
    with acting.store.write() as tx:
        tx.passages.replace_all([Passage(**vars(passage)) for passage in load(ROOT / "data" / "knowledge")])


def hits(*found: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"id": passage, "language": "en", "score": score} for passage, score in found]


def part(text: str, *found: tuple[str, float], asks: bool = True) -> dict[str, Any]:
    return {"text": text, "asks": asks, "hits": hits(*found)}


def said(text: str = "how", *, intent: str = "faq", **understood: Any) -> dict[str, Any]:
    ranking = [{"name": intent, "confidence": 0.8}, {"name": "track_order", "confidence": 0.1}]
    parsed = {"text": text, "intent": ranking[0], "intent_ranking": ranking, **understood}
    return {"event": "user", "parse_data": parsed}


def words_and_events(acting: Stage, message: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What ActionFaq says, and the slots that it sets."""
    parsed = message["parse_data"]
    tracker = Tracker("s", {"language": acting.language}, parsed, [message], False, None, {}, None)
    turn = Turn(
        tracker, CollectingDispatcher(), Identity("s"), datetime.now(timezone.utc), lambda: "Asia/Shanghai"
    )
    with acting.store.write() as tx:
        events = ActionFaq().act(turn, tx)
    return turn.dispatcher.messages, {event["name"]: event["value"] for event in events}


def test_an_answer_carries_its_source_and_day(acting: Stage) -> None:
    reply = acting.hear(ActionFaq(), said(knowledge=hits((REFUND, 0.9))))
    assert "3 to 5 business days" in reply
    assert "(Source: How long a refund takes, as of 22 November 2026)" in reply


def test_an_answer_is_remembered_with_the_question(acting: Stage) -> None:
    _, slots = words_and_events(acting, said("how long do refunds take", knowledge=hits((REFUND, 0.9))))
    assert slots["last_passage"] == {"passage": REFUND, "question": "how long do refunds take"}
    assert slots["last_clause"] == "refund.time"


def test_a_pressed_button_is_remembered_by_its_title(acting: Stage) -> None:
    pressed = said("/faq", entities=[{"entity": "passage", "value": REFUND}])
    messages, slots = words_and_events(acting, pressed)
    assert [m["response"] for m in messages] == ["utter_faq_answer"]
    assert slots["last_passage"]["question"] == "How long a refund takes"


def test_behind_a_follow_up_the_first_question_stays_the_question(acting: Stage) -> None:
    first = "how long do refunds take"
    message = said("and for e-books?", knowledge=hits((EBOOK, 0.8)), knowledge_follows=first)
    _, slots = words_and_events(acting, message)
    assert slots["last_passage"] == {"passage": EBOOK, "question": first}


@pytest.mark.parametrize(("language", "lead"), [("en", "All that I know"), ("zh", "我知道的只有")])
def test_the_same_passage_again_is_said_to_be_all(acting: Stage, language: str, lead: str) -> None:
    message = said("and for unicorns?", knowledge=hits((REFUND, 0.8)), knowledge_follows="how long")
    slots = {"last_passage": {"passage": REFUND, "question": "how long"}}
    assert lead in replace(acting, language=language).hear(ActionFaq(), message, slots=slots)


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("en", "3 to 5 business days", "Spain"), ("zh", "3 到 5 个工作日", "西班牙")],
)
def test_two_parts_get_two_answers_each_with_its_source(
    acting: Stage, language: str, first: str, second: str
) -> None:
    parts = [part("how long do refunds take", (REFUND, 0.9)), part("do you ship to Spain", (SPAIN, 0.9))]
    reply = replace(acting, language=language).hear(ActionFaq(), said(knowledge=[], knowledge_parts=parts))
    assert reply.index(first) < reply.index(second)
    assert reply.count("Source:" if language == "en" else "来源：") == 2


def test_a_part_that_is_not_known_is_said_so_beside_the_one_that_is(acting: Stage) -> None:
    parts = [part("do you plant trees?", ("bulk-order", 0.1)), part("how long", (REFUND, 0.9))]
    messages, slots = words_and_events(acting, said(knowledge_parts=parts))
    assert [m["response"] for m in messages] == ["utter_faq_answer", "utter_faq_part_unknown"]
    assert messages[1]["question"] == "do you plant trees"
    assert messages[1]["custom"]["offer"] == {"kind": "human"}, "a yes calls a person"
    assert slots["last_passage"]["passage"] == REFUND


def test_a_part_about_the_own_order_gets_its_button(acting: Stage) -> None:
    parts = [part("how long", (REFUND, 0.9)), part("where is my order?", ("guest-order", 0.2))]
    messages, _ = words_and_events(acting, said(knowledge_parts=parts))
    assert [m["response"] for m in messages] == ["utter_faq_answer", "utter_faq_part_own"]
    assert [button["payload"] for button in messages[1]["buttons"]] == ["/track_order"]


def test_parts_whose_passages_are_gone_leave_the_whole(acting: Stage) -> None:
    parts = [part("how long", ("no-such-passage", 0.9)), part("and", ("neither", 0.9))]
    messages, _ = words_and_events(acting, said(knowledge=hits((REFUND, 0.9)), knowledge_parts=parts))
    assert [m["response"] for m in messages] == ["utter_faq_answer"]


def test_below_the_threshold_the_two_nearest_are_offered_and_a_person(acting: Stage) -> None:
    found = hits((REFUND, 0.4), (REFUND, 0.3), (SPAIN, 0.2), (EBOOK, 0.1))
    messages, slots = words_and_events(acting, said(knowledge=found))
    assert [m["response"] for m in messages] == ["utter_faq_unknown"] and slots == {}
    titles = [button["title"] for button in messages[0]["buttons"]]
    assert titles == ["How long a refund takes", "Where we deliver"]
    assert messages[0]["custom"]["offer"] == {"kind": "human"}


@pytest.mark.parametrize("found", [hits(), hits((REFUND, 0.04)), hits(("no-such-passage", 0.4))])
def test_with_nothing_near_a_person_alone_is_offered(acting: Stage, found: list[dict[str, Any]]) -> None:
    messages, _ = words_and_events(acting, said(knowledge=found))
    assert [m["response"] for m in messages] == ["utter_faq_nothing"] and messages[0]["buttons"] == []


@pytest.mark.parametrize(("language", "honest"), [("en", "I do not know"), ("zh", "没有确切的答案")])
def test_not_knowing_is_said_in_words(acting: Stage, language: str, honest: str) -> None:
    reply = replace(acting, language=language).hear(ActionFaq(), said(knowledge=hits((REFUND, 0.3))))
    assert honest in reply


def test_a_question_beside_a_task_is_answered_before_the_task(acting: Stage) -> None:
    parts = [part("where is my order", ("guest-order", 0.2)), part("how long do refunds take", (REFUND, 0.9))]
    reply = acting.hear(ActionBeginTask(), said(intent="track_order", knowledge_parts=parts))
    assert "3 to 5 business days" in reply and "do not know" not in reply


@pytest.mark.parametrize(
    "parts",
    [
        [part("cancel it", ("cancel-order", 0.9), asks=False), part("how long", (REFUND, 0.6))],
        [part("how long", (REFUND, 0.9)), part("do you ship to Spain", (SPAIN, 0.9))],
        [],
    ],
    ids=["not certain", "nothing asks for the task", "no parts"],
)
def test_a_task_alone_says_nothing_beside(acting: Stage, parts: list[dict[str, Any]]) -> None:
    assert acting.hear(ActionBeginTask(), said(intent="cancel_order", knowledge_parts=parts)) == ""


def test_beside_whether_it_can_go_back_the_other_question_is_answered(acting: Stage) -> None:
    parts = [part("can it go back", ("return-window", 0.3)), part("how long do refunds take", (REFUND, 0.9))]
    reply = acting.hear(ActionReturnable(), said(intent="ask_returnable", knowledge_parts=parts))
    assert "3 to 5 business days" in reply and "return.1" in reply


@pytest.fixture
def mind() -> Iterator[Mind]:
    with thinking() as mind:
        yield mind


@pytest.fixture
def generating(
    monkeypatch: pytest.MonkeyPatch, sqlite_databases: SqliteDatabases, tmp_path: Path, mind: Mind
) -> Iterator[Stage]:
    settings = {"generator_url": mind.url, "generator_model": "small"}
    with stage(monkeypatch, sqlite_databases.shop(), tmp_path, "C1001", **settings) as made:
        teach(made)
        yield made


def test_a_draft_that_holds_takes_the_answers_place(generating: Stage, mind: Mind) -> None:
    mind.draft = "Sure. {facts}"
    reply = generating.hear(ActionFaq(), said("how long? KF10000001", knowledge=hits((REFUND, 0.9))))
    assert reply.startswith("Sure. A refund takes 3 to 5") and "(Source: How long a refund takes" in reply
    assert mind.given()["question"] == "how long? [order]"


@pytest.mark.parametrize("manner", ["answer", "500", "garbage"])
def test_a_draft_that_lies_or_never_comes_leaves_the_plain_answer(
    generating: Stage, mind: Mind, manner: str
) -> None:
    mind.manner, mind.draft = manner, "A refund takes 1 day."
    reply = generating.hear(ActionFaq(), said(knowledge=hits((REFUND, 0.9))))
    assert reply.startswith("A refund takes 3 to 5 business days")
    assert len(mind.asked) == 1


def test_only_answers_from_passages_are_ever_reworded(generating: Stage, mind: Mind) -> None:
    generating.hear(ActionFaq(), said(knowledge=hits((REFUND, 0.2))))
    generating.hear(ActionBeginTask(), said(intent="cancel_order"))
    assert mind.asked == []
