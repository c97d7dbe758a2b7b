"""`python -m benchmarks.knowledge`: build and measure indexes of made passages, write table and picture."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from benchmarks.files import read_json
from benchmarks.knowledge.run import MEASURED, Places, run
from benchmarks.knowledge.table import PICTURE, draw, write_block
from kefu.errors import KefuError
from kefu.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    sizes: Annotated[str, typer.Option(help="how many passages, by commas")] = "1000,10000,100000,1000000",
    seed: Annotated[int, typer.Option(help="of the passages and the queries")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="measure only what was not measured before")
    ] = False,
    again: Annotated[
        str, typer.Option(help=f"with --resume, what to measure again, by commas: {', '.join(MEASURED)}")
    ] = "",
    table: Annotated[bool, typer.Option("--table", help="write docs/evaluation.md; run nothing")] = False,
) -> None:
    """Measure each size, then write the table and the picture from the result files."""
    try:
        settings = Settings.load()
        home = settings.home
        places = Places(
            settings.root / "results" / "knowledge", home / "bench" / "knowledge", home / "encoders"
        )
        keep = set(MEASURED) - set(again.split(",")) if resume else set()
        for size in [] if table else map(int, sizes.split(",")):
            run(size, places, seed=seed, keep=keep, say=_say)
        docs = settings.root / "docs"
        results = [read_json(file) for file in sorted(places.results.glob("*.json"))]
        write_block(docs / "evaluation.md", results)
        if results:
            draw(docs / PICTURE, results)
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    app()
