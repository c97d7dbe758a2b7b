"""Which words are words: to tell a message from fingers on a keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from rapidfuzz import fuzz, process

LATIN = re.compile(r"[a-z]{3,}", re.IGNORECASE)
CLOSE = 80  # rapidfuzz ratio from which a word counts as another one mistyped
FAMILIAR = 3  # letters that a typo keeps: shorter words are compared exactly


class Vocabulary:
    """Latin-script words that may be expected, in lower case.

    >>> Vocabulary(["where", "order"]).unknown_share("wher is my ordr")
    0.0
    >>> Vocabulary(["where", "order"]).unknown_share("asdkjh qwlkej")
    1.0
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(word.lower() for word in words)

    @classmethod
    def of_texts(cls, texts: Iterable[str], more: Iterable[str] = ()) -> Vocabulary:
        """The words of ``texts`` and those of ``more``."""
        found = {word for text in texts for word in latin_words(text)}
        return cls(found | {word for word in more if LATIN.fullmatch(word)})

    @cached_property
    def _long(self) -> Sequence[str]:
        return sorted(word for word in self.words if len(word) > FAMILIAR)

    def knows(self, word: str) -> bool:
        """Whether ``word`` is one of the words, or one of them mistyped."""
        lower = word.lower()
        if lower in self.words or len(lower) <= FAMILIAR:
            return lower in self.words
        return process.extractOne(lower, self._long, scorer=fuzz.ratio, score_cutoff=CLOSE) is not None

    def unknown_share(self, text: str) -> float:
        """The share of the Latin words (three letters and more) that are no words; 0 for none at all."""
        words = latin_words(text)
        return sum(not self.knows(word) for word in words) / len(words) if words else 0.0

    def is_strange(self, text: str, *, share: float) -> bool:
        """Whether ``unknown_share`` is more than ``share``; asks what is mistyped only where that matters."""
        words = latin_words(text)
        if words and sum(word not in self.words for word in words) / len(words) <= share:
            return False
        return self.unknown_share(text) > share


def latin_words(text: str) -> list[str]:
    """The Latin words of three letters and more, in lower case.

    >>> latin_words("Hi, the KF10000001 order 没到")
    ['the', 'order']
    """
    return [run.lower() for run in re.findall(r"(?<!\w)[A-Za-z]{3,}(?![A-Za-z0-9_])", text)]
