"""What was promised for a return stands in its row, so that it is what is paid when the goods arrive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

RULE = "returns_promise_fixed"


def upgrade() -> None:
    """Add the column; nothing is known of what was promised before, so it stays empty there."""
    op.add_column("returns", sa.Column("promised", sa.BigInteger))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {RULE} BEFORE UPDATE OF promised ON returns FOR EACH ROW "
            f"BEGIN SELECT RAISE(ABORT, 'rule {RULE}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {RULE}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION 'rule {RULE}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {RULE} BEFORE UPDATE OF promised ON returns FOR EACH ROW EXECUTE FUNCTION {RULE}()"
    )


def downgrade() -> None:
    """Take rule and column away."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {RULE}")
    else:
        op.execute(f"DROP TRIGGER {RULE} ON returns")
        op.execute(f"DROP FUNCTION {RULE}()")
    op.drop_column("returns", "promised")
