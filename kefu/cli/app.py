"""The commands of `kefu` and their options; what they do stands in the modules beside this one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli import console
from kefu.cli.audit_app import audit_app
from kefu.cli.bench_app import bench_app
from kefu.cli.conversations_app import conversations_app
from kefu.cli.imports_app import export_app, import_app, passages_app
from kefu.cli.options import JsonOption
from kefu.cli.policy_app import policy_app
from kefu.cli.refunds_app import refunds_app
from kefu.cli.returns_app import returns_app

app = typer.Typer(
    name="kefu",
    help="Kefu, a customer-service assistant for shops.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
evaluate_app = typer.Typer(
    help="Measure a model on a file of examples.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(refunds_app, name="refunds")
app.add_typer(returns_app, name="returns")
app.add_typer(import_app, name="import")
app.add_typer(export_app, name="export")
app.add_typer(passages_app, name="passages")
app.add_typer(conversations_app, name="conversations")
app.add_typer(audit_app, name="audit")
app.add_typer(policy_app, name="policy")
app.add_typer(bench_app, name="bench")
keys_app = typer.Typer(
    help="The keys that tokens are signed with.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(keys_app, name="keys")
outbox_app = typer.Typer(help="The mails to customers.", rich_markup_mode=None)
app.add_typer(outbox_app, name="outbox")

ModelOption = Annotated[Path | None, typer.Option("--model", help="A model archive; else the newest.")]
TrainOption = Annotated[
    Path | None,
    typer.Option(
        "--train",
        metavar="FILE",
        help="Train on this file first, by the default recipe, instead of taking a model. Rows with the "
        "intent NONE are known to be out of scope: no class is learnt from them, and the account of the "
        "training says how many of them are kept out.",
    ),
]
PredictionsOption = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        metavar="OUT.csv",
        help="Write a line a row, in order: text, intent (wanted), predicted, confidence (of the best "
        "intent), strangeness, language if given.",
    ),
]
PlotsOption = Annotated[
    Path | None,
    typer.Option("--plots", metavar="DIR", help="Write confusion.png and reliability.png there."),
]
KeepOption = Annotated[
    Path | None,
    typer.Option(
        "--keep", metavar="DIR", help="With --train: keep the model in this new folder, for --model."
    ),
]
PurposeArgument = Annotated[str, typer.Argument(help="shop (customer tokens) or session (the chat's own).")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="With --train: the seed of the training.")]
RecipeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--recipe", metavar="KEY=VALUE", help="With --train: change the recipe; may be given again."
    ),
]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Port of the chat; else KEFU_PORT or 5005.")] = None,
    model: ModelOption = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Rasa servers; nginx before several.")] = 1,
) -> None:
    """Start the assistant; one Ctrl-C stops all of it."""
    from kefu.cli.up import up as run_up

    raise typer.Exit(run_up(port=port, model=model, workers=workers))


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


@outbox_app.callback(invoke_without_command=True)
def outbox(
    context: typer.Context,
    last_code: Annotated[
        str | None,
        typer.Option("--last-code", metavar="EMAIL", help="Print the last code mailed there in the demo."),
    ] = None,
) -> None:
    """The mails to customers; with --last-code, the last one-time code of the demo."""
    from kefu.cli import outbox as mails

    if last_code is not None:
        mails.last_code(last_code)
    elif context.invoked_subcommand is None:
        console.say(context.get_help())
        raise typer.Exit(2)


@outbox_app.command("list")
def outbox_list(
    most: Annotated[int, typer.Option("--most", min=1, help="How many, the newest first.")] = 20,
) -> None:
    """The newest mails without their words: number, state, made, then when, attempts, address, problem."""
    from kefu.cli import outbox as mails

    mails.show(most=most)


@outbox_app.command("send")
def outbox_send() -> None:
    """Send what is due now; a running assistant does so by itself."""
    from kefu.cli import outbox as mails

    mails.send()


@keys_app.command("list")
def keys_list() -> None:
    """The ids of the keys, which of them signs, and where they stand."""
    from kefu.cli import keys

    keys.show()


@keys_app.command("rotate")
def keys_rotate(purpose: PurposeArgument = "shop") -> None:
    """Make a new key, which signs from now on; the earlier ones still verify."""
    from kefu.cli import keys

    keys.rotate(purpose)


@keys_app.command("retire")
def keys_retire(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `kefu keys list` names it.")],
    purpose: PurposeArgument = "shop",
) -> None:
    """Forget a key; what it signed is refused from now on."""
    from kefu.cli import keys

    keys.retire(key_id, purpose)


@app.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Train even where a model fits.")] = False,
    validated: Annotated[
        bool, typer.Option("--validated", help="`rasa data validate` has passed: not again.")
    ] = False,
) -> None:
    """Train, unless a model fits; its path is the last line."""
    from kefu.cli.models import ensure_model
    from kefu.settings import Settings

    console.say(str(ensure_model(Settings.load().root, force=force, validated=validated)))


@app.command()
def promote(
    model: Annotated[
        Path | None, typer.Argument(metavar="MODEL", help="An archive; else the newest.")
    ] = None,
    back: Annotated[bool, typer.Option("--back", help="Return to what served before.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Only say what is promoted and what serves.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even if the model lacks what conversations may hold.")
    ] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long to wait for processes.")] = 120,
) -> None:
    """Let another model serve in every running process, without a restart."""
    from kefu.cli import promote as promotion

    if show:
        raise typer.Exit(promotion.state())
    raise typer.Exit(promotion.promote(model, back=back, force=force, seconds=seconds))


@app.command()
def shell(
    customer: Annotated[str | None, typer.Option(help="Whom you speak as; else C1001.")] = None,
    model: ModelOption = None,
) -> None:
    """Talk to the assistant in this terminal."""
    from kefu.cli.shell import shell as run_shell

    raise typer.Exit(run_shell(customer=customer, model=model))


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="A message.")],
    as_json: JsonOption = False,
    model: ModelOption = None,
) -> None:
    """Why a message is understood as it is."""
    from kefu.cli.explain import explain as run_explain

    run_explain(text, as_json=as_json, model=model)


@evaluate_app.command("intents")
def evaluate_intents(
    file: Annotated[
        Path, typer.Argument(help="CSV or JSONL: text, intent; if there accept (a|b), language, entities.")
    ],
    as_json: JsonOption = False,
    model: ModelOption = None,
    train: TrainOption = None,
    predictions: PredictionsOption = None,
    plots: PlotsOption = None,
    keep: KeepOption = None,
    seed: SeedOption = None,
    recipe: RecipeOption = None,
) -> None:
    """Accuracy, macro figures, calibration, CPU time, and a table of the intents.

    The intent NONE in FILE is out of scope: then also the accuracy over all rows at the threshold that
    was chosen in training, in-scope accuracy, recall of what is out of scope, and AUROC.
    """
    from kefu.cli.evaluate import Output, Source, intents

    output = Output(as_json=as_json, predictions=predictions, plots=plots)
    source = Source(model=model, train=train, keep=keep, seed=seed, recipe=tuple(recipe or ()))
    intents(file, source, output)


@evaluate_app.command("entities")
def evaluate_entities(
    file: Annotated[
        Path, typer.Argument(help="JSONL (or CSV): text, entities [{start, end, entity}], intent if there.")
    ],
    as_json: JsonOption = False,
    model: ModelOption = None,
    train: TrainOption = None,
    predictions: PredictionsOption = None,
    plots: PlotsOption = None,
    keep: KeepOption = None,
    seed: SeedOption = None,
    recipe: RecipeOption = None,
) -> None:
    """Precision, recall and F1 of whole entities, a table of the types, CPU time."""
    from kefu.cli.evaluate import Output, Source, entities

    output = Output(as_json=as_json, predictions=predictions, plots=plots)
    source = Source(model=model, train=train, keep=keep, seed=seed, recipe=tuple(recipe or ()))
    entities(file, source, output)


@evaluate_app.command("retrieval")
def evaluate_retrieval(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV or JSONL with text and passage (empty: no answer), for a model."),
    ] = None,
    bank: Annotated[
        Path | None,
        typer.Option(
            "--bank", metavar="BANK.csv", help="Instead of FILE: faq_id, variant, if there language."
        ),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(
            "--queries",
            metavar="QUERIES.csv",
            help="With --bank: query, faq_id or NONE, if there language and accept (a|b).",
        ),
    ] = None,
    as_json: JsonOption = False,
    model: ModelOption = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions",
            metavar="OUT.csv",
            help="With --bank: a line a query: query, wanted, first, probability, given, second, third.",
        ),
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option("--plots", metavar="DIR", help="With --bank: coverage.png and reliability.png."),
    ] = None,
) -> None:
    """How often the right passage is found, or withheld.

    With FILE: by a model and the passages that it knows. With --bank and --queries: by the same retrieval
    fitted on the bank, without a model; the threshold is that of the assistant, chosen without the queries.
    """
    from kefu.cli.evaluate import Output
    from kefu.cli.evaluate_retrieval import retrieval

    output = Output(as_json=as_json, predictions=predictions, plots=plots)
    retrieval(file, bank=bank, queries=queries, model=model, output=output)


@evaluate_app.command("sentiment")
def evaluate_sentiment(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL with text, sentiment, urgency, maybe language.")],
    as_json: JsonOption = False,
    model: ModelOption = None,
) -> None:
    """Accuracy and F1 of sentiment and urgency, which escalation goes by."""
    from kefu.cli.evaluate_sentiment import sentiment

    sentiment(file, as_json=as_json, model=model)


def main() -> None:
    """Run the command line; whatever goes wrong is one line with the next step."""
    sys.exit(console.guarded(app, name="kefu"))
