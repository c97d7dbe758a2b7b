"""`python -m benchmarks.faults`: break one part after another, keep what happened, write the table."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.faults.breaking import FAULTS
from benchmarks.faults.run import Plan, run
from benchmarks.faults.table import write_block
from benchmarks.files import read_json
from kefu.cli.models import chosen_model
from kefu.errors import ConfigError, KefuError
from kefu.settings import Settings

QUICK = 0.1
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    only: Annotated[
        list[str] | None, typer.Option(help="a fault, or its beginning; repeat for several")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="how often each")] = 10,
    model: Annotated[
        Path | None, typer.Option(help="the archive to serve; else the newest of models/")
    ] = None,
    quick: Annotated[bool, typer.Option(help="a tenth of the long waits; results go to KEFU_HOME")] = False,
    again: Annotated[bool, typer.Option(help="also what has a good result")] = False,
    listed: Annotated[bool, typer.Option("--list", help="name the faults; run nothing")] = False,
    table: Annotated[bool, typer.Option("--table", help="write docs/reliability.md; run nothing")] = False,
) -> None:
    """Do every fault to a running assistant; exit code 1 where one breaks a promise."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the proxy breaks calls on purpose
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what it started ends with it
    try:
        settings = Settings.load()
        results = settings.root / "results" / "faults"
        if listed:
            print("\n".join(f"{fault.name:24} {fault.world:11} {fault.title}" for fault in FAULTS.values()))
            return
        if table:
            page = settings.root / "docs" / "reliability.md"
            write_block(page, [read_json(file) for file in sorted(results.glob("*.json"))])
            return
        work = settings.home / "bench" / "faults"
        plan = Plan(
            _chosen(only or []), seeds, chosen_model(settings.root, model).resolve(),
            work / "quick" if quick else results, work, scale=QUICK if quick else 1.0, again=again,
        )  # fmt: skip
        failed = asyncio.run(run(plan, say=lambda words: print(words, flush=True)))
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    if failed:
        raise typer.Exit(1)


def _chosen(only: list[str]) -> list[str]:
    for name in only:
        if not any(fault.startswith(name) for fault in FAULTS):
            raise ConfigError(f"found no fault {name!r}; there are {', '.join(FAULTS)}")
    return [fault for fault in FAULTS if not only or fault.startswith(tuple(only))]


if __name__ == "__main__":
    app()
