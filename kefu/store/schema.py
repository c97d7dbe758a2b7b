"""The tables as this code knows them; the migrations make them (a test compares the two).

Session ids carry no foreign key: a developer's shell speaks without a session row, and a
conversation's traces must not fail because its session was cleared away.
"""

from __future__ import annotations

import sqlalchemy as sa

from kefu.store.types import UtcDateTime

REVISION = "0014"  # the alembic revision that this code was written for

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=NAMES)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=null)


def _key(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, primary_key=True)


def _int(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=null)


def _money(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _time(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, UtcDateTime, nullable=null)


def _flag(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=null)


def _json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON, nullable=False)


# -- the shop ---------------------------------------------------------------------------

customers = sa.Table(
    "customers", metadata,
    _key("customer_id"), _text("name"), _text("email"), _text("email_key"), _text("phone"),
    _text("language"), _text("membership"), _text("address"), _text("postcode"), _text("country"),
    _text("state"), sa.Index(None, "email_key"),
)  # fmt: skip

products = sa.Table(
    "products", metadata,
    _key("product_id"), _int("position"), _text("kind"), _text("name_en"), _text("name_zh"),
    _text("category"), _money("price"), _text("currency"), _int("stock", null=True), _json("attributes"),
)  # fmt: skip

variants = sa.Table(
    "variants", metadata,
    sa.Column("product_id", sa.Text, sa.ForeignKey("products.product_id", ondelete="CASCADE"),
              primary_key=True),
    _key("name"), _int("position"), _int("stock"),
)  # fmt: skip

relations = sa.Table(
    "relations", metadata,
    sa.Column("relation_id", sa.Integer, primary_key=True),
    sa.Column("product_id", sa.Text, sa.ForeignKey("products.product_id", ondelete="CASCADE"),
              nullable=False),
    _text("kind"),
    sa.Column("other_id", sa.Text, sa.ForeignKey("products.product_id", ondelete="CASCADE"), nullable=True),
    _text("clause", null=True),
    sa.UniqueConstraint("product_id", "kind", "other_id"),
    sa.UniqueConstraint("product_id", "kind", "clause"),
    sa.Index(None, "other_id"),
)  # fmt: skip

orders = sa.Table(
    "orders", metadata,
    _key("order_number"),
    sa.Column("customer_id", sa.Text, sa.ForeignKey("customers.customer_id"), nullable=False),
    _text("status"), _time("placed_at"), _text("shipping_method", null=True), _text("payment_method"),
    _money("subtotal"), _money("shipping_fee"), _money("discount"), _text("coupon", null=True),
    _money("total"), _money("paid"), _text("currency"),
    _text("ship_to_name", null=True), _text("ship_to_phone", null=True),
    _text("ship_to_address", null=True), _text("ship_to_postcode", null=True),
    _text("ship_to_country", null=True),
    sa.Index(None, "customer_id", "placed_at"), sa.Index(None, "placed_at"),
)  # fmt: skip

order_lines = sa.Table(
    "order_lines", metadata,
    sa.Column("order_number", sa.Text, sa.ForeignKey("orders.order_number", ondelete="CASCADE"),
              primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("product_id", sa.Text, sa.ForeignKey("products.product_id"), nullable=False),
    _int("quantity"), _money("unit_price"), _text("variant", null=True), _int("cancelled"),
    _flag("exchanged"),
)  # fmt: skip

shipments = sa.Table(
    "shipments", metadata,
    sa.Column("order_number", sa.Text, sa.ForeignKey("orders.order_number", ondelete="CASCADE"),
              primary_key=True),
    sa.Column("parcel", sa.Integer, primary_key=True, autoincrement=False),
    _text("carrier", null=True), _text("tracking_number", null=True), _time("shipped_at", null=True),
    _time("delivered_at", null=True), _time("eta_at", null=True),
)  # fmt: skip

memberships = sa.Table(
    "memberships", metadata,
    sa.Column("order_number", sa.Text, sa.ForeignKey("orders.order_number", ondelete="CASCADE"),
              primary_key=True),
    _text("period", null=True), _flag("renews", null=True), _time("charged_at", null=True),
    _time("next_charge_at", null=True), _time("ended_at", null=True), _flag("benefit_used", null=True),
)  # fmt: skip

entitlements = sa.Table(
    "entitlements", metadata,
    _key("order_number"), sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    _int("progress_percent", null=True), _flag("downloaded", null=True),
    sa.ForeignKeyConstraint(["order_number", "line"], ["order_lines.order_number", "order_lines.line"],
                            ondelete="CASCADE"),
)  # fmt: skip

returns = sa.Table(
    "returns", metadata,
    _key("return_id"), _text("order_number"), _int("line"), _int("quantity"), _text("reason"),
    _text("kind"), _text("new_variant", null=True), _text("state"), _text("shipping_paid_by"),
    _time("created_at"), sa.Column("promised", sa.BigInteger, nullable=True),
    sa.ForeignKeyConstraint(["order_number", "line"], ["order_lines.order_number", "order_lines.line"],
                            ondelete="CASCADE"),
    sa.Index(None, "order_number", "line"),
)  # fmt: skip

refunds = sa.Table(
    "refunds", metadata,
    _key("refund_id"),
    sa.Column("order_number", sa.Text, sa.ForeignKey("orders.order_number", ondelete="CASCADE"),
              nullable=False),
    _int("line", null=True), _money("amount"), _text("currency"), _text("method"), _text("state"),
    _text("reason"), _flag("automatic"), _text("key"), _time("created_at"),
    _text("requested_by", null=True), _text("decided_by", null=True), _time("decided_at", null=True),
    _text("reference", null=True), _time("settled_at", null=True), _text("note", null=True),
    sa.UniqueConstraint("key"), sa.Index(None, "order_number"), sa.Index(None, "state"),
)  # fmt: skip

payments = sa.Table(
    "payments", metadata,
    _key("payment_id"),
    sa.Column("order_number", sa.Text, sa.ForeignKey("orders.order_number", ondelete="CASCADE"),
              nullable=False),
    _money("amount"), _text("currency"), _text("method"), _text("reference"), _time("charged_at"),
    sa.Index(None, "order_number"),
)  # fmt: skip

claims = sa.Table(
    "claims", metadata, _key("key"), _text("content_hash"), _text("answer", null=True), _time("created_at"),
)  # fmt: skip

invoices = sa.Table(
    "invoices", metadata,
    _key("invoice_id"),
    sa.Column("order_number", sa.Text, sa.ForeignKey("orders.order_number", ondelete="CASCADE"),
              nullable=False),
    _text("kind"), _text("company", null=True), _text("tax_number", null=True), _text("email"),
    _text("state"), _time("created_at"),
    sa.Index(None, "order_number"),
)  # fmt: skip

coupons = sa.Table(
    "coupons", metadata,
    _key("code_key"), _text("code"), _text("kind"), sa.Column("value", sa.BigInteger, nullable=False),
    _money("minimum"), _text("category", null=True), _time("valid_from", null=True),
    _time("expires_at", null=True),
)  # fmt: skip

policy_clauses = sa.Table(
    "policy_clauses", metadata,
    _key("clause"), sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    _int("position"), _json("params"), _text("text_en"), _text("text_zh"), _time("effective_from"),
    _time("effective_to", null=True),
)  # fmt: skip

passages = sa.Table(
    "passages", metadata,
    _key("passage_id"), _key("language"), _int("position"), _text("title"), _json("questions"),
    _text("answer"), _text("category"), _text("clause", null=True), _text("source"), _time("updated"),
    _time("valid_from", null=True), _time("valid_to", null=True), _text("origin", null=True), _int("changed"),
    sa.Index(None, "position"), sa.Index(None, "language", "position"), sa.Index(None, "changed"),
    sa.Index(None, "origin"),
)  # fmt: skip

passages_gone = sa.Table(
    "passages_gone", metadata, _key("passage_id"), _key("language"), _int("changed"),
    sa.Index(None, "changed"),
)  # fmt: skip

passage_sources = sa.Table(
    "passage_sources", metadata,
    _key("origin"), _text("root"), _text("digest"), _text("etag", null=True),
    _text("last_modified", null=True), _time("read_at", null=True), _text("problem", null=True),
    sa.Index(None, "root"),
)  # fmt: skip

# -- conversations ----------------------------------------------------------------------

sessions = sa.Table(
    "sessions", metadata,
    _key("session_id"),
    sa.Column("customer_id", sa.Text, sa.ForeignKey("customers.customer_id"), nullable=True),
    _text("language", null=True), _time("created_at"), _time("expires_at"),
    _text("verified_order", null=True), _time("verified_until", null=True),
    _text("pending_order", null=True), _text("state"),
    sa.Index(None, "customer_id"),
)  # fmt: skip

codes = sa.Table(
    "codes", metadata,
    sa.Column("code_id", sa.Integer, primary_key=True), _text("session_id"), _text("order_number"),
    _text("code_hash"), _time("created_at"), _time("expires_at"), _int("tries"), _flag("used"),
    sa.Index(None, "session_id"), sa.Index(None, "order_number", "created_at"),
)  # fmt: skip

confirmations = sa.Table(
    "confirmations", metadata,
    _key("nonce"), _text("session_id"), _json("operation"), _text("content_hash"), _text("state"),
    _time("created_at"), _time("expires_at"),
    sa.Index(None, "session_id"),
    sa.Index("uq_confirmations_one_open", "session_id", unique=True,
             sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")),
)  # fmt: skip

buttons = sa.Table(
    "buttons", metadata,
    _key("nonce"), _text("session_id"), _text("title"), _text("intent"), _json("entities"),
    _time("created_at"), _flag("taken"), _text("taken_by", null=True),
    sa.Index(None, "session_id"),
)  # fmt: skip

tickets = sa.Table(
    "tickets", metadata,
    _key("ticket_id"), _text("session_id", null=True),
    sa.Column("customer_id", sa.Text, sa.ForeignKey("customers.customer_id"), nullable=True),
    _text("order_number", null=True), _text("kind"), _text("summary"), _text("state"),
    _time("created_at"),
    sa.Index(None, "session_id"), sa.Index(None, "customer_id"), sa.Index(None, "order_number"),
)  # fmt: skip

outbox = sa.Table(
    "outbox", metadata,
    sa.Column("mail_id", sa.Integer, primary_key=True), _text("recipient"), _text("recipient_key"),
    _text("subject"), _text("body"), _text("code", null=True), _time("created_at"),
    _text("state"), _int("attempts"), _time("due_at", null=True), _time("claimed_at", null=True),
    _time("sent_at", null=True), _time("expires_at", null=True), _text("problem", null=True),
    sa.Index(None, "recipient_key"), sa.Index(None, "state", "due_at"),
)  # fmt: skip

turns = sa.Table(
    "turns", metadata,
    _key("session_id"), _key("message_id"), _text("content_hash"), _text("answer_json"),
    _time("created_at"),
)  # fmt: skip

conversations = sa.Table(
    "conversations", metadata,
    _key("conversation_id"), _int("generation"), _int("last"), _int("folded"), _text("checkpoint", null=True),
    sa.Column("fence", sa.BigInteger, nullable=False), _time("created_at"), sa.Index(None, "created_at"),
)  # fmt: skip

conversation_events = sa.Table(
    "conversation_events", metadata,
    _key("conversation_id"),
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    _text("events"), _time("saved_at"),
)  # fmt: skip

conversation_quarantine = sa.Table(
    "conversation_quarantine", metadata,
    _key("conversation_id"),
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    _text("reason"), _time("found_at"),
)  # fmt: skip

messages = sa.Table(
    "messages", metadata,
    _key("session_id"), sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    _text("author"), _text("text"), _json("parts"), _text("message_id", null=True),
    _text("content_hash", null=True), _flag("answered"), _time("at"),
    sa.UniqueConstraint("session_id", "message_id"), sa.Index(None, "answered", "at"),
)  # fmt: skip

processes = sa.Table("processes", metadata, _key("process_id"), _int("beats"))

inboxes = sa.Table(
    "inboxes", metadata, _key("session_id"), _text("process_id", null=True), _int("number"),
)  # fmt: skip

attachments = sa.Table(
    "attachments", metadata,
    _key("attachment_id"), _text("session_id"), _text("media_type"), _int("width"), _int("height"),
    sa.Column("content", sa.LargeBinary, nullable=False), _text("subject", null=True), _time("created_at"),
    sa.Index(None, "session_id"), sa.Index(None, "subject"),
)  # fmt: skip

feedback = sa.Table(
    "feedback", metadata,
    _key("session_id"), sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    _text("rating", null=True), _int("score", null=True), _text("comment", null=True), _time("at"),
)  # fmt: skip

audit = sa.Table(
    "audit", metadata,
    sa.Column("audit_id", sa.Integer, primary_key=True, autoincrement=False), _time("at"), _text("actor"),
    _text("action"), _text("subject"), _json("detail"), _text("previous"), _text("hash"),
    sa.UniqueConstraint("previous"), sa.Index(None, "subject"),
)  # fmt: skip

# -- the store's own --------------------------------------------------------------------

switches = sa.Table(
    "switches", metadata,
    _key("name"), _flag("stopped"), _text("set_by", null=True), _text("reason", null=True),
    _time("set_at", null=True),
)  # fmt: skip

counters = sa.Table("counters", metadata, _key("name"), _int("value"))

legal_moves = sa.Table("legal_moves", metadata, _key("subject"), _key("from_state"), _key("to_state"))
