"""Entities as tags: a text cut into units, one BIO tag a unit.

A unit is a piece of ``text.split``, except that every Chinese character is a unit of its
own: jieba's words need not end where an entity does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kefu.language.examples import Example, Span
from kefu.language.text import Piece, han_count, split

OUTSIDE = "O"


@dataclass(frozen=True)
class Found:
    """An entity that was found: characters ``[start, end)``, its type and how sure (0..1)."""

    start: int
    end: int
    entity: str
    confidence: float


def units(text: str) -> list[Piece]:
    """The units of ``text``; offsets are those of the original.

    >>> [unit.text for unit in units("退 two 台灯!!")]
    ['退', 'two', '台', '灯', '!!']
    """
    return [unit for piece in split(text) for unit in _characters(piece)]


def joined(text_units: Sequence[Piece], words: Sequence[str]) -> str:
    """``words``, one a unit, as a text again: a space where one stood between two units.

    >>> joined(units("退 台灯"), ["退", "台", "灯"])
    '退 台灯'
    """
    ends = [None, *(unit.end for unit in text_units)]
    gaps = ["" if end in (None, unit.start) else " " for end, unit in zip(ends, text_units, strict=False)]
    return "".join(gap + word for gap, word in zip(gaps, words, strict=True))


def tag_names(entities: Iterable[str]) -> tuple[str, ...]:
    """Every tag for these types, the one for outside first.

    >>> tag_names(["reason"])
    ('O', 'B-reason', 'I-reason')
    """
    return (OUTSIDE, *(f"{mark}-{name}" for name in sorted(set(entities)) for mark in "BI"))


def tags_of(text_units: Sequence[Piece], spans: Sequence[Span]) -> list[str]:
    """The BIO tags of the units that ``spans`` cover; of two spans on one unit the first one stays."""
    tags = [OUTSIDE] * len(text_units)
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        covered = [i for i, unit in enumerate(text_units) if unit.start < span.end and unit.end > span.start]
        if any(tags[i] != OUTSIDE for i in covered):
            continue
        for place, i in enumerate(covered):
            tags[i] = f"{'I' if place else 'B'}-{span.entity}"
    return tags


def spans_of(text_units: Sequence[Piece], tags: Sequence[str], sure: Sequence[float]) -> list[Found]:
    """The entities that ``tags`` spell, with the mean of their units' ``sure``.

    An inside tag that continues nothing opens an entity, as in seqeval's default reading.
    """
    found: list[tuple[list[int], str]] = []
    before = OUTSIDE
    for i, tag in enumerate(tags):
        mark, _, name = tag.partition("-")
        if mark == "I" and before.partition("-")[2] == name:
            found[-1][0].append(i)
        elif tag != OUTSIDE:
            found.append(([i], name))
        before = tag
    return [
        Found(text_units[own[0]].start, text_units[own[-1]].end, name, sum(sure[i] for i in own) / len(own))
        for own, name in found
    ]


def mended(example: Example) -> tuple[Example, list[str]]:
    """``example`` with spans that begin and end where units do, and what had to be done for it.

    A span inside a unit grows to the whole unit; one outside the text, on white space alone or
    on another span is left out.
    """
    text_units, kept, problems = units(example.text), list[Span](), list[str]()
    for span in sorted(example.spans, key=lambda span: (span.start, span.end)):
        covered = [unit for unit in text_units if unit.start < span.end and unit.end > span.start]
        grown = replace(span, start=covered[0].start, end=covered[-1].end) if covered else span
        if not covered or not 0 <= span.start < span.end <= len(example.text):
            problems.append(_said(example, span, "covers no word, left out"))
        elif kept and grown.start < kept[-1].end:
            problems.append(_said(example, span, "overlaps another, left out"))
        else:
            if example.text[grown.start : grown.end].strip() != example.text[span.start : span.end].strip():
                problems.append(_said(example, span, f"grown to {example.text[grown.start : grown.end]!r}"))
            kept.append(grown)
    return replace(example, spans=tuple(kept)), problems


def _characters(piece: Piece) -> list[Piece]:
    if not han_count(piece.text):
        return [piece]
    return [Piece(char, piece.start + i, piece.start + i + 1) for i, char in enumerate(piece.text)]


def _said(example: Example, span: Span, what: str) -> str:
    where = f"{example.source}: " if example.source else ""
    return f"{where}entity {span.entity} [{span.start}, {span.end}) of {example.text[:60]!r} {what}"
