"""The audit as a hash chain that only grows; the rows that are there are chained, refunds get their entry.

Rows are copied into a new table, numbered without gaps. What the database holds: a row is never changed
or deleted, and a new one has the next number and names the last one's hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from alembic import op

from kefu.store.chain import GENESIS, START, Link, linked
from kefu.store.types import UtcDateTime

revision = "0005"
down_revision = "0004"

PAGE = 1000
TEXTS = ("actor", "action", "subject")
FOLLOWS = (
    "COALESCE(NEW.audit_id, 0) <> (SELECT COALESCE(MAX(audit_id), 0) + 1 FROM audit) OR NEW.previous <> "
    f"COALESCE((SELECT hash FROM audit ORDER BY audit_id DESC LIMIT 1), '{GENESIS}')"
)


def upgrade() -> None:
    """Chain what is there, write an entry for each refund, and let the table only grow."""
    rebuild(chained=True)
    copy_chained()
    op.drop_table("audit_before")
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])
    only_grows()


def downgrade() -> None:
    """Rows without hashes, as before; nothing is lost but the chain."""
    rebuild(chained=False)
    names = ", ".join(("audit_id", "at", *TEXTS, "detail"))
    op.execute(f"INSERT INTO audit ({names}) SELECT {names} FROM audit_before")
    op.drop_table("audit_before")
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])
    fixed_as_before()


def rebuild(*, chained: bool) -> None:
    """Set the table aside as ``audit_before`` and make it anew, with the chain's columns or without."""
    if op.get_bind().dialect.name == "postgresql":
        functions = ("audit_fixed",) if chained else ("audit_append_only", "audit_follows")
        for name in functions:
            op.execute(f"DROP FUNCTION {name}() CASCADE")
    else:
        # they would follow the table to its other name
        for name in ("audit_fixed", "audit_append_only_update", "audit_append_only_delete", "audit_follows"):
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
    op.rename_table("audit", "audit_before")
    if op.get_bind().dialect.name == "postgresql":  # where the name of a key is taken though its table moved
        op.execute("ALTER TABLE audit_before RENAME CONSTRAINT pk_audit TO pk_audit_before")
    op.drop_index(op.f("ix_audit_subject"), "audit_before")
    columns = [sa.Column(name, sa.Text, nullable=False) for name in TEXTS]
    more = [sa.Column(name, sa.Text, nullable=False) for name in ("previous", "hash")] if chained else []
    rules = [sa.UniqueConstraint("previous", name=op.f("uq_audit_previous"))] if chained else []
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.Integer, primary_key=True, autoincrement=not chained),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *columns,
        sa.Column("detail", sa.JSON, nullable=False),
        *more,
        *rules,
    )


def table(name: str, *more: str) -> Any:
    """The audit's columns with their types, under a name."""
    columns = [sa.column(text, sa.Text) for text in (*TEXTS, *more)]
    detail, at = sa.column("detail", sa.JSON), sa.column("at", UtcDateTime)
    return sa.table(name, sa.column("audit_id", sa.Integer), at, detail, *columns)


def copy_chained() -> None:
    """Link every row that is there, then one for each refund, to one chain."""
    after = START
    for page in pages(table("audit_before"), "audit_id"):
        after = append([{name: row[name] for name in ("at", *TEXTS, "detail")} for row in page], after)
    refunds = sa.table("refunds", *(sa.column(name) for name in REFUND))
    for page in pages(refunds, "refund_id"):
        after = append([entry(row) for row in page if newest_of(row) != f"refund.{row['state']}"], after)


REFUND = ("refund_id", "order_number", "line", "amount", "currency", "automatic", "state")


def entry(refund: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit would say had it been asked when the refund came to its state."""
    detail = {name: refund[name] for name in ("order_number", "line", "amount", "currency")}
    return {
        "at": datetime.now(timezone.utc),
        "actor": "migration",
        "action": f"refund.{refund['state']}",
        "subject": refund["refund_id"],
        "detail": {**detail, "automatic": bool(refund["automatic"])},
    }


def newest_of(refund: Mapping[str, Any]) -> str | None:
    """What the audit said last of a refund (a database that was here before has such entries)."""
    audit = table("audit")
    mine = sa.select(audit.c.action).where(audit.c.subject == refund["refund_id"])
    found: str | None = op.get_bind().execute(mine.order_by(audit.c.audit_id.desc()).limit(1)).scalar()
    return found


def pages(source: Any, key: str) -> Iterator[list[Mapping[str, Any]]]:
    """A table's rows in the order of their key, a page at a time."""
    column, last = source.c[key], None
    while True:
        more = sa.true() if last is None else column > last
        page = sa.select(source).where(more).order_by(column).limit(PAGE)
        rows = list(op.get_bind().execute(page).mappings())
        if not rows:
            return
        yield rows
        last = rows[-1][key]


def append(entries: list[dict[str, Any]], after: Link) -> Link:
    """Write entries as the next rows of the chain; returns where it stands then."""
    rows = list(linked(entries, after))
    if not rows:
        return after
    op.get_bind().execute(sa.insert(table("audit", "previous", "hash")), rows)
    return Link(rows[-1]["audit_id"], rows[-1]["hash"])


def only_grows() -> None:
    """Refuse every change and every row that does not follow the last."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            sqlite_rule(f"audit_append_only_{event.lower()}", "audit_append_only", event, "TRUE")
        sqlite_rule("audit_follows", "audit_follows", "INSERT", FOLLOWS)
        return
    function("audit_append_only", "TRUE")
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )
    function("audit_follows", FOLLOWS)
    op.execute(
        "CREATE TRIGGER audit_follows BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_follows()"
    )


def fixed_as_before() -> None:
    """The rule of 0003: no update of what an entry says."""
    columns = ", ".join(("at", *TEXTS, "detail"))
    if op.get_bind().dialect.name == "sqlite":
        sqlite_rule("audit_fixed", "audit_fixed", f"UPDATE OF {columns}", "TRUE")
        return
    function("audit_fixed", "TRUE")
    op.execute(
        f"CREATE TRIGGER audit_fixed BEFORE UPDATE OF {columns} ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_fixed()"
    )


def sqlite_rule(name: str, rule: str, event: str, broken: str) -> None:
    """A trigger that refuses ``event`` where ``broken`` is true."""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON audit FOR EACH ROW "
        f"BEGIN SELECT RAISE(ABORT, 'rule {rule}') WHERE {broken}; END"
    )


def function(name: str, broken: str) -> None:
    """What a trigger of PostgreSQL calls."""
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {broken} THEN RAISE EXCEPTION 'rule {name}' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
