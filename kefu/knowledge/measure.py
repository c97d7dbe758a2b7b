"""How good the ranking is, measured on question variants that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kefu.knowledge.passages import Passage
from kefu.knowledge.ranking import Hit, Ranker
from kefu.knowledge.views import Embed, Rewriting, as_it_is

COVERAGE = 0.9


@dataclass(frozen=True)
class Figures:
    """Shares of the questions of one language, each held out once.

    ``wrong_at_90`` is the share of wrong first passages among the 90 % of questions with the
    highest scores, ``threshold_at_90`` the score that this takes.
    """

    language: str
    questions: int
    recall_1: float
    recall_3: float
    wrong_at_90: float
    threshold_at_90: float


def held_out_figures(
    passages: Sequence[Passage],
    language: str,
    *,
    embed: Embed,
    rewriting: Rewriting = as_it_is,
    folds: int = 5,
    seed: int = 0,
) -> Figures:
    """Fit on all but one part of each passage's questions, search the part, for every part."""
    found = []
    for kept, questions in _parts(passages, language, folds=folds, seed=seed):
        ranker = Ranker.fit(kept, embed=embed, rewriting=rewriting)
        found += [(passage_id, ranker.search(question, language)) for passage_id, question in questions]
    return figures(found, language)


def figures(found: Sequence[tuple[str, list[Hit]]], language: str) -> Figures:
    """Count what was found, given (right passage, hits) of every question."""
    first = np.array([bool(hits) and hits[0].passage_id == wanted for wanted, hits in found])
    among = [any(hit.passage_id == wanted for hit in hits[:3]) for wanted, hits in found]
    scores = np.array([hits[0].score if hits else 0.0 for _, hits in found])
    surest = np.argsort(-scores, kind="stable")[: max(1, round(COVERAGE * len(found)))]
    return Figures(
        language=language,
        questions=len(found),
        recall_1=float(first.mean()),
        recall_3=float(np.mean(among)),
        wrong_at_90=float(1 - first[surest].mean()),
        threshold_at_90=float(scores[surest[-1]]),
    )


def _parts(
    passages: Sequence[Passage], language: str, *, folds: int, seed: int
) -> Iterator[tuple[list[Passage], list[tuple[str, str]]]]:
    """The passages without one part of their questions, and that part as (passage id, question)."""
    own = [passage for passage in passages if passage.language == language]
    generator = np.random.default_rng(seed)
    orders = [generator.permutation(len(passage.questions)) for passage in own]
    for fold in range(folds):
        held = [order[fold::folds] for order in orders]
        kept = [_without(passage, out) for passage, out in zip(own, held, strict=True)]
        questions = [
            (passage.passage_id, passage.questions[i])
            for passage, out in zip(own, held, strict=True)
            for i in out
        ]
        yield kept, questions


def _without(passage: Passage, out: np.ndarray) -> Passage:
    """The passage without the questions at ``out``."""
    kept = set(range(len(passage.questions))) - set(out.tolist())
    return replace(passage, questions=tuple(passage.questions[i] for i in sorted(kept)))
