"""The product graph: facts from either end, ways that exist, circles that end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.knowledge.graph import MOST, SYMMETRIC, Fact, Graph, Path, Step, Thing, product

IDS = "ABCDEFG"
KINDS = ("requires", "next", "fits", "compatible_with", "alternative", "upgrade")
Row = TypeVar("Row", covariant=True)


@dataclass(frozen=True)
class Colour:
    name: str


@dataclass(frozen=True)
class Ware:
    product_id: str
    kind: str = "goods"
    variants: tuple[Colour, ...] = ()


@dataclass(frozen=True)
class Said:
    product_id: str
    kind: str
    other_id: str | None = None
    clause: str | None = None


@dataclass(frozen=True)
class Rows(Generic[Row]):
    rows: Sequence[Row]

    def all(self) -> Sequence[Row]:
        return self.rows


@dataclass(frozen=True)
class Source:
    """A catalogue that stands nowhere."""

    products: Rows[Ware]
    relations: Rows[Said]


def source(*said: Said, wares: Sequence[Ware] = ()) -> Source:
    return Source(Rows([*wares, *(Ware(id_) for id_ in IDS)]), Rows(said))


def graph(*said: tuple[str, str, str]) -> Graph:
    return Graph(Fact(product(left), kind, product(right)) for left, kind, right in said)


def ends(paths: Sequence[Path]) -> list[str]:
    return [path.end.name for path in paths]


graphs = st.lists(
    st.tuples(st.sampled_from(IDS), st.sampled_from(KINDS), st.sampled_from(IDS)), max_size=30
).map(lambda said: graph(*said))
walks = st.lists(st.builds(Step, st.sampled_from(KINDS), st.booleans()), min_size=1, max_size=4)


@given(graphs, walks, st.sampled_from(IDS))
def test_a_way_is_a_chain_of_facts_that_exist(known: Graph, steps: list[Step], start: str) -> None:
    for path in known.walk(product(start), steps):
        assert set(path.facts) <= set(known.facts)
        assert path.things[0] == product(start) != path.end
        assert len(set(path.things)) == len(path.things) == len(path.facts) + 1
        for fact, here, there in zip(path.facts, path.things, path.things[1:], strict=False):
            assert {fact.subject, fact.object} == {here, there}
            forth = any(step.relation == fact.relation and not step.back for step in steps)
            back = any(step.relation == fact.relation and step.back for step in steps)
            both = fact.relation in SYMMETRIC
            assert both or (forth and fact.subject == here) or (back and fact.object == here)


@given(graphs, walks, st.sampled_from(IDS))
def test_a_walk_finds_everything_that_can_be_reached_by_a_shortest_way(
    known: Graph, steps: list[Step], start: str
) -> None:
    distance, rim = {product(start): 0}, {product(start)}
    while rim:
        beyond = {fact.other(here) for here in rim for fact in known.beside(here, steps)}
        rim = beyond - set(distance)
        distance |= dict.fromkeys(rim, max(distance.values()) + 1)
    paths = known.walk(product(start), steps)
    assert {path.end: len(path.facts) for path in paths} == {
        thing: far for thing, far in distance.items() if far
    }
    assert [len(path.facts) for path in paths] == sorted(len(path.facts) for path in paths)


@given(graphs, st.sampled_from(sorted(SYMMETRIC)), st.booleans())
def test_symmetric_relations_hold_from_either_end(known: Graph, relation: str, back: bool) -> None:
    step = [Step(relation, back)]
    for one in map(product, IDS):
        for other in {fact.other(one) for fact in known.beside(one, step)}:
            assert one in {fact.other(other) for fact in known.beside(other, step)}
            assert known.between(one, other, step) is not None


@given(graphs, st.sampled_from(KINDS), st.sampled_from(IDS), st.sampled_from(IDS))
def test_back_is_forth_from_the_other_end(known: Graph, relation: str, left: str, right: str) -> None:
    forth = known.between(product(left), product(right), [Step(relation)])
    back = known.between(product(right), product(left), [Step(relation, back=True)])
    assert (forth is None) == (back is None)


@given(graphs, walks, st.integers(1, 3), st.integers(1, 3))
def test_a_walk_keeps_its_bounds(known: Graph, steps: list[Step], deepest: int, most: int) -> None:
    paths = known.walk(product("A"), steps, deepest=deepest, most=most)
    assert len(paths) <= most
    assert all(len(path.facts) <= deepest for path in paths)


def test_a_circle_ends_and_does_not_come_back_to_its_start() -> None:
    known = graph(("A", "requires", "B"), ("B", "requires", "C"), ("C", "requires", "A"))
    assert ends(known.walk(product("A"), [Step("requires")])) == ["B", "C"]


def test_a_long_chain_and_a_wide_star_are_cut() -> None:
    chain = Graph(Fact(product(str(n)), "next", product(str(n + 1))) for n in range(500))
    assert len(chain.walk(product("0"), [Step("next")])) == 16
    star = Graph(Fact(product("0"), "next", product(str(n))) for n in range(1, 500))
    assert len(star.walk(product("0"), [Step("next")])) == MOST


def test_the_order_of_steps_is_that_of_the_neighbours() -> None:
    known = graph(("A", "compatible_with", "B"), ("C", "fits", "A"), ("B", "fits", "A"))
    first = known.beside(product("A"), [Step("fits", back=True), Step("compatible_with")])
    assert [(fact.relation, fact.other(product("A")).name) for fact in first] == [
        ("fits", "C"),
        ("fits", "B"),
    ]


def test_what_is_said_twice_is_one_fact() -> None:
    assert len(graph(("A", "fits", "B"), ("A", "fits", "B")).facts) == 1


def test_a_source_gives_products_variants_and_clauses() -> None:
    blue = Ware("X", "goods", (Colour("blue"), Colour("red")))
    said = (Said("X", "fits", other_id="A"), Said("A", "covered_by", clause="warranty"))
    known = Graph.of(source(*said, wares=[blue]), clauses={"goods": ("return",)})
    assert known.about(product("X"), "fits") == (Fact(product("X"), "fits", product("A")),)
    assert [fact.object.name for fact in known.about(product("A"), "covered_by")] == ["warranty", "return"]
    variants = known.naming(product("X"), "variant_of")
    assert [fact.subject for fact in variants] == [Thing("variant", name, of="X") for name in ("blue", "red")]


@pytest.mark.parametrize("other", ["gone", "X"])
def test_what_leads_nowhere_is_left_out(other: str) -> None:
    said = (Said("X", "fits", other_id=other), Said("gone", "fits", other_id="X"))
    assert Graph.of(source(*said, wares=[Ware("X")]), clauses={}).facts == ()
