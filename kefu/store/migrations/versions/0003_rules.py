"""What the database itself holds: legal moves, refunds within what was paid, pieces within a line.

Each rule is a trigger, written for SQLite and for PostgreSQL. A rule's name is the message
that it refuses with. On PostgreSQL the rules that add up rows take the parent row first, so
that two transactions cannot each see too little.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOVES: dict[str, dict[str, tuple[str, ...]]] = {
    "order": {
        "pending_payment": ("processing", "cancelled", "completed", "active"),
        "processing": ("shipped", "cancelled"),
        "shipped": ("delivered",),
        "delivered": ("returned",),
        "active": ("ended",),
    },
    "return": {
        "requested": ("approved", "rejected"),
        "approved": ("in_transit",),
        "in_transit": ("received",),
    },
    "refund": {
        "requested": ("approved", "rejected"),
        "approved": ("submitted",),
        "submitted": ("succeeded", "failed"),
    },
    "confirmation": {"open": ("used", "void")},
}

PAID = (
    "NEW.amount + (SELECT COALESCE(SUM(amount), 0) FROM refunds "
    "WHERE order_number = NEW.order_number AND state NOT IN ('rejected', 'failed')) > "
    "(SELECT paid FROM orders WHERE order_number = NEW.order_number)"
)
PIECES = (
    "NEW.quantity + (SELECT COALESCE(SUM(quantity), 0) FROM returns WHERE order_number = NEW.order_number "
    "AND line = NEW.line AND state <> 'rejected' AND NOT (kind = 'exchange' AND state = 'received')) > "
    "(SELECT quantity - cancelled FROM order_lines WHERE order_number = NEW.order_number AND line = NEW.line)"
)
CURRENCY = "NEW.currency <> (SELECT currency FROM orders WHERE order_number = NEW.order_number)"
HOLD_ORDER = "PERFORM 1 FROM orders WHERE order_number = NEW.order_number FOR NO KEY UPDATE;"
HOLD_LINE = (
    "PERFORM 1 FROM order_lines WHERE order_number = NEW.order_number AND line = NEW.line FOR NO KEY UPDATE;"
)


def upgrade() -> None:
    """Make the table of legal moves and the triggers."""
    legal_moves()
    moves("orders", "status", "order")
    moves("returns", "state", "return")
    moves("refunds", "state", "refund")
    moves("confirmations", "state", "confirmation")
    rule("refunds_within_paid", "INSERT", "refunds", PAID, hold=HOLD_ORDER)
    rule("refunds_in_the_orders_currency", "INSERT", "refunds", CURRENCY)
    rule("returns_within_line", "INSERT", "returns", PIECES, hold=HOLD_LINE)
    fixed("refunds", "refund_id", "order_number", "line", "amount", "currency", "key")
    fixed("returns", "return_id", "order_number", "line", "quantity", "kind")
    fixed("confirmations", "nonce", "session_id", "operation", "content_hash", "expires_at")
    fixed("audit", "at", "actor", "action", "subject", "detail")


def legal_moves() -> None:
    """Which state may follow which."""
    names = ("subject", "from_state", "to_state")
    table = op.create_table("legal_moves", *(sa.Column(name, sa.Text, primary_key=True) for name in names))
    rows = [
        dict(zip(names, (subject, here, to), strict=True))
        for subject, moves_of in MOVES.items()
        for here, targets in moves_of.items()
        for to in targets
    ]
    op.bulk_insert(table, rows)


def moves(table: str, column: str, subject: str) -> None:
    """Refuse an update of the state column that is no legal move."""
    illegal = (
        f"NOT EXISTS (SELECT 1 FROM legal_moves WHERE subject = '{subject}' "
        f"AND from_state = OLD.{column} AND to_state = NEW.{column})"
    )
    rule(f"{table}_legal_move", f"UPDATE OF {column}", table, illegal)


def fixed(table: str, *columns: str) -> None:
    """Refuse any update of columns that say what was agreed."""
    rule(f"{table}_fixed", f"UPDATE OF {', '.join(columns)}", table, "TRUE")


def rule(name: str, event: str, table: str, broken: str, *, hold: str = "") -> None:
    """Refuse ``event`` on a row of ``table`` where ``broken`` is true of it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW "
            f"BEGIN SELECT RAISE(ABORT, 'rule {name}') WHERE {broken}; END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {hold} "
        f"IF {broken} THEN RAISE EXCEPTION 'rule {name}' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    """Drop the triggers and the table that they read."""
    rules = (
        ("orders_legal_move", "orders"),
        ("returns_legal_move", "returns"),
        ("refunds_legal_move", "refunds"),
        ("confirmations_legal_move", "confirmations"),
        ("refunds_within_paid", "refunds"),
        ("refunds_in_the_orders_currency", "refunds"),
        ("returns_within_line", "returns"),
        *((f"{table}_fixed", table) for table in ("refunds", "returns", "confirmations", "audit")),
    )
    for name, table in rules:
        on_sqlite = op.get_bind().dialect.name == "sqlite"
        op.execute(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON {table}")
        if not on_sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("legal_moves")
