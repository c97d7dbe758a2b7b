"""The audit only grows, and whoever changed it behind the triggers' back is found out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kefu.errors import ConfigError, StoreError
from kefu.store import Store, Transaction, chain, schema
from kefu.store.chain import Link, Verdict, verify
from kefu.store.seed import seed
from tests.support.databases import NOW, SHOP
from tests.support.rows import refund
from tests.support.tamper import unguarded

AUDIT = schema.audit
FIELDS = tuple(column.name for column in AUDIT.columns)


def checked(store: Store, *, head: Link | None = None) -> Verdict:
    with store.read() as tx:
        return verify(tx.audit.rows(), head=head)


def write(store: Store, count: int, *, actor: str = "C1001") -> None:
    with store.write() as tx:
        for number in range(count):
            tx.audit.add(actor, "look", f"KF{number}", {"amount": number, "名": ["值", None, 1.5]})


def row_of(tx: Transaction, number: int) -> dict[str, Any]:
    (row,) = tx._all(sa.select(AUDIT).where(AUDIT.c.audit_id == number))
    return dict(row)


def change(tx: Transaction, number: int, **values: Any) -> None:
    tx._run(sa.update(AUDIT).where(AUDIT.c.audit_id == number).values(values))


# -- growing ----------------------------------------------------------------------------


def test_a_new_shops_chain_holds_and_says_what_was_loaded(store: Store) -> None:
    verdict = checked(store)
    with store.read() as tx:
        loaded = tx.audit.of_subject("store")
        head = tx.audit.head()
    assert verdict.holds and verdict.rows == 7 and verdict.head == head
    assert [entry.action for entry in loaded] == ["store_emptied", "shop_loaded"]
    assert loaded[1].detail["orders"] == 29


def test_an_empty_audit_holds(databases: Any) -> None:
    store = Store.open(databases.empty(), migrate=True)
    assert checked(store) == Verdict(0, chain.START)
    with store.read() as tx:
        assert tx.audit.head() is None
    store.close()


def test_what_was_undone_leaves_no_gap(store: Store) -> None:
    before = checked(store).rows
    write(store, 2)
    with pytest.raises(RuntimeError), store.write() as tx:
        tx.audit.add("C1001", "look", "KF1", {})
        tx.audit.flush()
        raise RuntimeError("after the row")
    write(store, 1)
    verdict = checked(store)
    assert verdict.holds and verdict.rows == verdict.head.number == before + 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x' WHERE audit_id = 2",
        "UPDATE audit SET hash = hash",
        "DELETE FROM audit WHERE audit_id = 7",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT audit_id + 100, at, actor, action, subject, detail, hash, 'h' FROM audit "
        "WHERE audit_id = 7",
        "INSERT INTO audit SELECT audit_id + 1, at, actor, action, subject, detail, 'p', 'h' FROM audit "
        "WHERE audit_id = 7",
        "INSERT INTO audit SELECT audit_id, at, actor, action, subject, detail, hash, 'h' FROM audit "
        "WHERE audit_id = 7",
    ],
)
def test_the_database_takes_nothing_but_the_next_row(store: Store, statement: str) -> None:
    with pytest.raises(StoreError, match="rule audit"), store.write() as tx:
        tx.execute(statement)
    assert checked(store).rows == 7


def test_nothing_is_replaced_or_truncated(store: Store) -> None:
    empties = {
        "postgresql": "TRUNCATE audit",
        "sqlite": "INSERT OR REPLACE INTO audit SELECT audit_id, at, 'x', action, subject, detail, previous, "
        "hash FROM audit WHERE audit_id = 3",
    }
    with pytest.raises(StoreError, match="rule audit"), store.write() as tx:
        tx.execute(empties[store.dialect])
    assert checked(store).holds


def test_simultaneous_writers_make_one_chain(store: Store) -> None:
    before, threads, each = checked(store).rows, 6, 8
    barrier = Barrier(threads)

    def run(number: int) -> None:
        barrier.wait()
        for _ in range(each):
            write(store, 2, actor=f"C{number}")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(threads)))
    verdict = checked(store)
    assert verdict.holds and verdict.rows == verdict.head.number == before + threads * each * 2


def test_an_entry_is_plain_and_belongs_to_a_write(store: Store) -> None:
    with pytest.raises(StoreError, match="reads"), store.read() as tx:
        tx.audit.add("C1001", "look", "KF1", {})
    with store.write() as tx:
        for detail in ({"a": float("nan")}, {"a": NOW}):
            with pytest.raises(StoreError, match="plain"):
                tx.audit.add("C1001", "look", "KF1", detail)
        with pytest.raises(StoreError, match="zone"):
            tx.audit.add("C1001", "look", "KF1", {}, now=NOW.replace(tzinfo=None))
        tx.audit.add("C1001", "look", "KF1", {"tuple": (1, 2), 3: "three"})
    assert checked(store).holds


def test_a_fresh_shop_goes_on_with_the_old_chain(store: Store) -> None:
    write(store, 3)
    kept = checked(store).head
    seed(store, SHOP, now=NOW, fresh=True)
    verdict = checked(store, head=kept)
    assert verdict.holds and verdict.rows == 10 + 7
    with store.read() as tx:
        assert len(tx.audit.of_subject("KF1")) == 1


def test_every_refund_and_its_moves_are_written_down(store: Store) -> None:
    with store.write() as tx:
        tx.refunds.add(refund(), by="C1001")
        tx.refunds.set_state("RF-k1", "approved", decided_by="supervisor", decided_at=NOW)
        tx.refunds.set_state("RF-k1", "submitted")
        entries = tx.audit.of_subject("RF-k1")
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("C1001", "refund.requested"),
        ("supervisor", "refund.approved"),
        ("kefu", "refund.submitted"),
    ]
    assert {entry.detail["amount"] for entry in entries} == {1000}


# -- being found out --------------------------------------------------------------------

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)
details = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3)
moments = st.datetimes(
    min_value=NOW.replace(tzinfo=None) - timedelta(days=9999),
    max_value=NOW.replace(tzinfo=None) + timedelta(days=9999),
    timezones=st.just(NOW.tzinfo),
)
VALUES: dict[str, Any] = {
    "audit_id": st.integers(min_value=-5, max_value=2**31 - 1),
    "at": moments,
    "detail": details,
    "previous": texts,
    "hash": texts,
    **dict.fromkeys(("actor", "action", "subject"), texts),
}


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(number=st.integers(min_value=1, max_value=12), field=st.sampled_from(FIELDS), data=st.data())
def test_any_altered_field_of_any_row_is_found(store: Store, number: int, field: str, data: Any) -> None:
    if checked(store).rows < 12:
        write(store, 5)
    with unguarded(store) as tx:
        value = data.draw(VALUES[field])
        assume(value != row_of(tx, number)[field])
        assume(field != "audit_id" or not 1 <= value <= 12)  # two rows of one number: the key refuses it
        change(tx, number, **{field: value})
        verdict = verify(tx.audit.rows())
    # a row that got another number is missing where it was, unless it was moved away from the end
    if field == "audit_id" and number == 12 and value > 12:
        assert verdict.bad_row == 12
    elif field == "audit_id" and value < 1:
        assert verdict.bad_row == value
    else:
        assert verdict.bad_row == number


def reorder(tx: Transaction) -> None:
    for number, to in ((3, 999), (5, 3), (999, 5)):
        change(tx, number, audit_id=to)


def remove_first(tx: Transaction) -> None:
    tx.execute("DELETE FROM audit WHERE audit_id = 1")


def remove_and_close_up(tx: Transaction) -> None:
    tx.execute("DELETE FROM audit WHERE audit_id = 4")
    for number in range(5, 8):
        change(tx, number, audit_id=number - 1)


def remove_some(tx: Transaction) -> None:
    tx.execute("DELETE FROM audit WHERE audit_id BETWEEN 3 AND 5")


def put_in(tx: Transaction) -> None:
    for number in range(7, 3, -1):
        change(tx, number, audit_id=number + 1)
    tx._run(
        sa.insert(AUDIT).values({**row_of(tx, 3), "audit_id": 4, "previous": row_of(tx, 3)["hash"] + " "})
    )


def put_in_well_made(tx: Transaction) -> None:
    """A row with a right hash of its own, which the next is made to name: that one's hash is wrong then."""
    last = row_of(tx, 3)
    for number in range(7, 3, -1):
        change(tx, number, audit_id=number + 1)
    entry = {name: last[name] for name in ("at", "actor", "action", "subject", "detail")}
    (made,) = chain.linked([entry], Link(3, last["hash"]))
    change(tx, 5, previous=made["hash"])
    tx._run(sa.insert(AUDIT).values(made))


def append_forged(tx: Transaction) -> None:
    last = row_of(tx, 7)
    tx._run(sa.insert(AUDIT).values({**last, "audit_id": 8, "previous": last["hash"], "hash": "f" * 64}))


def alter_with_a_new_hash(tx: Transaction) -> None:
    row = row_of(tx, 4) | {"actor": "somebody else"}
    forged = chain.digest({**row, "at": chain.moment(row["at"])})
    change(tx, 4, actor="somebody else", hash=forged)


@pytest.mark.parametrize(
    ("tamper", "bad_row", "words"),
    [
        (reorder, 3, "altered"),
        (remove_first, 1, "row 1 is missing"),
        (remove_some, 3, "rows 3 to 5 are missing"),
        (remove_and_close_up, 4, "altered"),
        (put_in, 4, "put in"),
        (put_in_well_made, 5, "altered"),
        (append_forged, 8, "put in"),
        (alter_with_a_new_hash, 5, "does not follow row 4"),
    ],
)
def test_rows_that_were_moved_removed_or_put_in_are_named(
    store: Store, tamper: Callable[[Transaction], None], bad_row: int, words: str
) -> None:
    with unguarded(store) as tx:
        tamper(tx)
        verdict = verify(tx.audit.rows())
    assert verdict.bad_row == bad_row and words in str(verdict.problem)


def test_a_value_that_is_none_of_its_column_is_a_finding_and_no_crash(store: Store) -> None:
    if store.dialect != "sqlite":  # PostgreSQL holds its types; there an infinite time is as odd as it gets
        with unguarded(store) as tx:
            tx.execute("UPDATE audit SET at = 'infinity' WHERE audit_id = 2")
            assert verify(tx.audit.rows()).bad_row == 2
        return
    for value in ("'no time'", "x'ff00'", "17", "''"):
        for field in ("at", "detail", "actor", "hash"):
            with unguarded(store) as tx:
                tx.execute(f"UPDATE audit SET {field} = {value} WHERE audit_id = 2")
                assert verify(tx.audit.rows()).bad_row == 2


def test_a_tail_that_was_cut_off_shows_against_a_kept_head(store: Store) -> None:
    kept = checked(store).head
    with unguarded(store) as tx:
        tx.execute("DELETE FROM audit WHERE audit_id > 5")
        assert verify(tx.audit.rows()).holds
        for head in (kept, Link(None, kept.hash)):
            verdict = verify(tx.audit.rows(), head=head)
            assert verdict.bad_row == 6 and "missing at the end" in str(verdict.problem)


def test_a_chain_written_anew_shows_against_a_kept_head(store: Store) -> None:
    kept = checked(store).head
    with unguarded(store) as tx:
        rows = [row_of(tx, number) for number in range(1, 8)]
        tx.execute("DELETE FROM audit")
        rows[2]["actor"] = "somebody else"
        entries = [
            {name: row[name] for name in ("at", "actor", "action", "subject", "detail")} for row in rows
        ]
        tx._run(sa.insert(AUDIT), list(chain.linked(entries, chain.START)))
        assert verify(tx.audit.rows()).holds
        verdict = verify(tx.audit.rows(), head=kept)
    assert verdict.bad_row == 7 and "written anew" in str(verdict.problem)


def test_an_old_head_still_fits_when_the_chain_has_grown(store: Store) -> None:
    kept = checked(store).head
    write(store, 3)
    for head in (kept, Link(None, kept.hash), Link.parse(str(kept))):
        assert checked(store, head=head).holds


@pytest.mark.parametrize("text", ["", "12", "12:abc", "x:" + "a" * 64, "g" * 64, "1:" + "a" * 65])
def test_what_is_no_head_says_where_to_get_one(text: str) -> None:
    with pytest.raises(ConfigError, match="kefu audit head"):
        Link.parse(text)
