"""Finding the passage that answers a question.

``Ranker.fit`` learns from the passages' own question variants, one language at a time;
``search`` gives the best passages with a calibrated probability, so that a threshold on it
means the same for every shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from kefu.errors import ConfigError
from kefu.knowledge.calibration import Calibration, cross_fit
from kefu.knowledge.passages import Passage
from kefu.knowledge.scorer import Scorer, mix_for
from kefu.knowledge.views import Embed, View, embedded, plain, vectorizer

MIN_PASSAGES = 8  # fewer cannot be held out by turns


@dataclass(frozen=True)
class Hit:
    """A passage found; ``score`` of the first is the probability that it answers the question."""

    passage_id: str
    language: str
    score: float


@dataclass(frozen=True)
class _Index:
    """What one language's passages taught."""

    passage_ids: tuple[str, ...]
    grams: TfidfVectorizer
    scorer: Scorer
    calibration: Calibration


class Ranker:
    """Finds passages by what people asked for them.

    Immutable once fitted; searching from several threads is safe if ``embed`` is.
    """

    def __init__(self, indexes: Mapping[str, _Index], *, embed: Embed) -> None:
        self._indexes = dict(indexes)
        self._embed = embed

    @classmethod
    def fit(cls, passages: Iterable[Passage], *, embed: Embed) -> Ranker:
        """Learn every language that ``passages`` hold.

        ``embed`` turns n texts into an (n, d) array of sentence vectors of any length;
        it is called once a language, and once a search.

        Raises:
            ConfigError: fewer than 8 passages in a language.
        """
        by_language: dict[str, list[Passage]] = {}
        for passage in passages:
            by_language.setdefault(passage.language, []).append(passage)
        indexes = {language: _fit(found, language, embed) for language, found in by_language.items()}
        return cls(indexes, embed=embed)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be searched."""
        return tuple(sorted(self._indexes))

    def search(
        self, text: str, language: str, *, k: int = 3, vector: np.ndarray | None = None
    ) -> list[Hit]:
        """The ``k`` best passages of ``language`` for ``text``, best first; none for a text without words.

        ``vector`` (d,) is the text's sentence vector where the caller has it already.

        Raises:
            ConfigError: no passage was fitted in ``language``.
        """
        if language not in self._indexes:
            raise ConfigError(f"no passages in {language!r}; there are: {', '.join(self.languages) or 'none'}")
        if not plain(text):
            return []
        vectors = embedded([text], lambda texts: self._embed(texts) if vector is None else vector[None, :])
        return _search(self._indexes[language], plain(text), vectors, language=language, k=k)


def _fit(passages: Sequence[Passage], language: str, embed: Embed) -> _Index:
    if len(passages) < MIN_PASSAGES:
        raise ConfigError(f"{len(passages)} passages in {language!r}; wanted at least {MIN_PASSAGES}")
    texts = [text for passage in passages for text in _wordings(passage)]
    labels = np.array([i for i, passage in enumerate(passages) for _ in _wordings(passage)])
    grams = vectorizer(language)
    view = View(grams.fit_transform(map(plain, texts)), embedded(texts, embed))
    mix = mix_for(language)
    return _Index(
        passage_ids=tuple(passage.passage_id for passage in passages),
        grams=grams,
        scorer=Scorer.fit(view, labels, mix=mix),
        calibration=Calibration.fit(cross_fit(view, labels, mix=mix)),
    )


def _wordings(passage: Passage) -> tuple[str, ...]:
    return (*passage.questions, passage.title)


def _search(index: _Index, text: str, vectors: np.ndarray, *, language: str, k: int) -> list[Hit]:
    scores = index.scorer.score(View(index.grams.transform([text]), vectors))
    probability = float(index.calibration.probability(scores)[0])
    ranking = scores.ranking[0]
    best = np.argsort(-ranking, kind="stable")[:k]
    return [
        Hit(index.passage_ids[i], language, probability * float(ranking[i] / ranking[best[0]])) for i in best
    ]
