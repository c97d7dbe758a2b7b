"""What leaves the house of a customer's words, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.knowledge.masking import masked


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("mail me at ann.lee+shop@example.co.uk please", "ann"),
        ("我的邮箱是li@例子.cn谢谢", "li@"),
        ("ann at example dot com", "example"),
        ("order KF10000001 is late", "10000001"),
        ("order kf 1000 0001 is late", "0001"),
        ("订单ＫＦ１０００００００１呢", "10000001"),
        ("call +86 138 0013 8000", "8000"),
        ("call (415) 555-2671", "2671"),
        ("一三八零零一三八零零零", "一三八"),
        ("my card 4242 4242 4242 4242 expires", "4242"),
        ("card 4242-4242-4242-4242", "4242"),
        ("the code is 123456", "123456"),
        ("four two four two one one", "four two"),
        ("parcel 1Z999AA10123456784", "999AA1"),
        ("see https://shop.example/o/77?token=abc", "token"),
        ("my name is Ann Lee", "Ann"),
        ("我叫王小明，退款多久", "王小明"),
    ],
)
def test_what_is_personal_is_masked(text: str, private: str) -> None:
    assert private.casefold() not in masked(text).casefold()


@pytest.mark.parametrize(
    "text", ["how long do refunds take", "are 2 weeks normal for it", "from $50 to $100?", "退款3到5天吗"]
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert masked(text) == text


def test_places_that_understanding_found_are_masked_too() -> None:
    assert masked("it is AB-7 and B2", spans=[(6, 10), (15, 17)]) == "it is [private] and [private]"


@given(st.text(max_size=60), st.from_regex(r"[1-9]\d{12,18}", fullmatch=True), st.text(max_size=60))
def test_no_card_number_ever_leaves(before: str, card: str, after: str) -> None:
    assert card not in masked(f"{before} {card} {after}")
