"""Mistyped words of a message put right, by the words that are expected around them.

A noisy channel: the word that was meant is the likeliest by the mistake that would have made it
what was typed, by how common it is (in the training texts, and in general), and by its neighbours
in the training texts. A word that is a word may still be a mistake ("i lost my car" at a bank), so
that known words are weighed too, but only against words of the training texts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from kefu.errors import ModelError
from kefu.language.lexicon import Lexicon
from kefu.language.text import HAN, split
from kefu.language.weights import packaged_vocabulary

_MISTAKE = 0.02  # of the words that customers type; the benchmark's noise has more
_SWAPPED, _DROPPED, _ADDED, _CHANGED = 0.4, 0.4, 0.15, 0.1  # how the mistakes share out, about
_TRAINED = 0.85  # weight of the training texts beside general English in how common a word is
_SMOOTHING = 8.0  # neighbours seen this often count as much as the word alone
_UNSEEN = 1e-9  # probability of a word that is in no list
_SHORTEST, _LONGEST = 3, 30  # letters; shorter words are too like each other, longer ones are none
_MOST_WORDS, _MOST_PAIRS = 8_000, 40_000  # kept, the commonest first: they bound the size and the loading

_WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*")
_HAN = re.compile(f"[{HAN}]")
_LETTERS = string.ascii_lowercase + "'"
_START, _END, _NUMBER, _CHINESE = "<s>", "</s>", "<n>", "<zh>"  # no piece of a text looks like these
_STOPS = frozenset((".", "!", "?", ";", ":", "\u3002", "\uff01", "\uff1f"))
_DOMAINS = frozenset(("com", "net", "org", "io", "co", "cn", "shop"))
_TAILS = frozenset(("s", "d", "ll", "re", "ve", "t", "m"))
#: Everyday contractions, which a vocabulary of whole words lacks.
_CONTRACTIONS = (
    "don't i'm can't it's didn't i've doesn't that's what's won't isn't i'll haven't i'd hasn't wasn't "
    "there's couldn't where's you're aren't wouldn't how's shouldn't let's they're we're who's he's she's"
)
_CONTRACTED = frozenset((*_CONTRACTIONS.split(), *_CONTRACTIONS.replace("'", "").split()))

_Pair = tuple[str, str]


class Speller:
    """Corrects mistyped English words. Immutable but for a memory of neighbours; safe between threads.

    >>> speller = Speller.fit(["where is my parcel", "where is the card"])
    >>> speller.correct(["wehre", "is", "my", "pacel", "KF10000001"])
    ['where', 'is', 'my', 'parcel', 'KF10000001']
    """

    def __init__(
        self,
        *,
        counts: Mapping[str, int],
        pairs: Mapping[_Pair, int],
        general: Sequence[str],
        shortest: int = _SHORTEST,
    ) -> None:
        """``counts`` and ``pairs`` of the training texts' words; ``general`` words, commonest first.

        Words of fewer than ``shortest`` letters are never changed.
        """
        self._counts, self._pairs, self._general = dict(counts), dict(pairs), tuple(general)
        self._shortest = shortest
        self._words = _probabilities(self._counts, self._general)
        self._followed: Counter[str] = Counter()
        for (left, _), count in self._pairs.items():
            self._followed[left] += count
        general_words = frozenset(self._general)
        # a training text's own slip ("rtack", once) is known, but no word is corrected to it
        self._firm = {word for word, count in self._counts.items() if count > 1 or word in general_words}
        self._near: dict[str, Mapping[str, float]] = {}

    @classmethod
    def fit(cls, texts: Sequence[str], *, also: Iterable[str] = (), shortest: int = _SHORTEST) -> Speller:
        """A speller for messages like ``texts``; ``also`` holds names and words that are right besides."""
        counts: Counter[str] = Counter()
        pairs: Counter[_Pair] = Counter()
        for text in texts:
            keys = [_key(piece.text) for piece in split(text)]
            counts.update(key for key in keys if _WORD.fullmatch(key))
            # between Chinese words, marks and numbers there is nothing to learn
            pairs.update(p for p in pairwise((_START, *keys, _END)) if any(map(_WORD.fullmatch, p)))
        counts.update(word for name in also for word in map(_key, name.split()) if _WORD.fullmatch(word))
        return cls(
            counts=_commonest(counts, _MOST_WORDS),
            pairs=_commonest(pairs, _MOST_PAIRS),
            general=Lexicon.read(packaged_vocabulary()).words(),
            shortest=shortest,
        )

    def correct(self, words: Sequence[str]) -> list[str]:
        """The words of one message, mistyped ones put right: as many, in the same order.

        Numbers, codes, e-mail and web addresses, CamelCase, CAPITALS, words capitalised within a
        sentence, words of one or two letters and other scripts stay as they are.
        """
        keys = [_START, *map(_key, words), _END]
        result = list(words)
        address = _in_address(words)
        places = [p for p in range(len(words)) if p not in address and self._may_change(words, p)]
        # words that are none first: they are then the neighbours of those that are
        for place in sorted(places, key=lambda place: self._knows(keys[place + 1])):
            left, key, right = keys[place : place + 3]
            best = self._best(key, left, right)
            if best != key:
                keys[place + 1] = best
                result[place] = best.capitalize() if words[place][0].isupper() else best
        return result

    def as_dict(self) -> dict[str, Any]:
        """What ``from_dict`` needs, in plain JSON values."""
        pairs: dict[str, list[str]] = {}
        for (left, right), count in self._pairs.items():
            pairs.setdefault(left, []).append(f"{right} {count}")
        return {
            "counts": " ".join(f"{word} {count}" for word, count in self._counts.items()),
            "pairs": {left: " ".join(rights) for left, rights in pairs.items()},
            "general": " ".join(self._general),
            "shortest": self._shortest,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Speller:
        """The speller that ``as_dict`` described; raises ModelError where it described none."""
        try:
            return cls(
                counts=dict(_counted(values["counts"])),
                pairs={
                    (left, right): count
                    for left, rights in values["pairs"].items()
                    for right, count in _counted(rights)
                },
                general=values["general"].split(),
                shortest=int(values["shortest"]),
            )
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise ModelError(
                f"No speller can be read here ({type(error).__name__}: {error}). Wanted: what "
                "Speller.as_dict gave (counts, pairs, general, shortest). Train again (rasa train)."
            ) from error

    def _may_change(self, words: Sequence[str], place: int) -> bool:
        word = words[place]
        if not self._shortest <= len(word) <= _LONGEST or not word[1:].islower() or not _WORD.fullmatch(word):
            return False
        return word[0].islower() or place == 0 or words[place - 1] in _STOPS

    def _best(self, word: str, left: str, right: str) -> str:
        chances = self._meant(word)
        best, score = word, (1 - _MISTAKE) * self._fit(word, left, right)
        for other, chance in chances.items():
            found = _MISTAKE * chance * self._fit(other, left, right)
            if found > score:
                best, score = other, found
        return best

    def _fit(self, word: str, left: str, right: str) -> float:
        return self._after(left, word) * self._after(word, right)

    def _after(self, left: str, word: str) -> float:
        """The probability of ``word`` after ``left``."""
        alone = self._words.get(word, _UNSEEN)
        seen = self._pairs.get((left, word), 0)
        return (seen + _SMOOTHING * alone) / (self._followed.get(left, 0) + _SMOOTHING)

    def _knows(self, word: str) -> bool:
        if word in self._words:
            return True
        stem, mark, tail = word.rpartition("'")
        if mark:
            return tail in _TAILS and stem in self._words
        return "-" in word and all(part in self._words for part in word.split("-"))

    def _meant(self, word: str) -> Mapping[str, float]:
        """Words that ``word`` may have been meant for, with the chance of just that mistake."""
        if not self._knows(word):
            return self._around(word)
        if word not in self._words:  # "pre-order": there is no end of those to remember
            return self._beside(word)
        if word not in self._near:
            self._near[word] = self._beside(word)
        return self._near[word]

    def _beside(self, word: str) -> dict[str, float]:
        """For a word that is one: words of the training texts one swap or one dropped letter away."""
        found: dict[str, float] = {}
        for place in range(len(word) + 1):
            before, after = word[:place], word[place:]
            _offer(found, self._firm, (before + c + after for c in _LETTERS), _DROPPED / (len(word) + 1))
        _offer(found, self._firm, _swaps(word), _SWAPPED / (len(word) - 1))
        return {other: chance for other, chance in found.items() if not _inflected(word, other)}

    def _around(self, word: str) -> dict[str, float]:
        """For a word that is none: all words one mistake away."""
        found: dict[str, float] = {}
        wrong = 1 / (len(_LETTERS) * len(word))
        for place in range(len(word) + 1):
            before, after = word[:place], word[place:]
            _offer(found, self._words, (before + c + after for c in _LETTERS), _DROPPED / (len(word) + 1))
            if after:
                _offer(found, self._words, (before + c + after[1:] for c in _LETTERS), _CHANGED * wrong)
                _offer(found, self._words, (before + after[1:],), _ADDED * wrong)
        _offer(found, self._words, _swaps(word), _SWAPPED / max(len(word) - 1, 1))
        # "deactivate" is no mistyped "reactivate"
        return {other: chance for other, chance in found.items() if {word[:2], other[:2]} != {"de", "re"}}


def _offer(found: dict[str, float], wanted: Container[str], words: Iterable[str], chance: float) -> None:
    for word in words:
        if word in wanted and chance > found.get(word, 0.0):
            found[word] = chance


def _in_address(words: Sequence[str]) -> set[int]:
    """The places of words that are parts of a web address, which a tokenizer has cut into pieces.

    >>> sorted(_in_address(["see", "//", "kefu", ".", "example", "/", "help", "please", "kefu", ".", "com"]))
    [1, 2, 3, 4, 5, 6, 8, 10]
    """
    found: set[int] = set()
    inside = False
    for place, word in enumerate(words):
        if word in ("//", "www"):
            inside = True
        elif inside and word.isalnum() and words[place - 1].isalnum():  # nothing joins them
            inside = False
        if inside:
            found.add(place)
        elif word in _DOMAINS and place > 1 and words[place - 1] == ".":
            found.update((place - 2, place))
    return found


def _key(word: str) -> str:
    """A word as it is counted: lower case, numbers and Chinese words as one word each."""
    lower = word.lower().replace("\u2019", "'")
    if any(map(str.isdigit, lower)):
        return _NUMBER
    return _CHINESE if _HAN.search(lower) else lower


def _inflected(word: str, other: str) -> bool:
    """Whether ``other`` is ``word`` with an ending: "card" and "cards", "can" and "can't" are both right."""
    shorter, last = other.replace("'", "")[:-1], other[-1]
    if shorter != word:
        return False
    return last == "s" or (last == "d" and word.endswith("e")) or (last == "t" and other in _CONTRACTED)


def _swaps(word: str) -> Iterator[str]:
    for place in range(len(word) - 1):
        if word[place] != word[place + 1]:
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _probabilities(counts: Mapping[str, int], general: Sequence[str]) -> dict[str, float]:
    """How common each word is: its share of the training texts, and by its rank in general (Zipf)."""
    contractions = _CONTRACTIONS.split()
    bare = [word.replace("'", "") for word in contractions]
    ranks = [(word, rank) for rank, word in enumerate(general)]
    ranks += [(word, 50 + 5 * rank) for rank, word in enumerate(contractions)]
    ranks += [(word, 1_000 + 50 * rank) for rank, word in enumerate(bare)]
    shares: dict[str, float] = {}
    for word, rank in ranks:
        shares.setdefault(word, 1 / (rank + 20))
    every, total = sum(shares.values()), max(sum(counts.values()), 1)
    result = {word: (1 - _TRAINED) * share / every + _UNSEEN for word, share in shares.items()}
    for word, count in counts.items():
        result[word] = result.get(word, _UNSEEN) + _TRAINED * count / total
    return result


def _commonest(counts: Mapping[Any, int], most: int) -> dict[Any, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered[:most])


def _counted(line: str) -> Iterator[tuple[str, int]]:
    fields = line.split()
    return zip(fields[::2], map(int, fields[1::2]), strict=True)
