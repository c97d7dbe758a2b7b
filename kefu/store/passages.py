"""Answers that can be retrieved, in each language."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.knowledge_records import Passage

PASSAGES = "passages"  # the change counter that `replace_all` bumps

_TABLE = schema.passages
_FIELDS = (
    "passage_id", "language", "title", "questions", "answer", "category", "clause", "source", "updated",
)  # fmt: skip


class Passages(Repository):
    """The passages of the knowledge base."""

    def all(self, language: str | None = None) -> list[Passage]:
        """Every passage in the order it was loaded, of one language or of all."""
        statement = sa.select(*(_TABLE.c[name] for name in _FIELDS)).order_by(_TABLE.c.position)
        if language is not None:
            statement = statement.where(_TABLE.c.language == language)
        return [Passage(**{**row, "questions": tuple(row["questions"])}) for row in self._all(statement)]

    def replace_all(self, passages: Sequence[Passage]) -> None:
        """Put these passages in place of all others; bumps the counter ``passages``."""
        self._run(sa.delete(_TABLE))
        rows = [
            {**{name: getattr(passage, name) for name in _FIELDS},
             "questions": list(passage.questions), "position": position}
            for position, passage in enumerate(passages)
        ]  # fmt: skip
        if rows:
            self._run(sa.insert(_TABLE), rows)
        self._bump(schema.counters, PASSAGES)
