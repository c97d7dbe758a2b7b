"""Another shop in the same tables: other numbers, names, prices and clauses, the same model and code."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kefu.knowledge import passages
from kefu.store.seed import seed
from tests.driven.servers import ROOT, Assistant

FOLDER = Path(__file__).parent / "other_shop"
NOTICED_SECONDS = 15  # the server watches the store's change counters and fits the passages anew


@pytest.fixture(scope="module")
def other(running: Assistant) -> Iterator[Assistant]:
    """The running servers with the other shop in their store; the demo shop comes back afterwards."""
    _load(running, FOLDER)
    yield running
    _load(running, ROOT / "data" / "shop")


def _load(running: Assistant, folder: Path) -> None:
    now = datetime.now(timezone.utc)
    seed(running.store, folder, now=now, fresh=True, parse_passages=passages.load)
    time.sleep(NOTICED_SECONDS)


def test_its_own_order_is_found_and_cancelled(other: Assistant) -> None:
    talk = other.begin("M1")
    assert "MB20250001" in talk.say("where is my order mb 2025 0001")
    offer = talk.say("cancel the hiking boots")
    assert "£95.00" in offer
    assert "7 to 9 business days" in offer
    answer = talk.say("yes")
    assert "supervisor" in answer  # above this shop's own limit of 90
    with other.store.read() as tx:
        assert [refund.state for refund in tx.refunds.of_order("MB20250001")] == ["requested"]


def test_its_own_window_decides(other: Assistant) -> None:
    talk = other.begin("M1")
    refusal = talk.say("I want to return the rain jacket, I don't like it")
    assert "return.1" in refusal
    assert "14 days" in refusal
    assert "return.2" in talk.say("the rain jacket arrived broken")


def test_its_own_percentage_decides(other: Assistant) -> None:
    talk = other.begin("M1")
    refusal = talk.say("I want my money back for the knitting course")
    assert "10" in refusal
    assert "8%" in refusal or "8 percent" in refusal


def test_in_chinese(other: Assistant) -> None:
    talk = other.begin("M2")
    offer = talk.say("我要退登山靴，不喜欢")
    assert "£95.00" in offer
    assert "return.1" in offer


def test_its_own_links_are_its_facts(other: Assistant) -> None:
    answer = other.begin("guest").say("do you have anything similar to the rain jacket?")
    assert "Cedar Hiking Boots can stand in for Maple Rain Jacket" in answer


def test_faq_numbers_are_its_own(other: Assistant) -> None:
    answer = other.begin("guest").say("how long do refunds take?")
    assert re.search(r"7 to 9|between 7 and 9", answer)
    assert "14" in other.begin("guest").say("how many days do I have to return something?")


def test_the_demo_shop_is_not_known(other: Assistant) -> None:
    answer = other.begin("guest").say("how much are the Aurora earbuds?")
    assert "79" not in answer
