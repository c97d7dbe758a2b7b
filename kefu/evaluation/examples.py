"""Files of labelled examples: what a row of them says, with file, line and column for every complaint."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kefu.errors import KefuError
from kefu.evaluation.rows import read_rows
from kefu.language.examples import Span

#: The label of what belongs to no intent.
NONE = "NONE"

_SPANS = "a list of {start, end, entity}, [] for none"
_WANTED = {"intent": f"a label, {NONE} for out of scope", "entities": _SPANS, "language": "such as en"}


@dataclass(frozen=True)
class Labelled:
    """A row of a file from outside, on ``line`` of the file; ``source`` is "file, line n".

    ``intent`` is None where the row names none; ``accept`` are other intents that count as right;
    ``spans`` is None where the row says nothing of entities.
    """

    text: str
    intent: str | None = None
    accept: tuple[str, ...] = ()
    language: str | None = None
    spans: tuple[Span, ...] | None = None
    line: int = 0
    source: str = ""

    @property
    def outside(self) -> bool:
        """Whether the row is out of scope."""
        return self.intent == NONE


def read_labelled(file: Path, *, need: Collection[str] = ("text",)) -> list[Labelled]:
    """Read a CSV or JSONL file with text, intent and, if there, accept (``a|b``), language, entities.

    Every row must say something in the columns ``need``; an empty text is a message too. ``entities``
    is a list of {start, end, entity}, in CSV written as JSON. Raises KefuError naming file, line
    and column.
    """
    wanted = ", ".join(need)
    found = [
        _labelled(_Row(file, line, cells, wanted), need) for line, cells in read_rows(file, wanted=wanted)
    ]
    if not found:
        raise KefuError(f"{file} holds no example; give at least one row with {wanted}")
    return found


def read_examples(file: Path, *, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read ``columns`` of every row of ``file``; raises KefuError naming file, line and column."""
    wanted = ", ".join(columns)
    rows = [_Row(file, line, cells, wanted) for line, cells in read_rows(file, wanted=wanted)]
    if not rows:
        raise KefuError(f"{file} holds no example; give at least one row below the header")
    return [{column: str(row.there(column)).strip() for column in columns} for row in rows]


@dataclass(frozen=True)
class _Row:
    """The cells of one line, taken out with a complaint that names file, line and column."""

    file: Path
    line: int
    cells: dict[str, Any]
    wanted: str

    def there(self, column: str) -> Any:
        value = self.cells.get(column)
        if value is None:
            names = ", ".join(name for name in self.cells if name) or "none"
            raise self.wrong(column, f"found no {column} (columns here: {names[:80]}); wanted: {self.wanted}")
        return value

    def text(self) -> str:
        value = self.there("text")
        if not isinstance(value, str):
            raise self.wrong("text", f"found {type(value).__name__}; wanted a string")
        return value

    def label(self, column: str) -> str | None:
        """A name without white space around it; a number is a name too."""
        value = self.cells.get(column)
        if isinstance(value, bool) or not isinstance(value, (str, int, type(None))):
            raise self.wrong(column, f"found {type(value).__name__}; wanted a string")
        return str("" if value is None else value).strip() or None

    def labels(self, column: str) -> tuple[str, ...]:
        """Names separated by ``|``, or a list of them."""
        value = self.cells.get(column)
        names = value if isinstance(value, list) else (self.label(column) or "").split("|")
        if not all(isinstance(name, str) for name in names):
            raise self.wrong(column, "found other things than strings; wanted labels separated by |")
        return tuple(name.strip() for name in names if name.strip())

    def spans(self) -> tuple[Span, ...] | None:
        value = self.cells.get("entities")
        if isinstance(value, str):
            value = self._parsed(value) if value.strip() else None
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.wrong("entities", f"found {type(value).__name__}; wanted {_SPANS}")
        return tuple(self._span(one) for one in value)

    def wrong(self, column: str, words: str) -> KefuError:
        return KefuError(f"{self.file}, line {self.line}, column {column}: {words}")

    def _parsed(self, value: str) -> Any:
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise self.wrong("entities", f"not JSON ({error}); wanted {_SPANS}") from error

    def _span(self, one: Any) -> Span:
        given = one if isinstance(one, dict) else {}
        start, end, entity = given.get("start"), given.get("end"), given.get("entity")
        if (
            type(start) is not int
            or type(end) is not int
            or not isinstance(entity, str)
            or not entity.strip()
        ):
            raise self.wrong(
                "entities", f"found {json.dumps(one)[:60]}; wanted numbers start and end, a name entity"
            )
        length = len(self.text())
        if not 0 <= start < end <= length:
            raise self.wrong("entities", f"found {start} to {end} in a text of {length} characters")
        return Span(start, end, entity.strip())


def _labelled(row: _Row, need: Collection[str]) -> Labelled:
    for column in need:
        row.there(column)
    intent, spans, language = row.label("intent"), row.spans(), row.label("language")
    for column, value in (("intent", intent), ("entities", spans), ("language", language)):
        if column in need and value is None:
            raise row.wrong(column, f"found nothing; wanted {_WANTED[column]}")
    accept = row.labels("accept")
    return Labelled(row.text(), intent, accept, language, spans, row.line, f"{row.file}, line {row.line}")
