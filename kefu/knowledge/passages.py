"""Passages: the Markdown files that hold them, and their answers in words.

A file holds any number of passages::

    # return-window
    category: returns
    clause: return.1
    updated: 2026-11-22
    valid_from: 2026-12-01
    valid_to: 2026-12-31

    ## en
    title: How long you can return something
    - how many days do i have to return
    - return window?

    You can send goods back within {return.1:days} days of delivery.

    ## zh
    title: 退货期限
    - 几天内可以退货
    - 退货期限是多久

    实物商品签收后 {return.1:days} 天内可以退货。

``{clause:param}`` is filled from the clauses in force when the answer is given,
so that an answer never says another number than the policy. ``clause``, ``valid_from`` and
``valid_to`` (the last day) may be left out; a moment may stand for a day, ``2026-12-01T09:00+08:00``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone, tzinfo
from itertools import groupby, takewhile
from pathlib import Path
from typing import NoReturn, Protocol

from kefu.errors import ConfigError
from kefu.knowledge.days import end_moment, first_moment
from kefu.knowledge.wording import in_words, tidy

LANGUAGES = ("en", "zh")
KEYS = ("category", "clause", "updated", "valid_from", "valid_to")
MIN_QUESTIONS = 2  # fewer leave nothing to learn from once one is held out

_PASSAGE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Passage:
    """A retrievable answer in one language. ``answer`` may hold ``{clause:param}`` placeholders."""

    passage_id: str
    language: str
    title: str
    questions: tuple[str, ...]
    answer: str
    category: str
    clause: str | None
    source: str
    updated: datetime
    valid_from: datetime | None = None  # an answer from this moment on; None: from ever
    valid_to: datetime | None = None  # an answer before this moment; None: for ever

    def in_force(self, moment: datetime) -> bool:
        """Whether it is an answer at ``moment``."""
        begun = self.valid_from is None or self.valid_from <= moment
        return begun and (self.valid_to is None or moment < self.valid_to)


class PolicyClause(Protocol):
    """What an answer needs of a policy clause: its parameters."""

    @property
    def params(self) -> Mapping[str, str]:
        """Values by name, as written in the policy table."""


@dataclass(frozen=True)
class _Line:
    number: int
    text: str


@dataclass(frozen=True)
class _Block:
    """A heading and the lines below it."""

    heading: _Line
    lines: tuple[_Line, ...]


def load(folder: Path, *, zone: tzinfo = timezone.utc) -> list[Passage]:
    """Every passage of the ``*.md`` files in ``folder``, in file order; days of force are of ``zone``.

    Raises:
        ConfigError: no such folder, no file in it, a malformed file (file, line, wanted),
            or one passage id in two places.
    """
    files = sorted(folder.glob("*.md"))
    if not files:
        raise ConfigError(f"no passages in {folder}: wanted at least one *.md file there")
    passages = [passage for file in files for passage in _parse_file(file, zone)]
    _refuse_repeats(passages)
    return passages


def parse(text: str, *, source: str, zone: tzinfo = timezone.utc) -> list[Passage]:
    """The passages of one Markdown text, an English and a Chinese record of each.

    ``source`` names the text in errors and in each record; days of force are of ``zone``.

    Raises:
        ConfigError: with file, line and what was wanted.
    """
    lines = [_Line(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    lead, blocks = _split(lines, marker="# ")
    for line in lead:
        if line.text:
            _fail(source, line, "a `# passage-id` heading before anything else")
    return [passage for block in blocks for passage in _read_passage(block, source, zone)]


def placeholders(passage: Passage) -> list[tuple[str, str]]:
    """The (clause, parameter) pairs that the answer is filled from, in order.

    Raises:
        ConfigError: braces that do not hold ``clause:param``.
    """
    pairs = []
    for inside in _PLACEHOLDER.findall(passage.answer):
        clause, colon, param = inside.partition(":")
        if not (colon and clause and param):
            raise ConfigError(f"{_place(passage)} holds {{{inside}}}; wanted {{clause:param}}")
        pairs.append((clause, param))
    return pairs


def validate(passages: Iterable[Passage], clauses: Mapping[str, PolicyClause]) -> None:
    """Check that ``clauses`` can fill every answer and hold every clause named in a header.

    Raises:
        ConfigError: the first passage that cannot be answered, with the known names.
    """
    for passage in passages:
        if passage.clause is not None:
            _clause(passage, passage.clause, clauses)
        for clause, param in placeholders(passage):
            _value(passage, clause, param, clauses)


def render(passage: Passage, clauses: Mapping[str, PolicyClause]) -> str:
    """The answer in words, every placeholder filled from ``clauses``.

    Raises:
        ConfigError: a clause or a parameter that ``clauses`` does not hold.
    """

    def fill(match: re.Match[str]) -> str:
        clause, _, param = match.group(1).partition(":")
        return in_words(_value(passage, clause, param, clauses), param=param, language=passage.language)

    placeholders(passage)
    return tidy(_PLACEHOLDER.sub(fill, passage.answer), language=passage.language)


def _parse_file(file: Path, zone: tzinfo) -> list[Passage]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    return parse(text, source=file.name, zone=zone)


def _refuse_repeats(passages: Sequence[Passage]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for passage in passages:
        key = (passage.passage_id, passage.language)
        if key in seen:
            raise ConfigError(
                f"passage {passage.passage_id} stands in {seen[key]} and again in {passage.source}; "
                "give one of them another id"
            )
        seen[key] = passage.source


def _split(lines: Sequence[_Line], *, marker: str) -> tuple[list[_Line], list[_Block]]:
    """Lines before the first heading, and one block a heading that starts with ``marker``."""
    starts = [i for i, line in enumerate(lines) if line.text.startswith(marker)]
    ends = [*starts, len(lines)][1:]
    blocks = [
        _Block(_Line(lines[i].number, lines[i].text[len(marker) :].strip()), tuple(lines[i + 1 : end]))
        for i, end in zip(starts, ends, strict=True)
    ]
    return list(lines[: starts[0]] if starts else lines), blocks


def _read_passage(block: _Block, source: str, zone: tzinfo) -> list[Passage]:
    if not _PASSAGE_ID.fullmatch(block.heading.text):
        _fail(source, block.heading, "a passage id of small letters, digits and hyphens")
    header, parts = _split(block.lines, marker="## ")
    keys = _read_header(header, source=source, heading=block.heading)
    languages = [part.heading.text for part in parts]
    if sorted(languages) != sorted(LANGUAGES):
        _fail(source, block.heading, "one `## en` and one `## zh` section")
    first, end = _read_force(keys, source=source, zone=zone)
    told = [_read_language(part, source=source, passage_id=block.heading.text, keys=keys) for part in parts]
    return [replace(passage, valid_from=first, valid_to=end) for passage in told]


def _read_force(
    keys: Mapping[str, _Line], *, source: str, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """From when to when the passage is an answer, as far as the header says."""
    force = {}
    for key, moment in (("valid_from", first_moment), ("valid_to", end_moment)):
        if key in keys:
            try:
                force[key] = moment(keys[key].text, zone)
            except ValueError:
                _fail(source, keys[key], f"`{key}: YYYY-MM-DD`, a day that exists")
    if len(force) == 2 and force["valid_from"] >= force["valid_to"]:
        _fail(source, keys["valid_to"], "a day that is not before valid_from")
    return force.get("valid_from"), force.get("valid_to")


def _read_header(lines: Sequence[_Line], *, source: str, heading: _Line) -> dict[str, _Line]:
    keys: dict[str, _Line] = {}
    for line in lines:
        if not line.text:
            continue
        key, colon, value = (part.strip() for part in line.text.partition(":"))
        if not colon or key not in KEYS or key in keys or not value:
            _fail(source, line, "one `key: value` each of " + ", ".join(KEYS))
        keys[key] = _Line(line.number, value)
    for key in ("category", "updated"):
        if key not in keys:
            _fail(source, heading, f"a `{key}: …` line below this heading")
    return keys


def _read_language(part: _Block, *, source: str, passage_id: str, keys: Mapping[str, _Line]) -> Passage:
    written = [line for line in part.lines if line.text]
    if not written or not re.match(r"title:\s*\S", written[0].text):
        _fail(source, written[0] if written else part.heading, "`title: …` as the section's first line")
    questions = _read_questions(written[1:], source=source, heading=part.heading)
    clause = keys.get("clause")
    return Passage(
        passage_id=passage_id,
        language=part.heading.text,
        title=written[0].text.partition(":")[2].strip(),
        questions=tuple(question.text for question in questions),
        answer=_read_answer(part, below=questions[-1].number, source=source),
        category=keys["category"].text,
        clause=clause.text if clause else None,
        source=source,
        updated=_read_date(keys["updated"], source=source),
    )


def _read_questions(lines: Sequence[_Line], *, source: str, heading: _Line) -> list[_Line]:
    questions: list[_Line] = []
    for line in takewhile(lambda line: line.text.startswith("- "), lines):
        question = line.text[2:].strip()
        if any(question == other.text for other in questions):
            _fail(source, line, "a question that is not listed twice")
        questions.append(_Line(line.number, question))
    if len(questions) < MIN_QUESTIONS:
        _fail(source, heading, f"at least {MIN_QUESTIONS} `- question` lines below the title")
    return questions


def _read_answer(part: _Block, *, below: int, source: str) -> str:
    """The paragraphs below line ``below``; a Chinese line continues without a space."""
    lines = [line for line in part.lines if line.number > below]
    for line in lines:
        if line.text.startswith("- "):
            _fail(source, line, "all questions above the answer")
    space = "" if part.heading.text == "zh" else " "
    runs = groupby((line.text for line in lines), key=bool)
    paragraphs = [space.join(run) for written, run in runs if written]
    if not paragraphs:
        _fail(source, part.heading, "an answer below the questions")
    return "\n".join(paragraphs)


def _read_date(line: _Line, *, source: str) -> datetime:
    try:
        return datetime.strptime(line.text, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError:
        _fail(source, line, "`updated: YYYY-MM-DD`, a day that exists")


def _clause(passage: Passage, clause: str, clauses: Mapping[str, PolicyClause]) -> PolicyClause:
    if clause not in clauses:
        raise ConfigError(
            f"{_place(passage)} needs the clause {clause}, which the policy does not hold; "
            f"known: {', '.join(sorted(clauses)) or 'none'}"
        )
    return clauses[clause]


def _value(passage: Passage, clause: str, param: str, clauses: Mapping[str, PolicyClause]) -> str:
    params = _clause(passage, clause, clauses).params
    if param not in params:
        raise ConfigError(
            f"{_place(passage)} needs {{{clause}:{param}}}, but clause {clause} has no {param}; "
            f"it has: {', '.join(sorted(params)) or 'no parameters'}"
        )
    return params[param]


def _place(passage: Passage) -> str:
    return f"passage {passage.passage_id} ({passage.source}, {passage.language})"


def _fail(source: str, line: _Line, wanted: str) -> NoReturn:
    raise ConfigError(f"{source}:{line.number}: found `{line.text[:60]}`; wanted {wanted}")
