"""The outbox on either database: one sender a mail, states that follow each other, and its migration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from kefu.errors import StoreError
from kefu.store import Store, schema
from kefu.store.chat_records import Mail
from kefu.store.migrations import config
from tests.support.databases import NOW
from tests.support.drivers import BLOCKING

LEASE = timedelta(minutes=3)
MARIA = "maria@example.com"


def put(store: Store, code: str | None = "111111") -> Mail:
    with store.write() as tx:
        return tx.outbox.add(to="Maria@example.com", subject="s", body=f"code {code}", code=code, now=NOW)


def take(store: Store, **after: float) -> Mail | None:
    with store.write() as tx:
        return tx.outbox.take(now=NOW + timedelta(**after), lease=LEASE)


def test_the_outbox_knows_the_last_code(store: Store) -> None:
    with store.read() as tx:
        assert tx.outbox.last_code(MARIA) is None and tx.outbox.counts() == {}
    for code in ("111111", "222222", None):
        mail = put(store, code)
    with store.read() as tx:
        assert tx.outbox.last_code(MARIA) == "222222"
        assert tx.outbox.of("MARIA@example.com")[0] == mail and mail.created_at == NOW
        assert tx.outbox.newest(2)[0] == mail and tx.outbox.counts() == {"pending": 3}


def test_a_mail_to_an_orders_owner_is_in_their_language(store: Store) -> None:
    letters = {"en": ("Hello", "in English"), "zh": ("你好", "中文")}
    more = {"otherwise": "en", "code": "123456", "now": NOW, "expires_at": NOW + LEASE}
    with store.write() as tx:
        for number in ("KF10000029", "KF10000013", "KF99999999", ""):
            tx.outbox.add_to_owner(number, letters, **more)
        english, chinese = tx.outbox.of(MARIA), tx.outbox.of("xiaoming@example.com")
        assert len(tx.outbox.newest(9)) == 2
    assert [(m.subject, m.body, m.code) for m in english] == [("Hello", "in English", "123456")]
    assert [(m.subject, m.body, m.state) for m in chinese] == [("你好", "中文", "pending")]
    assert (english[0].created_at, english[0].due_at, english[0].expires_at) == (NOW, NOW, NOW + LEASE)


def test_a_mail_is_taken_once_and_again_only_when_its_taker_is_lost(store: Store) -> None:
    put(store)
    first = take(store)
    assert first is not None and (first.state, first.attempts, first.claimed_at) == ("sending", 1, NOW)
    assert take(store, minutes=2) is None
    second = take(store, minutes=3)
    assert second is not None and second.attempts == 2
    with store.write() as tx:
        tx.outbox.put_back(first, due_at=NOW, problem="late")  # it lost the mail, so it has no say
        tx.outbox.finish(first, "failed", now=NOW, forget=True)
        assert tx.outbox.newest(1) == [second]
        tx.outbox.finish(second, "sent", now=NOW, forget=True)
        (sent,) = tx.outbox.newest(1)
    assert (sent.state, sent.sent_at, sent.code, sent.body) == ("sent", NOW, None, "")
    assert take(store, days=9) is None


def test_what_was_sent_counts_whoever_holds_the_mail_by_now(store: Store) -> None:
    put(store)
    slow = take(store)
    assert slow is not None and take(store, minutes=4) is not None
    with store.write() as tx:
        tx.outbox.finish(slow, "sent", now=NOW, forget=False)
        assert [mail.state for mail in tx.outbox.newest(1)] == ["sent"]
    assert take(store, days=9) is None


def test_a_mail_waits_until_it_is_due(store: Store) -> None:
    put(store)
    mail = take(store)
    assert mail is not None
    with store.write() as tx:
        tx.outbox.put_back(mail, due_at=NOW + timedelta(seconds=5), problem="TimeoutError")
    assert take(store, seconds=4) is None
    with store.read() as tx:
        assert not tx.outbox.is_due(now=NOW, lease=LEASE)
        assert tx.outbox.is_due(now=NOW + timedelta(seconds=5), lease=LEASE)
    again = take(store, seconds=5)
    assert again is not None and (again.problem, again.attempts, again.code) == ("TimeoutError", 2, "111111")


@BLOCKING
def test_of_many_senders_each_mail_goes_to_one(store: Store) -> None:
    for _ in range(10):
        put(store)
    barrier = Barrier(12)

    def run(_: int) -> list[int]:
        barrier.wait()
        mails = [take(store) for _ in range(12)]
        return [mail.mail_id for mail in mails if mail is not None]

    with ThreadPoolExecutor(12) as pool:
        taken = [mail_id for mine in pool.map(run, range(12)) for mail_id in mine]
    assert len(taken) == len(set(taken)) == 10


def test_a_state_that_is_none_is_refused(store: Store) -> None:
    put(store)
    mail = take(store)
    assert mail is not None
    with pytest.raises(StoreError), store.write() as tx:
        tx.outbox.finish(mail, "lost", now=NOW, forget=False)


def migrate(url: str, to: str, *, down: bool = False) -> None:
    engine = sa.create_engine(url, future=True)
    with engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(settings, to)
    engine.dispose()


def test_mails_come_through_the_migration_and_back(databases: Any) -> None:
    url, before = databases.empty(), "0003"
    migrate(url, before)
    engine = sa.create_engine(url, future=True)
    old = sa.table(
        "outbox", *map(sa.column, ("recipient", "recipient_key", "subject", "body", "code", "created_at"))
    )
    row = {
        "recipient": MARIA,
        "recipient_key": MARIA,
        "subject": "s",
        "body": "b",
        "code": "1",
        "created_at": NOW,
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(old).values(**row))
    migrate(url, schema.REVISION)
    store = Store.open(url)
    with store.write() as tx:
        (mail,) = tx.outbox.of(MARIA)
        assert (mail.state, mail.attempts, mail.body, mail.due_at) == ("expired", 0, "b", None)
        tx.outbox.add(to=MARIA, subject="new", body="b")
        assert tx.outbox.counts() == {"expired": 1, "pending": 1}
    store.close()
    migrate(url, before, down=True)
    with engine.connect() as connection:
        assert connection.execute(sa.select(old.c.subject)).scalars().all() == ["s", "new"]
        assert "state" not in {column["name"] for column in sa.inspect(connection).get_columns("outbox")}
    engine.dispose()
    migrate(url, schema.REVISION)
    Store.open(url).close()
