"""What a system read from a message, in the same words for every system."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from kefu.language.examples import Span


@dataclass(frozen=True)
class Row:
    """The best intent and its confidence, the entities, and how foreign the message is (higher: more so).

    ``refused``: the system itself takes the message for out of scope, at the threshold it came with.
    """

    intent: str
    confidence: float
    spans: tuple[Span, ...]
    strangeness: float
    refused: bool


def write_rows(file: Path, rows: Mapping[str, Sequence[Row]]) -> None:
    """Keep the readings of every split, packed."""
    plain = {split: [asdict(row) for row in read] for split, read in rows.items()}
    with gzip.open(file, "wt", encoding="utf-8") as stream:
        json.dump(plain, stream, ensure_ascii=False)


def read_rows(file: Path) -> dict[str, list[Row]]:
    """The readings that ``write_rows`` kept."""
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        plain = json.load(stream)
    return {
        split: [Row(**{**row, "spans": tuple(Span(**span) for span in row["spans"])}) for row in rows]
        for split, rows in plain.items()
    }
