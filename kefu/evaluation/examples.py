"""Files of labelled examples: CSV with a header, or JSONL with one object a line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from kefu.errors import KefuError


def read_examples(file: Path, *, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read ``columns`` of every row of ``file``; raises KefuError naming file, line and column."""
    if not file.is_file():
        raise KefuError(f"found no file {file}; wanted: CSV or JSONL with the columns {', '.join(columns)}")
    rows = _jsonl(file) if file.suffix == ".jsonl" else _csv(file)
    examples = [_select(file, number, row, columns) for number, row in rows]
    if not examples:
        raise KefuError(f"{file} holds no example; give at least one row below the header")
    return examples


def _csv(file: Path) -> Iterable[tuple[int, dict[str, str]]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        for row in reader:
            yield reader.line_num, row


def _jsonl(file: Path) -> Iterable[tuple[int, dict[str, str]]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise KefuError(f"{file}, line {number}: not JSON ({error}); write one object a line") from error
        if not isinstance(row, dict):
            raise KefuError(f"{file}, line {number}: found {type(row).__name__}; write one object a line")
        yield number, row


def _select(file: Path, number: int, row: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    missing = [column for column in columns if row.get(column) is None]
    if missing:
        raise KefuError(f"{file}, line {number}: found no {missing[0]}; wanted: {', '.join(columns)}")
    return {column: str(row[column]).strip() for column in columns}
