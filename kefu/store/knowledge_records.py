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
    valid_from: datetime | None = None  # an answer from this moment on; None: from ever
    valid_to: datetime | None = None  # an answer before this moment; None: for ever

    @property
    def key(self) -> tuple[str, str]:
        """Id and language, which name a passage."""
        return self.passage_id, self.language


@dataclass(frozen=True)
class Changes:
    """What became of passages up to a value of the change counter."""

    counter: int
    upserts: tuple[Passage, ...]
    gone: tuple[tuple[str, str], ...]  # id and language


@dataclass(frozen=True)
class PassageSource:
    """A file or page that is read again and again, as it was when it was last read."""

    origin: str  # the file or URL; its passages carry it
    root: str  # the folder or list that it was found in
    digest: str  # of its bytes; empty: never read whole
    etag: str | None = None
    last_modified: str | None = None
    read_at: datetime | None = None
    problem: str | None = None  # why it could not be read the last time


@dataclass(frozen=True)
class Relation:
    """How a product stands to another one (``other_id``) or to a clause (``covered_by``)."""

    product_id: str
    kind: str  # compatible_with | alternative | requires | next | fits | variant_of | upgrade | covered_by
    other_id: str | None = None
    clause: str | None = None
