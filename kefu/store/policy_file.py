"""``policy.csv``: the shop's clauses with their parameters and their words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

from kefu.errors import SeedError
from kefu.store.csv_tables import Moments, Row, read_table
from kefu.store.records import Clause

COLUMNS = ("clause", "params", "text_en", "text_zh", "effective_from_days_ago")
ENDS = "effective_to_days_ago"  # optional: a clause that no newer version replaces and that ends


def read_policy(file: Path, *, now: datetime) -> list[Clause]:
    """The clauses of a file in its order, versions of one clause counted from the oldest.

    ``effective_from_days_ago`` counts from ``now``, in days of 24 hours.

    Raises:
        SeedError: a malformed file, or a text with a ``{name}`` that is no parameter.
    """
    key = ("clause", COLUMNS[-1])
    rows = read_table(file, COLUMNS, key=lambda row: tuple(row.cells[k] for k in key), optional=(ENDS,))
    clauses = [_clause(row, now) for row in rows]
    return [_counted(clause, clauses) for clause in clauses]


def begun(clauses: Sequence[Clause], at: datetime) -> dict[str, Clause]:
    """The clauses of a file that would be in force at an instant, as ``tx.policy.in_force`` says it of rows.

    Of each its latest version by then; one that has ended does not bring back the one before it.
    """
    by_version = sorted(clauses, key=lambda clause: clause.version)
    latest = {clause.clause: clause for clause in by_version if clause.effective_from <= at}
    return {name: one for name, one in latest.items() if one.effective_to is None or at < one.effective_to}


def check_complete(clauses: Sequence[Clause], wanted: Sequence[Clause], *, file: Path) -> None:
    """Raise SeedError where a clause or a parameter that the packaged policy has is missing.

    What the rules read stands in the packaged policy; another shop changes the values.
    """
    for model in wanted:
        versions = [clause for clause in clauses if clause.clause == model.clause]
        if not versions:
            raise SeedError(f"{file}: found no clause {model.clause}; wanted it as in data/shop/policy.csv")
        for clause in versions:
            missing = sorted(set(model.params) - set(clause.params))
            if missing:
                raise SeedError(f"{file}: clause {clause.clause} has no {missing[0]}=…; wanted it in params")


def shop_zone(clauses: Sequence[Clause], *, file: Path) -> ZoneInfo:
    """The shop's time zone: the parameter ``tz`` of ``hours.1``."""
    name = next(clause.params["tz"] for clause in reversed(clauses) if clause.clause == "hours.1")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise SeedError(f"{file}: hours.1 has tz={name!r}; wanted a zone like Asia/Shanghai") from error


def automatic_limit(clauses: Sequence[Clause], *, file: Path) -> int:
    """Up to how much a refund is automatic: ``limit.amount``, in hundredths."""
    text = next(clause.params["amount"] for clause in reversed(clauses) if clause.clause == "limit.amount")
    if not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", text, re.ASCII):
        raise SeedError(f"{file}: limit.amount has amount={text!r}; wanted an amount like 200.00")
    return int(Decimal(text) * 100)


def pairs(row: Row, column: str) -> dict[str, str]:
    """``key=value;key=value`` as a mapping."""
    found: dict[str, str] = {}
    for part in (row.optional(column) or "").split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if not (name and equals and value) or name in found:
            row.refuse(column, "key=value;key=value, each key once")
        found[name] = value
    return found


def _clause(row: Row, now: datetime) -> Clause:
    params = pairs(row, "params")
    for column in ("text_en", "text_zh"):
        _check_text(row, column, params)
    moments = Moments(now, timezone.utc)
    since = row.moment("effective_from_days_ago", moments, sign=-1) or now - timedelta(days=3650)
    until = row.moment(ENDS, moments, sign=-1)
    if until is not None and until <= since:
        row.refuse(ENDS, "fewer days than effective_from_days_ago")
    return Clause(
        clause=row.text("clause"),
        version=1,
        params=params,
        text_en=row.text("text_en"),
        text_zh=row.text("text_zh"),
        effective_from=since,
        effective_to=until,
    )


def _check_text(row: Row, column: str, params: dict[str, str]) -> None:
    known = ", ".join(params) or "none"
    try:
        names = [name for _, name, _, _ in Formatter().parse(row.text(column)) if name is not None]
    except ValueError:
        row.refuse(column, "every { closed by a }")
    if any(name not in params for name in names):
        row.refuse(column, f"no {{name}} but parameters of the row ({known})")


def _counted(clause: Clause, clauses: Sequence[Clause]) -> Clause:
    earlier = [c for c in clauses if c.clause == clause.clause and c.effective_from < clause.effective_from]
    return Clause(**{**vars(clause), "version": len(earlier) + 1})
