"""Units, tags and spans."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.language.examples import Example, Span
from kefu.language.tagging import joined, mended, spans_of, tag_names, tags_of, units

TEXTS = st.text(
    alphabet=st.sampled_from("ab Z9-'@.!，。？退货耳机訂單😀\u200d\t\n"), max_size=40
)  # fmt: skip


@settings(deadline=None)  # the first text loads jieba's dictionary
@given(TEXTS)
def test_units_cover_every_visible_character_once_and_in_order(text: str) -> None:
    covered = [i for unit in units(text) for i in range(unit.start, unit.end)]
    assert covered == sorted(set(covered))
    assert all(i in covered for i, char in enumerate(text) if char.isalnum())


@settings(deadline=None)  # the first text loads jieba's dictionary
@given(TEXTS, st.data())
def test_spans_survive_the_way_through_tags(text: str, data: st.DataObject) -> None:
    cut = units(text)
    spans, at = [], 0
    while at < len(cut):
        last = data.draw(st.integers(at, min(at + 2, len(cut) - 1)))
        if data.draw(st.booleans()):
            spans.append(Span(cut[at].start, cut[last].end, data.draw(st.sampled_from(["a", "b"]))))
        at = last + 1
    found = spans_of(cut, tags_of(cut, spans), [1.0] * len(cut))
    assert [Span(f.start, f.end, f.entity) for f in found] == spans


@settings(deadline=None)  # the first text loads jieba's dictionary
@given(TEXTS, st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=4))
def test_any_annotation_is_mended_into_whole_units_or_left_out(text: str, raw: list[tuple[int, int]]) -> None:
    example, problems = mended(Example(text, "x", tuple(Span(a, b, "thing") for a, b in raw)))
    starts, ends = {u.start for u in units(text)}, {u.end for u in units(text)}
    assert all(span.start in starts and span.end in ends for span in example.spans)
    assert len(example.spans) + len(problems) >= len(raw)
    assert mended(example) == (example, [])


def test_what_was_mended_is_said_with_its_line() -> None:
    example, problems = mended(
        Example("return two lamps", "x", (Span(7, 9, "n"), Span(40, 44, "n")), "a.csv, line 3")
    )
    assert example.spans == (Span(7, 10, "n"),)
    assert problems == [
        "a.csv, line 3: entity n [7, 9) of 'return two lamps' grown to 'two'",
        "a.csv, line 3: entity n [40, 44) of 'return two lamps' covers no word, left out",
    ]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (["I-a", "I-a", "O"], [(0, 2, "a")]),
        (["B-a", "B-a", "I-b"], [(0, 1, "a"), (1, 2, "a"), (2, 3, "b")]),
        (["O", "O", "O"], []),
    ],
)
def test_untidy_tags_are_read_as_seqeval_reads_them(
    tags: list[str], found: list[tuple[int, int, str]]
) -> None:
    cut = units("x y z")
    spans = spans_of(cut, tags, [0.5, 1.0, 1.0])
    places = [(cut[a].start, cut[b - 1].end, name) for a, b, name in found]
    assert [(s.start, s.end, s.entity) for s in spans] == places


def test_tag_names_are_sorted_and_each_once() -> None:
    assert tag_names(["b", "a", "b"]) == ("O", "B-a", "I-a", "B-b", "I-b")


@settings(deadline=None)  # the first text loads jieba's dictionary
@given(TEXTS)
def test_a_text_is_whole_again_but_for_its_white_space(text: str) -> None:
    cut = units(text)
    assert (
        joined(cut, [unit.text for unit in cut]).split()
        == " ".join(joined(cut, [unit.text for unit in cut]).split()).split()
    )
    assert "".join(joined(cut, [unit.text for unit in cut]).split()) == "".join(u.text for u in cut)
