"""`kefu conversations`: its commands and their options."""

from __future__ import annotations

import typer

conversations_app = typer.Typer(
    help="What the assistant remembers of conversations.", no_args_is_help=True, rich_markup_mode=None
)


@conversations_app.callback()
def conversations() -> None:
    """What the assistant remembers of conversations."""


@conversations_app.command("damaged")
def damaged() -> None:
    """List conversations that could not be read and began anew: when found, which, how often before, why."""
    from kefu.cli.conversations import show_damaged

    show_damaged()
