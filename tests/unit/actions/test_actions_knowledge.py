"""The catalogue behind rasa-sdk's interface: what rasa-sdk's own action over it finds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.knowledge_base.actions import ActionQueryKnowledgeBase

from actions.knowledge import KefuKnowledgeBase
from tests.support.demo_shop import demo_shop


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[KefuKnowledgeBase]:
    with demo_shop(tmp_path) as shop:
        yield KefuKnowledgeBase(shop.read, language="en")


def objects(knowledge: KefuKnowledgeBase, kind: str, *, limit: int = 5, **attributes: str) -> list[str]:
    wanted = [{"name": name, "value": value} for name, value in attributes.items()]
    return [each["id"] for each in asyncio.run(knowledge.get_objects(kind, wanted, limit))]


def test_object_types_are_the_kinds_of_the_shop(knowledge: KefuKnowledgeBase) -> None:
    assert knowledge.get_object_types() == ["physical", "course", "ebook", "membership"]


@pytest.mark.parametrize(
    ("kind", "attributes", "found"),
    [
        ("course", {}, ["P203", "P201", "P202"]),
        ("physical", {"wireless": "Yes"}, ["P104"]),
        ("physical", {"ports": "usb-c"}, ["P108"]),
        ("physical", {"variants": "green"}, ["P106"]),
        ("physical", {"category": "audio", "price": "79.00"}, ["P101"]),
        ("course", {"requires": "P201"}, ["P202"]),
        ("physical", {"covered_by": "exchange.1"}, ["P106", "P101"]),
        ("physical", {"fits": "P101"}, []),  # the charging case is out of stock
        ("car", {}, []),
        ("course", {"wheels": "4"}, []),
    ],
)
def test_objects_by_their_attributes_and_relations(
    knowledge: KefuKnowledgeBase, kind: str, attributes: dict[str, str], found: list[str]
) -> None:
    assert objects(knowledge, kind, **attributes) == found


def test_no_more_objects_than_asked_for(knowledge: KefuKnowledgeBase) -> None:
    assert objects(knowledge, "physical", limit=2) == ["P106", "P107"]


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ("P103", "P103"),
        ("p103", "P103"),
        ("aurora charging case", "P103"),
        ("充电盒", "P103"),
        ("Aurora", None),  # several
        ("toaster", None),
    ],
)
def test_one_object_by_id_or_name(knowledge: KefuKnowledgeBase, identifier: str, found: str | None) -> None:
    one = asyncio.run(knowledge.get_object("physical", identifier))
    assert (one and one["id"]) == found


def test_an_object_holds_what_the_catalogue_says(knowledge: KefuKnowledgeBase) -> None:
    one = asyncio.run(knowledge.get_object("physical", "P101"))
    assert one is not None
    assert (one["price"], one["currency"], one["stock"]) == ("79.00", "USD", 120)
    assert (one["battery_hours"], one["variants"]) == ("28", ["white", "black"])
    assert (one["compatible_with"], one["alternative"]) == (["P103"], ["P102"])
    names = asyncio.run(knowledge.get_attributes_of_object("physical"))
    assert {"battery_hours", "ports", "volume_ml", "fits", "id"} <= set(names)
    assert "teacher" not in names


def test_key_and_representation(tmp_path: Path, knowledge: KefuKnowledgeBase) -> None:
    assert asyncio.run(knowledge.get_key_attribute_of_object("course")) == "id"
    one = asyncio.run(knowledge.get_object("course", "P202"))
    show = asyncio.run(knowledge.get_representation_function_of_object("course"))
    assert show(one) == "Machine Learning in Practice"
    (tmp_path / "zh").mkdir()
    with demo_shop(tmp_path / "zh") as shop:
        chinese = KefuKnowledgeBase(shop.read, language="zh")
        assert show(asyncio.run(chinese.get_object("course", "P202"))) == "机器学习实战"


@pytest.mark.parametrize(
    ("ordinal", "meant"),
    [("1", "A"), ("3", "C"), ("last", "C"), ("4", None), ("other", None), ("both", None)],
)
def test_a_place_in_a_list(knowledge: KefuKnowledgeBase, ordinal: str, meant: str | None) -> None:
    assert knowledge.mentioned(ordinal, ["A", "B", "C"]) == meant


def ask(
    knowledge: KefuKnowledgeBase, slots: dict[str, Any], *entities: str
) -> tuple[list[str], dict[str, Any]]:
    """What rasa-sdk's own action says over this knowledge base, and the slots that it sets."""
    found = [{"entity": name, "value": slots.get(name)} for name in entities]
    tracker = Tracker("s", slots, {"entities": found}, [], False, None, {}, None)
    dispatcher = CollectingDispatcher()
    events = asyncio.run(ActionQueryKnowledgeBase(knowledge).run(dispatcher, tracker, {}))
    said = [message["text"] for message in dispatcher.messages if message.get("text")]
    return said, slots | {event["name"]: event["value"] for event in events}


def test_rasas_own_action_lists_and_then_answers_about_the_second(knowledge: KefuKnowledgeBase) -> None:
    said, slots = ask(knowledge, {"object_type": "course", "level": "beginner"})
    assert said[1:] == ["1: Writing That Sells", "2: Python for Data Analysis"]
    slots |= {"object_type": "course", "attribute": "teacher", "mention": "2"}
    said, slots = ask(knowledge, slots, "attribute")
    assert said == ["'Python for Data Analysis' has the value 'Dr. Zhou' for attribute 'teacher'."]
    assert slots["knowledge_base_last_object"] == "P201"
