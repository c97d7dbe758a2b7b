"""Headings and the text below them, as questions and answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from kefu.knowledge.readers.rows import Bad, Reading, Row

QUESTION = 7  # the level of what is a question by its form, below every heading
_ASKS = re.compile(r"[?？]\s*$")
_BEFORE_QUESTION = re.compile(r"^(?:Q\d*|Question(?: \d+)?|问题?|\d{1,3})\s*[:：.、)]\s*", re.IGNORECASE)
_BEFORE_ANSWER = re.compile(r"^(?:A\d*|Answer|答案?)\s*[:：]\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """A heading (``level`` 1 and up), a paragraph (0), or the end of a question's own frame (-1)."""

    text: str
    place: str
    level: int = 0


def asks(text: str) -> bool:
    """Whether a line is a question by its end, or says that it is."""
    return bool(_ASKS.search(text) or re.match(r"(?:Q\d*|Question|问题?)\s*[:：]", text, re.IGNORECASE))


def pairs(blocks: Iterable[Block]) -> Reading:
    """A row a heading that has text below; a heading over other headings is their category.

    A question without an answer is bad; another heading without text is passed over, as are
    text before the first heading and what introduces a section.
    """
    reading = _Pairs()
    for block in chain(blocks, [Block("", "", -1)]):
        reading.take(block)
    return Reading(tuple(reading.rows), tuple(reading.bad))


@dataclass
class _Pairs:
    rows: list[Row] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    sections: list[Block] = field(default_factory=list)
    heading: Block | None = None
    answer: list[str] = field(default_factory=list)

    def take(self, block: Block) -> None:
        if block.level == 0:
            if self.heading is not None:
                self.answer.append(block.text)
            return
        self._close(block.level)
        if block.level > 0:
            while self.sections and self.sections[-1].level >= block.level:
                self.sections.pop()
            self.heading = block

    def _close(self, following: int) -> None:
        heading, answer = self.heading, "\n".join(self.answer)
        self.heading, self.answer = None, []
        if heading is None:
            return
        asking = heading.level == QUESTION or asks(heading.text)
        over = following > heading.level
        if over:
            self.sections.append(heading)
        if answer and (asking or not over):
            self.rows.append(Row(heading.place, self._cells(heading, answer)))
        elif asking and not over:
            self.bad.append(Bad(heading.place, f"“{heading.text[:60]}” has no answer below"))

    def _cells(self, heading: Block, answer: str) -> dict[str, str]:
        above = [section.text for section in self.sections if section.level < heading.level]
        category = {"category": above[-1]} if above else {}
        question = _BEFORE_QUESTION.sub("", heading.text).strip() or heading.text
        return {"question": question, "answer": _BEFORE_ANSWER.sub("", answer), **category}
