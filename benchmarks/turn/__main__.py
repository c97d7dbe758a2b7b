"""`python -m benchmarks.turn` (or `kefu bench turn`): stock Rasa and ours, a whole turn, side by side."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.files import put_block
from benchmarks.turn.plan import PARTS, Plan, quick
from benchmarks.turn.run import Places, run
from benchmarks.turn.table import BEGIN, END, block
from kefu.errors import KefuError
from kefu.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(PARTS)}; else all.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Measure again what is kept.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results instead of the table.")] = False,
    small: Annotated[bool, typer.Option("--quick", help="A few of everything; nothing is kept.")] = False,
    work: Annotated[Path | None, typer.Option(help="For models; else KEFU_HOME/bench/turn.")] = None,
) -> None:
    """Train, start and talk to both; results go to results/turn, the table to docs/performance.md."""
    chosen = parts or list(PARTS)
    if unknown := sorted(set(chosen) - set(PARTS)):
        raise typer.BadParameter(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    try:
        settings = Settings.load()
        with tempfile.TemporaryDirectory(prefix="kefu-turn-") as scratch:
            folder = work or (Path(scratch) if small else settings.home / "bench" / "turn")
            results = Path(scratch) / "results" if small else settings.root / "results" / "turn"
            places = Places(settings.root, folder.resolve(), results)
            found = run(places, quick() if small else Plan(), parts=chosen, again=again, say=_say)
        page = settings.root / "docs" / "performance.md"
        text = block(found)
        if not small:
            put_block(page, BEGIN, END, text)
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    print(json.dumps(found, ensure_ascii=False, indent=1) if as_json else text)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    app()
