"""`python -m benchmarks.load`: open conversations for minutes, a burst, and memory over many turns."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.files import read_json, write_json
from benchmarks.load.run import Load, run
from benchmarks.load.table import told, write_block
from kefu.cli.models import chosen_model
from kefu.errors import ConfigError, KefuError
from kefu.settings import Settings

DATABASES = ("sqlite", "postgresql")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    conversations: Annotated[int, typer.Option(min=1, help="open at once")] = 300,
    minutes: Annotated[float, typer.Option(min=0, help="how long they are open")] = 10.0,
    burst: Annotated[float, typer.Option(min=0, help="seconds of four times as many messages")] = 60.0,
    turns: Annotated[int, typer.Option(min=0, help="turns in all; memory is watched over them")] = 20_000,
    think: Annotated[float, typer.Option(min=0, help="seconds between answer and next message")] = 60.0,
    seed: Annotated[int, typer.Option(help="of who says what, and when")] = 0,
    database: Annotated[str, typer.Option(help=", ".join(DATABASES))] = "sqlite",
    model: Annotated[Path | None, typer.Option(help="the archive; else the newest of models/")] = None,
    table: Annotated[bool, typer.Option("--table", help="write docs/reliability.md; run nothing")] = False,
) -> None:
    """Load an assistant of one's own on 127.0.0.1; exit code 1 where anything was lost or empty."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what it started ends with it
    try:
        settings = Settings.load()
        results = settings.root / "results" / "load"
        if table:
            kept = [read_json(file) for file in sorted(results.glob("*.json"))]
            write_block(settings.root / "docs" / "reliability.md", kept)
            return
        if database not in DATABASES:
            raise ConfigError(f"found the database {database!r}; there are {', '.join(DATABASES)}")
        load = Load(conversations, minutes, burst, turns, think, seed)
        folder = settings.home / "bench" / "load"
        archive = chosen_model(settings.root, model).resolve()
        result = asyncio.run(run(load, folder, model=archive, database=database, say=_say))
        write_json(results / f"{database}-{conversations}-{turns}-{seed}.json", result)
        _say(told(result))
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    if result["lost"] or result["empty"]:
        raise typer.Exit(1)


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    app()
