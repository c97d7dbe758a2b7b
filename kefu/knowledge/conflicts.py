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

NEAR_QUESTION = 0.75  # Jaccard similarity of the words from which two questions ask the same
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
            least=NEAR_QUESTION,
        )
        self._answers = NearIndex(
            [(place, words(one.answer)) for place, one in enumerate(seen)], least=NEAR_ANSWER
        )

    def of(self, one: _Seen, *, before: int) -> Iterator[Finding]:
        """Findings of ``one`` with those new ones that stand before the place ``before``."""
        asked: dict[int, str] = {}
        for question in _asked(one.passage):
            for place, alike in self._questions.near(words(question)):
                if place < before and self._comparable(one, place):
                    how = "the same question" if alike == 1 else "nearly the same question"
                    asked.setdefault(place, f"{how} “{question}”")
        for place, how in asked.items():
            yield self._judged(one, self._seen[place], how)
        said = words(one.answer)
        for place, alike in self._answers.near(said) if len(said) >= _FEW else ():
            if place < before and place not in asked and self._comparable(one, place):
                other = self._seen[place]
                if not differing(one.answer, other.answer):
                    yield Finding(
                        "same answer", (other.name, one.name), f"{alike:.0%} of the words are shared"
                    )

    def _comparable(self, one: _Seen, place: int) -> bool:
        other = self._seen[place].passage
        return other.language == one.passage.language and other.passage_id != one.passage.passage_id

    def _judged(self, one: _Seen, other: _Seen, how: str) -> Finding:
        gainsaid = differing(other.answer, one.answer)
        kind = "contradiction" if gainsaid else "duplicate question"
        return Finding(kind, (other.name, one.name), "; ".join([how, *gainsaid]))


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
