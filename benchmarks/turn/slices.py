"""The examples that both assistants learn from: a share of our own, drawn by a seed."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.turn.plan import Plan
from kefu.errors import KefuError
from kefu.knowledge.passages import Passage, load, render
from kefu.store.policy_file import read_policy

LANGUAGES = ("en", "zh")
FAQ = "faq"
# the form that all of data/nlu has; a parser of YAML takes seconds for it
_INTENT, _EXAMPLE = re.compile(r"- intent: (\S+)"), re.compile(r"    - (.+)")


@dataclass(frozen=True)
class Answer:
    """A passage that both assistants can answer with: its questions in every language, its English words."""

    passage_id: str
    questions: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Slice:
    """Lines of examples as they stand in data/nlu, by intent, and the answers behind the intent ``faq``.

    The questions of the answers are the examples of ``faq``.
    """

    examples: Mapping[str, tuple[str, ...]]
    answers: tuple[Answer, ...]

    @property
    def size(self) -> int:
        """How many examples there are, those of ``faq`` among them."""
        return sum(map(len, self.examples.values())) + sum(len(answer.questions) for answer in self.answers)

    @property
    def digest(self) -> str:
        """The same digest means the same data."""
        return hashlib.sha256(repr((sorted(self.examples.items()), self.answers)).encode()).hexdigest()[:16]


def draw(root: Path, plan: Plan) -> Slice:
    """The slice of the project in ``root``: ``plan.examples`` an intent and language, some answers.

    Raises KefuError where the project has no such data.
    """
    said = _said_in_the_talk(plan)
    drawn: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for intent, lines in _by_intent(root / "data" / "nlu" / language).items():
            if intent != FAQ:
                drawn.setdefault(intent, []).extend(_some(lines, intent + language, plan, wanted=said))
    if not drawn:
        raise KefuError(f"found no examples in {root / 'data' / 'nlu'}; run it in the project's folder")
    answers = _answers(root, plan)
    return Slice({intent: tuple(lines) for intent, lines in sorted(drawn.items())}, answers)


def _said_in_the_talk(plan: Plan) -> frozenset[str]:
    return frozenset(plan.examples_said)


def _some(lines: Sequence[str], key: str, plan: Plan, *, wanted: frozenset[str]) -> list[str]:
    """A sample of ``lines``; those that the measured conversation says are in it, for both alike."""
    kept = [line for line in lines if line in wanted]
    others = [line for line in lines if line not in wanted]
    more = max(0, min(len(others), plan.examples - len(kept)))
    return kept + random.Random(f"{plan.seed} {key}").sample(others, more)


def _by_intent(folder: Path) -> dict[str, list[str]]:
    """The examples as they are written, below the intent whose block they stand in."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.yml")):
        lines: list[str] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            if head := _INTENT.fullmatch(line):
                lines = found.setdefault(head.group(1), [])
            elif example := _EXAMPLE.fullmatch(line):
                lines.append(example.group(1))
    return found


def _answers(root: Path, plan: Plan) -> tuple[Answer, ...]:
    """The passages that the conversation asks about, and others by the seed."""
    now = datetime.now(timezone.utc)
    clauses = {row.clause: row for row in read_policy(root / "data" / "shop" / "policy.csv", now=now)}
    by_id: dict[str, dict[str, Passage]] = {}
    for passage in load(root / "data" / "knowledge"):
        by_id.setdefault(passage.passage_id, {})[passage.language] = passage
    both = sorted(name for name, languages in by_id.items() if set(languages) == set(LANGUAGES))
    asked = [name for name in both if name in plan.passages_asked]
    rest = random.Random(plan.seed).sample([n for n in both if n not in asked], plan.passages - len(asked))
    return tuple(_answer(name, by_id[name], clauses, plan) for name in sorted([*asked, *rest]))


def _answer(name: str, languages: Mapping[str, Passage], clauses: Any, plan: Plan) -> Answer:
    questions = [q for language in LANGUAGES for q in languages[language].questions[: plan.questions]]
    return Answer(name, tuple(questions), render(languages["en"], clauses))
