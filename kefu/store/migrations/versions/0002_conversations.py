"""Conversations: sessions, codes, confirmations, buttons, tickets, mails, turns, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def text(*names: str, null: bool = False) -> list[sa.Column]:
    """Text columns."""
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def key(*names: str) -> list[sa.Column]:
    """Text columns of the primary key."""
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def of(kind: sa.types.TypeEngine, *names: str, null: bool = False) -> list[sa.Column]:
    """Columns of one type."""
    return [sa.Column(name, kind, nullable=null) for name in names]


def number(name: str) -> sa.Column:
    """A primary key that the database counts."""
    return sa.Column(name, sa.Integer, primary_key=True)


def customer() -> sa.Column:
    """A column that may name a customer."""
    return sa.Column("customer_id", sa.Text, sa.ForeignKey("customers.customer_id"), nullable=True)


def index(table: str, *columns: str) -> None:
    """An index with the name that the schema's convention gives it."""
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def upgrade() -> None:
    """Make the conversations' tables."""
    sessions()
    codes()
    confirmations()
    buttons()
    tickets()
    mails()
    log()
    counters()


def sessions() -> None:
    """Whose conversation it is."""
    op.create_table(
        "sessions",
        *key("session_id"),
        customer(),
        *text("language", null=True),
        *of(TIME, "created_at", "expires_at"),
        *text("verified_order", null=True),
        *of(TIME, "verified_until", null=True),
        *text("pending_order", null=True),
        *text("state"),
        sa.CheckConstraint("state IN ('open', 'human')", name="state"),
    )
    index("sessions", "customer_id")


def codes() -> None:
    """One-time codes, hashed."""
    op.create_table(
        "codes",
        number("code_id"),
        *text("session_id", "order_number", "code_hash"),
        *of(TIME, "created_at", "expires_at"),
        *of(sa.Integer(), "tries"),
        *of(sa.Boolean(), "used"),
        sa.CheckConstraint("tries >= 0", name="tries"),
    )
    index("codes", "session_id")


def confirmations() -> None:
    """Questions that wait for a yes: one open a session."""
    op.create_table(
        "confirmations",
        *key("nonce"),
        *text("session_id"),
        *of(sa.JSON(), "operation"),
        *text("content_hash", "state"),
        *of(TIME, "created_at", "expires_at"),
        sa.CheckConstraint("state IN ('open', 'used', 'void')", name="state"),
    )
    index("confirmations", "session_id")
    open_ones = sa.text("state = 'open'")
    op.create_index(
        "uq_confirmations_one_open",
        "confirmations",
        ["session_id"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )


def buttons() -> None:
    """What pressed buttons stand for."""
    op.create_table(
        "buttons",
        *key("nonce"),
        *text("session_id", "title", "intent"),
        *of(sa.JSON(), "entities"),
        *of(TIME, "created_at"),
        *of(sa.Boolean(), "taken"),
    )
    index("buttons", "session_id")


def tickets() -> None:
    """Cases for a person."""
    op.create_table(
        "tickets",
        *key("ticket_id"),
        *text("session_id", null=True),
        customer(),
        *text("order_number", null=True),
        *text("kind", "summary", "state"),
        *of(TIME, "created_at"),
        sa.CheckConstraint("state IN ('open', 'waiting', 'closed')", name="state"),
    )
    index("tickets", "session_id")
    index("tickets", "customer_id")


def mails() -> None:
    """The outbox."""
    op.create_table(
        "outbox",
        number("mail_id"),
        *text("recipient", "recipient_key", "subject", "body"),
        *text("code", null=True),
        *of(TIME, "created_at"),
    )
    index("outbox", "recipient_key")


def log() -> None:
    """Answered messages and the audit log."""
    op.create_table(
        "turns",
        *key("session_id", "message_id"),
        *text("content_hash", "answer_json"),
        *of(TIME, "created_at"),
    )
    op.create_table(
        "audit",
        number("audit_id"),
        *of(TIME, "at"),
        *text("actor", "action", "subject"),
        *of(sa.JSON(), "detail"),
    )
    index("audit", "subject")


def counters() -> None:
    """Change counters, one row each from the start."""
    table = op.create_table("counters", *key("name"), *of(sa.Integer(), "value"))
    op.bulk_insert(table, [{"name": "catalogue", "value": 0}, {"name": "passages", "value": 0}])


def downgrade() -> None:
    """Drop the conversations' tables."""
    for table in (
        "counters", "audit", "turns", "outbox", "tickets", "buttons", "confirmations", "codes", "sessions",
    ):  # fmt: skip
        op.drop_table(table)
