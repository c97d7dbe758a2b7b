"""Texts that say nearly the same, found among many without holding each against each."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

_WORD = re.compile(r"[a-z0-9]+(?:[.'’][a-z0-9]+)*|[\u4e00-\u9fff]+")
_FILLERS = frozenset({
    "a", "an", "the", "is", "are", "am", "be", "do", "does", "did", "can", "could", "i", "my", "me", "you",
    "your", "it", "its", "to", "of", "in", "on", "for", "and", "or", "at", "by", "with", "please", "will",
    "would", "should", "there", "this", "that", "what", "how", "请问", "你们", "我们",
})  # fmt: skip


def words(text: str) -> frozenset[str]:
    """What a text speaks of: words without fillers, two neighbouring characters of Chinese.

    >>> sorted(words("How do I pay the invoice?")), sorted(words("怎么付款？"))
    (['invoice', 'pay'], ['么付', '付款', '怎么'])
    """
    found: set[str] = set()
    for run in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if "\u4e00" <= run[0] <= "\u9fff":
            found |= {run[i : i + 2] for i in range(max(1, len(run) - 1))}
        else:
            found.add(run)
    return frozenset(found - _FILLERS) or frozenset(found)


class NearIndex(Generic[T]):
    """Sets of words by what they share; finds those whose Jaccard similarity reaches ``least``.

    Two sets that are so alike share one of the rarest words of each, so only these are indexed
    (prefix filtering): the answer is exact, and a common word costs nothing.
    """

    def __init__(self, items: Sequence[tuple[T, frozenset[str]]], *, least: float) -> None:
        self._least = least
        self._items = items
        self._rarity = Counter(word for _, found in items for word in found)
        self._by_word: Mapping[str, list[int]] = self._indexed()

    def near(self, found: frozenset[str]) -> Iterator[tuple[T, float]]:
        """The items that are alike, with how much (``least`` to 1), in their order."""
        places = {place for word in self._prefix(found) for place in self._by_word.get(word, ())}
        for place in sorted(places):
            item, other = self._items[place]
            shared = len(found & other)
            alike = shared / (len(found) + len(other) - shared)
            if alike >= self._least:
                yield item, alike

    def _indexed(self) -> dict[str, list[int]]:
        by_word: defaultdict[str, list[int]] = defaultdict(list)
        for place, (_, found) in enumerate(self._items):
            for word in self._prefix(found):
                by_word[word].append(place)
        return dict(by_word)

    def _prefix(self, found: Iterable[str]) -> list[str]:
        rarest = sorted(found, key=lambda word: (self._rarity[word], word))
        # rounded, so that 0.7 of 10 words is 7 and not 7.000000000000001
        return rarest[: len(rarest) - math.ceil(round(self._least * len(rarest), 9)) + 1] if rarest else []
