"""What finds passages, and the one place that chooses which kind of finder serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from kefu.errors import ConfigError
from kefu.knowledge.ranking import Hit
from kefu.knowledge.views import Vector

# Up to so many passages a language the classifier over all passages serves, above it the index. It weighs
# every passage for every question: with 800 of three questions each a search took 5.3 ms of CPU and
# fitting 24 s, the index 3.0 ms and 1 s (python -m benchmarks.knowledge, on a machine under load).
RANKER_MOST = 500


class Finder(Protocol):
    """Finds the passages that may answer a question. Searching from several threads is safe."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be searched, sorted."""

    def search(self, text: str, language: str, *, k: int = 3, vector: Vector | None = None) -> list[Hit]:
        """The ``k`` best passages of ``language``, best first; none for a text without words.

        The first score is the probability that this passage answers the question. ``vector``
        gives the text's sentence vector (d,) where the caller can have it at less cost.

        Raises:
            ConfigError: there is no passage in ``language``; names the languages that there are.
        """


def wants_index(counts: Mapping[str, int]) -> bool:
    """Whether so many passages, by language, are too many for the ranker.

    >>> wants_index({"en": 60, "zh": 60})
    False
    """
    return max(counts.values(), default=0) > RANKER_MOST


class Nothing:
    """A Finder without passages: what serves while there is no index yet."""

    languages: tuple[str, ...] = ()

    def search(self, text: str, language: str, *, k: int = 3, vector: Vector | None = None) -> list[Hit]:
        """ConfigError, since there is no language."""
        raise ConfigError(f"no passages in {language!r}; there are: none")
