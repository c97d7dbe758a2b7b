"""Another shop in the same tables: its own links, money and names; nothing of the demo stands in code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from actions.products import ActionProduct
from actions.recommend import ActionRecommend
from actions.related import ActionAlternative, ActionCompatible
from actions.search import ActionSearch
from kefu.store import Store
from kefu.store.knowledge_records import Relation
from kefu.store.seed import seed
from tests.support.acting import Stage, stage
from tests.support.project import ROOT
from tests.support.talking import Talk

FOLDER = ROOT / "tests" / "driven" / "other_shop"


@pytest.fixture
def buyer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    """M1 has bought boots, a jacket and a course; the links stand in products.csv alone."""
    assert not (FOLDER / "relations.csv").exists()
    url = f"sqlite:///{tmp_path / 'other.db'}"
    store = Store.open(url, migrate=True)
    seed(store, FOLDER, now=datetime.now(timezone.utc), fresh=True)
    store.close()
    with stage(monkeypatch, url, tmp_path, "M1") as acting:
        yield acting


def talk(stage: Stage, language: str = "en") -> Talk:
    return Talk(stage, language, folder=FOLDER)


def test_a_link_among_the_attributes_is_a_fact(buyer: Stage) -> None:
    said = talk(buyer).say(ActionAlternative(), "ask_alternative", "anything similar to the rain jacket?")
    assert said == (
        "Instead of Maple Rain Jacket I can offer: Cedar Hiking Boots (£95.00). "
        "The catalogue says: Cedar Hiking Boots can stand in for Maple Rain Jacket."
    )


@pytest.mark.parametrize(
    ("language", "text", "there", "absent"),
    [
        ("en", "something under 100 pounds", ["Boots", "Knitting"], ["Jacket"]),
        ("en", "something between £90 and £110", ["Boots"], ["Jacket", "Knitting"]),
        ("en", "something waterproof", ["Jacket"], ["Boots", "Knitting"]),
        ("zh", "防水的东西", ["雨衣"], ["登山靴"]),
        ("en", "something that is not waterproof", ["Boots"], ["Jacket", "Knitting"]),
    ],
)
def test_filters_in_its_own_money_and_words(
    buyer: Stage, language: str, text: str, there: list[str], absent: list[str]
) -> None:
    said = talk(buyer, language).say(ActionSearch(), "search_products", text)
    assert [name for name in there if name not in said] == []
    assert [name for name in absent if name in said] == []


def test_dollars_are_not_its_money(buyer: Stage) -> None:
    said = talk(buyer).say(ActionSearch(), "search_products", "something under 100 dollars")
    assert said.startswith("Our prices are in GBP")


def test_it_and_its_variants(buyer: Stage) -> None:
    here = talk(buyer)
    assert "£120.00" in here.say(ActionProduct(), "ask_product", "how much is the rain jacket?")
    assert "in blue: 4" in here.say(ActionProduct(), "ask_product", "does it come in blue?")
    assert "not listed in white" in here.say(ActionProduct(), "ask_product", "does it come in white?")


def test_its_purchases_are_the_reason(buyer: Stage) -> None:
    with buyer.store.write() as tx:
        first = tx.products.get("T3")
        assert first is not None
        lace = replace(first, product_id="T4", name_en="Lace Knitting", name_zh="蕾丝编织课", price=4500)
        tx.products.put([*tx.products.all(), lace])
        tx.relations.replace_of(["T3"], [Relation("T3", "next", other_id="T4")])
    here = talk(buyer)
    said = here.say(ActionRecommend(), "ask_recommendation", "what should I get next?")
    assert said.splitlines()[1:] == [
        "1. Lace Knitting (£45.00): you have Knitting for Beginners, and Lace Knitting comes after "
        "Knitting for Beginners."
    ]
    needed = here.say(ActionCompatible(), "ask_compatible", "what goes with the rain jacket?")
    assert needed == "The catalogue names nothing that goes with Maple Rain Jacket."


def test_no_id_price_or_name_of_the_demo_stands_in_code() -> None:
    demo = re.compile(r"\bP[1-4]0\d\b|\bC100\d\b|Aurora|Quill|极光|羽毛")
    code = [*(ROOT / "actions").glob("*.py"), *(ROOT / "kefu" / "shop").glob("*.py")]
    code += [ROOT / "kefu" / "knowledge" / "graph.py"]
    lines = [f"{path.name}: {line}" for path in code for line in path.read_text().splitlines()]
    assert [line for line in lines if demo.search(line)] == []
