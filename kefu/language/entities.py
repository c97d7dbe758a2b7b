"""The entities of a shop in a message: its products, their variants and kinds, numbers and dates.

Names are found by spaCy's PhraseMatcher over the symbols of the text, misspellings by
edit distance. Where two finds overlap the longer one stays.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kefu.language.aliases import Alias, Symbol, Symbols, derive, key_of, squeezed, symbols_of
from kefu.language.catalogue import Catalogue
from kefu.language.dates import find_dates, with_dates
from kefu.language.lexicon import Lexicon
from kefu.language.numbers import Found, NumberMatcher
from kefu.language.text import Piece, fold, split
from kefu.language.words import COLOURS, KINDS, NOT_PRODUCTS, word_set

#: Symbols that may stand between a word of a name and the word for its kind.
_LINKS = word_set("的 那 这 本 门 个 节")
_LONGEST_WINDOW = 4


@dataclass(frozen=True)
class _Span:
    first: int  # index of the first symbol
    last: int  # index after the last symbol
    label: str  # alias | named | kind | variant | blocked
    key: str | Symbols
    confidence: float = 1.0


class CatalogueMatcher:
    """Finds the entities of one catalogue in a text. Immutable: a new catalogue is a new matcher."""

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon) -> None:
        self.catalogue = catalogue
        self._lexicon = lexicon
        self._aliases = derive(catalogue, lexicon)
        self._squeezed = squeezed(self._aliases)
        self._by_letter: dict[str, list[str]] = {}
        for name in self._squeezed:
            self._by_letter.setdefault(name[0], []).append(name)
        self._numbers = NumberMatcher(catalogue)
        self._kinds = _kind_words(catalogue)
        self._variants = _variant_words(catalogue)
        self._phrases = _Phrases(
            {
                "alias": self._aliases,
                "kind": self._kinds,
                "variant": self._variants,
                "blocked": {key_of(phrase): "" for phrase in NOT_PRODUCTS},
            }
        )

    def find(self, text: str, *, today: date | None = None) -> list[Found]:
        """Every entity of ``text`` in order of appearance, without overlaps.

        ``today`` in shop time gives dates such as "tomorrow" their value; without it they are not found.
        """
        numbers = with_dates(self._numbers.find(text), find_dates(text, today=today))
        symbols = symbols_of(text)
        spans = [s for s in self._spans(text, symbols) if not any(_hits(s, symbols, n) for n in numbers)]
        names = [self._found(s, symbols) for s in _longest_first(spans, symbols) if s.label != "blocked"]
        return sorted([*numbers, *names], key=lambda f: f.start)

    def _spans(self, text: str, symbols: Sequence[Symbol]) -> list[_Span]:
        pieces = split(text)
        exact = [s for s in self._phrases.find(symbols) if not _inside_a_word(s, symbols, pieces)]
        exact += _named_with_kind(exact, symbols, self._aliases)
        plain = [s for s in exact if s.label != "alias" or self._aliases[key_of_span(s)].plain]
        taken = {i for s in plain for i in range(s.first, s.last)}
        return plain + list(self._misspelt(symbols, taken))

    def _misspelt(self, symbols: Sequence[Symbol], taken: set[int]) -> Iterator[_Span]:
        """Windows of words that hold at least one unexplained word and come close to an alias."""
        words = [symbol.text for symbol in symbols]
        odd = [len(word) > 2 and word.isalpha() and not self._explained(word) for word in words]
        free = [place not in taken for place in range(len(words))]
        for length in range(1, _LONGEST_WINDOW + 1):
            for first in range(len(words) - length + 1):
                last = first + length
                joined = "".join(words[first:last])
                if len(joined) >= 5 and joined.isascii() and any(free[first:last]):
                    key = self._nearest(joined, odd=any(odd[first:last]))
                    if key is not None:
                        yield _Span(first, last, "alias", key, 0.8)

    def _nearest(self, joined: str, *, odd: bool) -> Symbols | None:
        """The alias that joined words may be a misspelling of; real words are never misspellings."""
        if joined in self._squeezed or not odd:
            return self._squeezed.get(joined)
        allowed = 1 if len(joined) < 8 else 2
        if _nearest(joined, self._by_letter.get(joined[0], ()), allowed=allowed) is None:
            return None  # people hit the first letter: then no other name counts
        best = _nearest(joined, list(self._squeezed), allowed=allowed)
        return self._squeezed[best] if best and best[0] == joined[0] else None

    def _explained(self, word: str) -> bool:
        return self._lexicon.knows(word) or (word,) in self._aliases

    def _found(self, span: _Span, symbols: Sequence[Symbol]) -> Found:
        start, end = symbols[span.first].start, symbols[span.last - 1].end
        if span.label == "variant":
            return Found("variant", start, end, str(span.key))
        if span.label == "kind":
            return self._kind_found(str(span.key), start, end)
        return self._product_found(self._aliases[key_of_span(span)], start, end, span.confidence)

    def _kind_found(self, kind: str, start: int, end: int) -> Found:
        ids = [item.product_id for item in self.catalogue.items if item.kind == kind]
        only = ids if len(ids) == 1 else []
        return Found(
            "product", start, end, only[0] if only else kind, 0.5, {"product_ids": only, "kinds": [kind]}
        )

    def _product_found(self, alias: Alias, start: int, end: int, confidence: float) -> Found:
        extra: dict[str, Any] = {"product_ids": list(alias.product_ids), "kinds": sorted(alias.kinds)}
        return Found("product", start, end, alias.product_ids[0], confidence, extra)


def _nearest(word: str, names: Sequence[str], *, allowed: int) -> str | None:
    """The name with the fewest mistakes, the first of several, if those are ``allowed``."""
    best = process.extractOne(word, names, scorer=OSA.distance, score_cutoff=allowed)
    return best[0] if best else None


def key_of_span(span: _Span) -> Symbols:
    """The alias behind a span that stands for products."""
    return span.key if isinstance(span.key, tuple) else key_of(span.key)


class _Phrases:
    """spaCy's PhraseMatcher over symbols instead of spaCy's own tokens."""

    def __init__(self, labelled: Mapping[str, Mapping[Symbols, Any]]) -> None:
        spacy = load_spacy()
        from spacy.matcher import PhraseMatcher

        self._vocab = spacy.blank("xx").vocab
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._labelled = labelled
        for label, phrases in labelled.items():
            if phrases:
                self._matcher.add(label, [self._doc(key) for key in phrases])

    def find(self, symbols: Sequence[Symbol]) -> list[_Span]:
        texts = tuple(s.text for s in symbols)
        if not texts:
            return []
        found = []
        for label_id, first, last in self._matcher(self._doc(texts)):
            label, key = self._vocab.strings[label_id], texts[first:last]
            found.append(_Span(first, last, label, key if label == "alias" else self._labelled[label][key]))
        return found

    def _doc(self, texts: Symbols) -> Any:
        from spacy.tokens import Doc

        return Doc(self._vocab, words=list(texts))


@functools.cache
def load_spacy() -> Any:
    """spaCy, imported so that thinc does not load torch where nothing else has (420 MB, 2.4 s)."""
    modules = cast(dict[str, Any], sys.modules)
    absent = "torch" not in modules
    if absent:
        modules["torch"] = None  # an import of torch now fails, and thinc does without
    try:
        import spacy
    finally:
        if absent:
            del modules["torch"]
    return spacy


def _kind_words(catalogue: Catalogue) -> dict[Symbols, str]:
    sold = {item.kind for item in catalogue.items}
    return {key_of(word): kind for kind, words in KINDS.items() if kind in sold for word in words}


def _variant_words(catalogue: Catalogue) -> dict[Symbols, str]:
    words = {key_of(word): colour for colour, said in COLOURS.items() for word in said}
    own = {variant for item in catalogue.items for variant in item.variants}
    for variant in sorted(own):
        said = COLOURS.get(fold(variant).lower(), ())
        words.update({key_of(word): variant for word in (variant, *said) if len(word) > 1})
    return {key: value for key, value in words.items() if key}


def _named_with_kind(
    spans: Sequence[_Span], symbols: Sequence[Symbol], aliases: Mapping[Symbols, Alias]
) -> Iterator[_Span]:
    """Aliases joined with a word for their kind before or behind them: "the writing course"."""
    for kind in (s for s in spans if s.label == "kind"):
        for name in (s for s in spans if s.label == "alias"):
            if kind.key in aliases[key_of_span(name)].kinds and _linked(name, kind, symbols):
                yield _Span(min(name.first, kind.first), max(name.last, kind.last), "named", name.key)


def _linked(name: _Span, kind: _Span, symbols: Sequence[Symbol]) -> bool:
    between = symbols[min(name.last, kind.last) : max(name.first, kind.first)]
    apart = name.last <= kind.first or kind.last <= name.first
    return apart and len(between) <= 3 and all(s.text in _LINKS for s in between)


def _inside_a_word(span: _Span, symbols: Sequence[Symbol], pieces: Sequence[Piece]) -> bool:
    """Whether a Chinese span only opens a longer word (羽毛 in 羽毛球), or is one character of one.

    A span that closes a word stays: the last part of a Chinese compound says what it is.
    """
    start, end = symbols[span.first].start, symbols[span.last - 1].end
    if symbols[span.last - 1].text.isascii():
        return False
    around = [p for p in pieces if p.start <= start and end <= p.end]
    single = end - start == 1
    return any(p.end > end or (single and p.start < start) for p in around)


def _longest_first(spans: Sequence[_Span], symbols: Sequence[Symbol]) -> list[_Span]:
    """The spans that remain when the longest of overlapping ones wins; blocked ones win ties."""

    def rank(span: _Span) -> tuple[int, bool, float]:
        length = symbols[span.last - 1].end - symbols[span.first].start
        return -length, span.label != "blocked", -span.confidence

    kept: list[_Span] = []
    for span in sorted(spans, key=rank):
        if all(span.last <= old.first or old.last <= span.first for old in kept):
            kept.append(span)
    return kept


def _hits(span: _Span, symbols: Sequence[Symbol], found: Found) -> bool:
    return symbols[span.first].start < found.end and found.start < symbols[span.last - 1].end
