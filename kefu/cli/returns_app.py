"""The commands of `kefu returns` and their options; what they do stands in kefu/cli/returns.py."""

from __future__ import annotations

from typing import Annotated

import typer

returns_app = typer.Typer(
    help="Returns and exchanges: decide, and note what arrived.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
ReturnArgument = Annotated[str, typer.Argument(metavar="RETURN", help="Such as RT-9F3A61C2D0.")]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who it is; never who asked for it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept in the audit.")]


@returns_app.command("list")
def list_returns(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
) -> None:
    """Returns and exchanges that are open, oldest first."""
    from kefu.cli.returns import show_all

    show_all(every=every)


@returns_app.command()
def receive(return_id: ReturnArgument, by: ByOption) -> None:
    """Note that the goods arrived, and have what was promised for them paid."""
    from kefu.cli.returns import receive as run_receive

    raise typer.Exit(run_receive(return_id, by=by))


@returns_app.command()
def approve(return_id: ReturnArgument, by: ByOption) -> None:
    """Approve a return that waits."""
    from kefu.cli.returns import approve as run_approve

    run_approve(return_id, by=by)


@returns_app.command()
def reject(return_id: ReturnArgument, by: ByOption, reason: ReasonOption) -> None:
    """Reject a return that waits."""
    from kefu.cli.returns import reject as run_reject

    run_reject(return_id, by=by, reason=reason)
