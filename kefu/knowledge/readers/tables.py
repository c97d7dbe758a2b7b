"""CSV, JSON and JSON Lines as rows; each value as text, a list as lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kefu.errors import ConfigError
from kefu.knowledge.readers.rows import Bad, Reading, Row, unguarded

_DELIMITERS = ",;\t"
_REASON = 120  # characters of a library's words that are shown


def read_csv(text: str, *, name: str) -> Reading:
    """The rows below a header; lines are as an editor counts, of a row its first.

    Raises:
        ConfigError: no header.
    """
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise ConfigError(f"{name} is empty; wanted CSV with a header and rows")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    bad: list[Bad] = []
    header: list[str] | None = None
    for place, cells in _lines(reader):
        if isinstance(cells, str):
            bad.append(Bad(place, cells))
        elif header is None:
            header = [cell.strip() for cell in cells] or None
        elif any(cell.strip() for cell in cells):
            read = dict(zip(header, map(unguarded, cells), strict=False))
            _keep(Row(place, read), header, cells, rows, bad)
    return Reading(tuple(rows), tuple(bad))


def read_json(text: str, *, name: str) -> Reading:
    """The objects of a list, or of the one list inside an object.

    Raises:
        ConfigError: no JSON, or no list of objects in it.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{name}, line {error.lineno}: no JSON: {error.msg}; wanted a list") from error
    except RecursionError as error:
        raise ConfigError(f"{name} is nested too deep for any list of rows") from error
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else found
    if not isinstance(found, list):
        raise ConfigError(f"{name} holds {type(found).__name__}; wanted a list of objects, an object a row")
    return _objects((f"item {number}", item) for number, item in enumerate(found, 1))


def read_jsonl(text: str, *, name: str) -> Reading:
    """An object a line."""
    return _objects(
        (f"line {number}", _loaded(line)) for number, line in enumerate(text.split("\n"), 1) if line.strip()
    )


def _lines(reader: Any) -> Iterator[tuple[str, list[str] | str]]:
    """Each row with its first line; what cannot be read is told in words."""
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield place, f"no CSV: {str(error)[:_REASON]}"
            continue
        yield place, cells


def _keep(row: Row, header: list[str], cells: list[str], rows: list[Row], bad: list[Bad]) -> None:
    if len(cells) == len(header):
        rows.append(row)
    else:
        bad.append(Bad(row.place, f"found {len(cells)} cells; wanted {len(header)} as in the header"))


def _loaded(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"no JSON: {str(error)[:_REASON]}"


def _objects(items: Iterator[tuple[str, Any]]) -> Reading:
    rows: list[Row] = []
    bad: list[Bad] = []
    for place, item in items:
        if isinstance(item, dict):
            rows.append(Row(place, {str(name): _text(value) for name, value in item.items()}))
        else:
            broken = isinstance(item, str) and item.startswith("no JSON")
            bad.append(Bad(place, f"found {item if broken else type(item).__name__}; wanted an object"))
    return Reading(tuple(rows), tuple(bad))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_text(item) for item in value)
    if isinstance(value, Mapping):  # schema.org: {"@type": "Answer", "text": …}
        return _text(value.get("text", json.dumps(value, ensure_ascii=False)))
    return value if isinstance(value, str) else json.dumps(value)
