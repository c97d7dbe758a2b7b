"""`kefu evaluate sentiment`: a file of labelled messages, the assistant's model, and the figures."""

from __future__ import annotations

import json
from pathlib import Path

from kefu.cli import console
from kefu.cli.evaluate import parse_all
from kefu.errors import ConfigError
from kefu.evaluation.rows import read_rows
from kefu.evaluation.sentiment import LABELS, measure_sentiment


def sentiment(file: Path, *, as_json: bool, model: Path | None) -> None:
    """Print how well the columns sentiment and urgency of ``file`` are heard in its column text.

    Raises:
        ConfigError: a row without one of the columns, or no row at all.
    """
    rows = _rows(file)
    parsed = parse_all([row["text"] for row in rows], model=model)
    heard = [row.get("sentiment") or {} for row in parsed]
    found = [{"sentiment": str(own.get("label")), "urgency": str(own.get("urgency"))} for own in heard]
    report = measure_sentiment(rows, found)
    console.say(json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_table())


def _rows(file: Path) -> list[dict[str, str]]:
    wanted, rows = ("text", *LABELS), []
    for line, cells in read_rows(file, wanted=", ".join(("text", *LABELS))):
        missing = [name for name in wanted if not str(cells.get(name) or "").strip()]
        if missing:
            raise ConfigError(f"{file}, line {line}: found no {missing[0]}; wanted {', '.join(wanted)}")
        rows.append({name: str(value) for name, value in cells.items() if value})
    if not rows:
        raise ConfigError(f"{file} holds no example; give at least one row with {', '.join(wanted)}")
    return rows
