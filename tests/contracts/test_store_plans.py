"""What serves a customer never reads a whole table that grows with the shop, on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.store.databases import load
from benchmarks.store.shop import NOW, LargeShop
from kefu.shop import confirmations, policy
from kefu.shop.identity import Identity, identify, visible_orders
from kefu.shop.killswitch import is_stopped
from kefu.shop.operation import Operation
from kefu.shop.orders import refunds_of, returns_of
from kefu.shop.recommend import LATELY, recommend
from kefu.shop.tickets import ask_for_person, tickets_of
from kefu.store import Store, schema
from kefu.store.chat_records import Attachment, Button
from kefu.store.knowledge_records import Passage, PassageSource
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.rows import session

SMALL_TABLES = {
    "products", "variants", "relations", "coupons", "policy_clauses", "counters", "switches",
    "legal_moves",
}  # fmt: skip
GROWING = set(schema.metadata.tables) - SMALL_TABLES
# an index of some rows alone (open confirmations) stays small
PARTIAL = {
    str(index.name)
    for table in schema.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["postgresql"]["where"] is not None
}
Act = Callable[[Store, str, Identity], None]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def large(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store with two thousand orders."""
    databases: SqliteDatabases | PostgresDatabases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.empty()
    load(url, LargeShop(2_000, 0))
    store = Store.open(url, clock=lambda: NOW)
    for act in (talking, changing("invoice", invoice_kind="personal")):  # no table is to be empty
        act(store, *owned(store, "shipped"))
    with store.write() as tx:
        tx.attachments.add(Attachment("a1", "s1", "image/png", 1, 1, b"x", None, NOW))
        tx.passages.put(passage(f"p{number}") for number in range(2_000))
        tx.passages.remove((f"p{number}", "en") for number in range(1_000, 2_000))
        for number in range(500):
            tx.passage_sources.put(PassageSource(f"page {number}", f"list {number}", "d"))
    if store._engine.dialect.name == "postgresql":
        pretend_a_million(store)
    yield store
    store.close()


def passage(passage_id: str) -> Passage:
    return Passage(passage_id, "en", "A", ("a?", "b?"), "A.", "c", None, "a.md", NOW)


def pretend_a_million(store: Store) -> None:
    """Tell PostgreSQL's planner of a million rows in each growing table: small ones it reads whole."""
    tables = ", ".join(f"'{name}'" for name in sorted(GROWING))
    partial = ", ".join(f"'{name}'" for name in sorted(PARTIAL))
    told = (
        "UPDATE pg_class SET reltuples = 1e6, relpages = GREATEST(pg_relation_size(oid) / 8192, 1) WHERE "
        f"relname IN ({tables}) OR relname NOT IN ({partial}) AND oid IN (SELECT indexrelid FROM pg_index "
        f"JOIN pg_class AS t ON t.oid = indrelid WHERE t.relname IN ({tables}))"
    )
    with store._engine.begin() as connection:
        for name in GROWING:
            connection.exec_driver_sql(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
        connection.exec_driver_sql(told)


def owned(store: Store, which: str) -> tuple[str, Identity]:
    """The newest paid order in a status (or the order of a number), and its owner."""
    orders = schema.orders
    this = orders.c.order_number == which
    wanted = sa.select(orders.c.order_number, orders.c.customer_id).where(
        sa.or_(this, sa.and_(orders.c.status == which, orders.c.paid.between(1, 20_000)))
    )
    with store._engine.connect() as connection:
        number, customer = connection.execute(wanted.order_by(orders.c.placed_at.desc())).first()
    return number, Identity(f"s-{number}", customer_id=customer)


def changing(kind: str, **fields: Any) -> Act:
    """Show a confirmation and say yes to it; the whole of an operation."""

    def act(store: Store, number: str, speaker: Identity) -> None:
        with store.write() as tx:
            _, shown = confirmations.propose(tx, speaker, Operation(kind, number, **fields), now=NOW)
            assert shown is not None
            confirmations.redeem(tx, speaker, shown.nonce, now=NOW)

    return act


def reading(store: Store, number: str, speaker: Identity) -> None:
    """All that is told about orders."""
    with store.read() as tx:
        rules = policy.Policy.load(tx, now=NOW)
        for order in visible_orders(tx, speaker):
            refunds_of(tx, order, rules, now=NOW)
            returns_of(tx, order)
            tx.invoices.of_order(order.order_number)
        assert tx.orders.get_owned(number, str(speaker.customer_id)) is not None
        tx.refunds.by_key("past/x")
        tx.refunds.automatic_of_customer(str(speaker.customer_id), NOW - timedelta(days=30))
        tx.customers.by_email("buyer1@shop.example")
        tickets_of(tx, speaker)


def talking(store: Store, number: str, speaker: Identity) -> None:
    """What a conversation reads and writes around the orders."""
    with store.write() as tx:
        tx.sessions.add(session(speaker.session_id, customer_id=speaker.customer_id))
        identify(tx, speaker.session_id, now=NOW)
        ask_for_person(tx, speaker, "complaint", "late", now=NOW)
        tx.codes.add(speaker.session_id, number, "hash", NOW)
        tx.codes.latest(speaker.session_id)
        tx.buttons.add(Button(f"b-{number}", speaker.session_id, "Yes", "affirm", {}))
        tx.buttons.take(f"b-{number}", speaker.session_id, message_id="m1")
        tx.turns.add(speaker.session_id, "m1", "hash", "[]")
        tx.turns.get(speaker.session_id, "m1")
        tx.outbox.add(to="buyer1@shop.example", subject="s", body="b", code="1")
        tx.outbox.last_code("buyer1@shop.example")
        tx.audit.add("C1", "look", number, "in passing")
        tx.audit.of_subject(number)


def newest_numbers(store: Store, number: str, speaker: Identity) -> None:
    """How order numbers look here: read whenever the catalogue is."""
    with store.read() as tx:
        tx.orders.numbers(most=1_000)


def recommending(store: Store, number: str, speaker: Identity) -> None:
    """What is read to recommend something: purchases, what became of them, what sells."""
    with store.read() as tx:
        recommend(tx, speaker)
        tx.orders.sold_lately(most=LATELY)


def reconciling(store: Store, number: str, speaker: Identity) -> None:
    """What is asked every few minutes, and before each refund."""
    with store.read() as tx:
        tx.refunds.in_state("submitted")
        tx.refunds.open_on_line(number, 1)
        tx.payments.of_order(number)
        is_stopped(tx)


def answering(store: Store, number: str, speaker: Identity) -> None:
    """What is asked of passages while somebody waits, and once a second."""
    with store.read() as tx:
        tx.passages.find(["a", "b"], "en")
        tx.passages.titles(["a", "b"], "en")
        tx.passages.get("a", "en")
        tx.passages.of_origin("a")
        tx.passages.changes_since(2)


def importing(store: Store, number: str, speaker: Identity) -> None:
    """One passage comes, changes and goes."""
    with store.write() as tx:
        tx.passages.put(passage("a"))
        tx.passages.put(replace(passage("a"), title="B"))
        tx.passages.remove([("a", "en")])
        tx.passage_sources.put(PassageSource("a", "b", "c"))
        tx.passage_sources.of_root("b")


SERVED: Mapping[str, tuple[str, Act]] = {
    "reading": ("delivered", reading),
    "talking": ("delivered", talking),
    "recommending": ("delivered", recommending),
    "reconciling": ("delivered", reconciling),
    "an answer": ("delivered", answering),
    "one passage": ("delivered", importing),
    "the newest numbers": ("delivered", newest_numbers),
    "a cancellation": ("processing", changing("cancel")),
    "a return": ("delivered", changing("return", reason="damaged")),
    "a refund": ("KF10000005", changing("refund")),
    "a warranty case": ("delivered", changing("warranty", reason="later_fault")),
    "an invoice": ("delivered", changing("invoice", invoice_kind="personal")),
}


@pytest.mark.parametrize("name", SERVED)
def test_no_growing_table_is_read_whole(large: Store, name: str) -> None:
    which, act = SERVED[name]
    number, speaker = owned(large, which)
    said: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            said.setdefault(statement, parameters[0] if many else parameters)

    sa.event.listen(large._engine, "before_cursor_execute", note)
    try:
        act(large, number, speaker)
    finally:
        sa.event.remove(large._engine, "before_cursor_execute", note)
    assert said
    whole = {statement: read for statement in said if (read := read_whole(large, statement, said[statement]))}
    assert whole == {}


def read_whole(store: Store, statement: str, parameters: Any) -> list[str]:
    """The growing tables that a statement's plan reads from end to end."""
    with store._engine.connect() as connection:
        if store._engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            return scanned_by_sqlite(
                [row[3] for row in rows], first_few="ORDER BY" in statement and "LIMIT" in statement
            )
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
        return list(scanned_by_postgres(plan[0]["Plan"], first_few=False))


def scanned_by_sqlite(steps: list[str], *, first_few: bool) -> list[str]:
    ordered = first_few and not any(step.startswith("USE TEMP B-TREE FOR ORDER BY") for step in steps)
    scans = [step for step in steps if step.startswith("SCAN") and step.split()[1] in GROWING]
    return scans[1:] if ordered else scans  # the first few along an index, or along the rows themselves


def scanned_by_postgres(node: Mapping[str, Any], *, first_few: bool) -> Iterator[str]:
    kind, table = node["Node Type"], node.get("Relation Name")
    walks = kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in node
    walks = walks and not first_few and node["Index Name"] not in PARTIAL
    if table in GROWING and (kind == "Seq Scan" or walks):
        yield f"{kind} of {table}"
    few = kind == "Limit" or first_few and kind != "Sort"
    for below in node.get("Plans", ()):
        yield from scanned_by_postgres(below, first_few=few)
