"""`python -m benchmarks.predictions`: a turn's predictions at turn 10, 200 and 500, and an answer's check."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from kefu.cli.models import chosen_model
from kefu.errors import KefuError
from kefu.settings import Settings

PACKAGES = ("rasa", "jsonschema")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    model: Annotated[Path | None, typer.Option("--model", help="a model archive; else the newest")] = None,
    window: Annotated[int, typer.Option(min=2, help="turns that count, of each kind and number")] = 8,
) -> None:
    """Measure; the table is printed and kept in results/predictions."""
    from benchmarks.predictions.measure import measure

    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        settings = Settings.load()
        archive = chosen_model(settings.root, model)
        result = {"window": window, "cpu_milliseconds": measure(str(archive), window=window)}
        file = settings.root / "results" / "predictions" / "turn.json"
        write_json(file, {**result, "model": archive.name, "from": provenance(PACKAGES)})
    except KefuError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    print("\n".join(_table(result["cpu_milliseconds"])))
    print(file)


def _table(times: Any) -> list[str]:
    lines = [f"{'CPU ms, median':16}" + "".join(f"{f'turn {turn}':>12}" for turn in times["whole"])]
    for kind in ("whole", "folded", "ours"):
        lines.append(f"{kind:16}" + "".join(f"{spent:>12.1f}" for spent in times[kind].values()))
    check = times["check"]
    return [*lines, f"an answer's check: Rasa {check['rasa']:.2f}, ours {check['ours']:.2f}"]


if __name__ == "__main__":
    app()
