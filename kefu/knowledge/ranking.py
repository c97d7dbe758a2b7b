"""Finding the passage that answers a question.

``Ranker.fit`` learns from the passages' own question variants, one language at a time;
``search`` gives the best passages with a calibrated probability, so that a threshold on it
means the same for every shop.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from kefu.errors import ConfigError
from kefu.knowledge.calibration import Calibration, cross_fit
from kefu.knowledge.passages import Passage
from kefu.knowledge.scorer import Lessons, Scorer, mix_for, project
from kefu.knowledge.views import Embed, View, embedded, plain, vectorizer

MIN_PASSAGES = 8  # fewer cannot be held out by turns
TITLE_WEIGHT = 0.9
ANSWER_WEIGHT = 0.5  # a sentence of the answer lends its words; measured +1 to +2 points of recall

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|[。！？；：\n]")


@dataclass(frozen=True)
class Hit:
    """A passage found.

    ``score`` of the first hit is the probability that it answers the question; the
    others' scores are smaller by as much as the classifier prefers the first.
    """

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

    Immutable once fitted; searching from several threads is safe where ``embed`` is.
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

    def save(self, file: Path) -> None:
        """Keep what was learnt in ``file``: fitting again takes seconds, reading it back does not."""
        new = file.with_name(f"{file.name}.new")
        joblib.dump(self._indexes, new)
        new.replace(file)

    @classmethod
    def load(cls, file: Path, *, embed: Embed) -> Ranker:
        """What ``save`` kept; only for files of this machine's own, since they are pickles.

        Raises:
            ConfigError: the file is cut or is none of ours.
        """
        try:
            return cls(joblib.load(file), embed=embed)
        except Exception as error:  # a cut pickle may raise whatever its bytes happen to say
            raise ConfigError(f"{file} holds no ranker ({type(error).__name__}); delete it") from error

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be searched."""
        return tuple(sorted(self._indexes))

    def search(self, text: str, language: str, *, k: int = 3, vector: np.ndarray | None = None) -> list[Hit]:
        """The ``k`` best passages of ``language`` for ``text``, best first; none for a text without words.

        ``vector`` (d,) is the text's sentence vector where the caller has it already.

        Raises:
            ConfigError: no passage was fitted in ``language``.
        """
        if language not in self._indexes:
            known = ", ".join(self.languages) or "none"
            raise ConfigError(f"no passages in {language!r}; there are: {known}")
        if not plain(text):
            return []
        vectors = embedded([text], lambda texts: self._embed(texts) if vector is None else vector[None, :])
        return _search(self._indexes[language], plain(text), vectors, language=language, k=k)


def _fit(passages: Sequence[Passage], language: str, embed: Embed) -> _Index:
    if len(passages) < MIN_PASSAGES:
        raise ConfigError(f"{len(passages)} passages in {language!r}; wanted at least {MIN_PASSAGES}")
    mix, grams = mix_for(language), vectorizer(language)
    lessons = _lessons(passages, grams=grams, embed=embed)
    projection = project(lessons.view, mix=mix)
    return _Index(
        passage_ids=tuple(passage.passage_id for passage in passages),
        grams=grams,
        scorer=Scorer.fit(lessons, mix=mix, projection=projection),
        calibration=Calibration.fit(cross_fit(lessons, mix=mix, projection=projection)),
    )


def _lessons(passages: Sequence[Passage], *, grams: TfidfVectorizer, embed: Embed) -> Lessons:
    """Every wording of every passage in both views; fits ``grams`` on the way."""
    taught = [
        (text, label, weight) for label, passage in enumerate(passages) for text, weight in _wordings(passage)
    ]
    texts, labels, weights = (list(column) for column in zip(*taught, strict=True))
    view = View(grams.fit_transform([plain(text) for text in texts]), embedded(texts, embed))
    return Lessons(view, np.array(labels), np.array(weights), question=np.array(weights) == 1.0)


def _wordings(passage: Passage) -> list[tuple[str, float]]:
    """Texts that stand for the passage and how much each counts, 1 for a question."""
    sentences = _SENTENCE_END.split(_PLACEHOLDER.sub(" ", passage.answer))
    return [
        *((question, 1.0) for question in passage.questions),
        (passage.title, TITLE_WEIGHT),
        *((sentence, ANSWER_WEIGHT) for sentence in sentences if plain(sentence)),
    ]


def _search(index: _Index, text: str, vectors: np.ndarray, *, language: str, k: int) -> list[Hit]:
    scores = index.scorer.score(View(index.grams.transform([text]), vectors))
    certainty = float(index.calibration.probability(scores)[0])
    shares = scores.probability[0]
    best = np.argsort(-shares, kind="stable")[:k]
    return [Hit(index.passage_ids[i], language, certainty * float(shares[i] / shares[best[0]])) for i in best]
