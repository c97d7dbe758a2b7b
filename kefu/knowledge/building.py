"""Building the large index, and writing it anew with what has changed: aside, then put in its place at once."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from kefu.errors import ConfigError, ModelError
from kefu.knowledge.delta import Delta
from kefu.knowledge.fusion import ELSEWHERE
from kefu.knowledge.index import JUDGE, LargeIndex, Tools, open_language
from kefu.knowledge.manifest import NEXT, write_manifest
from kefu.knowledge.passages import Passage
from kefu.knowledge.segments import Segment, wordings
from kefu.knowledge.teaching import Classroom, taught
from kefu.knowledge.terms import Terms
from kefu.knowledge.vectors import VectorIndex
from kefu.knowledge.views import Embed, embedded
from kefu.knowledge.writing import Writing

COMPACT_ABOVE = 2_000  # changed passages: reading them one by one then costs a millisecond a search
_CURRENT = "current"
_AT_ONCE = 512  # passages embedded together

Embedded = tuple[Passage, np.ndarray]  # with the unit vectors (wordings, d) of its wordings


def with_vectors(passages: Iterable[Passage], embed: Embed) -> Iterator[Embedded]:
    """Each passage with the vectors of its wordings."""
    left = iter(passages)
    while some := list(islice(left, _AT_ONCE)):
        texts = [text for passage in some for text in wordings(passage)]
        vectors, at = embedded(texts, embed) if texts else np.zeros((0, 0)), 0
        for passage in some:
            count = len(wordings(passage))
            yield passage, vectors[at : at + count]
            at += count


def build(folder: Path, passages: Iterable[Embedded], *, tools: Tools, counter: int) -> None:
    """Write an index of ``passages`` into ``folder``, which must not be there yet.

    ``counter``: up to which change of the store they are read.

    Raises:
        ConfigError: no passage at all.
    """
    folder.mkdir(parents=True)
    parts: dict[str, _Part] = {}
    for passage, vectors in passages:
        if not len(vectors):
            continue  # nothing that anybody could ask for
        part = parts.get(passage.language)
        if part is None:
            width = vectors.shape[1]
            part = parts[passage.language] = _Part(folder, passage.language, tools=tools, width=width)
        part.add(passage, vectors)
    if not parts:
        raise ConfigError("no passage with a question; wanted at least one to build an index of")
    counts = {language: part.finish() for language, part in parts.items()}
    write_manifest(folder, encoder=tools.encoder, counter=counter, passages=counts)


class _Part:
    """One language while it is built."""

    def __init__(self, folder: Path, language: str, *, tools: Tools, width: int) -> None:
        self._folder, self._language, self._cut = folder / language, language, tools.cut
        terms = Terms(language, cut=tools.cut)
        self._writing = Writing(self._folder, terms=terms, vectors=VectorIndex.new(width))
        self._classroom = Classroom()

    def add(self, passage: Passage, vectors: np.ndarray) -> None:
        if not self._classroom.takes(passage, vectors):
            self._writing.add(passage, vectors)

    def finish(self) -> int:
        """Teach, write everything; how many passages."""
        pupils, others = self._classroom.split()
        for passage, vectors in others:
            self._writing.add(passage, vectors)
        for pupil in pupils:
            self._writing.hold(pupil.passage, pupil.vectors, kept_back=pupil.kept_back)
        self._writing.save()
        index = open_language(self._folder, self._language, cut=self._cut)
        index = replace(index, unseen=self._writing.kept_back())
        judge = taught(index, pupils, otherwise=ELSEWHERE)
        self._writing.release()
        self._writing.close()
        (self._folder / JUDGE).write_text(json.dumps(judge.as_json(), indent=1), encoding="utf-8")
        return len(self._writing)


def compact(old: Path, folder: Path, delta: Delta, *, tools: Tools, counter: int) -> None:
    """Write the index in ``old`` with ``delta`` into ``folder``: as long as copying it takes.

    What was learnt is kept. Every language of ``delta`` must be in ``old``.
    """
    folder.mkdir(parents=True)
    counts = {}
    for part in sorted(path for path in old.iterdir() if path.is_dir()):
        writing = Writing.over(part, folder / part.name, terms=Terms(part.name, cut=tools.cut))
        segment, fresh = Segment.open(part), delta.of_language(part.name)
        for number in filter(None.__ne__, map(segment.number, sorted(fresh.hidden))):
            writing.remove(number)
        for entry in fresh.entries:
            if len(entry.vectors):
                writing.add(entry.passage, entry.vectors)
        writing.close()
        counts[part.name] = len(writing)
    write_manifest(folder, encoder=tools.encoder, counter=counter, passages=counts)


class Shelf:
    """The indexes below ``root``: one is current, named in a file; the one before is kept for who reads it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def current(self) -> Path | None:
        """The folder of the current index; None where there is none yet."""
        file = self._root / _CURRENT
        return self._root / file.read_text(encoding="utf-8").strip() if file.is_file() else None

    def aside(self) -> Path:
        """A folder for a new index, not there yet."""
        self._root.mkdir(parents=True, exist_ok=True)
        return self._root / f"index-{uuid.uuid4().hex[:12]}"

    def put(self, folder: Path) -> None:
        """Make ``folder`` the current index; all but it and the one before are deleted."""
        before = self.current()
        new = self._root / f"{_CURRENT}.new"
        new.write_text(folder.name, encoding="utf-8")
        new.replace(self._root / _CURRENT)
        for other in self._root.glob("index-*"):
            if other not in (folder, before):
                shutil.rmtree(other, ignore_errors=True)

    def open(self, tools: Tools) -> LargeIndex:
        """The current index.

        Raises:
            ModelError: there is none, or it cannot be served.
        """
        folder = self.current()
        if folder is None:
            raise ModelError(f"{self._root} holds no index yet; {NEXT}")
        return LargeIndex.open(folder, tools=tools)
