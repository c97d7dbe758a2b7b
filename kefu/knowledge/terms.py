"""The words of a text as the lexical index counts them."""

from __future__ import annotations

from collections.abc import Callable

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from kefu.knowledge.views import plain

Cut = Callable[[str], list[str]]


class Terms:
    """Cuts texts of one language into words: by ``cut`` for Chinese, by spaces and stemmed for English."""

    def __init__(self, language: str, *, cut: Cut) -> None:
        self._language = language
        self._cut = cut
        self._stemmer = _stemmer() if language == "en" else None

    def __call__(self, text: str) -> list[str]:
        """The words in their order, each as often as it stands there.

        >>> Terms("en", cut=list)("Returning the KEYBOARDS?")
        ['return', 'the', 'keyboard']
        """
        known = plain(text)
        if self._language == "zh":
            return [word for piece in self._cut(known) for word in piece.split()]
        if self._stemmer is None:
            return known.split()
        return list(self._stemmer.analyze(known))


def _stemmer() -> TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english")).build()
