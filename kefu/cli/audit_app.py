"""`kefu audit`: its commands and their options; what they do stands in audit.py."""

from __future__ import annotations

from typing import Annotated

import typer

from kefu.cli.options import JsonOption

audit_app = typer.Typer(
    help="Whether the log of what was done is whole.", no_args_is_help=True, rich_markup_mode=None
)


@audit_app.command("verify")
def audit_verify(
    head: Annotated[
        str | None, typer.Option(help="NUMBER:HASH that `kefu audit head` printed: also finds a cut-off end.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the first row that was altered, removed, put in or moved; exit status 1 if there is one."""
    from kefu.cli.audit import verify

    verify(head=head, as_json=as_json)


@audit_app.command("head")
def audit_head() -> None:
    """Print the newest row's number and hash; keep them where the database's owner cannot write."""
    from kefu.cli.audit import head

    head()


@audit_app.command("grants")
def audit_grants(
    role: Annotated[str, typer.Argument(help="A PostgreSQL role that serves and owns no table.")],
    apply: Annotated[bool, typer.Option("--apply", help="Run it on the store, not only print it.")] = False,
) -> None:
    """The SQL by which a role may add to the audit, and change all else but the rules."""
    from kefu.cli.audit import grants

    grants(role, apply=apply)


@audit_app.command("reconcile")
def audit_reconcile(as_json: JsonOption = False) -> None:
    """Whether refunds, audit and orders agree; exit status 1 where they do not."""
    from kefu.cli.audit import reconcile

    reconcile(as_json=as_json)
