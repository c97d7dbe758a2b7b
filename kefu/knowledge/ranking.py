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
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from kefu.errors import ConfigError
from kefu.knowledge.calibration import Calibration, cross_fit
from kefu.knowledge.passages import Passage
from kefu.knowledge.scorer import Lessons, Scorer, mix_for, project
from kefu.knowledge.views import (
    Embed,
    Rewrite,
    Rewriting,
    Vector,
    View,
    as_it_is,
    embedded,
    plain,
    unit_rows,
    vectorizer,
)
from kefu.tfidf import Tfidf

THRESHOLD = 0.5  # a first hit with this score is rather right than wrong, and worth giving as the answer
MIN_PASSAGES = 2  # one alone has nothing to be told apart from
TITLE_WEIGHT = 0.9
ANSWER_WEIGHT = 0.5  # a sentence of the answer lends its words; measured +1 to +2 points of recall
SOFTENED = 0.4  # of the log odds between two passages: their sum is over-sure, by as much on every set
OTHER_WEIGHT = 0.5  # a question of the same passage in another language: what it means, not its words

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|[。！？；：\n]")


@dataclass(frozen=True)
class Hit:
    """A passage found.

    ``score`` of the first hit is the probability that it answers the question; the
    others' scores are smaller by as much as the first is preferred.
    """

    passage_id: str
    language: str
    score: float


@dataclass(frozen=True)
class _Index:
    """What one language's passages taught; ``texts`` are what its rewriting was made from."""

    passage_ids: tuple[str, ...]
    texts: tuple[str, ...]
    grams: TfidfVectorizer
    scorer: Scorer
    calibration: Calibration


class Ranker:
    """Finds passages by what people asked for them.

    Immutable once fitted; searching from several threads is safe where ``embed`` is.
    """

    def __init__(
        self, indexes: Mapping[str, _Index], *, embed: Embed, rewrites: Mapping[str, Rewrite]
    ) -> None:
        """``rewrites`` has one for each language of ``indexes``; see ``fit`` and ``load``."""
        self._indexes = dict(indexes)
        self._rows = {language: Tfidf(index.grams) for language, index in indexes.items()}
        self._embed = embed
        self._rewrites = dict(rewrites)

    @classmethod
    def fit(cls, passages: Iterable[Passage], *, embed: Embed, rewriting: Rewriting = as_it_is) -> Ranker:
        """Learn every language that ``passages`` hold.

        ``embed`` turns n texts into an (n, d) array of sentence vectors of any length;
        it is called once a language, and once a search. ``rewriting`` makes of a text what
        ``embed`` reads. Of few passages little can be held out: scores are then cautious.

        Raises:
            ConfigError: a single passage in a language.
        """
        by_language: dict[str, list[Passage]] = {}
        for passage in passages:
            by_language.setdefault(passage.language, []).append(passage)
        rewrites = {language: rewriting(language, _texts(found)) for language, found in by_language.items()}
        taught = {
            language: _taught(found, language, embed=embed, rewrite=rewrites[language])
            for language, found in by_language.items()
        }
        indexes = {
            language: _fit(its, language, others=[other for other in taught.values() if other is not its])
            for language, its in taught.items()
        }
        return cls(indexes, embed=embed, rewrites=rewrites)

    def save(self, file: Path) -> None:
        """Keep what was learnt in ``file``: fitting again takes seconds, reading it back does not."""
        new = file.with_name(f"{file.name}.new")
        joblib.dump(self._indexes, new)
        new.replace(file)

    @classmethod
    def load(cls, file: Path, *, embed: Embed, rewriting: Rewriting = as_it_is) -> Ranker:
        """What ``save`` kept; only for files of this machine's own, since they are pickles.

        Raises:
            ConfigError: the file is cut or is none of ours.
        """
        try:
            indexes = dict(joblib.load(file))
            rewrites = {language: rewriting(language, index.texts) for language, index in indexes.items()}
            return cls(indexes, embed=embed, rewrites=rewrites)
        except Exception as error:  # a cut pickle may raise whatever its bytes happen to say
            raise ConfigError(f"{file} holds no ranker ({type(error).__name__}); delete it") from error

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be searched."""
        return tuple(sorted(self._indexes))

    def size(self, language: str) -> int:
        """How many passages there are in ``language``; ConfigError where there is none."""
        return len(self._index(language).passage_ids)

    def search(self, text: str, language: str, *, k: int = 3, vector: Vector | None = None) -> list[Hit]:
        """The ``k`` best passages of ``language`` for ``text``, best first; none for a text without words.

        ``vector`` gives the text's sentence vector (d,) where the caller can have it at less cost; it is not
        asked where the text is rewritten.

        Raises:
            ConfigError: no passage was fitted in ``language``.
        """
        index = self._index(language)
        if not plain(text):
            return []
        read = self._rewrites[language](text)
        own = self._embed([read])[0] if vector is None or read != text else vector()
        vectors = unit_rows(np.asarray(own, dtype=np.float32)[None, :])
        columns, values = self._rows[language].row(_written(text, read, language))
        grams = scipy.sparse.csr_matrix(
            (values, columns, [0, len(columns)]), shape=(1, len(index.grams.vocabulary_))
        )
        return _search(index, View(grams, vectors), language=language, k=k)

    def _index(self, language: str) -> _Index:
        if language not in self._indexes:
            known = ", ".join(self.languages) or "none"
            raise ConfigError(f"no passages in {language!r}; there are: {known}")
        return self._indexes[language]


@dataclass(frozen=True)
class _Taught:
    """A language's n wordings: as they are, as n-grams read them, ``vectors`` (n, d), and ``labels`` (n,),
    each the place of its passage in ``passage_ids``, with how much each counts."""

    passage_ids: tuple[str, ...]
    texts: tuple[str, ...]
    written: list[str]
    vectors: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    @property
    def question(self) -> np.ndarray:
        """Which of them people would type, (n,)."""
        return self.weights == 1.0


def _taught(passages: Sequence[Passage], language: str, *, embed: Embed, rewrite: Rewrite) -> _Taught:
    """Every wording of every passage, each embedded once, however many languages learn from it."""
    wordings = [(text, at, much) for at, one in enumerate(passages) for text, much in _wordings(one)]
    texts, labels, weights = zip(*wordings, strict=True)
    read = [rewrite(text) for text in texts]
    return _Taught(
        passage_ids=tuple(passage.passage_id for passage in passages),
        texts=texts,
        written=[_written(text, new, language) for text, new in zip(texts, read, strict=True)],
        vectors=embedded(read, embed),
        labels=np.array(labels),
        weights=np.array(weights),
    )


def _fit(taught: _Taught, language: str, *, others: Sequence[_Taught]) -> _Index:
    if len(taught.passage_ids) < MIN_PASSAGES:
        raise ConfigError(
            f"{len(taught.passage_ids)} passages in {language!r}; wanted at least {MIN_PASSAGES}"
        )
    mix, grams = mix_for(language), vectorizer(language)
    view = View(grams.fit_transform(taught.written), taught.vectors)
    lessons = Lessons(view, taught.labels, taught.weights, taught.question)
    for other in others:
        lessons = _with_lent(lessons, other, taught.passage_ids)
    projection = project(lessons.view, mix=mix)
    return _Index(
        passage_ids=taught.passage_ids,
        texts=taught.texts,
        grams=grams,
        scorer=Scorer.fit(lessons, mix=mix, projection=projection),
        calibration=Calibration.fit(cross_fit(lessons, mix=mix, projection=projection)),
    )


def _with_lent(lessons: Lessons, other: _Taught, passage_ids: Sequence[str]) -> Lessons:
    """With what the same passages are asked in another language: by meaning alone, without n-grams."""
    ours = {passage_id: label for label, passage_id in enumerate(passage_ids)}
    label_of = np.array([ours.get(passage_id, -1) for passage_id in other.passage_ids])
    known = np.flatnonzero(other.question & (label_of[other.labels] >= 0))
    if not len(known):
        return lessons
    silent = scipy.sparse.csr_matrix((len(known), lessons.view.grams.shape[1]), dtype=np.float32)
    view = View(
        scipy.sparse.vstack([lessons.view.grams, silent]).tocsr(),
        np.concatenate([lessons.view.vectors, other.vectors[known]]),
    )
    return Lessons(
        view,
        np.concatenate([lessons.labels, label_of[other.labels[known]]]),
        np.concatenate([lessons.weights, np.full(len(known), OTHER_WEIGHT)]),
        np.concatenate([lessons.question, np.zeros(len(known), dtype=bool)]),
    )


def _written(text: str, read: str, language: str) -> str:
    """What n-grams are cut from: Chinese as it was typed, whatever the encoder reads; else what it reads."""
    return plain(text if language == "zh" else read)


def _texts(passages: Sequence[Passage]) -> tuple[str, ...]:
    return tuple(text for passage in passages for text, _ in _wordings(passage))


def _wordings(passage: Passage) -> list[tuple[str, float]]:
    """Texts that stand for the passage and how much each counts, 1 for a question."""
    sentences = _SENTENCE_END.split(_PLACEHOLDER.sub(" ", passage.answer))
    return [
        *((question, 1.0) for question in passage.questions),
        *(((passage.title, TITLE_WEIGHT),) if plain(passage.title) else ()),
        *((sentence, ANSWER_WEIGHT) for sentence in sentences if plain(sentence)),
    ]


def _search(index: _Index, view: View, *, language: str, k: int) -> list[Hit]:
    scores = index.scorer.score(view)
    certainty = float(index.calibration.probability(scores)[0])
    shares = scores.total[0]
    best = np.argsort(-shares, kind="stable")[:k]
    behind = (shares[best] / shares[best[0]]) ** SOFTENED
    return [
        Hit(index.passage_ids[i], language, certainty * float(share))
        for i, share in zip(best, behind, strict=True)
    ]
