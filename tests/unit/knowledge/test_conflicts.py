"""What says the same twice, gainsays another, or names another number than the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.knowledge.conflicts import Finding, findings
from kefu.knowledge.facts import differing, quantities, verdict
from kefu.knowledge.near import NearIndex, words
from kefu.knowledge.passages import Passage

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


@dataclass(frozen=True)
class FakeClause:
    params: dict[str, str]
    words: str

    def text(self, language: str) -> str:
        return self.words


CLAUSES = {
    "return.1": FakeClause({"days": "30"}, "goods can be returned within 30 days of delivery"),
    "shipping.1": FakeClause({"fee": "5.00"}, "2 to 7 business days, USD 5.00, free from USD 50.00"),
}


def passage(passage_id: str, question: str, answer: str, **fields: Any) -> Passage:
    made = Passage(passage_id, "en", question, (question,), answer, "c", None, "f.csv", NOW)
    return replace(made, **fields)


def found(new: Sequence[Passage], standing: Sequence[Passage] = ()) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (one.kind, tuple(name.split()[0] for name in one.passages))
        for one in findings(new, standing, CLAUSES)
    ]


RETURN = passage("a", "How long can I return goods?", "Within {return.1:days} days.", clause="return.1")


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("how long can i return goods", "Within 30 days.", "duplicate question"),
        ("How long can I return the goods please", "You have 14 days.", "contradiction"),
        ("how long may goods be returned: how long to return", "You have 14 days.", "contradiction"),
        ("How long is the course?", "It takes 14 days.", None),
        ("how long can i return goods", "Send them back in time.", "duplicate question"),
    ],
)
def test_two_passages_that_are_asked_alike(question: str, answer: str, kind: str | None) -> None:
    expected = [] if kind is None else [(kind, ("a", "b"))]
    assert found([RETURN, passage("b", question, answer)]) == expected
    swapped = [] if kind is None else [(kind, ("b", "a"))]
    assert found([passage("b", question, answer)], [RETURN]) == swapped


def test_what_is_held_apart_is_not_reported() -> None:
    chinese = replace(RETURN, passage_id="b", language="zh")
    assert found([RETURN, chinese]) == [] == found([RETURN], [replace(RETURN, answer="Within 9 days.")])
    other_rule = passage("b", "how long may goods go back or return", "14 days.", clause="shipping.1")
    assert found([RETURN, other_rule]) == []


def test_yes_against_no() -> None:
    yes = passage("a", "Can I pay by cheque?", "Yes, we take it.")
    no = passage("b", "Is it possible to pay by cheque", "No, we do not.")
    (one,) = findings([yes, no], [], {})
    assert one.kind == "contradiction" and "one says yes, the other no" in str(one)


def test_the_same_answer_under_another_question() -> None:
    said = "We send every parcel with a number by which you can follow it on the carrier's page."
    assert found([passage("a", "Where is it?", said), passage("b", "Tracking code", said + " Really.")]) == [
        ("same answer", ("a", "b"))]  # fmt: skip


def test_a_number_that_the_clause_has_otherwise() -> None:
    wrong = passage("a", "Q?", "It costs USD 6 and takes 2 to 7 business days.", clause="shipping.1")
    (one,) = findings([wrong], [], CLAUSES)
    assert one == Finding("policy", ("a (en)",), "money: found 6; clause shipping.1 has 5, 50")
    right = replace(wrong, answer="It costs $5.00, or nothing from $50.")
    assert list(findings([right, RETURN], [], CLAUSES)) == []


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("14 days", "14天", []),
        ("within 3 to 5 business days", "3–5个工作日", []),
        ("30 days, 90 if damaged", "30 days", []),
        ("30 days", "14 days", ["day: 30 against 14"]),
        ("until 2026-01-31", "until 2026年2月28日", ["date: 2026-01-31 against 2026-02-28"]),
        ("可以退货", "不可以退货", ["one says yes, the other no"]),
        ("10 %", "10 days", []),
    ],
)
def test_facts_that_differ(one: str, other: str, wanted: list[str]) -> None:
    assert differing(one, other) == wanted


def test_facts_are_read_in_both_languages() -> None:
    assert quantities("满 50 美元免运费，1,500.50 元以上 24 小时内发货，享 9 个月") == {
        "money": {"50", "1500.5"}, "hour": {"24"}, "month": {"9"}}  # fmt: skip
    assert [verdict(text) for text in ("Sorry, no.", "当然可以", "Normally.", "无法")] == [
        False,
        True,
        None,
        False,
    ]


SETS = st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=1), min_size=1, max_size=12)


@settings(max_examples=100)
@given(SETS, st.sampled_from([0.5, 0.6, 0.7, 0.75, 0.85, 1.0]))
def test_the_index_finds_exactly_what_comparing_all_finds(sets: list[frozenset[str]], least: float) -> None:
    index = NearIndex(list(enumerate(sets)), least=least)
    told = {tuple(sorted((place, other))) for place, one in enumerate(sets)
            for other, _ in index.near(one) if other != place}  # fmt: skip
    wanted = {
        (i, j) for (i, a), (j, b) in combinations(enumerate(sets), 2) if len(a & b) / len(a | b) >= least
    }
    assert told == wanted


def test_words_without_fillers_and_in_pairs_of_characters() -> None:
    assert words("Where is MY Order?") == {"where", "order"} and words("你好吗") == {"你好", "好吗"}
    assert words("what is it") == {"what", "is", "it"} and words("?!") == frozenset()
