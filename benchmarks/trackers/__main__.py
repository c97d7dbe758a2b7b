"""`python -m benchmarks.trackers`: load and save at turn 10, 200 and 500, ours and Rasa's in one run."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from benchmarks.trackers.measure import TURNS, measure
from kefu.errors import KefuError
from kefu.settings import Settings

PACKAGES = ("rasa", "sqlalchemy")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    rounds: Annotated[int, typer.Option(min=1, help="conversations of each store")] = 3,
    window: Annotated[int, typer.Option(min=2, help="turns up to each measured one that count")] = 8,
) -> None:
    """Measure; the table is printed and kept in results/trackers."""
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as folder:
            times = asyncio.run(measure(Path(folder), rounds=rounds, window=window))
        settings = Settings.load()
        result = {"rounds": rounds, "window": window, "milliseconds": times, "ratios": _ratios(times)}
        file = settings.root / "results" / "trackers" / "sqlite.json"
        write_json(file, {**result, "from": provenance(PACKAGES)})
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    for line in _table(times):
        print(line)
    print(file)


def _ratios(times: dict[str, Any]) -> dict[str, float]:
    """How often ours fits into Rasa's, a turn's whole work on the tracker."""
    stock, ours = times["stock"], times["ours"]
    return {turn: round(stock[turn]["turn"] / ours[turn]["turn"], 2) for turn in map(str, TURNS)}


def _table(times: dict[str, Any]) -> list[str]:
    head = f"{'median ms':10}" + "".join(f"{f'turn {turn}':>34}" for turn in TURNS)
    lines = [head]
    for kind, turns in times.items():
        cells = (turns[str(turn)] for turn in TURNS)
        lines.append(f"{kind:10}" + "".join(_cell(cell) for cell in cells))
    lines.append(f"{'ratio':10}" + "".join(f"{ratio:>33.1f}x" for ratio in _ratios(times).values()))
    return lines


def _cell(cell: dict[str, float]) -> str:
    parts = f"load {cell['load']:.1f} save {cell['save']:.1f} copy {cell['copy']:.1f}"
    return f"{parts:>34}"


if __name__ == "__main__":
    app()
