"""Two tasks in one message: both are heard, one is begun, and what is one task is taken for one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.clauses import LONGEST, two_tasks
from actions.confirm import ActionAffirm, ActionBeginTask, ActionDeny, ActionStop
from actions.every_form import (
    ValidateAddressForm,
    ValidateCancelForm,
    ValidateExchangeForm,
    ValidateReturnForm,
)
from actions.fallback import ActionTwoStageFallback
from actions.later import INTENTS
from actions.tasks import TASKS
from kefu.knowledge.passages import load
from kefu.language.text import simplified
from tests.project.test_examples import plain
from tests.support.acting import Stage, stage
from tests.support.databases import SqliteDatabases
from tests.support.project import LANGUAGES, ROOT, examples
from tests.support.talking import Talk

ROWS = list(csv.DictReader((ROOT / "tests/support/two_tasks.csv").open(encoding="utf-8", newline="")))
BOTH = "cancel KF10000001 and return the studio headphones"


@pytest.fixture
def alice(
    monkeypatch: pytest.MonkeyPatch, sqlite_databases: SqliteDatabases, tmp_path: Path
) -> Iterator[Stage]:
    with stage(monkeypatch, sqlite_databases.shop(), tmp_path, "C1001") as acting:
        yield acting


def order_number(text: str, number: str) -> dict[str, Any]:
    start = text.index(number)
    return {"entity": "order_number", "value": number, "start": start, "end": start + len(number)}


# -- what is one task, and what are two --------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"])
def test_two_tasks_are_told_from_one(row: dict[str, str]) -> None:
    found = two_tasks(simplified(row["text"]))
    assert [clause.form for clause in found or ()] == [form for form in (row["first"], row["second"]) if form]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_example_of_one_task_is_taken_for_two(language: str) -> None:
    """Each training example has one intent; none of them may be announced as two wishes."""
    texts = [plain(text) for found in examples(language).values() for text in found]
    assert len(texts) > 10_000
    assert [text for text in texts if two_tasks(simplified(text))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_of_a_passage_is_taken_for_two_tasks(language: str) -> None:
    asked = [q for one in load(ROOT / "data/knowledge") if one.language == language for q in one.questions]
    assert [text for text in asked if two_tasks(simplified(text))] == []


def test_a_story_and_three_wishes_are_left_to_the_classifier() -> None:
    assert two_tasks(f"cancel KF10000001 and return the lamp {'x' * LONGEST}") is None
    assert two_tasks("cancel KF10000001, return the lamp and send me an invoice for KF10000003") is None


@pytest.mark.parametrize(
    "text",
    [
        "don't cancel KF10000001 and change the address of KF10000002",
        "can I cancel KF10000001 and return the lamp?",
        "cancel KF10000001 or return the lamp",
        "不要取消KF10000001，把KF10000002的地址改一下",
        "怎么取消KF10000001和退台灯",
        "如果取消不了KF10000001，就退台灯",
    ],
)
def test_what_is_denied_asked_or_conditional_is_no_wish(text: str) -> None:
    assert two_tasks(text) is None


def test_each_clause_is_read_as_an_intent_that_begins_its_form() -> None:
    assert {form: intent in TASKS[form].triggers for form, intent in INTENTS.items()} == dict.fromkeys(
        INTENTS, True
    )


# -- what is said, and what becomes of the second ------------------------------------------------


def begun(talk: Talk, text: str, intent: str, *learnt: dict[str, Any]) -> str:
    return talk.say(ActionBeginTask(), intent, text, *learnt)


@pytest.mark.parametrize(
    ("language", "text", "intent", "words"),
    [
        ("en", BOTH, "cancel_order", "the cancellation (KF10000001), then the return (studio headphones)"),
        ("en", BOTH, "return_item", "the return (studio headphones), then the cancellation (KF10000001)"),
        ("zh", "取消KF10000001，再退耳机", "cancel_order", "先办取消订单（KF10000001），再办退货（耳机）"),
        ("zh", "取消KF10000001，再退頭戴式耳機", "cancel_order", "再办退货（頭戴式耳機）"),
    ],
)  # fmt: skip
def test_both_are_named_in_the_order_in_which_they_are_done(
    alice: Stage, language: str, text: str, intent: str, words: str
) -> None:
    assert words in begun(Talk(alice, language), text, intent, order_number(text, "KF10000001"))


def test_the_form_reads_its_own_clause_alone(alice: Stage) -> None:
    """Two order numbers in the message: the second is not cancelled with the first."""
    text = "cancel KF10000001 and change the address of KF10000003"
    numbers = [order_number(text, "KF10000001"), order_number(text, "KF10000003")]
    for action, wanted in ((ValidateCancelForm(), "KF10000001"), (ValidateAddressForm(), "KF10000003")):
        talk = Talk(alice)
        talk.say(action, "cancel_order", text, *numbers)
        assert [order for order, _ in talk.slots["item"]] == [wanted]


def test_a_number_of_pieces_belongs_to_its_own_clause(alice: Stage) -> None:
    talk = Talk(alice, slots={"quantity": "2"})  # as Rasa filled it from the other clause
    text = "return the studio headphones and send me an invoice for KF10000003"
    talk.say(ValidateReturnForm(), "return_item", text, order_number(text, "KF10000003"))
    assert talk.slots["quantity"] is None


def test_the_variant_of_an_exchange_is_read_where_it_is_said(alice: Stage) -> None:
    """Rasa fills it for the form that runs, not for one that an action begins."""
    text = "cancel KF10000001 and exchange the studio headphones for the black ones"
    number = order_number(text, "KF10000001")
    black = {
        "entity": "variant",
        "value": "black",
        "start": text.index("black"),
        "end": text.index("black") + 5,
    }
    talk = Talk(alice, slots={"variant": "white"})
    talk.say(ValidateExchangeForm(), "exchange_item", text, number, black)
    assert talk.slots["variant"] == "black"


def test_the_second_is_offered_when_the_first_was_dropped_and_yes_begins_it(alice: Stage) -> None:
    talk = Talk(alice)
    begun(talk, BOTH, "cancel_order", order_number(BOTH, "KF10000001"))
    assert "also asked for the return (studio headphones)" in talk.say(ActionDeny(), "deny", "no")
    assert talk.slots["later"] is None
    said = talk.say(ActionAffirm(), "affirm", "yes")  # the packaged orders are older than a return may be
    assert "Aurora Studio Headphones (black) from order KF10000003" in said and "return." in said


def test_it_is_offered_once(alice: Stage) -> None:
    talk = Talk(alice)
    begun(talk, BOTH, "cancel_order", order_number(BOTH, "KF10000001"))
    talk.say(ActionDeny(), "deny", "no")
    assert "also asked for" not in talk.say(ActionDeny(), "deny", "no")


def test_it_is_forgotten_where_all_is_stopped_or_it_was_begun_by_itself(alice: Stage) -> None:
    for action, intent, text in (
        (ActionStop(), "stop", "never mind"),
        (ActionBeginTask(), "return_item", "return the headphones"),
    ):
        talk = Talk(alice)
        begun(talk, BOTH, "cancel_order", order_number(BOTH, "KF10000001"))
        talk.say(action, intent, text)
        assert talk.slots["later"] is None


def test_where_the_classifier_is_torn_the_first_is_begun(alice: Stage) -> None:
    talk = Talk(alice)
    said = talk.say(ActionTwoStageFallback(), "nlu_fallback", BOTH, order_number(BOTH, "KF10000001"))
    assert "first the cancellation (KF10000001)" in said
    assert "I can cancel order KF10000001" in said


def test_one_task_says_nothing_of_two(alice: Stage) -> None:
    assert begun(Talk(alice), "cancel KF10000001 and refund the money", "cancel_order") == ""
