"""`kefu audit`: whether the log of what was done is whole, and whether the books agree."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from kefu.cli import console
from kefu.cli.shop import open_store
from kefu.errors import KefuError
from kefu.settings import Settings
from kefu.shop.payments import provider_of
from kefu.shop.reconciliation import reconcile as differences
from kefu.store import grants as rights
from kefu.store.chain import Link
from kefu.store.chain import verify as walk

WRONG = 1


def verify(*, head: str | None, as_json: bool) -> None:
    """Walk the whole chain; exit status 1 and the first bad row where it does not hold."""
    kept = Link.parse(head) if head is not None else None
    with open_store(Settings.load()) as store, store.read() as tx:
        verdict = walk(tx.audit.rows(), head=kept)
    if as_json:
        told = {"holds": verdict.holds, "rows": verdict.rows, "head": str(verdict.head)}
        console.say(json.dumps({**told, "bad_row": verdict.bad_row, "problem": verdict.problem}))
    elif verdict.holds:
        console.say(f"{verdict.rows} rows, every one as it was written; the head is {verdict.head}")
    else:
        console.say(f"row {verdict.bad_row}: {verdict.problem}")
        console.say(f"{verdict.rows} rows before it are as they were written")
    if not verdict.holds:
        raise typer.Exit(WRONG)


def head() -> None:
    """Print where the chain stands, to be kept elsewhere."""
    with open_store(Settings.load()) as store, store.read() as tx:
        found = tx.audit.head()
    if found is None:
        raise KefuError("found an empty audit; wanted a row; load a shop with `kefu seed` first")
    console.say(str(found))


def grants(role: str, *, apply: bool) -> None:
    """Print the SQL for a role that serves, or run it."""
    if apply:
        with open_store(Settings.load()) as store:
            rights.apply(store, role)
    for statement in rights.statements(role):
        console.say(f"{statement};")


def reconcile(*, as_json: bool) -> None:
    """Print what does not agree; exit status 1 where anything does not."""
    settings = Settings.load()
    with open_store(settings) as store, store.read() as tx:
        findings = list(differences(tx, provider_of(settings).bookings()))
    if as_json:
        console.say(json.dumps({"agrees": not findings, "findings": [asdict(one) for one in findings]}))
    else:
        for one in findings:
            console.say(f"{one.check}: {one.subject}: {one.problem}")
        console.say(f"{len(findings)} findings" if findings else "refunds, audit, orders and provider agree")
    if findings:
        raise typer.Exit(WRONG)
