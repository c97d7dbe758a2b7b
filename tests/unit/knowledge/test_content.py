"""The packaged passages: enough of them, in both languages, and no number of their own."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from kefu.knowledge.passages import Passage, load, placeholders, render, validate

DATA = Path(__file__).parents[3] / "data"
PASSAGES = load(DATA / "knowledge")
BY_NAME = {f"{passage.passage_id}-{passage.language}": passage for passage in PASSAGES}


@dataclass
class Row:
    params: dict[str, str]


def policy() -> dict[str, Row]:
    with (DATA / "shop" / "policy.csv").open(encoding="utf-8", newline="") as file:
        return {row["clause"]: Row(dict(_pairs(row["params"]))) for row in csv.DictReader(file)}


def _pairs(params: str):
    return (pair.split("=", 1) for pair in params.split(";") if pair)


def everywhere(test):
    """Run a test for each passage and language."""
    return pytest.mark.parametrize("passage", BY_NAME.values(), ids=BY_NAME.keys())(test)


def test_there_are_enough_passages_and_each_in_both_languages():
    languages = Counter(passage.language for passage in PASSAGES)
    assert languages["en"] == languages["zh"] >= 66


def test_the_policy_fills_every_passage():
    validate(PASSAGES, policy())


def test_no_question_belongs_to_two_passages():
    asked = Counter((p.language, re.sub(r"\W", "", q.lower())) for p in PASSAGES for q in p.questions)
    assert [question for question, times in asked.items() if times > 1] == []


def test_every_clause_is_explained():
    explained = {passage.clause for passage in PASSAGES} | {
        clause for passage in PASSAGES for clause, _ in placeholders(passage)
    }
    assert set(policy()) <= explained


@everywhere
def test_people_ask_in_many_ways(passage: Passage):
    assert len(passage.questions) >= 6


@everywhere
def test_an_answer_is_short_and_complete(passage: Passage):
    words = render(passage, policy())
    assert 1 <= len(re.findall(r"[.!?。！？](?=\s|$|[^\d\w])|[。！？]", words)) <= 4
    assert len(words) <= (420 if passage.language == "en" else 200)
    assert "{" not in words and "button" not in words and "按钮" not in words


@everywhere
def test_every_number_comes_from_the_policy(passage: Passage):
    assert re.findall(r"\d", re.sub(r"\{[^{}]*\}", "", passage.answer)) == []


@everywhere
def test_the_customer_is_addressed_politely(passage: Passage):
    assert not re.search("你", passage.answer)


def test_another_shop_hears_its_own_numbers():
    clauses = policy()
    clauses["return.1"] = Row({**clauses["return.1"].params, "days": "11", "shipping_paid_by": "shop"})
    assert "11 days" in render(BY_NAME["return-window-en"], clauses)
    assert "由店里承担" in render(BY_NAME["return-cost-zh"], clauses)
