"""`python -m benchmarks.authorisation`: the whole table against the servers that `kefu up` starts."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.authorisation.run import cells, tried_cells
from benchmarks.authorisation.table import write_table
from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from kefu.errors import KefuError
from kefu.settings import Settings
from tests.driven.servers import already_running, assistant

PACKAGES = ("rasa", "rasa-sdk", "python-socketio", "pyjwt")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    url: Annotated[
        str, typer.Option(help="servers that run already, with the KEFU_HOME of this process")
    ] = "",
) -> None:
    """Try every cell; the table goes to docs/security.md. Exit code 1 where one is wrong."""
    logging.disable(logging.WARNING)
    root = Settings.load().root
    try:
        began = time.monotonic()
        rows = _rows(url)
        wrong = [row for row in rows if not row["right"]]
        result = {"cells": rows, "wrong": len(wrong), "wall_seconds": round(time.monotonic() - began, 1)}
        result["from"] = provenance(PACKAGES)
        file = root / "results" / "authorisation" / "cells.json"
        write_json(file, result)
        write_table(root / "docs" / "security.md", result)
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    for row in wrong:
        print(f"wrong: {row}")
    print(f"{len(rows)} cells, {len(wrong)} wrong; {file}")
    raise typer.Exit(1 if wrong else 0)


def _rows(url: str) -> list[dict[str, Any]]:
    chosen = cells()
    rows = []
    with (
        tempfile.TemporaryDirectory() as home,
        already_running(url) if url else assistant(Path(home)) as servers,
    ):
        for row in tried_cells(servers, chosen):
            rows.append(row)
            print(f"\r{len(rows)}/{len(chosen)} {row['speaker']}: {row['way']}".ljust(70), end="", flush=True)
    print("\r" + " " * 70 + "\r", end="")
    return rows


if __name__ == "__main__":
    app()
