"""Facts read out of a customer's own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.alone import is_partial
from actions.answers import address_within, bare_address, said_quantity, said_reason, wanted_variant
from actions.turn import Turn
from kefu.shop.identity import Identity
from tests.support.databases import NOW
from tests.support.demo_shop import demo_shop


def turn(text: str, **entities: str) -> Turn:
    """A turn in which ``text`` was said and ``entities`` were found."""
    found: list[dict[str, Any]] = [{"entity": name, "value": value} for name, value in entities.items()]
    message = {"text": text, "entities": found, "intent": {"name": "inform"}}
    tracker = Tracker("s1", {}, message, [], False, None, {}, None)
    return Turn(tracker, CollectingDispatcher(), Identity("s1"), NOW, lambda: "Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("send it to 22 Pine Street, Boston 02108 please", "22 Pine Street, Boston 02108"),
        ("change the address of KF10000001 to 5 Elm Road, London SW1A 1AA", "5 Elm Road, London SW1A 1AA"),
        ("地址改成上海市黄浦区南京东路1号，谢谢", "上海市黄浦区南京东路1号"),
        ("新地址是杭州市西湖区天目山路9号", "杭州市西湖区天目山路9号"),
        ("I need to change the delivery address of KF10000001", None),
        ("把KF10000001的地址改一下", None),
    ],
)
def test_an_address_is_found_within_a_sentence(text: str, address: str | None) -> None:
    assert address_within(text) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("改成深圳市福田区深南大道100号", "深圳市福田区深南大道100号"),
        ("change it to 5 Elm Road, London SW1A 1AA please", "5 Elm Road, London SW1A 1AA"),
        ("my new address is 22 Pine Street, Boston 02108", "22 Pine Street, Boston 02108"),
        ("22 Pine Street, Boston 02108", "22 Pine Street, Boston 02108"),
        ("Flat 3, next to 5 Elm Road, London", "Flat 3, next to 5 Elm Road, London"),
        ("广州市天河区体育西路10号，510620", "广州市天河区体育西路10号，510620"),
    ],
)
def test_an_answer_is_the_address_without_the_words_around_it(text: str, address: str) -> None:
    assert bare_address(text) == address


@pytest.mark.parametrize(
    ("text", "entities", "pieces"),
    [
        ("actually just one", {}, "1"),
        ("one of the two lamps", {"ordinal": "all"}, "1"),
        ("只退一个", {}, "1"),
        ("both lamps", {"ordinal": "all"}, "all"),
        ("2 of them", {"quantity": "2"}, "2"),
        ("just one that works", {}, None),
        ("the lamps", {}, None),
    ],
)
def test_pieces_are_read_from_the_words(text: str, entities: dict[str, str], pieces: str | None) -> None:
    assert said_quantity(turn(text, **entities)) == pieces


@pytest.mark.parametrize(
    ("text", "entity", "reason"),
    [("I don't like them", "don't", "unwanted"), ("it is cracked", "damaged", "damaged"), ("hm", "hm", None)],
)
def test_a_reason_is_one_that_the_shop_knows(text: str, entity: str, reason: str | None) -> None:
    assert said_reason(turn(text, reason=entity)) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("it was dead when it came", "damaged"),
        ("收到就这样", "damaged"),
        ("both dont work", "damaged"),
        ("没坏，就是不想要", "unwanted"),
        ("it is not broken, i just don't want it", "unwanted"),
        ("太重了", "unwanted"),
        ("收到就想退", None),
    ],
)
def test_reasons_without_an_entity(text: str, reason: str | None) -> None:
    assert said_reason(turn(text)) == reason


def test_a_fault_that_was_there_on_arrival_is_no_later_one() -> None:
    assert said_reason(turn("it stopped working out of the box", reason="later_fault")) == "damaged"


@pytest.mark.parametrize(
    ("text", "partial"),
    [
        ("不对，是98号", True),
        ("wait no, number 351", True),
        ("no, 22 Pine Street, Boston", False),
        ("不对，福田区福华路98号", False),
        ("Calle Mayor 7, Madrid", False),
    ],
)
def test_a_part_of_an_address(text: str, partial: bool) -> None:
    assert is_partial(text) is partial


@pytest.mark.parametrize(
    ("text", "said", "variant"),
    [
        ("the black ones than the white ones", ["black", "white"], {"variant": "black"}),
        ("rather those than the white ones", ["white"], {"variant": None}),
        ("the white one please", ["white"], {}),
        ("black please", ["black"], {}),
    ],
)
def test_what_the_customer_has_is_no_wish(
    text: str, said: list[str], variant: dict[str, str | None], tmp_path: Path
) -> None:
    with demo_shop(tmp_path) as shop, shop.read() as tx:
        order = tx.orders.get("KF10000001")
    assert order is not None
    heard = turn(text)
    heard.tracker.latest_message["entities"] = [{"entity": "variant", "value": value} for value in said]
    assert wanted_variant(heard, order.lines[0]) == variant
