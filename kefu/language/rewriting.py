"""What the encoder reads instead of a text: typing mistakes put right, Chinese in English words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kefu.language.glosses import Glosses
from kefu.language.spelling import Speller
from kefu.language.text import split


class Rewriting:
    """Makes the rewriting of a language, for texts like those that it is shown.

    >>> read = Rewriting(Glosses({}))("en", ["where is my parcel"])
    >>> read("wehre is it?")
    'where is it?'
    """

    def __init__(self, glosses: Glosses) -> None:
        self._glosses = glosses

    @classmethod
    def prepared(cls, home: Path) -> Rewriting:
        """With the glosses of this machine, kept below ``home``; the first time reads the dictionary."""
        return cls(Glosses.prepared(home / "glosses"))

    def __call__(self, language: str, texts: Sequence[str]) -> Callable[[str], str]:
        """English is spelt by the words of ``texts``, Chinese put into English, others stay."""
        if language == "en":
            speller = Speller.fit(texts)
            return lambda text: respelt(text, speller)
        return self._glosses.english if language == "zh" else str


def respelt(text: str, speller: Speller) -> str:
    """``text`` with its mistyped words put right; everything between the words stays."""
    pieces = split(text)
    words = speller.correct([piece.text for piece in pieces])
    parts, end = [], 0
    for piece, word in zip(pieces, words, strict=True):
        parts += [text[end : piece.start], word]
        end = piece.end
    return "".join([*parts, text[end:]])
