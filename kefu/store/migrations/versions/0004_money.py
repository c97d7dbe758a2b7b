"""Money that moves once: payments, claimed keys, who decided a refund, switches.

The rules of 0003 stay. A refund or a payment is deleted only while a shop is being loaded: the
loader says so in the counter ``loading``, which other transactions never see raised.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TIME = sa.DateTime(timezone=True)
ORDER = "(SELECT {} FROM orders WHERE order_number = NEW.order_number)"
OPEN = "('requested', 'approved', 'submitted')"
ONE_OPEN = (
    f"NEW.state IN {OPEN} AND EXISTS (SELECT 1 FROM refunds WHERE order_number = NEW.order_number "
    f"AND COALESCE(line, 0) = COALESCE(NEW.line, 0) AND state IN {OPEN})"
)
OTHER_METHOD = f"NEW.method <> {ORDER.format('payment_method')}"
OWN_DECISION = (
    "LOWER(TRIM(NEW.decided_by)) = LOWER(NEW.requested_by) OR EXISTS (SELECT 1 FROM orders JOIN customers "
    "ON customers.customer_id = orders.customer_id WHERE order_number = NEW.order_number AND "
    "LOWER(TRIM(NEW.decided_by)) IN (LOWER(orders.customer_id), LOWER(TRIM(name)), LOWER(TRIM(email))))"
)
UNDECIDED = (
    "OLD.state = 'requested' AND NEW.state IN ('approved', 'rejected') "
    "AND COALESCE(TRIM(NEW.decided_by), '') = ''"
)
NOT_LOADING = "(SELECT value FROM counters WHERE name = 'loading') = 0"
OVERPAID = (
    "NEW.amount + (SELECT COALESCE(SUM(amount), 0) FROM payments WHERE order_number = NEW.order_number) > "
    + ORDER.format("total")
)
OTHER_CURRENCY = f"NEW.currency <> {ORDER.format('currency')}"
HOLD_ORDER = "PERFORM 1 FROM orders WHERE order_number = NEW.order_number FOR NO KEY UPDATE;"
ONCE = ("decided_by", "decided_at", "reference", "settled_at")
FIXED = ("method", "reason", "automatic", "requested_by", "created_at")
RULES = {
    "refunds_one_open_a_line": "refunds", "refunds_to_the_method_paid_with": "refunds",
    "refunds_not_decided_by_the_asker": "refunds", "refunds_decided_by_a_person": "refunds",
    "refunds_written_once": "refunds", "refunds_terms_fixed": "refunds", "refunds_kept": "refunds",
    "payments_fixed": "payments", "payments_kept": "payments", "payments_within_total": "payments",
    "payments_in_the_orders_currency": "payments", "claims_fixed": "claims", "claims_kept": "claims",
}  # fmt: skip


def text(*names: str, null: bool = False) -> list[sa.Column]:
    """Text columns."""
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def upgrade() -> None:
    """Make the tables, fill them from what is there, and let the rules hold from now on."""
    op.execute("INSERT INTO counters (name, value) VALUES ('loading', 0)")
    payments()
    claims()
    switches()
    refunds()


def downgrade() -> None:
    """Take rules, columns and tables away again; refunds and orders stay as they are."""
    for name, table in RULES.items():
        drop_rule(name, table)
    for column in ("requested_by", "decided_by", "decided_at", "reference", "settled_at", "note"):
        op.drop_column("refunds", column)
    for table in ("payments", "claims", "switches"):
        op.drop_table(table)
    op.execute("DELETE FROM counters WHERE name = 'loading'")


def payments() -> None:
    """What was charged: a row for each paid order that stands."""
    op.create_table(
        "payments",
        sa.Column("payment_id", sa.Text, primary_key=True),
        sa.Column("order_number", sa.Text, sa.ForeignKey("orders.order_number", ondelete="CASCADE"),
                  nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        *text("currency", "method", "reference"),
        sa.Column("charged_at", TIME, nullable=False),
        sa.CheckConstraint("amount > 0", name="amount"),
    )  # fmt: skip
    op.create_index(op.f("ix_payments_order_number"), "payments", ["order_number"])
    op.execute(
        "INSERT INTO payments (payment_id, order_number, amount, currency, method, reference, charged_at) "
        "SELECT 'PM-' || order_number, order_number, paid, currency, payment_method, "
        "'PM-' || order_number, COALESCE(charged_at, placed_at) FROM orders WHERE paid > 0"
    )
    rule("payments_within_total", "INSERT", "payments", OVERPAID, hold=HOLD_ORDER)
    rule("payments_in_the_orders_currency", "INSERT", "payments", OTHER_CURRENCY)
    rule("payments_fixed", "UPDATE", "payments", "TRUE")
    rule("payments_kept", "DELETE", "payments", NOT_LOADING)


def claims() -> None:
    """Keys that were used to do something, with what was done and what was answered."""
    op.create_table(
        "claims",
        sa.Column("key", sa.Text, primary_key=True),
        *text("content_hash"),
        *text("answer", null=True),
        sa.Column("created_at", TIME, nullable=False),
    )
    rule("claims_fixed", "UPDATE", "claims", "OLD.answer IS NOT NULL OR NEW.content_hash <> OLD.content_hash")
    rule("claims_kept", "DELETE", "claims", f"OLD.answer IS NOT NULL AND {NOT_LOADING}")


def switches() -> None:
    """What people switch off and on again; the row is there from the start, so that it can be held."""
    op.create_table(
        "switches",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("stopped", sa.Boolean, nullable=False),
        *text("set_by", "reason", null=True),
        sa.Column("set_at", TIME),
    )
    switch = sa.table("switches", sa.column("name"), sa.column("stopped", sa.Boolean))
    op.execute(switch.insert().values(name="refunds", stopped=False))


def refunds() -> None:
    """Who asked, who decided, what the provider calls it, and when it was over."""
    for column in (
        *text("requested_by", "decided_by", "reference", "note", null=True),
        sa.Column("decided_at", TIME),
        sa.Column("settled_at", TIME),
    ):
        op.add_column("refunds", column)
    op.execute(
        "UPDATE refunds SET requested_by = "
        "(SELECT customer_id FROM orders WHERE orders.order_number = refunds.order_number)"
    )
    rule("refunds_one_open_a_line", "INSERT", "refunds", ONE_OPEN, hold=HOLD_ORDER)
    rule("refunds_to_the_method_paid_with", "INSERT", "refunds", OTHER_METHOD)
    rule("refunds_not_decided_by_the_asker", "UPDATE OF decided_by", "refunds", OWN_DECISION)
    rule("refunds_decided_by_a_person", "UPDATE OF state", "refunds", UNDECIDED)
    written = " OR ".join(f"OLD.{c} IS NOT NULL AND (NEW.{c} IS NULL OR NEW.{c} <> OLD.{c})" for c in ONCE)
    rule("refunds_written_once", f"UPDATE OF {', '.join(ONCE)}", "refunds", written)
    rule("refunds_terms_fixed", f"UPDATE OF {', '.join(FIXED)}", "refunds", "TRUE")
    rule("refunds_kept", "DELETE", "refunds", NOT_LOADING)


def rule(name: str, event: str, table: str, broken: str, *, hold: str = "") -> None:
    """Refuse ``event`` on a row of ``table`` where ``broken`` is true of it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW "
            f"BEGIN SELECT RAISE(ABORT, 'rule {name}') WHERE {broken}; END"
        )
        return
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {hold} "
        f"IF {broken} THEN RAISE EXCEPTION 'rule {name}' USING ERRCODE = 'check_violation'; END IF; "
        f"RETURN {row}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def drop_rule(name: str, table: str) -> None:
    """Take a rule away, on either database."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")
