"""Building the large index, and writing it anew with what has changed: into a folder aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from kefu.errors import ConfigError
from kefu.knowledge.bank import Bank, BankWriter, Kept, digest_of
from kefu.knowledge.delta import Delta, Key
from kefu.knowledge.filed import FiledVectors
from kefu.knowledge.fusion import ELSEWHERE
from kefu.knowledge.index import JUDGE, Tools, open_language
from kefu.knowledge.manifest import write_manifest
from kefu.knowledge.passages import Passage
from kefu.knowledge.segment_writing import Writing
from kefu.knowledge.segments import Segment, wordings
from kefu.knowledge.teaching import Classroom, taught
from kefu.knowledge.terms import Terms
from kefu.knowledge.views import Embed, embedded, unit_rows

COMPACT_ABOVE = 2_000  # changed passages: reading them one by one then costs a millisecond a search
_AT_ONCE = 512  # passages embedded together

Embedded = tuple[Passage, np.ndarray]  # with the unit vectors (wordings, d) of its wordings


def with_vectors(
    passages: Iterable[Passage], embed: Embed, *, bank: Bank | None = None
) -> Iterator[Embedded]:
    """Each passage with the vectors of its wordings; those that a ``bank`` lacks are kept in it."""
    left = iter(passages)
    while some := list(islice(left, _AT_ONCE)):
        known = _kept(some, bank) if bank is not None else {}
        new = [passage for passage in some if _key(passage) not in known]
        known.update(_embedded(new, embed))
        if bank is not None:
            keep_in(bank, ((passage, known[_key(passage)]) for passage in new))
        yield from ((passage, known[_key(passage)]) for passage in some)


def keep_in(bank: Bank, passages: Iterable[Embedded]) -> None:
    """Keep the vectors of these passages where the passages are."""
    new: dict[str, dict[str, Kept]] = {}
    for passage, vectors in passages:
        if len(vectors):
            kept = Kept(digest_of(wordings(passage)), vectors)
            new.setdefault(passage.language, {})[passage.passage_id] = kept
    for language, own in new.items():
        bank.keep(language, own)


def _kept(passages: Sequence[Passage], bank: Bank) -> dict[Key, np.ndarray]:
    """The vectors of those whose wordings the bank has as they are now."""
    found = {}
    for language in {passage.language for passage in passages}:
        own = {one.passage_id: one for one in passages if one.language == language}
        for passage_id, kept in bank.kept(language, list(own)).items():
            texts = wordings(own[passage_id])
            if kept.digest == digest_of(texts) and len(kept.vectors) == len(texts):
                found[passage_id, language] = unit_rows(kept.vectors)
    return found


def _key(passage: Passage) -> Key:
    return passage.passage_id, passage.language


def _embedded(passages: Sequence[Passage], embed: Embed) -> dict[Key, np.ndarray]:
    texts = [text for passage in passages for text in wordings(passage)]
    vectors, at, found = embedded(texts, embed) if texts else np.zeros((0, 0)), 0, {}
    for passage in passages:
        count = len(wordings(passage))
        found[_key(passage)] = vectors[at : at + count]
        at += count
    return found


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
        self._folder, self._language, self._tools = folder / language, language, tools
        self._width = width
        terms = Terms(language, cut=tools.cut)
        vectors = FiledVectors.new(self._folder, width=width) if tools.bank is None else BankWriter()
        self._writing = Writing(self._folder, terms=terms, vectors=vectors)
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
        if self._tools.bank is not None:
            self._tools.bank.index(self._language, width=self._width)
        index = open_language(self._folder, self._language, tools=self._tools)
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
        segment, fresh = Segment.open(part, bank=tools.bank), delta.of_language(part.name)
        if tools.bank is not None:
            keep_in(tools.bank, ((entry.passage, entry.vectors) for entry in fresh.entries))
        for number in map(segment.number, sorted(fresh.hidden)):
            if number is not None:
                writing.remove(number)
        for entry in fresh.entries:
            if len(entry.vectors):
                writing.add(entry.passage, entry.vectors)
        writing.close()
        counts[part.name] = len(writing)
    write_manifest(folder, encoder=tools.encoder, counter=counter, passages=counts)
