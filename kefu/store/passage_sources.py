"""Files and pages that passages are read from again and again."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.knowledge_records import PassageSource

_TABLE = schema.passage_sources


class PassageSources(Repository):
    """What is remembered of each watched file or page."""

    def of_root(self, root: str) -> list[PassageSource]:
        """The sources that were found in a folder or list, by name."""
        statement = sa.select(_TABLE).where(_TABLE.c.root == root).order_by(_TABLE.c.origin)
        return [PassageSource(**row) for row in self._all(statement)]

    def get(self, origin: str) -> PassageSource | None:
        """The source, or None where it was never read."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.origin == origin))
        return PassageSource(**row) if row else None

    def put(self, source: PassageSource) -> None:
        """Remember it as it is now."""
        self._put(_TABLE, [vars(source)])

    def forget(self, origins: Iterable[str]) -> None:
        """Remember nothing of these."""
        for origin in origins:
            self._run(sa.delete(_TABLE).where(_TABLE.c.origin == origin))
