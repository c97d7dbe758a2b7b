"""Recommendations in words: why, in one sentence; what is only popular is called so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from actions.products import ActionProduct
from actions.recommend import ActionRecommend
from tests.support.acting import Stage, stage
from tests.support.databases import SqliteDatabases
from tests.support.talking import Talk

Enter = Callable[[str], Stage]


@pytest.fixture
def enter(
    monkeypatch: pytest.MonkeyPatch, sqlite_databases: SqliteDatabases, tmp_path: Path
) -> Iterator[Enter]:
    """Has a customer of the demo shop enter the stage."""
    with ExitStack() as stages:
        yield lambda customer: stages.enter_context(
            stage(monkeypatch, sqlite_databases.shop(), tmp_path, customer)
        )


def sign_out(stage: Stage) -> None:
    with stage.store.write() as tx:
        tx.execute("UPDATE sessions SET customer_id = NULL")


def restock(stage: Stage, product_id: str) -> None:
    with stage.store.write() as tx:
        product = tx.products.get(product_id)
        assert product is not None
        tx.products.put([replace(product, variants=tuple(replace(v, stock=5) for v in product.variants))])


def recommended(talk: Talk, text: str = "what would you recommend for me?") -> str:
    return talk.say(ActionRecommend(), "ask_recommendation", text)


def test_one_sentence_names_the_purchase_and_the_fact(enter: Enter) -> None:
    talk = Talk(enter("C1003"))
    assert recommended(talk) == (
        "From what you have with us:\n1. Gold Membership (yearly) ($99.00): you have Learner Membership "
        "(monthly), and Gold Membership (yearly) is the next step up from Learner Membership (monthly)."
    )
    assert talk.custom == {"facts": [["P401", "upgrade", "P402"]], "listed": ["P402"]}
    assert talk.say(ActionProduct(), "ask_product", "how much is it?").endswith("is $99.00.")


def test_in_chinese(enter: Enter) -> None:
    assert recommended(Talk(enter("C1003"), "zh"), "给我推荐点什么") == (
        "根据您买过的商品：\n1. 黄金会员（年）（$99.00）："
        "您已有学习会员（月），学习会员（月）可以升级为黄金会员（年）。"
    )


def test_what_became_available_is_recommended(enter: Enter) -> None:
    alice = enter("C1001")
    assert "Charging Case" not in recommended(Talk(alice))
    restock(alice, "P103")
    assert "you have Aurora Wireless Earbuds, and Aurora Charging Case fits" in recommended(Talk(alice))


def test_what_is_only_popular_is_called_so(enter: Enter) -> None:
    said = recommended(Talk(enter("C1001")))
    assert said.startswith("Nothing in the catalogue builds on your purchases")
    assert "you have" not in said.splitlines()[1]
    for owned in ("Earbuds", "Headphones", "Mechanical", "Lamp", "Python", "Machine"):
        assert owned not in said


@pytest.mark.parametrize(("language", "words"), [("en", "You are not signed in"), ("zh", "您还没有登录")])
def test_a_guest_hears_what_sells_and_is_asked(enter: Enter, language: str, words: str) -> None:
    alice = enter("C1001")
    sign_out(alice)
    said = recommended(Talk(alice, language))
    assert said.startswith(words)
    assert "Lumen Desk Lamp" in said or "流明台灯" in said


def test_a_customer_without_purchases_is_no_guest(enter: Enter) -> None:
    newcomer = enter("C1009")
    with newcomer.store.write() as tx:
        known = tx.customers.get("C1009")
        assert known is not None
        tx.customers.put([replace(known, customer_id="C2000", email="new@example.com")])
        tx.execute("UPDATE sessions SET customer_id = 'C2000'")
    assert recommended(Talk(newcomer)).startswith("I know of no purchase of yours")


def test_a_kind_that_is_named_holds(enter: Enter) -> None:
    said = recommended(Talk(enter("C1003")), "recommend a course for me")
    assert "Membership" not in said and "Python for Data Analysis" in said


def test_where_there_is_nothing_that_is_asked(enter: Enter) -> None:
    alice = enter("C1001")
    with alice.store.write() as tx:
        tx.execute("UPDATE variants SET stock = 0")
    assert recommended(Talk(alice), "something for my desk lamp").startswith("I have nothing to recommend")
