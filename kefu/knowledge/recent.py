"""A finder with what changed since it was fitted: by the nearest question, until it is refitted."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from datetime import datetime

import numpy as np

from kefu.errors import ConfigError
from kefu.knowledge.delta import Changes, Delta, Entry, Fresh, Key
from kefu.knowledge.finder import Finder
from kefu.knowledge.grams import grams_of, most_alike
from kefu.knowledge.passages import Passage
from kefu.knowledge.ranking import Hit
from kefu.knowledge.views import Embed, Vector, embedded, plain

# A likeness of 0.75 is as good as a coin, one of 0.95 nearly sure. A guess: it serves for the
# seconds until the finder below has learnt the new passages and says how sure it is.
_EVEN, _STEEPNESS = 0.75, 15.0
_COMPARED = 50  # of the new passages, the nearest
_MOST_HIDDEN = 50  # asked for besides k, so that hidden passages leave enough


class Recent:
    """``base``, which knows ``passages``, without what is gone or not in force, and with what is new.

    Immutable.
    """

    def __init__(
        self,
        base: Finder,
        *,
        embed: Embed,
        now: Callable[[], datetime],
        passages: Mapping[Key, Passage],
        delta: Delta | None = None,
    ) -> None:
        self._base, self._embed, self._now = base, embed, now
        self._passages = passages
        self._limited = {key for key, one in passages.items() if one.valid_from or one.valid_to}
        self.delta = delta or Delta()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be searched."""
        return tuple(sorted({*self._base.languages, *(language for _, language in self.delta.entries)}))

    def with_changes(self, changes: Changes) -> Recent:
        """This with what changed after it was made."""
        delta = self.delta.with_changes(changes, embed=self._embed, terms={})
        return Recent(self._base, embed=self._embed, now=self._now, passages=self._passages, delta=delta)

    @property
    def count(self) -> int:
        """How many passages there are, in force or not."""
        return len(self._passages.keys() - self.delta.hidden) + len(self.delta.entries)

    def search(self, text: str, language: str, *, k: int = 3, vector: Vector | None = None) -> list[Hit]:
        """The ``k`` best passages, as a Finder promises; those not in force now are left out."""
        if language not in self.languages:
            raise ConfigError(
                f"no passages in {language!r}; there are: {', '.join(self.languages) or 'none'}"
            )
        if not plain(text):
            return []
        own = functools.cache(lambda: self._vector(text, vector))
        hits = self._of_base(text, language, k=k, vector=own)
        fresh = self.delta.of_language(language)
        if fresh.entries:
            hits += self._of_new(fresh, grams_of(plain(text), language), language, own())
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def _vector(self, text: str, given: Vector | None) -> np.ndarray:
        return embedded([text], lambda texts: self._embed(texts) if given is None else given()[None, :])[0]

    def _of_new(self, fresh: Fresh, grams: frozenset[str], language: str, vector: np.ndarray) -> list[Hit]:
        moment = self._now()
        return [
            Hit(entry.passage.passage_id, language, _certainty(entry, grams, cosine))
            for entry, cosine in fresh.nearest(vector, k=_COMPARED)
            if entry.passage.in_force(moment)
        ]

    def _of_base(self, text: str, language: str, *, k: int, vector: Vector) -> list[Hit]:
        if language not in self._base.languages:
            return []
        hidden = self.delta.hidden
        left_out = min(len(hidden) + len(self._limited), _MOST_HIDDEN)
        moment = self._now()
        return [
            hit
            for hit in self._base.search(text, language, k=k + left_out, vector=vector)
            if (hit.passage_id, language) not in hidden and self._in_force(hit, moment)
        ]

    def _in_force(self, hit: Hit, moment: datetime) -> bool:
        key = (hit.passage_id, hit.language)
        return key not in self._limited or self._passages[key].in_force(moment)


def _certainty(entry: Entry, grams: frozenset[str], cosine: float) -> float:
    """How probably the nearest question of the passage was meant."""
    likeness = (most_alike(grams, entry.grams) + max(cosine, 0.0)) / 2
    return 1 / (1 + math.exp(-_STEEPNESS * (likeness - _EVEN)))
