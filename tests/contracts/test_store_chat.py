"""Conversations in the store: numbers without gaps, once a message, answers with their questions; photos."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from kefu.errors import DuplicateKey
from kefu.shop import chats, inbox, photos
from kefu.shop.chats import OtherContent, Said
from kefu.shop.identity import Identity, open_session
from kefu.shop.operation import Operation
from kefu.shop.operations import perform
from kefu.shop.photos import Photo
from kefu.shop.tickets import open_ticket
from kefu.store import Store
from kefu.store.chat_records import Button
from tests.support.databases import NOW

PHOTO = Photo("image/jpeg", 4, 3, b"\xff\xd8\x00jpeg")


@pytest.fixture
def session(store: Store) -> str:
    with store.write() as tx:
        return open_session(tx, customer_id=None, language="en", now=NOW, hours=1).session_id


def test_what_is_said_is_numbered_and_answered(store: Store, session: str) -> None:
    with store.write() as tx:
        first, new = chats.accept(tx, session, Said("hello", "m-1"))
        assert (first.seq, first.answered, new) == (1, False, True)
        assert chats.accept(tx, session, Said("hello", "m-1")) == (first, False)
        assert inbox.left(tx, process_id="p", now=NOW) == [session]
    with store.write() as tx:
        chats.answer(
            tx, session, "m-1", [{"text": "hi", "buttons": [{"title": "Yes"}]}, {"image": "https://x"}]
        )
        assert chats.say_as_agent(tx, session, "Anna here").seq == 4
    with store.read() as tx:
        rows = tx.messages.after(session, 1, limit=10)
        assert [(row.seq, row.author, row.text) for row in rows] == [
            (2, "assistant", "hi"), (3, "assistant", ""), (4, "agent", "Anna here"),
        ]  # fmt: skip
        assert chats.view(rows[1])["image"] == "https://x"
        assert inbox.left(tx, process_id="p", now=NOW) == []
        assert tx.messages.lasts([session, "nobody"]) == {session: 4}
        assert [row.seq for row in tx.messages.after(session, 0, limit=2)] == [1, 2]


def test_the_same_id_with_other_content_is_told_apart(store: Store, session: str) -> None:
    with store.write() as tx:
        chats.accept(tx, session, Said("hello", "m-1"))
        with pytest.raises(OtherContent):
            chats.accept(tx, session, Said("other", "m-1"))
        with pytest.raises(OtherContent):
            chats.accept(tx, session, Said("hello", "m-1", ("photo",)))
        with pytest.raises(DuplicateKey):
            tx.messages.add(session, "customer", "x", message_id="m-1")
        assert tx.messages.last(session) == 1


def test_many_at_once_get_numbers_without_gaps(store: Store, session: str) -> None:
    def say(n: int) -> None:
        with store.write() as tx:
            chats.accept(tx, session, Said(f"text {n}", f"m-{n}"))

    threads = [threading.Thread(target=say, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert [row.seq for row in tx.messages.after(session, 0, limit=20)] == list(range(1, 9))


def test_a_button_may_be_taken_again_by_the_message_that_took_it(store: Store, session: str) -> None:
    with store.write() as tx:
        tx.buttons.add(Button("n", session, "Yes", "affirm", {}))
        said, _ = chats.accept(tx, session, Said("btn:n", "m-1"))
        assert (said.text, chats.payload_of(said)) == ("Yes", "btn:n")
        assert chats.accept(tx, session, Said("btn:other", "m-2"))[0].text == chats.UNKNOWN_BUTTON
        assert tx.buttons.take("n", session, message_id="m-1") is not None
        assert tx.buttons.take("n", session, message_id="m-1") is not None
        assert tx.buttons.take("n", session, message_id="m-2") is None
        assert tx.buttons.take("n", "another", message_id="m-1") is None


def owner_of(store: Store, number: str) -> Identity:
    with store.read() as tx:
        order = tx.orders.get(number)
    assert order is not None
    return Identity("s-photo", order.customer_id)


def test_photos_go_to_the_return_that_they_show(store: Store) -> None:
    me = owner_of(store, "KF10000004")
    with store.write() as tx:
        before = photos.keep(tx, me, PHOTO, now=NOW)
        assert before.subject is None
        done = perform(tx, me, Operation("return", "KF10000004", reason="damaged"), now=NOW, key="k")
        return_id = done.facts["returns"][0].return_id
        after = photos.keep(tx, me, PHOTO, now=NOW)
        assert [row.attachment_id for row in tx.attachments.of_subject(return_id)] == sorted(
            [before.attachment_id, after.attachment_id]
        )
        assert tx.attachments.get(before.attachment_id, "another session") is None


def test_photos_go_to_the_ticket_that_is_opened(store: Store, session: str) -> None:
    guest = Identity(session)
    with store.write() as tx:
        old = photos.keep(tx, guest, PHOTO, now=NOW - timedelta(days=3))
        new = photos.keep(tx, guest, PHOTO, now=NOW)
        ticket = open_ticket(tx, guest, "human", "a person", now=NOW).ticket
        later = photos.keep(tx, guest, PHOTO, now=NOW)
        kept = {row.attachment_id for row in tx.attachments.of_subject(ticket.ticket_id)}
        assert kept == {new.attachment_id, later.attachment_id} and old.attachment_id not in kept
        assert tx.attachments.of_subject(ticket.ticket_id)[0].content == PHOTO.content


def test_a_return_by_choice_takes_no_photo(store: Store) -> None:
    me = owner_of(store, "KF10000003")
    with store.write() as tx:
        photo = photos.keep(tx, me, PHOTO, now=NOW)
        assert (
            perform(tx, me, Operation("return", "KF10000003", reason="unwanted"), now=NOW, key="k").kind
            == "done"
        )
        kept = tx.attachments.get(photo.attachment_id, me.session_id)
        assert kept is not None and kept.subject is None
