"""`python -m benchmarks.store`: load a large shop, measure the store with it, write the table."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from benchmarks.files import read_json
from benchmarks.store.databases import DATABASES
from benchmarks.store.run import Places, run, told
from benchmarks.store.shop import LargeShop
from benchmarks.store.table import write_block
from kefu.errors import KefuError
from kefu.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    orders: Annotated[int, typer.Option(min=200, help="how many orders the shop has")] = 1_000_000,
    database: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(DATABASES)}; repeat for several")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="how many of each thing are timed")] = 2_000,
    seed: Annotated[int, typer.Option(help="of the shop and of the samples")] = 0,
    table: Annotated[bool, typer.Option("--table", help="write docs/evaluation.md; run nothing")] = False,
) -> None:
    """Measure lookups and commits; a shop that was loaded before is used again."""
    try:
        settings = Settings.load()
        places = Places(settings.root / "results" / "store", settings.home / "bench" / "store")
        if table:
            results = [read_json(file) for file in sorted(places.results.glob("*.json"))]
            write_block(settings.root / "docs" / "evaluation.md", results)
            return
        for kind in database or DATABASES:
            result = run(kind, LargeShop(orders, seed), places, samples=samples, say=_say)
            _say(told(result))
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    app()
