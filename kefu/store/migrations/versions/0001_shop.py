"""The shop: customers, catalogue, orders, what goes back, policy and passages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
KINDS = "kind IN ('physical', 'course', 'ebook', 'membership')"
STATUSES = (
    "status IN ('pending_payment', 'processing', 'shipped', 'delivered', 'returned', 'cancelled', "
    "'completed', 'active', 'ended')"
)


def text(*names: str, null: bool = False) -> list[sa.Column]:
    """Text columns."""
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def key(*names: str) -> list[sa.Column]:
    """Text columns of the primary key."""
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def of(kind: sa.types.TypeEngine, *names: str, null: bool = False) -> list[sa.Column]:
    """Columns of one type."""
    return [sa.Column(name, kind, nullable=null) for name in names]


def check(name: str, condition: str) -> sa.CheckConstraint:
    """A named CHECK."""
    return sa.CheckConstraint(condition, name=name)


def belongs_to_order() -> sa.Column:
    """A column that names an order and goes with it."""
    order = sa.ForeignKey("orders.order_number", ondelete="CASCADE")
    return sa.Column("order_number", sa.Text, order, nullable=False)


def upgrade() -> None:
    """Make the shop's tables."""
    customers()
    catalogue()
    orders()
    lines()
    returns()
    refunds()
    invoices()
    rules()
    passages()


def customers() -> None:
    """Who buys."""
    op.create_table(
        "customers",
        *key("customer_id"),
        *text("name", "email", "email_key", "phone", "language", "membership"),
        *text("address", "postcode", "country"),
    )
    op.create_index(op.f("ix_customers_email_key"), "customers", ["email_key"])


def catalogue() -> None:
    """What is sold; the stock never goes below zero."""
    op.create_table(
        "products",
        *key("product_id"),
        *of(sa.Integer(), "position"),
        *text("kind", "name_en", "name_zh", "category"),
        *of(sa.BigInteger(), "price"),
        *text("currency"),
        *of(sa.Integer(), "stock", null=True),
        *of(sa.JSON(), "attributes"),
        check("kind", KINDS),
        check("price", "price >= 0"),
        check("stock", "stock >= 0"),
    )
    product = sa.ForeignKey("products.product_id", ondelete="CASCADE")
    op.create_table(
        "variants",
        sa.Column("product_id", sa.Text, product, primary_key=True),
        *key("name"),
        *of(sa.Integer(), "position", "stock"),
        check("stock", "stock >= 0"),
    )


def orders() -> None:
    """What was bought."""
    op.create_table(
        "orders",
        *key("order_number"),
        sa.Column("customer_id", sa.Text, sa.ForeignKey("customers.customer_id"), nullable=False),
        *text("status"),
        *of(TIME, "placed_at"),
        *of(TIME, "shipped_at", "delivered_at", "ended_at", null=True),
        *of(sa.Boolean(), "renews", null=True),
        *of(TIME, "charged_at", "next_charge_at", null=True),
        *text("shipping_method", "carrier", "tracking_number", null=True),
        *of(TIME, "eta_at", null=True),
        *text("payment_method"),
        *of(sa.BigInteger(), "subtotal", "shipping_fee", "discount"),
        *text("coupon", null=True),
        *of(sa.BigInteger(), "total", "paid"),
        *text("currency"),
        *of(sa.Boolean(), "benefit_used", null=True),
        *text("ship_to_name", "ship_to_phone", "ship_to_address", null=True),
        *text("ship_to_postcode", "ship_to_country", null=True),
        check("status", STATUSES),
        check("amounts", "subtotal >= 0 AND shipping_fee >= 0 AND discount >= 0 AND total >= 0"),
        check("paid", "paid >= 0 AND paid <= total"),
    )
    op.create_index(op.f("ix_orders_customer_id_placed_at"), "orders", ["customer_id", "placed_at"])


def lines() -> None:
    """What an order consists of; pieces are cancelled only where there are any."""
    order = sa.ForeignKey("orders.order_number", ondelete="CASCADE")
    op.create_table(
        "order_lines",
        sa.Column("order_number", sa.Text, order, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("product_id", sa.Text, sa.ForeignKey("products.product_id"), nullable=False),
        *of(sa.Integer(), "quantity"),
        *of(sa.BigInteger(), "unit_price"),
        *text("variant", null=True),
        *of(sa.Integer(), "progress_percent", null=True),
        *of(sa.Boolean(), "downloaded", null=True),
        *of(sa.Integer(), "cancelled"),
        *of(sa.Boolean(), "exchanged"),
        check("quantity", "quantity > 0"),
        check("unit_price", "unit_price >= 0"),
        check("progress", "progress_percent BETWEEN 0 AND 100"),
        check("cancelled", "cancelled BETWEEN 0 AND quantity"),
    )


def returns() -> None:
    """Goods on their way back."""
    op.create_table(
        "returns",
        *key("return_id"),
        *text("order_number"),
        *of(sa.Integer(), "line", "quantity"),
        *text("reason", "kind"),
        *text("new_variant", null=True),
        *text("state", "shipping_paid_by"),
        *of(TIME, "created_at"),
        sa.ForeignKeyConstraint(
            ["order_number", "line"], ["order_lines.order_number", "order_lines.line"], ondelete="CASCADE"
        ),
        check("quantity", "quantity > 0"),
        check("kind", "kind IN ('return', 'exchange')"),
        check("state", "state IN ('requested', 'approved', 'rejected', 'in_transit', 'received')"),
        check("shipping_paid_by", "shipping_paid_by IN ('customer', 'shop')"),
    )
    op.create_index(op.f("ix_returns_order_number_line"), "returns", ["order_number", "line"])


def refunds() -> None:
    """Money on its way back: one row for one intent."""
    states = "'requested', 'approved', 'rejected', 'submitted', 'succeeded', 'failed'"
    op.create_table(
        "refunds",
        *key("refund_id"),
        belongs_to_order(),
        *of(sa.Integer(), "line", null=True),
        *of(sa.BigInteger(), "amount"),
        *text("currency", "method", "state", "reason"),
        *of(sa.Boolean(), "automatic"),
        *text("key"),
        *of(TIME, "created_at"),
        sa.UniqueConstraint("key"),
        check("amount", "amount > 0"),
        check("state", f"state IN ({states})"),
    )
    op.create_index(op.f("ix_refunds_order_number"), "refunds", ["order_number"])


def invoices() -> None:
    """Electronic invoices; a company's has its name and tax number."""
    op.create_table(
        "invoices",
        *key("invoice_id"),
        belongs_to_order(),
        *text("kind"),
        *text("company", "tax_number", null=True),
        *text("email", "state"),
        *of(TIME, "created_at"),
        check("kind", "kind = 'personal' OR (kind = 'company' AND tax_number IS NOT NULL)"),
        check("state", "state IN ('requested', 'sent', 'reissued')"),
    )
    op.create_index(op.f("ix_invoices_order_number"), "invoices", ["order_number"])


def rules() -> None:
    """Coupons and the policy's clauses."""
    op.create_table(
        "coupons",
        *key("code_key"),
        *text("code", "kind"),
        *of(sa.BigInteger(), "value", "minimum"),
        *text("category", null=True),
        *of(TIME, "valid_from", "expires_at", null=True),
        check("kind", "(kind = 'percent' AND value BETWEEN 1 AND 100) OR (kind = 'amount' AND value > 0)"),
        check("minimum", "minimum >= 0"),
    )
    op.create_table(
        "policy_clauses",
        *key("clause"),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        *of(sa.Integer(), "position"),
        *of(sa.JSON(), "params"),
        *text("text_en", "text_zh"),
        *of(TIME, "effective_from"),
        check("version", "version > 0"),
    )


def passages() -> None:
    """Answers that can be retrieved."""
    op.create_table(
        "passages",
        *key("passage_id", "language"),
        *of(sa.Integer(), "position"),
        *text("title"),
        *of(sa.JSON(), "questions"),
        *text("answer", "category"),
        *text("clause", null=True),
        *text("source"),
        *of(TIME, "updated"),
    )


def downgrade() -> None:
    """Drop the shop's tables."""
    for table in (
        "passages", "policy_clauses", "coupons", "invoices", "refunds", "returns", "order_lines", "orders",
        "variants", "products", "customers",
    ):  # fmt: skip
        op.drop_table(table)
