"""How ordinary a word is, read from a BERT vocabulary, whose order is by frequency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kefu.errors import ModelError


@dataclass(frozen=True)
class Lexicon:
    """Words with their frequency rank, the commonest first; empty where none is known."""

    ranks: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, words: Iterable[str]) -> Lexicon:
        """A lexicon of ``words``, commonest first."""
        return cls({word: rank for rank, word in enumerate(words)})

    @classmethod
    def read(cls, vocabulary: Path) -> Lexicon:
        """The whole words of a ``vocab.txt``; raises ModelError where it is absent."""
        if not vocabulary.is_file():
            raise ModelError(f"No vocabulary at {vocabulary}. Install requirements.lock (make install).")
        lines = vocabulary.read_text(encoding="utf-8").splitlines()
        return cls.of(w for w in lines if len(w) > 1 and w.isascii() and w.isalpha())

    def words(self) -> list[str]:
        """The words, commonest first."""
        return sorted(self.ranks, key=self.ranks.__getitem__)

    def knows(self, word: str) -> bool:
        """Whether ``word`` (lower case) is a word of its own and so no misspelling."""
        return word in self.ranks

    def is_ordinary(self, word: str, *, commonest: int) -> bool:
        """Whether ``word`` is among the ``commonest`` words.

        >>> Lexicon.of(["the", "cat"]).is_ordinary("cat", commonest=1)
        False
        """
        return self.ranks.get(word, commonest) < commonest
