"""Two questions in one message: the part that speaks of the customer's own order is the task."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kefu.components.two_questions import SURE, Top, task_beside

EN = "where is my order KF10000002 and how long does a refund take?"
ZH = "我的订单到哪了，另外退款多久到账？"


def reader(**heard: Top):
    """Understands a text by the first of the words in it."""
    asked: list[str] = []

    def top_of(texts: Sequence[str]) -> list[Top]:
        asked.extend(texts)
        return [next(top for word, top in heard.items() if word in text) for text in texts]

    return asked, top_of


@pytest.mark.parametrize(("text", "mine", "rule"), [(EN, "order", "refund"), (ZH, "订单", "退款")])
def test_the_part_about_their_own_is_the_task(text: str, mine: str, rule: str) -> None:
    asked, top_of = reader(**{mine: ("track_order", 0.97), rule: ("faq", 0.9)})
    assert task_beside(text, "refund_status", top_of, rule="faq") == ("track_order", 0.97)
    assert len(asked) == 2


def test_the_order_of_the_parts_does_not_matter() -> None:
    _, top_of = reader(order=("track_order", 0.97), refund=("faq", 0.9))
    text = "how long does a refund take and where is my order KF10000002?"
    assert task_beside(text, "refund_status", top_of, rule="faq") == ("track_order", 0.97)


@pytest.mark.parametrize(
    ("mine", "rule"),
    [
        (("track_order", SURE - 0.01), ("faq", 0.9)),
        (("track_order", 0.9), ("faq", SURE - 0.01)),
        (("track_order", 0.9), ("refund_status", 0.9)),  # two tasks: whoever heard one of them decides
        (("refund_status", 0.9), ("faq", 0.9)),  # as the whole was heard
        (("faq", 0.9), ("faq", 0.9)),
    ],
)
def test_where_it_is_not_clear_the_whole_is_believed(mine: Top, rule: Top) -> None:
    _, top_of = reader(order=mine, refund=rule)
    assert task_beside(EN, "refund_status", top_of, rule="faq") is None


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("where is my order KF10000002?", "track_order"),
        ("where is my order and when does my refund arrive?", "refund_status"),  # both are their own
        ("do you ship to Spain and how long does it take?", "track_order"),  # neither is
        (EN, "faq"),  # passages answer, and say what they leave open
        ("", "track_order"),
    ],
)
def test_other_messages_are_not_read_again(text: str, heard: str) -> None:
    asked, top_of = reader()
    assert task_beside(text, heard, top_of, rule="faq") is None and asked == []
