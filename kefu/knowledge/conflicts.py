"""Passages that say the same twice, gainsay each other, or name another number than the policy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kefu.errors import ConfigError
from kefu.knowledge.facts import differing, quantities
from kefu.knowledge.near import NearIndex, words
from kefu.knowledge.passages import Passage, render

# Jaccard similarity of the words: from which two questions ask the same, and from which answers that
# gainsay each other are worth a look. Set on the project's own passages.
NEAR_QUESTION, RELATED_QUESTION = 0.75, 0.5
NEAR_ANSWER = 0.85  # and from which two answers say the same
_FEW = 6  # words of an answer that are too few to be called the same as another's
_HOLE = re.compile(r"\{[^{}]*\}")
KINDS = ("duplicate question", "same answer", "contradiction", "policy")


class Clause(Protocol):
    """What is needed of a clause: its parameters and its words."""

    @property
    def params(self) -> Mapping[str, str]:
        """Values by name."""

    def text(self, language: str) -> str:
        """The clause in words."""


@dataclass(frozen=True)
class Finding:
    """Something to look at: its kind (one of ``KINDS``), the passages, and what it is."""

    kind: str
    passages: tuple[str, ...]
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {' and '.join(self.passages)}: {self.detail}"


@dataclass(frozen=True)
class _Seen:
    passage: Passage
    answer: str

    @property
    def name(self) -> str:
        return f"{self.passage.passage_id} ({self.passage.language})"


def findings(
    new: Sequence[Passage], standing: Iterable[Passage], clauses: Mapping[str, Clause]
) -> Iterator[Finding]:
    """What is wrong among ``new``, and between them and those that stand (none twice).

    ``standing`` may be long: it is gone through once. A passage that stands under the id and
    language of a new one is not held against it.
    """
    seen = [_seen(passage, clauses) for passage in new]
    for one in seen:
        yield from _against_policy(one, clauses)
    pairs = _Pairs(seen)
    for place, one in enumerate(seen):
        yield from pairs.of(one, before=place)
    keys = {(passage.passage_id, passage.language) for passage in new}
    for passage in standing:
        if (passage.passage_id, passage.language) not in keys:
            yield from pairs.of(_seen(passage, clauses), before=len(seen))


class _Pairs:
    """The new passages, found by what they ask and what they answer."""

    def __init__(self, seen: Sequence[_Seen]) -> None:
        self._seen = seen
        self._questions = NearIndex(
            [(place, words(question)) for place, one in enumerate(seen) for question in _asked(one.passage)],
            least=RELATED_QUESTION,
        )
        self._answers = NearIndex(
            [(place, words(one.answer)) for place, one in enumerate(seen)], least=NEAR_ANSWER
        )

    def of(self, one: _Seen, *, before: int) -> Iterator[Finding]:
        """Findings of ``one`` with those new ones that stand before the place ``before``."""
        asked = self._asked(one, before)
        for place, (alike, question) in asked.items():
            found = _judged(one, self._seen[place], alike, question)
            if found is not None:
                yield found
        said = words(one.answer)
        for place, alike in self._answers.near(said) if len(said) >= _FEW else ():
            if place < before and place not in asked and self._comparable(one, place):
                other = self._seen[place]
                if not differing(one.answer, other.answer):
                    shared = f"{alike:.0%} of the words are shared"
                    yield Finding("same answer", (other.name, one.name), shared)

    def _asked(self, one: _Seen, before: int) -> dict[int, tuple[float, str]]:
        """The new ones that are asked alike: how much, and the question of ``one`` that is nearest."""
        asked: dict[int, tuple[float, str]] = {}
        for question in _asked(one.passage):
            for place, alike in self._questions.near(words(question)):
                if place < before and self._comparable(one, place):
                    asked[place] = max(asked.get(place, (0.0, "")), (alike, question))
        return asked

    def _comparable(self, one: _Seen, place: int) -> bool:
        other = self._seen[place].passage
        return other.language == one.passage.language and other.passage_id != one.passage.passage_id


def _judged(one: _Seen, other: _Seen, alike: float, question: str) -> Finding | None:
    """What two passages that are asked alike come to; None where they may well stand side by side."""
    gainsaid = differing(other.answer, one.answer)
    clauses = {one.passage.clause, other.passage.clause}
    apart = len(clauses - {None}) == 2  # under different rules related questions have different answers
    if alike < NEAR_QUESTION and (apart or not gainsaid):
        return None
    how = "the same" if alike == 1 else "nearly the same" if alike >= NEAR_QUESTION else "a related"
    kind = "contradiction" if gainsaid else "duplicate question"
    return Finding(kind, (other.name, one.name), "; ".join([f"{how} question “{question}”", *gainsaid]))


def _asked(passage: Passage) -> list[str]:
    return list(dict.fromkeys([passage.title, *passage.questions]))


def _seen(passage: Passage, clauses: Mapping[str, Clause]) -> _Seen:
    try:
        return _Seen(passage, render(passage, clauses))
    except ConfigError:  # what cannot be filled is told where it is read; here its words are enough
        return _Seen(passage, _HOLE.sub(" ", passage.answer))


def _against_policy(one: _Seen, clauses: Mapping[str, Clause]) -> Iterator[Finding]:
    """Numbers written out that the passage's own clause has otherwise."""
    clause = clauses.get(one.passage.clause or "")
    if clause is None:
        return
    rules = quantities(clause.text(one.passage.language))
    written = quantities(_HOLE.sub(" ", one.passage.answer))
    for unit in sorted(rules.keys() & written.keys()):
        strange = written[unit] - rules[unit]
        if strange:
            yield Finding("policy", (one.name,), f"{unit}: found {', '.join(sorted(strange))}; clause "
                          f"{one.passage.clause} has {', '.join(sorted(rules[unit]))}")  # fmt: skip
