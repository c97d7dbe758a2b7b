"""`python -m benchmarks.nlu`: run what is missing, list what is there, write the table."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from benchmarks.nlu.cells import STOCK_EPOCHS, SYSTEMS, Cell, Places
from benchmarks.nlu.run import is_current, measure_again, run_cells
from benchmarks.nlu.sets import chosen_sets
from benchmarks.nlu.table import write_block
from kefu.errors import ConfigError, KefuError
from kefu.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    set_: Annotated[list[str] | None, typer.Option("--set", help="a set; repeat for several")] = None,
    system: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(SYSTEMS)}; repeat for several")
    ] = None,
    seeds: Annotated[str, typer.Option(help="such as 0,1,2")] = "0",
    limit: Annotated[int | None, typer.Option(min=1, help="the first examples of each class alone")] = None,
    stock_epochs: Annotated[int, typer.Option(min=1, help="epochs of stock Rasa's DIET")] = STOCK_EPOCHS,
    again: Annotated[bool, typer.Option("--again", help="run also what has a current result")] = False,
    list_: Annotated[bool, typer.Option("--list", help="say what is there; run nothing")] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="measure the kept readings again; run nothing")
    ] = False,
    table: Annotated[
        bool, typer.Option("--table", help="write the table of docs/evaluation.md; run nothing")
    ] = False,
) -> None:
    """Run the cells (system × set × seed) that have no current result, one thread each."""
    try:
        settings = Settings.load()
        places = _places(settings)
        cells = [
            Cell(name, which.name, seed, limit, stock_epochs)
            for which in chosen_sets(set_ or [])
            for seed in _seeds(seeds)
            for name in _systems(system or [])
        ]
        if table:
            write_block(settings.root / "docs" / "evaluation.md", _results(places))
        elif list_:
            for cell in cells:
                _say(f"{_state(cell, places):<10} {cell.name}")
        elif measure:
            measure_again(cells, places, say=_say)
        else:
            run_cells(cells, places, again=again, say=_say)
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _places(settings: Settings) -> Places:
    results, work = settings.root / "results" / "nlu", settings.home / "bench" / "nlu"
    return Places(data=settings.bench_data, results=results, work=work)


def _results(places: Places) -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(places.results.glob("*.json"))]


def _state(cell: Cell, places: Places) -> str:
    if not places.result(cell).is_file():
        return "missing"
    return "current" if is_current(cell, places) else "outdated"


def _seeds(words: str) -> list[int]:
    try:
        return sorted({int(word) for word in words.split(",")})
    except ValueError as error:
        raise ConfigError(f"--seeds: found {words!r}; wanted whole numbers such as 0,1,2") from error


def _systems(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in SYSTEMS]
    if unknown:
        raise ConfigError(f"found no system {unknown[0]}; there are {', '.join(SYSTEMS)}")
    return [name for name in SYSTEMS if not names or name in names]


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    app()
