"""Examples of further heads of the classifier, from CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from kefu.errors import ConfigError
from kefu.language.examples import Example

FURTHER = ("sentiment", "urgency")  # heads of the classifier, and columns of its CSV files


def read_further(file: Path) -> Iterator[Example]:
    """Each row as an example; ConfigError where a column is missing."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        missing = [name for name in ("text", *FURTHER) if name not in (rows.fieldnames or ())]
        if missing:
            raise ConfigError(f"{file} lacks the columns {', '.join(missing)}; found {rows.fieldnames}")
        for row in rows:
            labels = tuple((name, row[name]) for name in FURTHER if row[name])
            yield Example(row["text"], None, (), f"{file.name}, line {rows.line_num}", labels)
