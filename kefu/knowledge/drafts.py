"""Rows that people wrote, as passages; what is wrong with a row is told with its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone, tzinfo
from hashlib import sha1

from kefu.errors import ConfigError
from kefu.knowledge.days import end_moment, first_moment
from kefu.knowledge.passages import LANGUAGES, Passage, PolicyClause, validate
from kefu.knowledge.readers.markup import has_markup, plain
from kefu.knowledge.readers.rows import Bad, Row, named

MOST_QUESTION, MOST_ANSWER, MOST_QUESTIONS = 500, 8_000, 200
CATEGORY = "faq"  # of what names none
_ID = re.compile(r"[A-Za-z0-9]+(?:[._:-]?[A-Za-z0-9]+)*")
_MOST_ID = 100
_SLUG = 60
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SPACE = re.compile(r"[^\S\n]+")
_LANGUAGES: Mapping[str, str] = {"english": "en", "英文": "en", "英语": "en", "chinese": "zh", "cn": "zh",
                                 "中文": "zh", "汉语": "zh"}  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A passage that is to be taken in; ``given``: the fields that the row itself told."""

    passage: Passage
    place: str
    given: frozenset[str]


@dataclass(frozen=True)
class Reader:
    """What rows are read with.

    ``detect`` gives the language of a text, or None where it cannot tell; ``language`` is that
    of every row that names none, instead of asking ``detect``.
    """

    now: datetime
    clauses: Mapping[str, PolicyClause]
    detect: Callable[[str], str | None]
    zone: tzinfo = timezone.utc
    language: str | None = None

    def drafts(self, rows: Iterable[Row], *, source: str) -> tuple[list[Draft], list[Bad]]:
        """Every row as a passage or as a reason against it; rows of one id and answer are one passage."""
        batch = _Batch(self, source)
        for row in rows:
            try:
                batch.take(row)
            except ConfigError as error:
                batch.bad.append(Bad(row.place, str(error)))
        return list(batch.drafts.values()), batch.bad

    def passage(self, cells: Mapping[str, str], *, source: str) -> Passage:
        """The passage that the cells describe.

        Raises:
            ConfigError: what was found and what was wanted.
        """
        answer = _answer(cells)
        questions = _questions(cells)
        title = _short(cells.get("title") or cells.get("question") or questions[0], "title")
        language = self._language(cells, f"{title} {answer}")
        passage = Passage(
            passage_id=_id(cells, title),
            language=language,
            title=title,
            questions=tuple(questions),
            answer=answer,
            category=_short(cells.get("category") or CATEGORY, "category"),
            clause=cells.get("clause") or None,
            source=cells.get("source") or source,
            updated=_moment(cells, "updated", first_moment, timezone.utc) or self.now,
            valid_from=_moment(cells, "valid_from", first_moment, self.zone),
            valid_to=_moment(cells, "valid_to", end_moment, self.zone),
        )
        self._check(passage)
        return passage

    def _check(self, passage: Passage) -> None:
        first, end = passage.valid_from, passage.valid_to
        if first is not None and end is not None and first >= end:
            raise ConfigError("found valid_to before valid_from; wanted the last day in valid_to")
        validate([passage], self.clauses)

    def _language(self, cells: Mapping[str, str], text: str) -> str:
        told = (cells.get("language") or self.language or "").lower().replace("_", "-")
        found = told and _LANGUAGES.get(told, told.split("-")[0])
        if not found:
            guessed = "zh" if len(_HAN.findall(text)) * 4 >= len(text) else self.detect(text[:300])
            found = guessed or ("zh" if _HAN.search(text) else "en")
        if found not in LANGUAGES:
            whence = "the column says" if told else "it reads as"
            raise ConfigError(f"{whence} the language {found!r}; wanted one of {', '.join(LANGUAGES)} "
                              "(a column `language`, or --language for all)")  # fmt: skip
        return found


@dataclass
class _Batch:
    """Drafts of one file so far, by id and language."""

    reader: Reader
    source: str
    drafts: dict[tuple[str, str], Draft] = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)

    def take(self, row: Row) -> None:
        cells = {name: _clean(value, name) for name, value in named(row.cells.items()).items()}
        passage = self.reader.passage(cells, source=self.source)
        key = (passage.passage_id, passage.language)
        given = frozenset(name for name, value in cells.items() if value)
        self.drafts[key] = self._with(self.drafts.get(key), Draft(passage, row.place, given))

    def _with(self, before: Draft | None, draft: Draft) -> Draft:
        """The draft, its questions added to those of an earlier row with the same answer."""
        if before is None:
            return draft
        if before.passage.answer != draft.passage.answer:
            raise ConfigError(
                f"the passage {draft.passage.passage_id} ({draft.passage.language}) has another answer in "
                f"{before.place}; wanted one answer, or another id"
            )
        questions = tuple(dict.fromkeys([*before.passage.questions, *draft.passage.questions]))
        return replace(before, passage=replace(before.passage, questions=questions))


def _clean(value: str, name: str) -> str:
    """Text without needless space; markup is read as text, what no screen shows is refused."""
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    strange = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"), None)
    if strange is not None:
        what = "half a character" if unicodedata.category(strange) == "Cs" else "a control character"
        raise ConfigError(f"{name} holds {what} (U+{ord(strange):04X}); take it out")
    if has_markup(text):
        text = plain(text, name=name)
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _answer(cells: Mapping[str, str]) -> str:
    answer = cells.get("answer", "")
    if not answer:
        raise ConfigError("found no answer; wanted a text in the column `answer`")
    if len(answer) > MOST_ANSWER:
        raise ConfigError(f"the answer has {len(answer):,} characters; wanted at most {MOST_ANSWER:,}")
    return answer


def _questions(cells: Mapping[str, str]) -> list[str]:
    """One question a line; without any, the title is the question."""
    told = [cells.get("question", "").replace("\n", " "), *cells.get("questions", "").split("\n")]
    questions = list(dict.fromkeys(question for question in told if question))
    questions = questions or [title for title in [cells.get("title", "")] if title]
    if not questions:
        raise ConfigError("found no question; wanted a text in the column `question` or `questions`")
    if len(questions) > MOST_QUESTIONS:
        raise ConfigError(f"found {len(questions)} questions; wanted at most {MOST_QUESTIONS}")
    return [_short(question, "question") for question in questions]


def _short(text: str, name: str) -> str:
    if len(text) > MOST_QUESTION:
        raise ConfigError(f"the {name} has {len(text):,} characters; wanted at most {MOST_QUESTION}")
    return text.replace("\n", " ")


def _id(cells: Mapping[str, str], title: str) -> str:
    told = cells.get("id", "")
    if not told:
        return derived_id(title)
    if not _ID.fullmatch(told) or len(told) > _MOST_ID:
        raise ConfigError(f"found the id {told[:60]!r}; wanted letters, digits and single - . _ : between, "
                          f"at most {_MOST_ID}")  # fmt: skip
    return told


def derived_id(question: str) -> str:
    """The id of a passage whose row has none: the same for the same question.

    >>> derived_id("How do I pay?"), derived_id("怎么付款？")
    ('how-do-i-pay', 'q-b40043837f')
    """
    folded = unicodedata.normalize("NFKC", question).casefold().strip()
    slug = "-".join(re.findall(r"[a-z0-9]+", folded))
    whole = slug and len(slug) <= _SLUG and folded.isascii()
    digest = sha1(folded.encode(), usedforsecurity=False).hexdigest()[:10]
    return slug if whole else f"{slug[:_SLUG].strip('-') or 'q'}-{digest}"


def _moment(
    cells: Mapping[str, str], name: str, read: Callable[[str, tzinfo], datetime], zone: tzinfo
) -> datetime | None:
    text = cells.get(name, "")
    try:
        return read(text, zone) if text else None
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{name}: found {text[:40]!r}; wanted a day like 2026-11-22") from error
