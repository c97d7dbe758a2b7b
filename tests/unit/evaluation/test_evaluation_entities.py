"""Entity figures: whole spans, exact to the character, whatever the text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.evaluation.entities import bio_tags, measure_entities
from kefu.language.examples import Span

# the first call imports scikit-learn
relaxed = settings(deadline=None)
TEXT = "fly to New York, 明天从北京出发"


@st.composite
def tagged(draw: st.DrawFn) -> tuple[str, tuple[Span, ...]]:
    """A text without white space at the edges of its spans, which do not overlap."""
    words = draw(st.lists(st.text("ab北京,'-", min_size=1, max_size=6), min_size=1, max_size=8))
    text, spans = "", []
    for word in words:
        start = len(text)
        text += word + draw(st.sampled_from(["", " ", "\u3000"]))
        if draw(st.booleans()):
            spans.append(Span(start, start + len(word), draw(st.sampled_from(["x", "y-z", "城市"]))))
    return text, tuple(spans)


MESSAGES = st.lists(tagged(), min_size=1, max_size=6)


@relaxed
@given(MESSAGES)
def test_what_is_identical_is_perfect(messages: list[tuple[str, tuple[Span, ...]]]) -> None:
    texts, spans = [text for text, _ in messages], [found for _, found in messages]
    report = measure_entities(texts=texts, wanted=spans, found=spans)
    there = sum(map(len, spans))
    assert (report.precision, report.recall, report.f1) == ((1.0,) * 3 if there else (None,) * 3)
    assert report.exact_messages == 1.0 and sum(row.wanted for row in report.entities) == there


@relaxed
@given(MESSAGES, st.randoms())
def test_entities_do_not_depend_on_the_order(
    messages: list[tuple[str, tuple[Span, ...]]], chance: random.Random
) -> None:
    rows = [(text, spans, spans[chance.randint(0, len(spans)) :]) for text, spans in messages]
    shuffled = chance.sample(rows, len(rows))
    one, other = (
        measure_entities(
            texts=[text for text, _, _ in order],
            wanted=[w for _, w, _ in order],
            found=[f for _, _, f in order],
        )
        for order in (rows, shuffled)
    )
    assert one == other


@relaxed
@given(MESSAGES)
def test_swapping_the_sides_swaps_precision_and_recall(messages: list[tuple[str, tuple[Span, ...]]]) -> None:
    texts, wanted = [text for text, _ in messages], [spans for _, spans in messages]
    found = [spans[1:] for spans in wanted]
    one = measure_entities(texts=texts, wanted=wanted, found=found)
    other = measure_entities(texts=texts, wanted=found, found=wanted)
    assert (one.precision, one.recall, one.f1) == (other.recall, other.precision, other.f1)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (Span(7, 15, "city"), True),
        (Span(7, 16, "city"), False),  # with the comma, inside the same word
        (Span(7, 10, "city"), False),
        (Span(7, 15, "town"), False),
        (Span(6, 15, "city"), True),  # with the space before, which is nobody's
    ],
)
def test_a_span_is_right_to_the_character_or_wrong(found: Span, right: bool) -> None:
    report = measure_entities(texts=[TEXT], wanted=[[Span(7, 15, "city")]], found=[[found]])
    assert (report.f1, report.exact_messages) == ((1.0, 1.0) if right else (0.0, 0.0))


def test_neighbours_of_one_type_stay_two() -> None:
    text = "北京上海"
    pair = [Span(0, 2, "city"), Span(2, 4, "city")]
    assert bio_tags(text, pair) == ["B-city", "B-city"]
    report = measure_entities(texts=[text], wanted=[pair], found=[[Span(0, 4, "city")]])
    assert report.f1 == 0.0 and report.entities[0].wanted == 2


def test_types_are_counted_apart_and_together() -> None:
    report = measure_entities(
        texts=["a b c", "a b c"],
        wanted=[[Span(0, 1, "x"), Span(2, 3, "y")], [Span(0, 1, "x")]],
        found=[[Span(0, 1, "x")], [Span(0, 1, "x"), Span(4, 5, "y")]],
    )
    rows = {row.entity: (row.precision, row.recall, row.f1, row.wanted) for row in report.entities}
    assert rows == {"x": (1.0, 1.0, 1.0, 2), "y": (0.0, 0.0, 0.0, 1)}
    assert (report.precision, report.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert report.exact_messages == 0.0
    assert "entity F1 0.6667" in report.as_table().splitlines()[-1]


def test_overlaps_leave_the_longer_one_and_are_told() -> None:
    spans = [Span(0, 3, "x"), Span(2, 8, "y")]
    report = measure_entities(texts=["abc defg"], wanted=[spans], found=[[Span(2, 8, "y")]])
    assert (report.f1, report.overlapping) == (1.0, 1)
    assert "1 spans overlap" in report.as_table()


def test_nothing_to_find_and_nothing_found_has_no_figure() -> None:
    report = measure_entities(texts=["", "👍"], wanted=[[], []], found=[[], []])
    assert (report.f1, report.entities, report.exact_messages) == (None, (), 1.0)
    assert "entity F1 -" in report.as_table()
