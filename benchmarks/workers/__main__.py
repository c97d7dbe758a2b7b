"""`python -m benchmarks.workers`: messages a second with one Rasa server and with several behind nginx."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.files import commit_of, machine_of, put_block, table_row, write_json
from benchmarks.nlu.provenance import provenance
from benchmarks.workers.measure import talk
from benchmarks.workers.servers import is_free, served
from kefu.errors import KefuError
from kefu.settings import Settings

PACKAGES = ("rasa", "sanic", "sqlalchemy")
BEGIN, END = "<!-- workers: begin -->", "<!-- workers: end -->"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    servers: Annotated[list[int] | None, typer.Option(help="numbers of Rasa servers, each measured")] = None,
    conversations: Annotated[int, typer.Option(min=1, help="at once")] = 16,
    messages: Annotated[int, typer.Option(min=1, help="in each conversation")] = 60,
    model: Annotated[Path | None, typer.Option(help="a trained model; else the one that fits")] = None,
    port: Annotated[int, typer.Option(help="a free port, with some free ones behind it")] = 5105,
    page: Annotated[bool, typer.Option(help="put the table into docs/workers.md")] = True,
) -> None:
    """Measure; the figures are printed and kept in results/workers."""
    try:
        runs = [_run(n, conversations, messages, model=model, port=port) for n in servers or [1, 2]]
        root = Settings.load().root
        result = {"conversations": conversations, "runs": runs, "from": provenance(PACKAGES)}
        file = root / "results" / "workers" / f"{os.cpu_count()}-cores.json"
        write_json(file, result)
        block = table(result)
        if page:
            put_block(root / "docs" / "workers.md", BEGIN, END, block)
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    print(block + str(file))


def _run(workers: int, conversations: int, messages: int, *, model: Path | None, port: int) -> dict[str, Any]:
    if not is_free(f"http://127.0.0.1:{port}/"):
        raise KefuError(f"port {port} is taken; stop what listens there or name another one (--port)")
    with (
        tempfile.TemporaryDirectory() as home,
        served(Path(home), port=port, workers=workers, model=model) as running,
    ):
        return {"servers": workers} | asyncio.run(
            talk(running, conversations=conversations, messages=messages)
        )


def table(result: Mapping[str, Any]) -> str:
    """The table of docs/workers.md."""
    head = ("Rasa servers", "messages/s", "p50 ms", "p99 ms", "CPU s: servers, client", "lost", "doubled")
    first = result["runs"][0]["per_second"]
    rows = [_row(run, first=first) for run in result["runs"]]
    came = result["from"]
    said = (
        f"{result['conversations']} conversations at once, {result['runs'][0]['messages']} messages; commit "
        f"{commit_of(came)}; {machine_of(came)}, which the client shares; load {came['load']} at the end.\n"
    )
    return "\n".join([said, table_row(head), "|" + "---|" * len(head), *rows]) + "\n"


def _row(run: Mapping[str, Any], *, first: float) -> str:
    cpu = run["cpu_seconds"]
    cells: Sequence[Any] = (
        run["servers"], f"{run['per_second']:.1f} ({run['per_second'] / first:.2f}×)", run["p50_ms"],
        run["p99_ms"], f"{cpu['servers']:.0f}, {cpu['client']:.0f}", run["lost"], run["doubled"],
    )  # fmt: skip
    return table_row([str(cell) for cell in cells])


if __name__ == "__main__":
    app()
