"""The commands of `kefu refunds` and their options; what they do stands in kefu/cli/refunds.py."""

from __future__ import annotations

from typing import Annotated

import typer

refunds_app = typer.Typer(
    help="Refunds: decide, stop, and settle them with the provider.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
RefundArgument = Annotated[str, typer.Argument(metavar="REFUND", help="Such as RF-9F3A61C2D0.")]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; never who asked for it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with it.")]


@refunds_app.command("list")
def list_refunds(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
) -> None:
    """Refunds that are open, oldest first."""
    from kefu.cli.refunds import show_all

    show_all(every=every)


@refunds_app.command()
def show(refund: RefundArgument) -> None:
    """Everything known of a refund."""
    from kefu.cli.refunds import show as run_show

    run_show(refund)


@refunds_app.command()
def approve(refund: RefundArgument, by: ByOption) -> None:
    """Approve a refund that waits, and have it paid."""
    from kefu.cli.refunds import approve as run_approve

    run_approve(refund, by=by)


@refunds_app.command()
def reject(refund: RefundArgument, by: ByOption, reason: ReasonOption) -> None:
    """Reject a refund that waits."""
    from kefu.cli.refunds import reject as run_reject

    run_reject(refund, by=by, reason=reason)


@refunds_app.command()
def stop(by: ByOption, reason: ReasonOption) -> None:
    """Stop automatic refunds at once: each waits for a person."""
    from kefu.cli.refunds import turn

    turn(stopped=True, by=by, reason=reason)


@refunds_app.command()
def resume(by: ByOption, reason: ReasonOption) -> None:
    """Make automatic refunds again."""
    from kefu.cli.refunds import turn

    turn(stopped=False, by=by, reason=reason)


@refunds_app.command()
def reconcile() -> None:
    """Settle submitted refunds by asking the provider."""
    from kefu.cli.refunds import reconcile as run_reconcile

    raise typer.Exit(run_reconcile())


@refunds_app.command()
def behave(
    behaviour: Annotated[
        str, typer.Argument(help="accept, pay, refuse, slow, timeout_before or timeout_after.")
    ],
    seconds: Annotated[float, typer.Option(help="How slow slow is.")] = 0.0,
) -> None:
    """Tell the demo's provider how to behave."""
    from kefu.cli.refunds import behave as run_behave

    run_behave(behaviour, seconds=seconds)
