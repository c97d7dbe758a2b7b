"""Tables of their own: parcels, memberships, use of digital goods, relations; states and ends.

Rows move out of orders and order_lines and, going down, back into them. What the older schema
cannot hold goes: an order's parcels beyond the one that speaks for it, relations, closed accounts,
ends of clauses. Rules about rows that are there already hold for new rows alone.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIME = sa.DateTime(timezone=True)
PARCEL = {"carrier": sa.Text(), "tracking_number": sa.Text(), "shipped_at": TIME, "delivered_at": TIME,
          "eta_at": TIME}  # fmt: skip
MEMBER = {"renews": sa.Boolean(), "charged_at": TIME, "next_charge_at": TIME, "ended_at": TIME,
          "benefit_used": sa.Boolean()}  # fmt: skip
USED = {"progress_percent": sa.Integer(), "downloaded": sa.Boolean()}
LINE = "order_number, line, product_id, quantity, unit_price, variant, cancelled, exchanged"
PERCENT = "CHECK (progress_percent BETWEEN 0 AND 100)"
LINKS = ("compatible_with", "alternative", "requires", "next", "fits", "variant_of", "upgrade")
KINDS = ", ".join(f"'{kind}'" for kind in (*LINKS, "covered_by"))
RULES = (
    ("orders_add_up", "INSERT", "orders", "NEW.total <> NEW.subtotal + NEW.shipping_fee - NEW.discount"),
    ("orders_still_add_up", "UPDATE OF subtotal, shipping_fee, discount, total", "orders",
     "NEW.total <> NEW.subtotal + NEW.shipping_fee - NEW.discount"),
    ("order_lines_in_the_orders_currency", "INSERT", "order_lines",
     "(SELECT currency FROM products WHERE product_id = NEW.product_id) <> "
     "(SELECT currency FROM orders WHERE order_number = NEW.order_number)"),
    ("shipments_arrive_after_they_left", "INSERT", "shipments", "NEW.delivered_at < NEW.shipped_at"),
    ("shipments_still_arrive_after_they_left", "UPDATE OF shipped_at, delivered_at", "shipments",
     "NEW.delivered_at < NEW.shipped_at"),
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, move the rows, drop the columns they came from."""
    make_parcels()
    make_memberships()
    make_entitlements()
    make_relations()
    drop_columns("orders", *PARCEL, *MEMBER)
    drop_line_columns()
    end_states()
    for name, event, table, broken in RULES:
        rule(name, event, table, broken)


def downgrade() -> None:
    """Move the rows back and drop what was made."""
    for name, _, table, _ in RULES:
        drop_rule(name, table)
    drop_columns("policy_clauses", "effective_to")
    drop_columns("customers", "state")
    add_columns("orders", PARCEL | MEMBER)
    op.execute(f"ALTER TABLE order_lines ADD COLUMN progress_percent INTEGER {check('progress', PERCENT)}")
    add_columns("order_lines", {"downloaded": sa.Boolean()})
    fill("orders", tuple(PARCEL), of_parcels)
    fill("orders", tuple(MEMBER), lambda name: f"(SELECT m.{name} FROM memberships m WHERE {SAME_ORDER})")
    fill("order_lines", tuple(USED), lambda name: f"(SELECT m.{name} FROM entitlements m WHERE {SAME_LINE})")
    for table in ("relations", "entitlements", "memberships", "shipments"):
        op.drop_table(table)


SAME_ORDER = "m.order_number = orders.order_number"
SAME_LINE = "m.order_number = order_lines.order_number AND m.line = order_lines.line"


def make_parcels() -> None:
    """A parcel for each order of which anything of a parcel is told."""
    order = sa.ForeignKey("orders.order_number", ondelete="CASCADE")
    op.create_table(
        "shipments",
        sa.Column("order_number", sa.Text, order, primary_key=True),
        sa.Column("parcel", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, kind, nullable=True) for name, kind in PARCEL.items()),
        sa.CheckConstraint("parcel > 0", name="parcel"),
    )
    columns = ", ".join(PARCEL)
    op.execute(
        f"INSERT INTO shipments (order_number, parcel, {columns}) SELECT order_number, 1, {columns} "
        f"FROM orders WHERE COALESCE({', '.join(f'CAST({name} AS TEXT)' for name in PARCEL)}) IS NOT NULL"
    )


def make_memberships() -> None:
    """A membership for each order that holds one, or of which anything of one is told."""
    order = sa.ForeignKey("orders.order_number", ondelete="CASCADE")
    op.create_table(
        "memberships",
        sa.Column("order_number", sa.Text, order, primary_key=True),
        sa.Column("period", sa.Text, nullable=True),
        *(sa.Column(name, kind, nullable=True) for name, kind in MEMBER.items()),
        sa.CheckConstraint("period IN ('week', 'month', 'quarter', 'year')", name="period"),
    )
    columns = ", ".join(MEMBER)
    period = "json_extract(p.attributes, '$.period')" if sqlite() else "p.attributes ->> 'period'"
    member = (
        "FROM order_lines l JOIN products p ON p.product_id = l.product_id "
        "WHERE l.order_number = orders.order_number AND p.kind = 'membership'"
    )
    op.execute(
        f"INSERT INTO memberships (order_number, period, {columns}) SELECT order_number, "
        f"(SELECT COALESCE({period}, 'month') {member} ORDER BY l.line LIMIT 1), {columns} FROM orders "
        f"WHERE EXISTS (SELECT 1 {member}) "
        f"OR COALESCE({', '.join(f'CAST({name} AS TEXT)' for name in MEMBER)}) IS NOT NULL"
    )


def make_entitlements() -> None:
    """How far digital goods were used, a row for each line of which it is told."""
    op.create_table(
        "entitlements",
        sa.Column("order_number", sa.Text, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, kind, nullable=True) for name, kind in USED.items()),
        sa.ForeignKeyConstraint(
            ["order_number", "line"], ["order_lines.order_number", "order_lines.line"], ondelete="CASCADE"
        ),
        sa.CheckConstraint("progress_percent BETWEEN 0 AND 100", name="progress"),
        sa.CheckConstraint("progress_percent IS NOT NULL OR downloaded IS NOT NULL", name="known"),
    )
    columns = ", ".join(("order_number", "line", *USED))
    op.execute(
        f"INSERT INTO entitlements ({columns}) SELECT {columns} FROM order_lines "
        "WHERE progress_percent IS NOT NULL OR downloaded IS NOT NULL"
    )


def make_relations() -> None:
    """Relations, filled with the links that products name among their attributes."""
    product = {"target": "products.product_id", "ondelete": "CASCADE"}
    table = op.create_table(
        "relations",
        sa.Column("relation_id", sa.Integer, primary_key=True),
        sa.Column("product_id", sa.Text, foreign(**product), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("other_id", sa.Text, foreign(**product), nullable=True),
        sa.Column("clause", sa.Text, nullable=True),
        sa.UniqueConstraint("product_id", "kind", "other_id"),
        sa.UniqueConstraint("product_id", "kind", "clause"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        sa.CheckConstraint(
            "(kind = 'covered_by' AND clause IS NOT NULL AND other_id IS NULL) OR "
            "(kind <> 'covered_by' AND clause IS NULL AND other_id IS NOT NULL)",
            name="target",
        ),
        sa.CheckConstraint("other_id <> product_id", name="other"),
    )
    op.create_index(op.f("ix_relations_other_id"), "relations", ["other_id"])
    op.bulk_insert(table, links())


def foreign(*, target: str, ondelete: str) -> sa.ForeignKey:
    """A foreign key of its own for each column."""
    return sa.ForeignKey(target, ondelete=ondelete)


def links() -> list[dict[str, str]]:
    """The products that products name among their attributes, each once."""
    products = sa.table("products", sa.column("product_id"), sa.column("attributes", sa.JSON))
    found = op.get_bind().execute(sa.select(products)).mappings().all()
    known = {row["product_id"] for row in found}
    rows = {}
    for row in found:
        for kind in LINKS:
            said = row["attributes"].get(kind, [])
            for other in [said] if isinstance(said, str) else said:
                if other in known and other != row["product_id"]:
                    names = (row["product_id"], kind, other)
                    rows[names] = dict(zip(("product_id", "kind", "other_id"), names, strict=True))
    return list(rows.values())


def end_states() -> None:
    """Accounts that may be closed, clauses that may end."""
    state = check("customers_state", "CHECK (state IN ('active', 'closed'))", whole=True)
    op.execute(f"ALTER TABLE customers ADD COLUMN state TEXT NOT NULL DEFAULT 'active' {state}")
    ends = check("policy_clauses_effective_to", "CHECK (effective_to > effective_from)", whole=True)
    kind = TIME.compile(dialect=op.get_bind().dialect)
    op.execute(f"ALTER TABLE policy_clauses ADD COLUMN effective_to {kind} {ends}")


def check(name: str, condition: str, *, whole: bool = False) -> str:
    """A column's CHECK under the name that the schema's convention gives it."""
    return f"CONSTRAINT ck_{name if whole else f'order_lines_{name}'} {condition}"


def add_columns(table: str, columns: dict[str, sa.types.TypeEngine]) -> None:
    """Add columns that may be empty."""
    for name, kind in columns.items():
        op.add_column(table, sa.Column(name, kind, nullable=True))


def drop_columns(table: str, *names: str) -> None:
    """Drop columns; their own CHECKs go with them."""
    for name in names:
        op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")


def drop_line_columns() -> None:
    """Drop what moved to the entitlements.

    SQLite drops no column that a table's CHECK names, so the table is made anew there. That needs
    foreign keys off (or the returns would go with the old table), which only the caller can do.
    """
    if not sqlite():
        drop_columns("order_lines", *USED)
        return
    bind = op.get_bind()
    if bind.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise RuntimeError("found foreign keys on; wanted them off while migrating; use Store.migrate")
    triggers = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'order_lines'"
    ).scalars().all()  # fmt: skip
    create_lines("order_lines_anew")
    op.execute(f"INSERT INTO order_lines_anew ({LINE}) SELECT {LINE} FROM order_lines")
    op.drop_table("order_lines")
    # or the rename would read triggers that speak of order_lines, which is not there for a moment
    op.execute("PRAGMA legacy_alter_table=ON")
    op.rename_table("order_lines_anew", "order_lines")
    op.execute("PRAGMA legacy_alter_table=OFF")
    for trigger in triggers:
        op.execute(trigger)


def create_lines(name: str) -> None:
    """What an order consists of, without what was used of it."""
    op.create_table(
        name,
        sa.Column("order_number", sa.Text, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("product_id", sa.Text, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit_price", sa.BigInteger, nullable=False),
        sa.Column("variant", sa.Text, nullable=True),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("exchanged", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("order_number", "line", name=op.f("pk_order_lines")),
        sa.ForeignKeyConstraint(
            ["order_number"], ["orders.order_number"], ondelete="CASCADE",
            name=op.f("fk_order_lines_order_number"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_order_lines_product_id")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_order_lines_unit_price")),
        sa.CheckConstraint("cancelled BETWEEN 0 AND quantity", name=op.f("ck_order_lines_cancelled")),
    )  # fmt: skip


def of_parcels(name: str) -> str:
    """What an order tells of its parcels (``kefu.store.shipments.told`` says the same in Python)."""
    here = f"FROM shipments m WHERE {SAME_ORDER}"
    if name == "shipped_at":
        return f"(SELECT MIN(m.shipped_at) {here})"
    if name == "delivered_at":
        arrived = "CASE WHEN COUNT(m.delivered_at) = COUNT(*) THEN MAX(m.delivered_at) END"
        return f"(SELECT {arrived} {here})"
    return f"(SELECT m.{name} {here} ORDER BY (m.delivered_at IS NOT NULL), m.parcel LIMIT 1)"


def fill(table: str, names: tuple[str, ...], source: Callable[[str], str]) -> None:
    """Set columns to what ``source`` gives for each, an SQL expression."""
    op.execute(f"UPDATE {table} SET " + ", ".join(f"{name} = {source(name)}" for name in names))


def sqlite() -> bool:
    """Whether the database is SQLite."""
    return bool(op.get_bind().dialect.name == "sqlite")


def rule(name: str, event: str, table: str, broken: str) -> None:
    """Refuse ``event`` on a row of ``table`` where ``broken`` is true of it."""
    if sqlite():
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW "
            f"BEGIN SELECT RAISE(ABORT, 'rule {name}') WHERE {broken}; END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {broken} THEN RAISE EXCEPTION 'rule {name}' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def drop_rule(name: str, table: str) -> None:
    """Take a rule back."""
    if sqlite():
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")
