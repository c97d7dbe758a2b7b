"""What a large index learns from its own passages: some questions are kept back until they are asked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from kefu.knowledge.delta import Fresh
from kefu.knowledge.fusion import Judge, Lesson
from kefu.knowledge.language_index import LanguageIndex
from kefu.knowledge.passages import Passage
from kefu.knowledge.segments import wordings

MOST = 1_200  # passages a language that are asked about; more teach nothing new
_WHOLE = 3  # every third is kept back whole: its question has no answer while it is asked


@dataclass(frozen=True)
class Pupil:
    """A passage of which the wordings at ``kept_back`` are kept back; ``asked`` is one of them."""

    passage: Passage
    vectors: np.ndarray
    asked: int
    kept_back: tuple[int, ...]

    @property
    def answerable(self) -> bool:
        """Whether the passage is there when it is asked about."""
        return len(self.kept_back) < len(self.vectors)


class Classroom:
    """Chooses who is asked: every second of the first passages that have two wordings.

    While it is asked about, a passage has as many wordings as most have: one with more is found
    more easily than they are, and would teach to be too sure.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._lengths: Counter[int] = Counter()
        self._waiting: list[tuple[Passage, np.ndarray]] = []
        self._random = random.Random(seed)

    def takes(self, passage: Passage, vectors: np.ndarray) -> bool:
        """Whether it keeps this passage for ``split``."""
        self._lengths[len(vectors)] += 1
        if len(self._waiting) >= 2 * MOST or len(vectors) < 2:
            return False
        self._waiting.append((passage, vectors))
        return True

    def split(self) -> tuple[list[Pupil], list[tuple[Passage, np.ndarray]]]:
        """Those who are asked, and the others."""
        order = self._waiting[:]
        self._random.shuffle(order)
        half = len(order) // 2
        usual = self._lengths.most_common(1)[0][0] if order else 1
        pupils = [
            self._pupil(*pair, usual=0 if i % _WHOLE == 0 else usual) for i, pair in enumerate(order[:half])
        ]
        return pupils, order[half:]

    def _pupil(self, passage: Passage, vectors: np.ndarray, *, usual: int) -> Pupil:
        """The passage with its first ``usual`` wordings, at least one less than it has; any other is asked.

        Any, and not the last: how like the last one is to the first is not how like customers' words are.
        """
        places = range(len(vectors))
        asked = self._random.choice(places[min(max(usual, 1), len(places) - 1) :])
        others = [place for place in places if place != asked]
        return Pupil(passage, vectors, asked, kept_back=(asked, *others[usual:]))


def taught(index: LanguageIndex, pupils: Sequence[Pupil], *, otherwise: Judge) -> Judge:
    """The judge that ranks these pupils' questions best; ``otherwise`` where they are too few."""
    return Judge.fit(list(_lessons(index, pupils)), otherwise=otherwise)


def _lessons(index: LanguageIndex, pupils: Sequence[Pupil]) -> Iterator[Lesson]:
    nothing, moment = Fresh(()), datetime.now(timezone.utc)
    for pupil in pupils:
        question = index.question(wordings(pupil.passage)[pupil.asked], pupil.vectors[pupil.asked])
        found = index.candidates(question, moment=moment, fresh=nothing)
        there = pupil.answerable and pupil.passage.passage_id in found.ids
        right = found.ids.index(pupil.passage.passage_id) if there else None
        yield Lesson(found.table, right, pupil.answerable)
