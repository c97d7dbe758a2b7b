"""The rows of a file from outside: CSV with a header, or JSONL with one object a line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kefu.errors import KefuError

_LINES_OF_JSON = (".jsonl", ".ndjson", ".json")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_rows(file: Path, *, wanted: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every row with the line on which it begins; keys are lower case without white space around.

    CSV may have a BOM, any line ends, quoted line breaks, any order of columns and columns
    that nobody asked for. A cell that is not there is None. ``wanted`` names the columns for
    the errors. Raises KefuError naming the file and the line.
    """
    if not file.is_file():
        raise KefuError(f"found no file {file}; wanted: CSV or JSONL with the columns {wanted}")
    text = _decoded(file)
    rows = _jsonl(file, text) if file.suffix.lower() in _LINES_OF_JSON else _csv(file, text)
    for line, row in rows:
        yield line, {str(key).strip().lower(): _whole(value) for key, value in row.items()}


def _decoded(file: Path) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise KefuError(f"{file}, line {line}: not UTF-8; save the file as UTF-8") from error


def _csv(file: Path, text: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not header:
                header = cells
            elif any(cell.strip() for cell in cells) or len(cells) >= len(header):
                yield line, _named(file, line, header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise KefuError(f"{file}, line {line}: not CSV ({error}); put cells with quotes in quotes") from error


def _named(file: Path, line: int, header: list[str], cells: list[str]) -> dict[str, str | None]:
    """The cells by their columns, None where the row is short; a row too long has lost its quotes."""
    if any(cell.strip() for cell in cells[len(header) :]):
        raise KefuError(
            f"{file}, line {line}: found {len(cells)} cells for {len(header)} columns; "
            "put texts with commas in quotes"
        )
    return {name: cells[place] if place < len(cells) else None for place, name in enumerate(header)}


def _jsonl(file: Path, text: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    # not splitlines(): U+2028 and its like may stand inside a JSON string
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise KefuError(f"{file}, line {number}: not JSON ({error}); write one object a line") from error
        if not isinstance(row, dict):
            raise KefuError(f"{file}, line {number}: found {type(row).__name__}; write one object a line")
        yield number, row


def _whole(value: Any) -> Any:
    """Half a character (a lone surrogate, which no file can hold) becomes U+FFFD; offsets stay."""
    return _LONE_SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value
