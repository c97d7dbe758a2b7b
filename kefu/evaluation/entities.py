"""How well entities are found: whole spans with their type, counted by seqeval over BIO tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

_WORD = re.compile(r"\S+")


class SpanLike(Protocol):
    """Characters ``start`` to ``end`` (exclusive) and the type of an entity."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def entity(self) -> str: ...


@dataclass(frozen=True)
class EntityRow:
    """One type: precision, recall and F1 (0..1) and how many spans of it were wanted."""

    entity: str
    precision: float
    recall: float
    f1: float
    wanted: int


@dataclass(frozen=True)
class EntityReport:
    """Over all spans (micro); None where there was nothing to find and nothing found.

    ``exact_messages`` is the share of messages with every span right and none too many;
    ``overlapping`` counts spans left out because they overlap a longer one, which BIO cannot say.
    """

    messages: int
    precision: float | None
    recall: float | None
    f1: float | None
    exact_messages: float
    overlapping: int
    entities: tuple[EntityRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people: the worst types first, the figures of the whole last."""
        width = max([len(row.entity) for row in self.entities] + [len("entity")])
        lines = [f"{'entity':<{width}}  precision  recall     F1  wanted"]
        for row in sorted(self.entities, key=lambda row: (row.f1, row.entity)):
            figures = f"{row.precision:9.3f}  {row.recall:6.3f}  {row.f1:5.3f}  {row.wanted:6d}"
            lines.append(f"{row.entity:<{width}}  {figures}")
        if self.overlapping:
            lines.append(f"{self.overlapping} spans overlap a longer one and were left out")
        lines.append(
            f"entity F1 {_shown(self.f1)}, precision {_shown(self.precision)}, recall {_shown(self.recall)}, "
            f"{self.exact_messages:.4f} of {self.messages} messages all right"
        )
        return "\n".join(lines)


def measure_entities(
    *,
    texts: Sequence[str],
    wanted: Sequence[Sequence[SpanLike]],
    found: Sequence[Sequence[SpanLike]],
) -> EntityReport:
    """Compare the spans of each text, three sequences of one length, at least one text.

    A span is right if type, start and end are; white space at its ends is nobody's.
    """
    rows = [_tagged(*row) for row in zip(texts, wanted, found, strict=True)]
    want, got = [row[0] for row in rows], [row[1] for row in rows]
    types, (precision, recall, f1) = _counted(want, got)
    return EntityReport(
        messages=len(rows),
        precision=precision,
        recall=recall,
        f1=f1,
        exact_messages=sum(w == g for w, g in zip(want, got, strict=True)) / len(rows),
        overlapping=sum(row[2] for row in rows),
        entities=types,
    )


def bio_tags(text: str, spans: Sequence[SpanLike], *, cuts: Sequence[SpanLike] = ()) -> list[str]:
    """A tag for every piece of ``text``; spans must not overlap.

    Pieces are words between white space, cut where a span (of ``spans`` or ``cuts``) begins or ends,
    so that the tags say exactly what the spans say.

    >>> bio_tags("to Paris, now", [])
    ['O', 'O', 'O']
    """
    edges = {edge for span in (*spans, *cuts) for edge in (span.start, span.end)}
    tags, last = [], None
    for start in _starts(text, edges):
        over = next((span for span in spans if span.start <= start < span.end), None)
        tags.append("O" if over is None else f"{'I' if over is last else 'B'}-{over.entity}")
        last = over
    return tags


def _starts(text: str, edges: set[int]) -> list[int]:
    """Where pieces begin: words, and within words the edges."""
    starts: list[int] = []
    for word in _WORD.finditer(text):
        starts += [word.start(), *sorted(e for e in edges if word.start() < e < word.end())]
    return starts


def _tagged(
    text: str, wanted: Sequence[SpanLike], found: Sequence[SpanLike]
) -> tuple[list[str], list[str], int]:
    """The tags of both sides over the same pieces, and how many spans were left out."""
    want, got = _without_overlaps(wanted), _without_overlaps(found)
    left_out = len(wanted) + len(found) - len(want) - len(got)
    return bio_tags(text, want, cuts=got), bio_tags(text, got, cuts=want), left_out


def _without_overlaps(spans: Sequence[SpanLike]) -> list[SpanLike]:
    kept: list[SpanLike] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start, one.entity)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda one: one.start)


def _counted(
    wanted: list[list[str]], found: list[list[str]]
) -> tuple[tuple[EntityRow, ...], tuple[float | None, float | None, float | None]]:
    from seqeval.metrics.sequence_labeling import get_entities, precision_recall_fscore_support

    names = sorted({name for tags in (wanted, found) for name, _, _ in get_entities(tags)})
    if not names:
        return (), (None, None, None)
    columns = precision_recall_fscore_support(wanted, found, average=None, zero_division=0)
    rows = tuple(
        EntityRow(name, float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    )
    whole = precision_recall_fscore_support(wanted, found, average="micro", zero_division=0)
    return rows, (float(whole[0]), float(whole[1]), float(whole[2]))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
