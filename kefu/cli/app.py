"""The commands of `kefu` and their options; what they do stands in the modules beside this one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli import console

app = typer.Typer(
    name="kefu",
    help="Kefu, a customer-service assistant for shops.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
evaluate_app = typer.Typer(
    help="Measure the newest model on a file of examples.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(evaluate_app, name="evaluate")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
ModelOption = Annotated[Path | None, typer.Option("--model", help="A model archive; else the newest.")]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Port of the chat; else KEFU_PORT or 5005.")] = None,
    model: ModelOption = None,
) -> None:
    """Start the assistant; one Ctrl-C stops all of it."""
    from kefu.cli.up import up as run_up

    raise typer.Exit(run_up(port=port, model=model))


@app.command()
def seed(
    directory: Annotated[Path | None, typer.Argument(help="A shop's folder; else data/shop.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Empty the store first.")] = False,
) -> None:
    """Load a shop, the demo one unless a folder is named."""
    from kefu.cli.shop import seed as run_seed

    run_seed(directory, fresh=fresh)


@app.command()
def token(customer_id: Annotated[str, typer.Argument(help="Such as C1001.")]) -> None:
    """Print a customer's signed token as the last line."""
    from kefu.cli.shop import token as run_token

    run_token(customer_id)


@app.command()
def outbox(
    last_code: Annotated[str, typer.Option("--last-code", metavar="EMAIL", help="Whose last code.")],
) -> None:
    """Print the last one-time code mailed in the demo."""
    from kefu.cli.shop import last_code as run_last_code

    run_last_code(last_code)


@app.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Train even where a model fits.")] = False,
) -> None:
    """Train, unless a model fits; its path is the last line."""
    from kefu.cli.models import ensure_model
    from kefu.settings import Settings

    console.say(str(ensure_model(Settings.load().root, force=force)))


@app.command()
def shell(
    customer: Annotated[str | None, typer.Option(help="Whom you speak as; else C1001.")] = None,
    model: ModelOption = None,
) -> None:
    """Talk to the assistant in this terminal."""
    from kefu.cli.shell import shell as run_shell

    raise typer.Exit(run_shell(customer=customer, model=model))


@evaluate_app.command("intents")
def evaluate_intents(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL with text and intent.")],
    as_json: JsonOption = False,
    model: ModelOption = None,
) -> None:
    """Accuracy, macro-F1 and a table of the intents."""
    from kefu.cli.evaluate import intents

    intents(file, as_json=as_json, model=model)


@evaluate_app.command("retrieval")
def evaluate_retrieval(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL with text and passage (empty: no answer).")],
    as_json: JsonOption = False,
    model: ModelOption = None,
) -> None:
    """How often the right passage is found, or withheld."""
    from kefu.cli.evaluate import retrieval

    retrieval(file, as_json=as_json, model=model)


def main() -> None:
    """Run the command line; whatever goes wrong is one line with the next step."""
    sys.exit(console.guarded(app, name="kefu"))
