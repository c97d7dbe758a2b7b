"""Passages written into files that an import reads back the same."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import timezone, tzinfo
from typing import TextIO

from kefu.knowledge.days import as_end, as_first
from kefu.knowledge.passages import Passage
from kefu.knowledge.readers.rows import guarded

COLUMNS = (
    "id", "language", "title", "questions", "answer", "category", "clause", "source", "updated",
    "valid_from", "valid_to",
)  # fmt: skip


def write_csv(passages: Iterable[Passage], out: TextIO, *, zone: tzinfo = timezone.utc) -> int:
    """A row a passage, its questions a line each in one cell; how many were written."""
    return write_rows((cells(passage, zone) for passage in passages), out, columns=COLUMNS)


def write_rows(rows: Iterable[dict[str, str]], out: TextIO, *, columns: Iterable[str]) -> int:
    """Rows as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    writer = csv.DictWriter(out, list(columns), lineterminator="\n")
    writer.writeheader()
    written = 0
    for row in rows:
        writer.writerow({name: guarded(value) for name, value in row.items()})
        written += 1
    return written


def write_json(passages: Iterable[Passage], out: TextIO, *, zone: tzinfo = timezone.utc) -> int:
    """A list with an object a passage; how many were written."""
    written = 0
    for passage in passages:
        out.write(",\n" if written else "[\n")
        told: dict[str, object] = {**cells(passage, zone), "questions": list(passage.questions)}
        out.write(json.dumps(told, ensure_ascii=False))
        written += 1
    out.write("\n]\n" if written else "[]\n")
    return written


def cells(passage: Passage, zone: tzinfo) -> dict[str, str]:
    """A passage as the columns of a file."""
    return {
        "id": passage.passage_id,
        "language": passage.language,
        "title": passage.title,
        "questions": "\n".join(passage.questions),
        "answer": passage.answer,
        "category": passage.category,
        "clause": passage.clause or "",
        "source": passage.source,
        "updated": as_first(passage.updated),
        "valid_from": as_first(passage.valid_from, zone) if passage.valid_from else "",
        "valid_to": as_end(passage.valid_to, zone) if passage.valid_to else "",
    }
