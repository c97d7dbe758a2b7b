"""Passages by their words: BM25 by tantivy, on disk, which skips what cannot be among the best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from tantivy import Document, Index, Occur, Query, Schema, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from kefu.errors import ModelError

K1, B = 1.2, 0.75  # tantivy's own, needed where a passage is not in its files yet
MOST_WORDS = 16  # of a query, the rarest: 2,000 characters must not take a second
_HEAP = 400_000_000  # bytes; a million short passages then make one segment
_WORDS, _NUMBER = "words", "number"


class LexicalIndex:
    """Words of passages, which are numbers here. Safe to search from several threads."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """What a ``WordWriter`` wrote.

        Raises:
            ModelError: there is no such index in ``folder``.
        """
        try:
            return cls(_opened(folder))
        except (ValueError, OSError) as error:
            raise ModelError(f"{folder} holds no lexical index ({error}); it has to be built anew") from error

    def search(self, words: Iterable[str], *, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The numbers (n,) of the ``k`` best passages and their BM25 scores (n,), best first."""
        terms = [
            (Occur.Should, Query.term_query(self._schema, _WORDS, word, "freq"))
            for word in dict.fromkeys(words)
        ]
        if not terms:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        hits = self._searcher.search(Query.boolean_query(terms), limit=k, count=False).hits
        numbers = self._searcher.fast_field_values(_NUMBER, [address for _, address in hits])
        return np.array(numbers, dtype=np.int64), np.array([score for score, _ in hits], dtype=np.float32)

    def weights(self, words: Iterable[str]) -> dict[str, float]:
        """BM25's weight of the words that tell most: the rarest known ones, and as many that none holds."""
        total = self._searcher.num_docs
        counts = {word: self._searcher.doc_freq(_WORDS, word) for word in dict.fromkeys(words)}
        known = sorted((word for word in counts if counts[word]), key=counts.__getitem__)[:MOST_WORDS]
        unknown = [word for word in counts if not counts[word]][:MOST_WORDS]
        return {word: rarity(counts[word], total) for word in (*known, *unknown)}


def rarity(count: int, total: int) -> float:
    """BM25's weight of a word that ``count`` of ``total`` passages hold."""
    return math.log(1 + (max(total, count) - count + 0.5) / (count + 0.5))


def bm25(counts: Mapping[str, int], rarities: Mapping[str, float], *, mean_length: float) -> float:
    """The BM25 score of a passage with these word counts, as the index would give it."""
    norm = K1 * (1 - B + B * sum(counts.values()) / max(mean_length, 1.0))
    return sum(
        weight * counts[word] * (K1 + 1) / (counts[word] + norm)
        for word, weight in rarities.items()
        if word in counts
    )


class WordWriter:
    """Adds passages to the index in ``folder``, new or not, and takes them out; ``commit`` makes it so."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        index = _opened(folder) if (folder / "meta.json").is_file() else _new(folder)
        self._schema = index.schema
        self._writer = index.writer(heap_size=_HEAP, num_threads=1)

    def add(self, number: int, words: Sequence[str]) -> None:
        """Add a passage by its words."""
        document = Document()
        document.add_text(_WORDS, " ".join(words))
        document.add_unsigned(_NUMBER, number)
        self._writer.add_document(document)

    def remove(self, number: int) -> None:
        """Take out what was added under ``number`` before."""
        self._writer.delete_documents_by_query(Query.term_query(self._schema, _NUMBER, number))

    def commit(self) -> None:
        """Write everything so far."""
        self._writer.commit()

    def close(self) -> None:
        """Write everything and wait until files are merged; nothing can be added afterwards."""
        self._writer.commit()
        self._writer.wait_merging_threads()


def _new(folder: Path) -> Index:
    return _with_words(Index(_schema(), path=str(folder), reuse=False))


def _opened(folder: Path) -> Index:
    return _with_words(Index.open(str(folder)))


def _with_words(index: Index) -> Index:
    # words come cut already, one space apart
    index.register_tokenizer("cut", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
    return index


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field(_WORDS, stored=False, tokenizer_name="cut", index_option="freq")
    builder.add_unsigned_field(_NUMBER, stored=False, indexed=True, fast=True)
    return builder.build()
