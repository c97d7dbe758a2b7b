"""Which finder serves the passages of the store, or the packaged ones, and how it is made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from kefu.components.following import Following, Made
from kefu.errors import KefuError, ModelError
from kefu.knowledge.bank import Bank
from kefu.knowledge.building import COMPACT_ABOVE, build, compact, with_vectors
from kefu.knowledge.delta import Changes
from kefu.knowledge.finder import Finder, Nothing, wants_index
from kefu.knowledge.index import LargeIndex, Tools
from kefu.knowledge.passages import Passage
from kefu.knowledge.recent import Recent
from kefu.knowledge.shelf import Shelf

logger = logging.getLogger(__name__)

_MOST_WASTE = 0.3  # of an index; above, it is built anew and not copied once more


class Source(Protocol):
    """The store as a source of passages; None while it cannot be read."""

    def counter(self, name: str) -> int | None:
        """The change counter called ``name``."""

    def counts(self) -> Mapping[str, int] | None:
        """How many passages there are, by language."""

    def bank(self, encoder: str) -> Bank | None:
        """Where it keeps vectors of ``encoder`` itself; None where it does not."""

    def changes(self, since: int) -> Changes | None:
        """What changed after ``since``; None, too, where the store is younger than that."""

    def reading(self) -> AbstractContextManager[tuple[int, Iterator[Passage]]]:
        """The counter and every passage of one moment; StoreError where it cannot be read."""


@dataclass(frozen=True)
class Passages:
    """Makes finders (``Making``): of ``source``, and where that has no passages of the packaged ones.

    ``fit`` makes the finder of some thousand passages.
    """

    source: Source
    packaged: Callable[[], list[Passage]]
    fit: Callable[[Sequence[Passage]], Finder]
    tools: Tools
    shelf: Shelf

    def following(self) -> Following:
        """The finder that serves now and follows the source."""
        counts = self.source.counts()
        if not _large(counts):
            made, complete = self._small(counts), True
        else:
            made, complete = self._from_shelf()
        following = Following(made, self, complete=complete)
        following.look()
        return following

    def counter(self) -> int | None:
        """The number of the store's last change."""
        return self.source.counter("passages")

    def changes(self, made: Made) -> Changes | None:
        """What changed since; None where it was made without the store, or by another one."""
        return None if made.counter is None else self.source.changes(made.counter)

    def changed(self, made: Made, changes: Changes) -> Made | None:
        """The finder with ``changes``; None where it cannot take them, or has others than the store then."""
        finder = made.finder
        if not isinstance(finder, (Recent, LargeIndex)):
            return None
        if isinstance(finder, LargeIndex) and not finder.takes(changes):
            return None
        new = finder.with_changes(changes)
        return Made(new, changes.counter) if changes.total in (None, new.count) else None

    def due(self, made: Made) -> bool:
        """Whether the changes in memory are to be learnt, or written."""
        if isinstance(made.finder, Recent):
            return len(made.finder.delta) > 0
        return isinstance(made.finder, LargeIndex) and len(made.finder.delta) > COMPACT_ABOVE

    def renewed(self, made: Made) -> Made:
        """A finder made anew, of the kind that suits how many passages there are."""
        counts = self.source.counts()
        return self._large(made) if _large(counts) else self._small(counts)

    def _small(self, counts: Mapping[str, int] | None) -> Made:
        if not counts:
            # counted before they are read: a store that appears in between is then seen
            counter = None if counts is None else self.counter()
            return replace(self._recent(self.packaged(), counter), source="packaged")
        with self.source.reading() as (counter, passages):
            stored = list(passages)
        return self._recent(stored, counter)

    def _recent(self, passages: list[Passage], counter: int | None) -> Made:
        known = {(passage.passage_id, passage.language): passage for passage in passages}
        finder = Recent(self.fit(passages), embed=self.tools.embed, now=self.tools.now, passages=known)
        return Made(finder, counter)

    def _from_shelf(self) -> tuple[Made, bool]:
        try:
            index = self.shelf.open(self._tools())
        except ModelError as error:
            logger.error("%s. Nothing is answered from passages until then.", error)
            return Made(Nothing(), None, source="none"), False
        return Made(index, index.manifest.counter), True

    def _large(self, made: Made) -> Made:
        with self.shelf.locked() as mine:
            found = self._others_work(made)
            if found is not None:
                return found
            if not mine:
                raise KefuError("another process makes the index anew; wanted to do so, too: waiting for it")
            folder, tools = self.shelf.aside(), self._tools()
            self._write(made, folder, tools)
            self.shelf.put(folder)
        index = LargeIndex.open(folder, tools=tools)
        return Made(index, index.manifest.counter)

    def _others_work(self, made: Made) -> Made | None:
        """The current index where it is another one than ours: another process has written it."""
        current = self.shelf.current()
        own = made.finder.folder if isinstance(made.finder, LargeIndex) else None
        if current is None or current == own:
            return None
        try:
            index = LargeIndex.open(current, tools=self._tools())
        except ModelError:
            return None
        return Made(index, index.manifest.counter)

    def _tools(self) -> Tools:
        """With the database's vectors, where it keeps them now."""
        bank = self.source.bank(self.tools.encoder)
        where = "the database (pgvector)" if bank is not None else "files of this machine"
        logger.info("The vectors of a large index are kept in %s.", where)
        return replace(self.tools, bank=bank)

    def _write(self, made: Made, folder: Path, tools: Tools) -> None:
        finder = made.finder
        if isinstance(finder, LargeIndex) and made.counter is not None and self._can_be_copied(made):
            compact(finder.folder, folder, finder.delta, tools=tools, counter=made.counter)
            return
        with self.source.reading() as (counter, passages):
            known = with_vectors(passages, tools.embed, bank=tools.bank)
            build(folder, known, tools=tools, counter=counter)

    def _can_be_copied(self, made: Made) -> bool:
        """Whether the finder with its changes is all that there is."""
        finder = made.finder
        if not isinstance(finder, LargeIndex) or finder.waste > _MOST_WASTE:
            return False
        changes = self.changes(made)
        return changes is not None and self.changed(made, changes) is not None


def _large(counts: Mapping[str, int] | None) -> bool:
    return wants_index(counts or {})
