"""What a reader gives: rows of text with their places, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# What people call the columns, in small letters without spaces and marks.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "passageid", "faqid", "key", "编号", "序号"),
    "language": ("language", "lang", "locale", "语言"),
    "title": ("title", "标题"),
    "question": ("question", "q", "prompt", "faq", "name", "问题", "问", "提问"),
    "questions": ("questions", "variants", "variant", "similarquestions", "相似问题", "相似问", "问法"),
    "answer": ("answer", "a", "response", "reply", "acceptedanswer", "text", "content", "答案", "回答", "答"),
    "category": ("category", "topic", "section", "intent", "分类", "类别"),
    "clause": ("clause", "条款"),
    "source": ("source", "url", "来源"),
    "updated": ("updated", "updatedat", "lastupdated", "date", "更新", "更新时间"),
    "valid_from": ("validfrom", "生效", "生效日期"),
    "valid_to": ("validto", "validuntil", "失效", "失效日期"),
}
_FORMULA = re.compile(r"'*[=+\-@\t]")


@dataclass(frozen=True)
class Row:
    """Cells by name, as they were written, and where ("line 3", "page 2")."""

    place: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Bad:
    """Something that cannot be taken, and why."""

    place: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """All that a file gave, in its order."""

    rows: tuple[Row, ...]
    bad: tuple[Bad, ...] = field(default=())


def column(name: str) -> str:
    """The column that a heading means; the heading itself where it is none of ours.

    >>> column("Valid until"), column("问题"), column("Price")
    ('valid_to', 'question', 'Price')
    """
    plain = "".join(c for c in name.lower() if c.isalnum())
    return next((ours for ours, names in _ALIASES.items() if plain in names), name.strip())


def named(cells: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Cells under our names; of two that mean the same the first that is not empty counts."""
    found: dict[str, str] = {}
    for name, value in cells:
        ours = column(name)
        if not found.get(ours, "").strip():
            found[ours] = value
    return found


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe in front where it would.

    >>> guarded("=1+1"), guarded("yes")
    ("'=1+1", 'yes')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """What ``guarded`` made of it, undone."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
