"""`kefu bench`: measurements against stock Rasa, each in a process of its own."""

from __future__ import annotations

import typer

bench_app = typer.Typer(
    help="Measure against stock Rasa, in the project's folder.", no_args_is_help=True, rich_markup_mode=None
)


@bench_app.callback()
def bench() -> None:
    """One command a measurement."""


@bench_app.command(
    "turn",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def turn(context: typer.Context) -> None:
    """Train, start and talk to stock Rasa and ours on the same core: speed, memory, the same answers."""
    from kefu.cli.bench import bench as run_bench

    raise typer.Exit(run_bench("turn", context.args))
