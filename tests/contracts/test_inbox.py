"""Who works on a conversation: one process at a time; the dead are followed, the overtaken too late."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from kefu.errors import Overtaken
from kefu.shop import chats, inbox
from kefu.shop.chats import Said
from kefu.shop.identity import open_session
from kefu.shop.inbox import Due
from kefu.store import Store
from tests.support.databases import NOW


@pytest.fixture
def session(store: Store) -> str:
    with store.write() as tx:
        for process in ("a", "b"):
            tx.inboxes.beat(process)
        return open_session(tx, customer_id=None, language="en", now=NOW, hours=1).session_id


def say(store: Store, session: str, text: str, process: str) -> Due | None:
    with store.write() as tx:
        chats.accept(tx, session, Said(text, text))
        return inbox.next_due(tx, session, process_id=process, now=NOW)


def due(store: Store, session: str, process: str) -> Due | None:
    with store.write() as tx:
        return inbox.next_due(tx, session, process_id=process, now=NOW)


def answer(store: Store, found: Due) -> Due | None:
    with store.write() as tx:
        inbox.require(tx, found.claim)
        chats.answer(tx, found.claim.session_id, found.message.message_id, [{"text": "ok"}])
        return inbox.next_due(tx, found.claim.session_id, process_id=found.claim.process_id, now=NOW)


def left(store: Store, process: str) -> list[str]:
    with store.read() as tx:
        return inbox.left(tx, process_id=process, now=NOW)


def test_one_process_has_a_conversation_until_nothing_is_left(store: Store, session: str) -> None:
    first = say(store, session, "one", "a")
    assert first is not None and (first.message.text, first.claim.number) == ("one", 1)
    assert say(store, session, "two", "b") is None, "what another accepts is the work of who has it"
    assert left(store, "b") == []
    second = answer(store, first)
    assert second is not None and (second.message.text, second.claim) == ("two", first.claim)
    assert answer(store, second) is None
    third = say(store, session, "three", "b")
    assert third is not None and (third.claim.process_id, third.claim.number) == ("b", 2)


def test_what_the_dead_had_is_taken_over_and_their_late_answer_is_refused(store: Store, session: str) -> None:
    had = say(store, session, "one", "a")
    assert had is not None and due(store, session, "b") is None
    with store.write() as tx:
        assert not tx.inboxes.bury("a", 7), "it counted on meanwhile"
        assert tx.inboxes.bury("a", 1) and not tx.inboxes.bury("a")
    assert left(store, "b") == [session]
    taken = due(store, session, "b")
    assert taken is not None and (taken.message, taken.claim.number) == (had.message, 2)
    with store.write() as tx:
        tx.inboxes.beat("a")  # it was only asleep
    with pytest.raises(Overtaken):
        answer(store, had)
    assert due(store, session, "a") is None
    assert answer(store, taken) is None
    with store.read() as tx:
        assert [row.text for row in tx.messages.after(session, 0, limit=9)] == ["one", "ok"]


def test_a_claim_without_work_is_taken_up_by_its_own_process(store: Store, session: str) -> None:
    say(store, session, "one", "a")
    assert left(store, "a") == [session]
    assert left(store, "b") == []


@pytest.mark.parametrize("passed", [timedelta(minutes=61), timedelta(hours=3)])
def test_what_is_old_or_of_an_ended_session_is_left_alone(
    store: Store, session: str, passed: timedelta
) -> None:
    say(store, session, "one", "gone")
    with store.write() as tx:
        assert inbox.left(tx, process_id="a", now=NOW + passed) == []
        assert inbox.next_due(tx, session, process_id="a", now=NOW + passed) is None
        assert inbox.left(tx, process_id="a", now=NOW) == [session], "what nobody has is given back"


def test_of_many_that_come_at_once_one_gets_it(store: Store, session: str) -> None:
    with store.write() as tx:
        chats.accept(tx, session, Said("one", "one"))
    names = [f"p{n}" for n in range(6)]
    with store.write() as tx:
        for name in names:
            tx.inboxes.beat(name)
    start, found = Barrier(len(names)), {}

    def race(name: str) -> None:
        start.wait()
        found[name] = due(store, session, name)

    threads = [Thread(target=race, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == len(names)
    assert sum(each is not None for each in found.values()) == 1
