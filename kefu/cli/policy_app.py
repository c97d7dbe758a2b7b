"""`kefu policy`: its commands and their options; what they do stands in policy.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.options import JsonOption

policy_app = typer.Typer(
    help="Why the shop's rules decide as they do.", no_args_is_help=True, rich_markup_mode=None
)
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Like 2026-11-22T10:00, shop time; else now.")
]


@policy_app.command("explain")
def policy_explain(
    order: Annotated[str, typer.Argument(help="An order number.")],
    operation: Annotated[
        str | None, typer.Option(help="cancel, return, refund, exchange …; else all.")
    ] = None,
    line: Annotated[int | None, typer.Option(help="One line of the order; else all of it.")] = None,
    quantity: Annotated[int | None, typer.Option(help="Pieces of the line.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="damaged, wrong, missing, unwanted, later_fault.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="With exchange: the one wanted.")] = None,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """The clauses tried on an order as it stands, what each looked at, and the outcome."""
    from kefu.cli.policy import Wish, explain

    explain(Wish(order, operation, line, quantity, reason, variant), at=at, as_json=as_json)


@policy_app.command("replay")
def policy_replay(
    file: Annotated[
        Path, typer.Argument(metavar="NEW_POLICY.csv", help="A table like data/shop/policy.csv.")
    ],
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only orders placed since then.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only this operation.")] = None,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a changed policy would have decided otherwise, over all orders; changes nothing."""
    from kefu.cli.policy import replay

    replay(file, since=since, operation=operation, at=at, as_json=as_json)
