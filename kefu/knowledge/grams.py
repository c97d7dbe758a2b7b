"""How alike two short texts are written, without an index: the n-grams of characters that they share."""

from __future__ import annotations

import math
from collections.abc import Iterable


def grams_of(text: str, language: str) -> frozenset[str]:
    """Character trigrams with the ends marked; single characters and pairs for Chinese.

    ``text`` is as ``views.plain`` gives it.

    >>> sorted(grams_of("ab", "en"))
    [' ab', 'ab ']
    """
    if language == "zh":
        return frozenset(text) | {text[i : i + 2] for i in range(len(text) - 1)}
    marked = f" {text} "
    return frozenset(marked[i : i + 3] for i in range(len(marked) - 2))


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The cosine of two sets of n-grams, 0 to 1."""
    if not one or not other:
        return 0.0
    return len(one & other) / math.sqrt(len(one) * len(other))


def most_alike(one: frozenset[str], others: Iterable[frozenset[str]]) -> float:
    """The best of the cosines; 0 where there is none."""
    return max((alike(one, other) for other in others), default=0.0)
