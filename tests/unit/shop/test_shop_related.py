"""How products stand to each other: from either side, over several hops, with the facts that say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from kefu.knowledge.graph import Fact, product
from kefu.shop import catalogue
from kefu.shop.related import (
    Related,
    accessories,
    alternatives,
    clauses_of,
    course_path,
    fits,
    links_of,
    names_of,
    needs,
)
from kefu.store import Transaction
from kefu.store.knowledge_records import Relation
from kefu.store.records import Product
from tests.support.demo_shop import DemoShop

NOBODY: frozenset[str] = frozenset()


@pytest.fixture
def tx(shop: DemoShop) -> Iterator[Transaction]:
    with shop.write() as transaction:
        yield transaction


def a(tx: Transaction, product_id: str) -> Product:
    found = tx.products.get(product_id)
    assert found is not None
    return found


def ids(found: Sequence[Related]) -> list[str]:
    return [each.product.product_id for each in found]


def facts(found: Related) -> list[tuple[str, str, str]]:
    return [(fact.subject.name, fact.relation, fact.object.name) for fact in found.facts]


def told(tx: Transaction, product_id: str, *relations: tuple[str, str]) -> None:
    """Have the catalogue say these relations of a product, and nothing else of it."""
    rows = [Relation(product_id, kind, other_id=other) for kind, other in relations]
    tx.relations.replace_of([product_id], rows)


def empty(tx: Transaction, product_id: str) -> None:
    one = a(tx, product_id)
    tx.products.put([replace(one, stock=0, variants=tuple(replace(v, stock=0) for v in one.variants))])


def test_alternatives_come_with_their_fact_and_can_be_bought(tx: Transaction) -> None:
    named, near = alternatives(tx, a(tx, "P104"))
    assert (ids([named, near]), facts(named), near.facts) == (
        ["P105", "P108"],
        [("P104", "alternative", "P105")],
        (),
    )
    empty(tx, "P105")
    assert ids(alternatives(tx, a(tx, "P104"))) == ["P108"]


def test_an_alternative_is_one_from_either_side(tx: Transaction) -> None:
    told(tx, "P105")
    told(tx, "P104", ("alternative", "P105"))
    assert facts(alternatives(tx, a(tx, "P105"))[0]) == [("P104", "alternative", "P105")]


def test_the_table_serves_and_attributes_do_not(tx: Transaction) -> None:
    for each in ("P101", "P103"):
        told(tx, each)
    assert a(tx, "P101").attributes["compatible_with"] == "P103"
    assert accessories(tx, a(tx, "P101")) == []


def test_accessories_are_found_from_either_side(tx: Transaction) -> None:
    assert ids(accessories(tx, a(tx, "P101"))) == ["P103"]
    assert ids(accessories(tx, a(tx, "P103"))) == ["P101"]
    told(tx, "P101")
    (case,) = accessories(tx, a(tx, "P101"))
    assert facts(case) == [("P103", "fits", "P101")]


def test_whether_two_products_fit(tx: Transaction) -> None:
    case, earbuds, headphones, lamp = (a(tx, f"P{n}") for n in (103, 101, 102, 107))
    said = Fact(product("P103"), "fits", product("P101"))
    assert fits(tx, case, earbuds).facts == fits(tx, earbuds, case).facts == (said,)
    beside = fits(tx, case, headphones)
    assert (beside.status, ids(beside.listed)) == ("not_listed", ["P101"])
    assert fits(tx, lamp, headphones).status == "unknown"


def test_the_path_of_courses_from_either_side(tx: Transaction) -> None:
    told(tx, "P201")  # only P202 says that it requires P201
    assert ids(course_path(tx, a(tx, "P201")).after) == ["P202"]
    told(tx, "P203", ("requires", "P202"))
    after = course_path(tx, a(tx, "P201")).after
    assert ids(after) == ["P202", "P203"]
    assert facts(after[1]) == [("P202", "requires", "P201"), ("P203", "requires", "P202")]


def test_a_circle_of_courses_ends(tx: Transaction) -> None:
    told(tx, "P202", ("next", "P201"), ("requires", "P201"))
    assert ids(course_path(tx, a(tx, "P201")).after) == ["P202"]


def test_what_is_needed_is_followed_over_several_hops(tx: Transaction) -> None:
    told(tx, "P203", ("requires", "P202"), ("compatible_with", "P301"))
    found = needs(tx, a(tx, "P203"), owned=NOBODY)
    assert (ids(found.missing), ids(found.owned), ids(found.extras)) == (["P202", "P201"], [], ["P301"])
    assert facts(found.missing[1]) == [("P203", "requires", "P202"), ("P202", "requires", "P201")]


def test_what_is_owned_is_no_need_and_no_extra(tx: Transaction) -> None:
    told(tx, "P203", ("requires", "P202"), ("compatible_with", "P301"))
    found = needs(tx, a(tx, "P203"), owned=frozenset({"P201", "P301"}))
    assert (ids(found.missing), ids(found.owned), ids(found.extras)) == (["P202"], ["P201"], [])


def test_extras_can_be_bought(tx: Transaction) -> None:
    assert needs(tx, a(tx, "P101"), owned=NOBODY).extras == ()  # the case is out of stock


def test_clauses_are_those_of_the_table_and_of_the_kind(tx: Transaction) -> None:
    assert set(clauses_of(tx, a(tx, "P101"))) == {"warranty.1", "return.1", "return.2", "exchange.1"}
    told(tx, "P301")
    assert clauses_of(tx, a(tx, "P301")) == ("refund.ebook",)


def test_links_and_names_in_either_language(tx: Transaction) -> None:
    assert links_of(tx, a(tx, "P202")) == {"requires": ["P201"], "covered_by": ["refund.course"]}
    (fact,) = catalogue.shelf(tx).graph.about(product("P202"), "requires")
    assert names_of(tx, [fact], "zh") == {"P202": "机器学习实战", "P201": "Python数据分析实战"}


def test_the_catalogue_is_read_once_until_it_changes(shop: DemoShop) -> None:
    with shop.read() as tx:
        first = catalogue.shelf(tx)
        assert catalogue.shelf(tx) is first
    with shop.write() as tx:
        assert catalogue.shelf(tx) is first
        tx.products.take_stock("P106", "green", 200)
        assert catalogue.shelf(tx) is first
        assert catalogue.by_ids(tx, ["P106"])[0].stock == 100  # stock is read when it is told
    with shop.write() as tx:
        told(tx, "P101")
    with shop.read() as tx:
        second = catalogue.shelf(tx)
        assert second is not first
        assert not second.graph.about(product("P101"), "compatible_with")


def test_a_change_that_is_undone_leaves_nothing_behind(shop: DemoShop) -> None:
    with pytest.raises(RuntimeError), shop.write() as tx:
        told(tx, "P101")
        assert accessories(tx, a(tx, "P103")) != [] and links_of(tx, a(tx, "P101")).keys() == {"covered_by"}
        raise RuntimeError
    with shop.write() as tx:  # moves the counter to where the other had moved it
        told(tx, "P301")
    with shop.read() as tx:
        assert "compatible_with" in links_of(tx, a(tx, "P101"))
