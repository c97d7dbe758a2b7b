"""What a customer means, said the way people say it.

Alice (C1001) has, newest first: KF10000001 earbuds (processing), KF10000005 Python course,
KF10000006 machine learning course, KF10000002 mechanical keyboard (shipped), KF10000003 headphones
(delivered), KF10000004 two lamps (delivered 45 days ago).
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kefu.shop.identity import Identity
from kefu.shop.operations import suitable
from kefu.shop.selection import Choice, Mention, Target, choose
from tests.support.demo_shop import NOW, DemoShop

ALICE = Identity("s", "C1001")
DANA = Identity("s", "C1006")  # KF10000018 earbuds and bottle, KF10000017 membership, KF10000019 lamps
MING = Identity("s", "C1003")  # KF10000013 earbuds, KF10000012 bottle and keyboard, KF10000011 membership
GRACE = Identity("s", "C1008")  # KF10000023 to 25 bottles (returned), KF10000026 earbuds
BOB = Identity("s", "C1002")  # an e-book, a returned, a cancelled and a delivered order

EARBUDS = Target("KF10000001", 1)
HEADPHONES = Target("KF10000003", 1)
KEYBOARDS = ("P104", "P105")
EVERY_ORDER = tuple(Target(f"KF1000000{n}") for n in (1, 5, 6, 2, 3, 4))


def pick(
    shop: DemoShop, who: Identity, task: str | None, *, whole: bool = False, said: Mention, **context: Any
) -> Choice:
    with shop.read() as tx:
        suits = suitable(tx, who, task, now=NOW) if task else lambda order, line: True
        return choose(tx, who, said, suits=suits, whole_orders=whole, **context)


def one(number: str, line: int | None = None) -> Choice:
    return Choice("one", (Target(number, line),))


# -- by number --------------------------------------------------------------------------


def test_an_order_number_settles_it_in_any_case(shop: DemoShop) -> None:
    said = Mention(order_numbers=("kf10000003",))
    assert pick(shop, ALICE, "return", said=said) == one("KF10000003", 1)
    assert pick(shop, ALICE, "cancel", whole=True, said=said) == one("KF10000003")


@pytest.mark.parametrize("number", ["KF10000007", "KF99999999"])
def test_somebody_elses_order_and_none_are_the_same(shop: DemoShop, number: str) -> None:
    for who in (ALICE, Identity("guest")):
        said = Mention(order_numbers=(number,), product_ids=("P301",))
        assert pick(shop, who, "refund", said=said) == Choice("not_visible")


def test_of_two_numbers_the_visible_one_counts(shop: DemoShop) -> None:
    said = Mention(order_numbers=("KF10000007", "KF10000003"))
    assert pick(shop, ALICE, "return", said=said) == one("KF10000003", 1)


def test_the_lines_of_a_named_order_are_asked_for(shop: DemoShop) -> None:
    said = Mention(order_numbers=("KF10000012",))
    both = (Target("KF10000012", 1), Target("KF10000012", 2))
    assert pick(shop, MING, "return", said=said) == Choice("many", both)
    assert pick(shop, MING, "return", whole=True, said=said) == one("KF10000012")


def test_a_product_that_the_named_order_does_not_hold_is_a_contradiction(shop: DemoShop) -> None:
    said = Mention(order_numbers=("KF10000003",), product_ids=KEYBOARDS)
    assert pick(shop, ALICE, "return", said=said) == Choice("contradiction", (HEADPHONES,))


# -- by what it is called ---------------------------------------------------------------


def test_the_headphones(shop: DemoShop) -> None:
    assert pick(shop, ALICE, "return", said=Mention(product_ids=("P102",))) == one("KF10000003", 1)


def test_the_keyboard_one_is_the_keyboard_they_have(shop: DemoShop) -> None:
    said = Mention(product_ids=KEYBOARDS)
    assert pick(shop, ALICE, None, whole=True, said=said) == one("KF10000002")
    assert pick(shop, MING, "return", said=said) == one("KF10000012", 2)


def test_a_product_they_never_bought(shop: DemoShop) -> None:
    assert pick(shop, ALICE, "return", said=Mention(product_ids=("P108",))) == Choice("none")


def test_what_does_not_suit_is_still_what_they_meant(shop: DemoShop) -> None:
    assert pick(shop, ALICE, "cancel", whole=True, said=Mention(product_ids=KEYBOARDS)) == one("KF10000002")


def test_the_one_that_suits_of_several_that_match(shop: DemoShop) -> None:
    # five bottles and earbuds, but the earbuds alone were not returned
    assert pick(shop, GRACE, "return", said=Mention(kinds=("physical",))) == one("KF10000026", 1)


def test_a_kind_or_category_in_place_of_a_product(shop: DemoShop) -> None:
    courses = Choice("many", (Target("KF10000005", 1), Target("KF10000006", 1)))
    assert pick(shop, ALICE, None, said=Mention(kinds=("course",))) == courses
    assert pick(shop, ALICE, "refund", said=Mention(kinds=("course",))) == one("KF10000005", 1)
    assert pick(shop, ALICE, "return", said=Mention(kinds=("audio",))) == one("KF10000003", 1)


def test_a_line_of_an_order_when_whole_orders_are_meant(shop: DemoShop) -> None:
    assert pick(shop, DANA, "cancel", whole=True, said=Mention(product_ids=("P106",))) == one("KF10000018", 2)
    everything = Mention(product_ids=("P106", "P101"))
    assert pick(shop, DANA, "cancel", whole=True, said=everything) == one("KF10000018")


# -- by what tells it apart -------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (Mention(variant="White", text="the white one"), "KF10000004"),
        (Mention(text="the one ending in 0002"), "KF10000002"),
        (Mention(text="尾号10000003的那个"), "KF10000003"),
        (Mention(text="the 149 dollar one"), "KF10000003"),
        (Mention(text="45.00 each"), "KF10000004"),
    ],
)
def test_details_tell_orders_apart(shop: DemoShop, said: Mention, number: str) -> None:
    offered = EVERY_ORDER[1:]
    assert pick(shop, ALICE, None, whole=True, said=said, offered=offered) == one(number)


def test_a_detail_that_fits_nothing_is_left_aside(shop: DemoShop) -> None:
    said = Mention(variant="purple", text="the 7 purple ones", product_ids=("P102",))
    assert pick(shop, ALICE, "return", said=said) == one("KF10000003", 1)


# -- by nothing but the conversation ----------------------------------------------------


def test_cancel_it_is_what_was_spoken_of(shop: DemoShop) -> None:
    it = Mention(text="cancel it")
    assert pick(shop, ALICE, "cancel", whole=True, said=it, focus="KF10000002") == one("KF10000002")
    assert pick(shop, ALICE, "return", said=it, focus=HEADPHONES) == one("KF10000003", 1)
    assert pick(shop, MING, "return", said=it, focus=Target("KF10000012", 2)) == one("KF10000012", 2)


def test_with_nothing_spoken_of_the_only_one_that_suits(shop: DemoShop) -> None:
    assert pick(shop, ALICE, "cancel", whole=True, said=Mention(text="cancel my order")) == one("KF10000001")


def test_several_that_suit_are_asked_for(shop: DemoShop) -> None:
    asked = pick(shop, ALICE, "return", said=Mention(text="I want to return something"))
    assert asked == Choice("many", (Target("KF10000005", 1), HEADPHONES, Target("KF10000004", 1)))


def test_nothing_suits(shop: DemoShop) -> None:
    outcome = pick(shop, BOB, "cancel", whole=True, said=Mention())
    assert outcome.status == "none"
    assert [target.order_number for target in outcome.targets] == [
        "KF10000007",
        "KF10000010",
        "KF10000009",
        "KF10000008",
    ]


def test_the_focus_decides_between_two_of_one_name(shop: DemoShop) -> None:
    said = Mention(kinds=("physical",))
    assert pick(shop, DANA, None, said=said, focus="KF10000019") == one("KF10000019", 1)


def test_a_focus_that_does_not_suit_gives_way_to_what_is_named(shop: DemoShop) -> None:
    said = Mention(kinds=("audio",))
    assert pick(shop, ALICE, "return", said=said, focus="KF10000001") == one("KF10000003", 1)


def test_a_guest_has_the_one_order_they_proved(shop: DemoShop) -> None:
    maria = Identity("s", verified_order="KF10000029")
    assert pick(shop, maria, None, whole=True, said=Mention()) == one("KF10000029")
    assert pick(shop, Identity("s"), None, whole=True, said=Mention()) == Choice("none")


# -- by the list that was shown ---------------------------------------------------------


@pytest.mark.parametrize(("ordinal", "place"), [("1", 0), ("3", 2), ("6", 5)])
def test_a_place_in_the_list(shop: DemoShop, ordinal: str, place: int) -> None:
    choice = pick(shop, ALICE, None, whole=True, said=Mention(ordinal=ordinal), offered=EVERY_ORDER)
    assert choice == Choice("one", (EVERY_ORDER[place],))


def test_a_place_that_the_list_does_not_have_asks_again(shop: DemoShop) -> None:
    for ordinal in ("7", "0", "first"):
        choice = pick(shop, ALICE, None, whole=True, said=Mention(ordinal=ordinal), offered=EVERY_ORDER)
        assert choice == Choice("many", EVERY_ORDER)


def test_an_order_from_the_list_is_narrowed_to_its_lines_where_lines_are_wanted(shop: DemoShop) -> None:
    offered = (Target("KF10000013"), Target("KF10000012"))
    both = (Target("KF10000012", 1), Target("KF10000012", 2))
    assert pick(shop, MING, None, said=Mention(ordinal="1"), offered=offered) == one("KF10000013", 1)
    assert pick(shop, MING, None, said=Mention(ordinal="2"), offered=offered) == Choice("many", both)


def test_a_name_after_a_list_means_one_of_the_list(shop: DemoShop) -> None:
    offered = (EARBUDS, HEADPHONES)
    assert pick(shop, ALICE, None, said=Mention(kinds=("audio",)), offered=(HEADPHONES,)) == one(
        "KF10000003", 1
    )
    lamp = pick(shop, ALICE, None, said=Mention(product_ids=("P107",)), offered=offered)
    assert lamp == one("KF10000004", 1)  # not of the list, but theirs


def test_the_second_keyboard_counts_keyboards(shop: DemoShop) -> None:
    said = Mention(kinds=("physical",), ordinal="2")
    assert pick(shop, ALICE, None, whole=True, said=said, offered=EVERY_ORDER) == one("KF10000002")


def test_my_last_order_is_the_newest_even_if_it_does_not_suit(shop: DemoShop) -> None:
    last = Mention(ordinal="last")
    assert pick(shop, ALICE, "return", said=last) == one("KF10000001", 1)
    assert pick(shop, ALICE, None, said=Mention(ordinal="last", kinds=("course",))) == one("KF10000005", 1)
    turned = tuple(reversed(EVERY_ORDER))
    assert pick(shop, ALICE, None, whole=True, said=last, offered=turned) == one("KF10000001")


def test_the_last_of_one_orders_lines_is_the_last_line(shop: DemoShop) -> None:
    offered = (Target("KF10000012", 1), Target("KF10000012", 2))
    assert pick(shop, MING, None, said=Mention(ordinal="last"), offered=offered) == one("KF10000012", 2)


def test_no_the_other_one(shop: DemoShop) -> None:
    other = Mention(ordinal="other")
    offered = (HEADPHONES, Target("KF10000004", 1))
    assert pick(shop, ALICE, "return", said=other, offered=offered, focus="KF10000003") == one(
        "KF10000004", 1
    )
    lines = (Target("KF10000012", 1), Target("KF10000012", 2))
    assert pick(shop, MING, None, said=other, offered=lines, focus=lines[0]) == one("KF10000012", 2)
    assert pick(shop, MING, None, said=other, offered=lines, focus="KF10000012") == Choice("many", lines)


def test_the_other_one_without_a_list_is_the_other_that_suits(shop: DemoShop) -> None:
    other = Mention(ordinal="other")
    choice = pick(shop, ALICE, "return", said=other, focus="KF10000003")
    assert choice == Choice("many", (Target("KF10000005", 1), Target("KF10000004", 1)))
    audio = Mention(ordinal="other", kinds=("audio",))
    assert pick(shop, ALICE, "return", said=audio, focus="KF10000003") == one("KF10000001", 1)


@pytest.mark.parametrize("word", ["both", "all"])
def test_both_and_all(shop: DemoShop, word: str) -> None:
    lines = (Target("KF10000012", 1), Target("KF10000012", 2))
    said = Mention(ordinal=word, order_numbers=("KF10000012",))
    assert pick(shop, MING, "return", said=said) == Choice("one", lines)
    assert pick(shop, MING, "return", said=Mention(ordinal=word), offered=lines) == Choice("one", lines)


mentions = st.builds(
    Mention,
    st.lists(st.sampled_from(["KF10000001", "KF10000012", "KF10000013", "nothing"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["P101", "P105", "P106", "P401"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["physical", "course", "membership", "home"]), max_size=2).map(tuple),
    st.none() | st.sampled_from(["1", "2", "9", "last", "other", "both", "all"]),
    st.none() | st.sampled_from(["green", "black"]),
    st.sampled_from(["", "0013", "99", "the 25.00 one", "2 of them"]),
)
targets = st.sampled_from(
    [Target("KF10000011"), Target("KF10000012"), Target("KF10000012", 2), Target("KF10000001")]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mentions, st.lists(targets, max_size=3).map(tuple), st.none() | targets, st.booleans())
def test_only_what_the_speaker_owns_is_ever_chosen(
    shop: DemoShop, said: Mention, offered: tuple[Target, ...], focus: Target | None, whole: bool
) -> None:
    choice = pick(shop, MING, None, whole=whole, said=said, offered=offered, focus=focus)

    mine = {"KF10000011", "KF10000012", "KF10000013"}
    assert {target.order_number for target in choice.targets} <= mine
    assert len(choice.targets) == len(set(choice.targets))
    if choice.status == "one":
        assert len(choice.targets) == 1 or said.ordinal in ("both", "all")
    if choice.status == "many":
        assert len(choice.targets) > 1 or said.ordinal is not None


# -- pieces of one thing ----------------------------------------------------------------


@pytest.mark.parametrize("ordinal", ["other", "all"])
def test_the_other_one_and_both_are_pieces_of_what_was_spoken_of(shop: DemoShop, ordinal: str) -> None:
    said = Mention(ordinal=ordinal, text="now return the other one as well")
    found = pick(shop, DANA, "return", said=said, focus="KF10000019")
    assert found == one("KF10000019", 1)


def test_all_orders_are_not_the_one_in_focus(shop: DemoShop) -> None:
    said = Mention(ordinal="all", text="cancel all my orders")
    found = pick(shop, ALICE, None, whole=True, said=said, focus="KF10000004")
    assert len(found.targets) > 1
