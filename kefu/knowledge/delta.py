"""What changed since an index was built: few passages, in memory, compared one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kefu.knowledge.grams import grams_of
from kefu.knowledge.lexical import bm25
from kefu.knowledge.passages import Passage
from kefu.knowledge.segments import wordings, words_of
from kefu.knowledge.terms import Terms
from kefu.knowledge.views import Embed, embedded

Key = tuple[str, str]  # passage id and language


@dataclass(frozen=True)
class Changes:
    """Passages added or changed (whole), and the keys of those deleted, up to ``counter``.

    ``total``: how many there are with them, where that is known.
    """

    counter: int
    upserts: tuple[Passage, ...]
    gone: tuple[Key, ...]
    total: int | None = None

    def __len__(self) -> int:
        return len(self.upserts) + len(self.gone)


@dataclass(frozen=True)
class Entry:
    """A changed passage: unit ``vectors`` (n, d) and ``grams`` of its wordings, and its words counted."""

    passage: Passage
    vectors: np.ndarray
    grams: tuple[frozenset[str], ...]
    words: Mapping[str, int]


class Fresh:
    """The changed passages of one language, with what finds the best of them in one step."""

    def __init__(self, entries: Sequence[Entry], hidden: Iterable[str] = ()) -> None:
        self.entries = tuple(entries)
        self.hidden = frozenset(hidden)
        self._known = [entry for entry in self.entries if len(entry.vectors)]
        self._matrix = np.concatenate([entry.vectors for entry in self._known]) if self._known else None
        self._starts = np.cumsum([0, *(len(entry.vectors) for entry in self._known)])[:-1]
        self._holders: dict[str, list[Entry]] = {}
        for entry in self.entries:
            for word in entry.words:
                self._holders.setdefault(word, []).append(entry)

    def nearest(self, vector: np.ndarray, *, k: int) -> list[tuple[Entry, float]]:
        """The ``k`` passages with the wordings nearest to the unit ``vector``, with their cosines."""
        if self._matrix is None:
            return []
        cosines = np.maximum.reduceat(self._matrix @ vector, self._starts)
        return [(self._known[i], float(cosines[i])) for i in np.argsort(-cosines, kind="stable")[:k]]

    def best_worded(
        self, weights: Mapping[str, float], *, mean_length: float, k: int
    ) -> list[tuple[Entry, float]]:
        """The ``k`` passages with the best BM25 scores for words of these ``weights``."""
        holders = {id(entry): entry for word in weights for entry in self._holders.get(word, ())}
        scored = [(entry, bm25(entry.words, weights, mean_length=mean_length)) for entry in holders.values()]
        return sorted(scored, key=lambda pair: -pair[1])[:k]


@dataclass(frozen=True)
class Delta:
    """Passages in place of those of the index, and the keys that it must not answer with any more."""

    entries: Mapping[Key, Entry] = field(default_factory=dict)
    hidden: frozenset[Key] = frozenset()
    fresh: Mapping[str, Fresh] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        languages = {language for _, language in self.hidden | self.entries.keys()}
        object.__setattr__(self, "fresh", {language: self._fresh(language) for language in languages})

    def __len__(self) -> int:
        return len(self.hidden)

    def of_language(self, language: str) -> Fresh:
        """What changed in ``language``."""
        return self.fresh.get(language) or Fresh(())

    def _fresh(self, language: str) -> Fresh:
        entries = [entry for (_, own), entry in self.entries.items() if own == language]
        return Fresh(entries, (passage_id for passage_id, own in self.hidden if own == language))

    def with_changes(self, changes: Changes, *, embed: Embed, terms: Mapping[str, Terms]) -> Delta:
        """This and ``changes``, which are newer; ``terms`` cut the words of languages that need them."""
        gone = set(changes.gone)
        entries = {key: entry for key, entry in self.entries.items() if key not in gone}
        entries.update(_entries(changes.upserts, embed=embed, terms=terms))
        return Delta(entries, self.hidden | entries.keys() | gone)

    def without(self, keys: Iterable[Key]) -> Delta:
        """This without anything about ``keys``."""
        dropped = set(keys)
        kept = {key: entry for key, entry in self.entries.items() if key not in dropped}
        return Delta(kept, self.hidden - dropped)


def _entries(passages: Iterable[Passage], *, embed: Embed, terms: Mapping[str, Terms]) -> dict[Key, Entry]:
    new = list(passages)
    texts = [text for passage in new for text in wordings(passage)]
    vectors, at, entries = embedded(texts, embed) if texts else np.zeros((0, 0)), 0, {}
    for passage in new:
        own = wordings(passage)
        known = terms.get(passage.language)
        entries[passage.passage_id, passage.language] = Entry(
            passage=passage,
            vectors=vectors[at : at + len(own)],
            grams=tuple(grams_of(text, passage.language) for text in own),
            words=Counter(words_of(passage, known)) if known else {},
        )
        at += len(own)
    return entries
