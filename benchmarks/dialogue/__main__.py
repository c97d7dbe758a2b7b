"""`python -m benchmarks.dialogue`: our policy and TED on the same stories, judged on the same choices."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import structlog
import typer

from benchmarks.dialogue.table import write_block
from benchmarks.files import read_json
from kefu.errors import KefuError
from kefu.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    epochs: Annotated[int, typer.Option(min=1, help="of TED; 100 is what `rasa init` sets")] = 100,
    max_history: Annotated[int, typer.Option(min=1, help="of TED; 5 is what `rasa init` sets")] = 5,
    most: Annotated[int, typer.Option(min=1, help="cases of each set")] = 2_000,
    seed: Annotated[int, typer.Option(help="of the trainings and of what is made of the conversations")] = 0,
    table: Annotated[bool, typer.Option("--table", help="write docs/evaluation.md; run nothing")] = False,
) -> None:
    """Measure; a file a seed goes to results/dialogue."""
    settings = Settings.load()
    try:
        if not table:
            logging.disable(logging.WARNING)
            # Rasa's policies write out every state where debug lines are wanted, which is structlog's default
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
            from benchmarks.dialogue.run import run  # TensorFlow takes seconds; --help need not

            run(epochs=epochs, max_history=max_history, most=most, seed=seed)
        files = sorted((settings.root / "results" / "dialogue").glob("*.json"))
        write_block(settings.root / "docs" / "evaluation.md", list(map(read_json, files)))
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    print("docs/evaluation.md, from", *(file.name for file in files))


if __name__ == "__main__":
    app()
