"""`python -m benchmarks.fuzz --cases 10000 --messages 5000`: generated input against running servers.

What is done is kept below KEFU_HOME/bench, slice by slice: the same command goes on where it was stopped.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.files import read_json, write_json
from benchmarks.fuzz import interface, messages
from benchmarks.fuzz.report import summary, write_block
from benchmarks.fuzz.watching import Watched
from benchmarks.nlu.provenance import provenance
from kefu.errors import KefuError
from kefu.settings import Settings
from tests.driven.servers import Assistant, already_running, assistant

PACKAGES = ("rasa", "schemathesis", "hypothesis", "python-socketio", "sanic")
UNLIMITED = {
    f"KEFU_{name}": "0"
    for name in ("MESSAGES_PER_SESSION", "MESSAGES_PER_ADDRESS", "MESSAGES_PER_CUSTOMER",
                 "SESSIONS_PER_ADDRESS", "ATTACHMENTS_PER_SESSION")
}  # fmt: skip
Slice = Callable[[int, int], dict[str, Any]]
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    cases: Annotated[int, typer.Option(min=0, help="requests from the interface's document")] = 10_000,
    messages: Annotated[int, typer.Option(min=0, help="messages over REST and socket.io")] = 5_000,
    seed: Annotated[int, typer.Option(help="the same seed draws the same input")] = 1,
    url: Annotated[
        str, typer.Option(help="`kefu up` that runs already, with this KEFU_HOME, unlimited")
    ] = "",
) -> None:
    """Throw; results go to results/fuzz and docs/security.md. Exit code 1 where something went wrong."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    try:
        wrong = _throw({"cases": cases, "messages": messages}, number=seed, url=url)
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    raise typer.Exit(1 if wrong else 0)


def _throw(wanted: dict[str, int], *, number: int, url: str) -> bool:
    settings, came_from = Settings.load(), provenance(PACKAGES)
    work = settings.home / "bench" / "fuzz" / f"{came_from['commit'][:12]}-{number}"
    with (
        tempfile.TemporaryDirectory() as home,
        already_running(url) if url else assistant(Path(home), **UNLIMITED) as servers,
    ):
        watched = Watched([_port(servers.url), *([] if url else [servers.settings.action_port])])
        for what, throw in _throwers(servers, watched).items():
            _slices(work / f"{what}.json", what, throw, wanted=wanted[what], number=number)
    result = {what: summary(read_json(work / f"{what}.json"), wanted[what]) for what in wanted}
    result |= {"seed": number, "from": provenance(PACKAGES)}
    write_json(settings.root / "results" / "fuzz" / "all.json", result)
    write_block(settings.root / "docs" / "security.md", result)
    wrong = sum(len(result[what]["wrong"]) + result[what]["exits"] for what in wanted)
    print(
        f"{wanted['cases']:,} requests, {wanted['messages']:,} messages, {wrong} wrong: results/fuzz/all.json"
    )
    return bool(wrong)


def _throwers(servers: Assistant, watched: Watched) -> dict[str, Slice]:
    def cases(number: int, count: int) -> dict[str, Any]:
        return interface.cases(servers.url, number=number, count=count) | {"exits": watched.exits()}

    def said(number: int, count: int) -> dict[str, Any]:
        return messages.thrown(servers.url, watched, number=number, count=count)

    return {"cases": cases, "messages": said}


def _slices(file: Path, what: str, throw: Slice, *, wanted: int, number: int) -> None:
    """Throw what is missing, SLICE at a time, each slice kept as soon as it is done."""
    kept = read_json(file)
    while (done := sum(slice_[what] for slice_ in kept.values())) < wanted:
        at = len(kept)
        kept[str(at)] = throw(1000 * number + at, min(interface.SLICE, wanted - done))
        write_json(file, kept)
        print(f"\r{what}: {min(done + interface.SLICE, wanted):,} of {wanted:,}", end="", flush=True)
    print()


def _port(url: str) -> int:
    return int(url.rstrip("/").rpartition(":")[2])


if __name__ == "__main__":
    app()
