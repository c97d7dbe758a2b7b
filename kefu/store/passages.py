"""Answers that can be retrieved, in each language; every change is numbered, so that it can be followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Any

import sqlalchemy as sa

from kefu.errors import DuplicateKey
from kefu.store import schema
from kefu.store.base import Repository, Rows, translated
from kefu.store.knowledge_records import Changes, Passage

PASSAGES = "passages"  # the change counter that every change moves

_TABLE, _GONE = schema.passages, schema.passages_gone
_FIELDS = (
    "passage_id", "language", "title", "questions", "answer", "category", "clause", "source", "updated",
    "valid_from", "valid_to",
)  # fmt: skip
_COLUMNS = tuple(_TABLE.c[name] for name in _FIELDS)
_AT_ONCE = 400  # keys a statement: SQLite of old takes 999 values
_ROWS_AT_ONCE = 5_000

Key = tuple[str, str]  # id and language


class Passages(Repository):
    """The passages of the knowledge base."""

    def all(self, language: str | None = None) -> list[Passage]:
        """Every passage in the order it was loaded, of one language or of all."""
        return list(self.each(language))

    def each(self, language: str | None = None) -> Iterator[Passage]:
        """The same, one after the other, a few thousand rows in memory at a time."""
        statement = sa.select(*_COLUMNS).order_by(_TABLE.c.position)
        if language is not None:
            statement = statement.where(_TABLE.c.language == language)
        return (_passage(row) for row in self._streamed(statement))

    def get(self, passage_id: str, language: str) -> Passage | None:
        """The passage, in force or not; None where there is none."""
        return next(iter(self.by_keys([(passage_id, language)])), None)

    def by_keys(self, keys: Iterable[Key]) -> list[Passage]:
        """Those of these ids and languages that are there, in no order."""
        rows = (row for some in _by_language(keys) for row in self._all(_whole(*some)))
        return [_passage(row) for row in rows]

    def find(self, ids: Sequence[str], language: str, *, at: datetime | None = None) -> list[Passage]:
        """Those of ``ids`` that are in force ``at`` a moment (now), in the order asked for."""
        known = {passage.passage_id: passage for passage in self.by_keys((one, language) for one in ids)}
        moment = at or self._clock()
        return [known[one] for one in dict.fromkeys(ids) if one in known and _in_force(known[one], moment)]

    def titles(self, ids: Sequence[str], language: str, *, at: datetime | None = None) -> dict[str, str]:
        """Titles of those of ``ids`` that are in force ``at`` a moment (now), in the order asked for."""
        return {passage.passage_id: passage.title for passage in self.find(ids, language, at=at)}

    def count(self, language: str) -> int:
        """How many there are in ``language``."""
        rows = sa.select(sa.func.count()).select_from(_TABLE).where(_TABLE.c.language == language)
        return int(self._value(rows))

    def of_origin(self, origin: str) -> list[Passage]:
        """Those that a watched source brought, in the order it has them."""
        here = sa.select(*_COLUMNS).where(_TABLE.c.origin == origin).order_by(_TABLE.c.position)
        return [_passage(row) for row in self._all(here)]

    def put(self, passages: Passage | Iterable[Passage], *, origin: str | None = None) -> int:
        """Add these, or put them in place of those of the same id and language; how many differed.

        What stands there word for word is left alone. New ones come behind all others. ``origin``
        is the watched source that brings them; without one they belong to no source from then on.
        """
        new = {p.key: p for p in ([passages] if isinstance(passages, Passage) else passages)}
        last = self._value(sa.select(sa.func.max(_TABLE.c.position)))
        places = count(0 if last is None else int(last) + 1)
        return self._change(self._differing(new, places, origin=origin), [])

    def remove(self, keys: Iterable[Key]) -> int:
        """Take those of these ids and languages out that are there; how many there were."""
        return self._change([], [passage.key for passage in self.by_keys(dict.fromkeys(keys))])

    def replace_all(self, passages: Sequence[Passage]) -> None:
        """Put these in place of all others, whatever brought them; watched sources are forgotten.

        What stays word for word does not count as changed.

        Raises:
            DuplicateKey: one id twice in a language.
        """
        new = {passage.key: passage for passage in passages}
        if len(new) != len(passages):
            twice = next(passage for passage in passages if new[passage.key] is not passage)
            raise DuplicateKey(f"passage {twice.passage_id} comes twice in {twice.language}; wanted it once")
        self._run(sa.delete(schema.passage_sources))
        gone = [key for key in self._places() if key not in new]
        self._change(self._differing(new, count(), origin=None), gone)
        self._order(new)

    def changes_since(self, counter: int) -> Changes:
        """What became of passages after ``counter``; 0 gives every one. Cheap where little changed."""
        upserts = sa.select(*_COLUMNS).where(_TABLE.c.changed > counter).order_by(_TABLE.c.changed)
        gone = sa.select(_GONE.c.passage_id, _GONE.c.language).where(_GONE.c.changed > counter)
        return Changes(
            counter=self._counter(),
            upserts=tuple(_passage(row) for row in self._streamed(upserts)),
            gone=tuple((row["passage_id"], row["language"]) for row in self._all(gone)),
        )

    def _differing(self, new: Mapping[Key, Passage], places: Iterator[int], *, origin: str | None) -> Rows:
        """Rows of those that are not there word for word; who is new takes the next of ``places``."""
        rows = []
        for keys in _chunks(new, _AT_ONCE):
            found = (row for some in _by_language(keys) for row in self._all(_whole(*some)))
            known = {(row["passage_id"], row["language"]): row for row in found}
            for key in keys:
                there = known.get(key)
                if there is None or there["origin"] != origin or _passage(there) != new[key]:
                    place = next(places) if there is None else there["position"]
                    rows.append({**_cells(new[key]), "position": place, "origin": origin})
        return rows

    def _change(self, rows: Rows, gone: Sequence[Key]) -> int:
        """Write and delete under one new value of the counter; how many that were."""
        if not rows and not gone:
            return 0
        # the counter first: its row is held until the commit, so numbers are in the order of commits
        self._bump(schema.counters, PASSAGES)
        changed = {"changed": self._counter()}
        self._delete(_TABLE, gone)
        self._put(_GONE, [{"passage_id": one, "language": language, **changed} for one, language in gone])
        self._delete(_GONE, [(str(row["passage_id"]), str(row["language"])) for row in rows])
        self._put(_TABLE, [{**row, **changed} for row in rows])
        return len(rows) + len(gone)

    def _delete(self, table: sa.Table, keys: Iterable[Key]) -> None:
        for language, ids in _by_language(keys):
            self._run(sa.delete(table).where(table.c.language == language, table.c.passage_id.in_(ids)))

    def _order(self, keys: Iterable[Key]) -> None:
        """Number them in this order. An order is no change: no answer differs by it."""
        places = self._places()
        moved = [
            {"moved_id": key[0], "moved_language": key[1], "place": place}
            for place, key in enumerate(keys)
            if places[key] != place
        ]
        this = sa.and_(_TABLE.c.passage_id == sa.bindparam("moved_id"),
                       _TABLE.c.language == sa.bindparam("moved_language"))  # fmt: skip
        if moved:
            self._run(sa.update(_TABLE).where(this).values(position=sa.bindparam("place")), moved)

    def _places(self) -> dict[Key, int]:
        rows = self._all(sa.select(_TABLE.c.passage_id, _TABLE.c.language, _TABLE.c.position))
        return {(row["passage_id"], row["language"]): row["position"] for row in rows}

    def _counter(self) -> int:
        value = sa.select(schema.counters.c.value).where(schema.counters.c.name == PASSAGES)
        return int(self._value(value) or 0)

    def _streamed(self, statement: Any) -> Iterator[Mapping[str, Any]]:
        rows = self._run(statement.execution_options(stream_results=True, max_row_buffer=_ROWS_AT_ONCE))
        with translated():
            yield from rows.mappings()


def _in_force(passage: Passage, moment: datetime) -> bool:
    begun = passage.valid_from is None or passage.valid_from <= moment
    return begun and (passage.valid_to is None or moment < passage.valid_to)


def _passage(row: Mapping[str, Any]) -> Passage:
    return Passage(**{**{name: row[name] for name in _FIELDS}, "questions": tuple(row["questions"])})


def _cells(passage: Passage) -> dict[str, Any]:
    return {**{name: getattr(passage, name) for name in _FIELDS}, "questions": list(passage.questions)}


def _whole(language: str, ids: Sequence[str]) -> Any:
    return sa.select(_TABLE).where(_TABLE.c.language == language, _TABLE.c.passage_id.in_(ids))


def _by_language(keys: Iterable[Key]) -> Iterator[tuple[str, list[str]]]:
    """A language and some ids of it at a time (SQLite reads the whole table for pairs of both)."""
    for some in _chunks(keys, _AT_ONCE):
        for language in sorted({language for _, language in some}):
            yield language, [one for one, its in some if its == language]


def _chunks(items: Iterable[Key], size: int) -> Iterator[list[Key]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some
