"""The training examples: enough of them, in both languages, written rather than generated."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from tests.support.project import LANGUAGES, ROOT, domain, examples, intents

LEARNT = sorted(intents() - {"other_language"})
ENOUGH = 40
MOST_ALIKE = 1 / 3
ANNOTATION = re.compile(
    r"\[(?P<text>[^\]]*)\]"
    r"(?:\((?P<plain>\w+)\)|\{[^}]*?\"entity\":\s*\"(?P<name>\w+)\"[^}]*\})"
)
# Plain words for things; a sentence that differs from another in these alone shares its template.
THINGS = {
    "en": "headphones? earbuds? keyboards? lamps? bottles? monitors? courses? books? e-?books? case shoes? "
    "orders? parcels? packages? items? products?",
    "zh": "耳机 键盘 台灯 保温杯 水杯 杯子 显示器 充电盒 课程 课 电子书 书 会员 订单 包裹 快递 东西 商品",
}


@cache
def things(language: str) -> re.Pattern[str]:
    with (ROOT / "data" / "shop" / "products.csv").open(encoding="utf-8") as stream:
        names = [re.escape(row[f"name_{language}"].lower()) for row in csv.DictReader(stream)]
    words = sorted([*names, *THINGS[language].split()], key=len, reverse=True)
    joined = "|".join(words)
    return re.compile(rf"\b(?:{joined})\b" if language == "en" else joined)


def template(text: str, language: str) -> str:
    """The example without its facts: entities, numbers and things masked, punctuation gone."""
    masked = ANNOTATION.sub(lambda match: f" <{match['plain'] or match['name']}> ", text).lower()
    masked = re.sub(r"[a-z]*\d[\w-]*", " <n> ", masked)
    masked = things(language).sub(" <t> ", masked)
    return " ".join(re.sub(r"[^\w<>]+", " ", masked).split())


def is_sentence(masked: str) -> bool:
    """Whether words are left beside the facts: a bare order number follows no template."""
    return bool(re.search(r"\w", re.sub(r"<\w+>", "", masked)))


def alike(texts: Sequence[str], language: str) -> float:
    """The share of the examples whose template another example has too."""
    found = Counter(template(text, language) for text in texts)
    return sum(n for masked, n in found.items() if n > 1 and is_sentence(masked)) / len(texts)


def plain(text: str) -> str:
    return ANNOTATION.sub(lambda match: match["text"], text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_of_the_domains_intents(language: str) -> None:
    assert sorted(examples(language)) == LEARNT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", LEARNT)
def test_there_are_enough_different_examples(intent: str, language: str) -> None:
    texts = examples(language)[intent]
    assert len({plain(text).strip().lower() for text in texts}) >= ENOUGH
    assert alike(texts, language) <= MOST_ALIKE


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_example_stands_for_two_intents(language: str) -> None:
    owners: dict[str, set[str]] = {}
    for intent, texts in examples(language).items():
        for text in texts:
            owners.setdefault(plain(text).strip().lower(), set()).add(intent)
    assert {text: found for text, found in owners.items() if len(found) > 1} == {}


def test_annotations_name_entities_that_are_learnt_from_examples() -> None:
    found = {"order_number", "product", "email", "phone", "code", "tracking_number", "variant", "coupon"}
    assert set(annotated()) <= set(domain()["entities"]) - found, "the catalogue finds these by itself"


def annotated() -> Mapping[str, int]:
    texts = [text for language in LANGUAGES for found in examples(language).values() for text in found]
    return Counter(match["plain"] or match["name"] for text in texts for match in ANNOTATION.finditer(text))


def test_the_reading_of_templates() -> None:
    assert template('cancel [two]{"entity": "quantity", "value": "2"} of the lamps in KF10000038', "en") == (
        "cancel <quantity> of the <t> in <n>"
    )
    assert alike(["return the lamp", "return the keyboard", "send it back", "KF1", "KF2"], "en") == 2 / 5


def test_no_wording_has_two_values() -> None:
    """Rasa's synonyms hold over intents, entities and languages: the last value read would win silently."""
    valued = re.compile(r'\[([^\]]*)\]\{[^}]*"value": "([^"]*)"[^}]*\}')
    values: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for text in (text for found in examples(language).values() for text in found):
            for wording, value in valued.findall(text):
                values.setdefault(wording.lower(), set()).add(value)
    assert {wording: found for wording, found in values.items() if len(found) > 1} == {}
