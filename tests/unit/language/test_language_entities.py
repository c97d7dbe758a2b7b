"""Entities of a catalogue: names by alias, numbers however typed, and what must not be heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.language.entities import CatalogueMatcher


def heard(matcher: CatalogueMatcher, text: str) -> list[tuple[str, str]]:
    return [(found.entity, found.value) for found in matcher.find(text)]


def products(matcher: CatalogueMatcher, text: str) -> list[list[str]]:
    return [list(f.extra["product_ids"]) for f in matcher.find(text) if f.entity == "product"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("where is KF10000002", "KF10000002"),
        ("kf 1000 0002", "KF10000002"),
        ("KF-1000-0002 please", "KF10000002"),
        ("KF1OOOOOO8", "KF10000008"),
        ("kf#10000012", "KF10000012"),
        ("ＫＦ１０００００２１", "KF10000021"),
        ("订单10000002到哪了", "KF10000002"),
        ("10000002", "KF10000002"),
        ("KF一零零零零零零二", "KF10000002"),
        ("KF1000001", "KF1000001"),
        ("my order AB12345678", "AB12345678"),
    ],
)
def test_order_numbers_however_typed(demo: CatalogueMatcher, text: str, number: str) -> None:
    assert heard(demo, text) == [("order_number", number)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SF1234567890", [("tracking_number", "SF1234567890")]),
        ("482913", [("code", "482913")]),
        ("验证码是482913", [("code", "482913")]),
        ("上海市徐汇区肇嘉浜路1号 200030", []),
        ("Alice@Example.com", [("email", "alice@example.com")]),
        ("+1-202-555-0101", [("phone", "+12025550101")]),
        ("我的手机13800000003", [("phone", "13800000003")]),
        ("call me on 55000009", [("phone", "55000009")]),
        ("i paid $79.00 twice", [("amount", "79.00")]),
        ("1,250.50 dollars", [("amount", "1250.50")]),
        ("200块以内", [("amount", "200")]),
        ("within 30 days", []),
        ("at most 3 pieces", []),
        ("welcome10 does not work", [("coupon", "WELCOME10")]),
        ("is SUMMER50 a valid coupon", [("coupon", "SUMMER50")]),
        ("can I save 20 dollars", [("amount", "20")]),
    ],
)
def test_other_numbers(demo: CatalogueMatcher, text: str, found: list[tuple[str, str]]) -> None:
    assert heard(demo, text) == found


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Aurora Wireless Earbuds", ["P101"]),
        ("the wireless earbuds", ["P101"]),
        ("headphones", ["P102"]),
        ("耳机", ["P101", "P102"]),
        ("keyboard", ["P104", "P105"]),
        ("the quill one", ["P104", "P105"]),
        ("mechanical keyboards", ["P104"]),
        ("haedphones", ["P102"]),
        ("mecanical keybord", ["P104"]),
        ("water botle", ["P106"]),
        ("鍵盤", ["P104", "P105"]),
        ("the screen is cracked", ["P108"]),
        ("the python course", ["P201"]),
        ("机器学习那门课", ["P202"]),
        ("写作课", ["P203"]),
        ("安静的谈判者", ["P301"]),
        ("gold membership", ["P402"]),
        ("monthly membership", ["P401"]),
        ("月度会员", ["P401"]),
    ],
)
def test_products_by_what_people_call_them(demo: CatalogueMatcher, text: str, ids: list[str]) -> None:
    assert products(demo, text) == [ids]


@pytest.mark.parametrize(
    "text",
    [
        "of course", "in case it breaks", "is it wireless?", "I am writing to complain", "I am home",
        "the other one", "in light of this", "羽毛球拍有吗", "明白了", "说明书在哪", "",
    ],
)  # fmt: skip
def test_ordinary_sentences_name_no_product(demo: CatalogueMatcher, text: str) -> None:
    assert heard(demo, text) == []


def test_a_word_for_a_kind_gives_the_kind_alone(demo: CatalogueMatcher) -> None:
    (found,) = demo.find("my course does not open")
    assert (found.value, dict(found.extra)) == ("course", {"product_ids": [], "kinds": ["course"]})


def test_the_only_product_of_a_kind_is_its_best_guess(tea_shop: CatalogueMatcher) -> None:
    (found,) = tea_shop.find("my course does not open")
    assert (found.value, found.extra["product_ids"]) == ("T3", ["T3"])


def test_two_products_in_one_sentence(demo: CatalogueMatcher) -> None:
    assert products(demo, "compact keyboard vs mechanical keyboard") == [["P105"], ["P104"]]


def test_colours_are_variants_under_the_catalogues_own_name(demo: CatalogueMatcher) -> None:
    assert heard(demo, "the gray one, not 黑色的") == [("variant", "grey"), ("variant", "black")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("where is ts 123 456", [("order_number", "TS123456")]),
        ("茶壶碎了", [("product", "T2")]),
        ("the teapot in 250g", [("product", "T2"), ("variant", "250g")]),
        ("green tea tin", [("product", "T1")]),
        ("is TEA5 valid", [("coupon", "TEA5")]),
        ("keyboard", []),
    ],
)
def test_another_shop_is_known_by_its_own_data(
    tea_shop: CatalogueMatcher, text: str, found: list[tuple[str, str]]
) -> None:
    assert heard(tea_shop, text) == found


@given(st.text(alphabet="kKfF10O -订单耳机a keyboard$@.退2", max_size=40))
def test_entities_never_overlap_and_stay_inside(demo: CatalogueMatcher, text: str) -> None:
    found = demo.find(text)
    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))
