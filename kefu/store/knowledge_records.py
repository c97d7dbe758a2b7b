"""Records of what is known: passages, and relations between products."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Passage:
    """A retrievable answer in one language. ``answer`` may hold ``{clause:param}`` placeholders."""

    passage_id: str
    language: str
    title: str
    questions: tuple[str, ...]
    answer: str
    category: str
    clause: str | None
    source: str
    updated: datetime


@dataclass(frozen=True)
class Relation:
    """How a product stands to another one (``other_id``) or to a clause (``covered_by``)."""

    product_id: str
    kind: str  # compatible_with | alternative | requires | next | fits | variant_of | upgrade | covered_by
    other_id: str | None = None
    clause: str | None = None
