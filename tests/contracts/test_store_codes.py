"""One-time codes under pressure: forty guesses at once, forty requests at once, on either database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from kefu.shop.identity import check_code, send_code
from kefu.store import Store, Transaction
from tests.support.codes import RULES, guest, other_than, sent_code
from tests.support.databases import NOW

MANY = 40
MARIA = "maria@example.com"


def at_once(store: Store, act: Callable[[Transaction, int], bool]) -> list[bool]:
    """What each of forty simultaneous write transactions got."""
    barrier = Barrier(MANY)

    def run(number: int) -> bool:
        barrier.wait()
        with store.write() as tx:
            return act(tx, number)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(run, range(MANY)))


def test_the_newest_code_of_a_session_counts(store: Store) -> None:
    later = NOW + timedelta(minutes=10)
    with store.write() as tx:
        assert tx.codes.latest("s1") is None and tx.codes.take_try("s1", now=NOW, most=5) is None
        old = tx.codes.add("s1", "KF10000029", "old", later, now=NOW)
        new = tx.codes.add("s1", "KF10000029", "new", later, now=NOW)
        tx.codes.add("s2", "KF10000029", "another's", later, now=NOW)
        assert tx.codes.latest("s1") == new
        assert not tx.codes.use(old.code_id)  # void since there is a newer one
        assert [tx.codes.take_try("s1", now=NOW, most=2) is not None for _ in range(3)] == [True, True, False]
        assert tx.codes.take_try("s1", now=later, most=9) is None
        assert tx.codes.use(new.code_id) and not tx.codes.use(new.code_id)
        assert tx.codes.take_try("s1", now=NOW, most=9) is None
    with store.read() as tx:
        found = tx.codes.latest("s1")
    assert found is not None and (found.tries, found.used) == (2, True)


def test_codes_are_counted_by_session_and_by_order(store: Store) -> None:
    with store.write() as tx:
        for session_id, number, age in (("s1", "A", 10), ("s1", "B", 20), ("s2", "B", 30), ("s3", "B", 61)):
            tx.codes.add(session_id, number, "h", NOW, now=NOW - timedelta(minutes=age))
        since = NOW - timedelta(hours=1)
        assert tx.codes.asked_since("s1", "A", since) == 2
        assert tx.codes.asked_since("s9", "B", since) == 2
        assert tx.codes.asked_since("s9", "C", since) == 0


def test_of_forty_wrong_guesses_at_once_five_are_counted(store: Store) -> None:
    session_id = guest(store, now=NOW)
    code = sent_code(store, session_id, "KF10000029", MARIA, now=NOW)
    wrong = other_than(code)
    assert not any(at_once(store, lambda tx, n: check_code(tx, session_id, wrong, now=NOW, rules=RULES)))
    with store.write() as tx:
        row = tx.codes.latest(session_id)
        assert row is not None and (row.tries, row.used) == (5, False)
        assert not check_code(tx, session_id, code, now=NOW, rules=RULES)


def test_of_forty_right_guesses_at_once_one_is_right(store: Store) -> None:
    session_id = guest(store, now=NOW)
    code = sent_code(store, session_id, "KF10000029", MARIA, now=NOW)
    assert sum(at_once(store, lambda tx, n: check_code(tx, session_id, code, now=NOW, rules=RULES))) == 1
    with store.read() as tx:
        row, session = tx.codes.latest(session_id), tx.sessions.get(session_id)
    assert row is not None and row.used and row.tries == 1
    assert session is not None and session.verified_order == "KF10000029"


def test_of_forty_requests_at_once_for_one_order_twelve_are_sent(store: Store) -> None:
    for number in range(MANY):
        guest(store, f"s{number}", now=NOW)
    said = at_once(store, lambda tx, n: send_code(tx, f"s{n}", "KF10000029", now=NOW, rules=RULES))
    with store.read() as tx:
        mails = tx.outbox.of(MARIA)
    assert (sum(said), len(mails)) == (RULES.per_hour, RULES.per_hour)
