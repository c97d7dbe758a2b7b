"""Typing mistakes made on purpose: to measure what they cost, and to train on.

The noise of the benchmark: one or two words of at least three letters a message, each with one
swap of two neighbours or one letter dropped, the first one included. An example with entities
only has swaps, and only outside its entities, so that every offset holds.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from kefu.language.examples import Example

# Latin letters that touch no digit, mark of a code or other script: "KF1000" and "a_b" are no words.
_WORD = re.compile(r"(?<![^\W_])(?<!_)[A-Za-z]{3,}(?![^\W_])(?!_)")
_MOST = 2


def with_typos(example: Example, *, rng: random.Random) -> Example:
    """``example`` with one or two mistyped words; itself if it has no word that may be mistyped.

    >>> with_typos(Example("where is my parcel"), rng=random.Random(5)).text
    'wehre is my pracel'
    """
    text = example.text
    words = [(m.start(), m.end()) for m in _WORD.finditer(text) if not _touches(example, *m.span())]
    chosen = rng.sample(words, min(rng.randint(1, _MOST), len(words)))
    for start, end in sorted(chosen, reverse=True):  # from the right: a dropped letter moves what follows
        text = text[:start] + _mistyped(text[start:end], rng, may_drop=not example.spans) + text[end:]
    return replace(example, text=text)


def noised(examples: Sequence[Example], *, seed: int = 1) -> list[Example]:
    """Every example with its typos, in order; the same seed makes the same mistakes."""
    rng = random.Random(seed)
    return [with_typos(example, rng=rng) for example in examples]


def _touches(example: Example, start: int, end: int) -> bool:
    return any(start < span.end and span.start < end for span in example.spans)


def _mistyped(word: str, rng: random.Random, *, may_drop: bool) -> str:
    # two equal neighbours swapped are no mistake
    swaps = [place for place in range(len(word) - 1) if word[place] != word[place + 1]]
    if may_drop and (not swaps or rng.random() < 0.5):
        place = rng.randrange(len(word))
        return word[:place] + word[place + 1 :]
    if not swaps:
        return word
    place = rng.choice(swaps)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
