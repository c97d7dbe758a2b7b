"""Turns of both assistants in small alternating blocks: how long, and whether the answers are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.turn.clients import Talk, begin
from benchmarks.turn.figures import ratio, spread
from benchmarks.turn.plan import BETWEEN, GROWN, KINDS, TALK, TALKS, Plan
from benchmarks.turn.projects import OURS, STOCK, SYSTEMS
from benchmarks.turn.servers import Serving

_MOST_SHOWN = 10
_MADE = re.compile(r"\b[A-Z]{2}-[0-9A-F]{10}\b")  # ids that are made in a turn: tickets, returns
Pair = Mapping[str, Serving]


@dataclass
class Account:
    """What a system's blocks took: seconds by kind, CPU seconds of both its servers, words said."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    turns: int = 0

    def figures(self) -> dict[str, Any]:
        """Milliseconds by kind, and CPU milliseconds of a turn of any kind."""
        times = {kind: spread(values) for kind, values in self.seconds.items()}
        return {"kinds": times, "cpu_ms": round(1000 * self.cpu_seconds / self.turns, 2)}


@contextmanager
def alone(pair: Pair, system: str) -> Iterator[Serving]:
    """Let ``system`` run and stop the other meanwhile, whose own threads would be in the way."""
    others = [serving for name, serving in pair.items() if name != system]
    for other in others:
        other.pause()
    try:
        yield pair[system]
    finally:
        for other in others:
            other.go_on()


def measure(pair: Pair, plan: Plan) -> dict[str, Any]:
    """The same conversation with one after the other, ``plan.blocks`` times."""
    accounts = {system: Account() for system in SYSTEMS}
    answers = Answers()
    for number in range(plan.blocks):
        # who comes first changes, so that whatever follows a pause meets both
        order = SYSTEMS if number % 2 else tuple(reversed(SYSTEMS))
        said = {system: _block(pair, system, accounts[system]) for system in order}
        for line, stock, ours in zip(TALK, said[STOCK], said[OURS], strict=True):
            answers.compare(line.text, stock, ours)
    found = {system: account.figures() for system, account in accounts.items()}
    stock, ours = (found[system]["kinds"] for system in (STOCK, OURS))
    return {
        **found,
        "ratios": {kind: _ratios(stock[kind], ours[kind]) for kind in KINDS},
        "cpu_ratio": ratio(found[STOCK]["cpu_ms"], found[OURS]["cpu_ms"]),
        "answers": answers.as_dict(),
        "rss_mb": {system: pair[system].rss_mb() for system in SYSTEMS},
    }


def _block(pair: Pair, system: str, account: Account) -> list[str]:
    """One conversation with ``system``, its first message not counted; what it answered."""
    said = []
    with alone(pair, system) as serving:
        talk = Talk(begin(serving))
        talk.say(BETWEEN[-1])  # opens the conversation, and wakes what was stopped
        before = serving.cpu_seconds()
        for line in TALK:
            reply = talk.say(line.text)
            said.append(reply.words)
            account.turns += 1
            if line.kind:
                account.seconds.setdefault(line.kind, []).append(reply.seconds)
        account.cpu_seconds += serving.cpu_seconds() - before
        talk.close()
    return said


def _ratios(stock: Mapping[str, float], ours: Mapping[str, float]) -> dict[str, float | None]:
    return {name: ratio(stock[name], ours[name]) for name in ("p50", "p95", "p99")}


@dataclass
class Answers:
    """How many answers were the same, and the first of those that were not."""

    same: int = 0
    other: list[dict[str, str]] = field(default_factory=list)

    def compare(self, text: str, stock: str, ours: str) -> None:
        """Count the answers to ``text``."""
        if is_same(stock, ours):
            self.same += 1
        else:
            self.other.append({"text": text, "stock": stock, "ours": ours})

    def as_dict(self) -> dict[str, Any]:
        """For the result; of answers that differ a few, each once."""
        different = {tuple(sorted(row.items())): row for row in self.other}
        return {
            "same": self.same,
            "of": self.same + len(self.other),
            "different": list(different.values())[:_MOST_SHOWN],
        }


def is_same(stock: str, ours: str) -> bool:
    """Whether no line that stock says is missing in ours, which may name a source besides.

    Ids that a turn makes are never the same.
    """
    said, answer = (_MADE.sub("#", words.strip()) for words in (stock, ours))
    return bool(said) and all(line in answer for line in said.splitlines())


def talks(pair: Pair, plan: Plan) -> dict[str, Any]:
    """Whether both answer ``TALKS`` alike, and what was answered where they do not."""
    answers = Answers()
    for lines in TALKS:
        said = {system: _said(pair[system], lines) for system in SYSTEMS}
        for text, stock, ours in zip(lines, said[STOCK], said[OURS], strict=True):
            answers.compare(text, stock, ours)
    return answers.as_dict()


def _said(serving: Serving, lines: Sequence[str]) -> list[str]:
    talk = Talk(begin(serving))
    said = [talk.say(text).words for text in lines]
    talk.close()
    return said


def growth(pair: Pair, plan: Plan) -> dict[str, Any]:
    """One long conversation with each: the times of the turns up to each of ``plan.turns``."""
    seconds: dict[str, dict[int, list[float]]] = {s: {turn: [] for turn in plan.turns} for s in SYSTEMS}
    for _ in range(plan.grown):
        talks = {system: Talk(begin(pair[system])) for system in SYSTEMS}
        for turn in range(1, max(plan.turns) + 1):
            measured = next((last for last in plan.turns if last - plan.window < turn <= last), None)
            for system in SYSTEMS:
                text = GROWN.text if measured else BETWEEN[turn % len(BETWEEN)]
                with alone(pair, system):
                    reply = talks[system].say(text)
                if measured:
                    seconds[system][measured].append(reply.seconds)
        for talk in talks.values():
            talk.close()
    return {system: _growth_of(turns, plan) for system, turns in seconds.items()}


def _growth_of(turns: Mapping[int, Sequence[float]], plan: Plan) -> dict[str, Any]:
    medians = {str(turn): spread(turns[turn])["p50"] for turn in plan.turns}
    first = medians[str(plan.turns[0])]
    return {"p50": medians, "against_first": {turn: ratio(value, first) for turn, value in medians.items()}}
