"""A conversation is not read anew for each turn, and what is kept in mind is never another than the rows."""

from __future__ import annotations

import pytest
from rasa.shared.core.domain import Domain

from kefu.components.tracker_store import SqlTrackerStore
from kefu.components.wiring import ConversationRecords
from kefu.errors import ConversationLost
from kefu.store.chat_records import Conversation
from tests.contracts.test_tracker_stores import change, say, texts, turn, user
from tests.support.tracker_domain import DOMAIN


async def test_a_conversation_is_not_read_again_for_each_turn(url: str) -> None:
    class Counting(ConversationRecords):
        loads = 0

        def load(self, conversation_id: str) -> Conversation | None:
            self.loads += 1
            return super().load(conversation_id)

    records = Counting(url)
    store = SqlTrackerStore(DOMAIN, records=records)
    for place in range(10):
        await say(store, "someone", f"text {place}")
    assert records.loads == 2, "of the first turn, and of the second, behind the session's beginning"
    assert texts(await store.retrieve("someone")) == [f"text {place}" for place in range(10)]
    store.close()


async def test_what_another_process_said_meanwhile_is_known(
    ours: SqlTrackerStore, reading: SqlTrackerStore
) -> None:
    for store, text in ((ours, "1"), (ours, "2"), (ours, "3"), (reading, "4"), (ours, "5")):
        await say(store, "someone", text)
    assert texts(await ours.retrieve("someone")) == ["1", "2", "3", "4", "5"]


async def test_a_turn_that_failed_leaves_no_trace(ours: SqlTrackerStore) -> None:
    for text in ("one", "two", "three"):
        await say(ours, "someone", text)
    failed = await ours.retrieve("someone")
    assert failed is not None
    failed.update_with_events(turn("lost", "KF9"), DOMAIN)
    again = await ours.retrieve("someone")
    assert texts(again) == ["one", "two", "three"]
    assert again is not None and again.get_slot("order") == "KF1"


async def test_what_was_added_behind_a_save_is_not_remembered(ours: SqlTrackerStore) -> None:
    await say(ours, "someone", "one")
    tracker = await say(ours, "someone", "two")
    tracker.update(user("not saved"))
    assert texts(await ours.retrieve("someone")) == ["one", "two"]


async def test_a_tracker_of_another_domain_is_not_remembered(ours: SqlTrackerStore) -> None:
    """A model that was promoted may know other slots."""
    for text in ("one", "two"):
        await say(ours, "someone", text)
    ours.domain = Domain.from_yaml("slots: {colour: {type: text, mappings: [{type: custom}]}}")
    again = await ours.retrieve("someone")
    assert again is not None and set(again.slots) >= {"colour"}


async def test_trackers_of_a_model_that_serves_no_more_are_let_go(ours: SqlTrackerStore) -> None:
    for name in ("a", "b", "a", "b"):
        await say(ours, name, "hello")
    assert "a" in ours._remembered and "b" in ours._remembered
    ours.domain = Domain.from_dict(DOMAIN.as_dict())
    for text in ("one", "two"):
        await say(ours, "c", text)
    assert "c" in ours._remembered and "a" not in ours._remembered and "b" not in ours._remembered


async def test_a_turn_during_which_the_model_changed_is_not_remembered_for_the_new_one(
    ours: SqlTrackerStore,
) -> None:
    await say(ours, "someone", "one")
    await say(ours, "someone", "two")
    tracker = await ours.retrieve("someone")
    assert tracker is not None
    ours.domain = Domain.from_yaml("slots: {colour: {type: text, mappings: [{type: custom}]}}")
    tracker.update_with_events(turn("three", "KF1"), DOMAIN)
    await ours.save(tracker)
    again = await ours.retrieve("someone")
    assert again is not None and set(again.slots) >= {"colour"}


async def test_damage_is_found_by_who_reads_the_rows_next(ours: SqlTrackerStore, url: str) -> None:
    for text in ("one", "two", "three"):
        await say(ours, "someone", text)
    change(url, "DELETE FROM conversation_events WHERE seq = 2")
    other = SqlTrackerStore(DOMAIN, url)
    with pytest.raises(ConversationLost):
        await other.retrieve("someone")
    other.close()
    assert await ours.retrieve("someone") is None, "it began anew, and what was kept in mind is no more"


async def test_only_so_many_conversations_are_remembered(url: str) -> None:
    store = SqlTrackerStore(DOMAIN, url, remembered=2)
    for name in ("a", "b", "c", "a", "b", "c"):
        await say(store, name, "hello")
    assert [name in store._remembered for name in "abc"] == [False, True, True]
    store.close()
