"""The cells as a table of docs/security.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.authorisation.expected import SPEAKERS, WAYS
from benchmarks.files import commit_of, machine_of, put_block, table_row

BEGIN, END = "<!-- authorisation: begin -->", "<!-- authorisation: end -->"


def write_table(page: Path, result: Mapping[str, Any]) -> None:
    """Put the table of a result into ``page``."""
    put_block(page, BEGIN, END, block(result))


def block(result: Mapping[str, Any]) -> str:
    """Ways down, speakers across, and below who and what they are."""
    rows = result["cells"]
    found = {(row["speaker"], row["way"]): row for row in rows}
    lines = [table_row(["", *SPEAKERS]), table_row(["---"] * (len(SPEAKERS) + 1))]
    for way in WAYS:
        shown = [_cell(found.get((speaker, way))) for speaker in SPEAKERS]
        lines.append(table_row([f"**{way}**", *shown]))
    made = result["from"]
    told = f"{len(rows)} cells, {result['wrong']} wrong; commit {commit_of(made)}, {machine_of(made)}."
    return "\n".join([*lines, "", told, "", *_list(SPEAKERS), "", *_list(WAYS), ""])


def _list(what: Mapping[str, str]) -> Sequence[str]:
    return [f"- **{name}**: {words}" for name, words in what.items()]


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    words = {"answered": "told" if row["told"] else "not told"}.get(row["answer"], row["answer"])
    changed = ", changed" if row["changed"] else ""
    return words + changed + ("" if row["right"] else " **wrong**")
