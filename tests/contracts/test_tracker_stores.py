"""What a tracker store promises: what was said is there again. Ours promises more, on every database.

The stock in-memory store runs beside ours where it promises the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.fencing import Fence, holding
from kefu.components.tracker_store import SqlTrackerStore
from kefu.components.wiring import ConversationRecords
from kefu.errors import ConversationLost, Overtaken, StoreError
from tests.support.tracker_domain import DOMAIN

SPOKEN = ["我的订单到哪了？ 👍", "\ud800 alone", "nul \x00 inside", '"quoted" \\ and \u2028', ""]


def user(text: str) -> UserUttered:
    parsed = {"text": text, "intent": {"name": "greet", "confidence": 0.9}, "entities": []}
    return UserUttered(text, parsed["intent"], [], parsed, input_channel="chat")  # type: ignore[arg-type]


def turn(text: str, order: str) -> list[Event]:
    return [
        user(text),
        ActionExecuted("action_x"),
        SlotSet("order", order),
        BotUttered(f"heard {text}", {"custom": {"offer": {"kind": "human"}}}),
        ActionExecuted("action_listen"),
    ]


async def say(store: TrackerStore, conversation: str, text: str, order: str = "KF1") -> DialogueStateTracker:
    """One turn as Rasa's processor does it: load, add, save."""
    tracker = await store.get_or_create_tracker(conversation, append_action_listen=False)
    if not tracker.events:
        tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], DOMAIN)
        tracker.update(ActionExecuted("action_listen"))
    tracker.update_with_events(turn(text, order), DOMAIN)
    await store.save(tracker)
    return tracker


def of_session(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    events = list(tracker.events)
    start = next(place for place, event in enumerate(events) if isinstance(event, SessionStarted))
    return [event.as_dict() for event in events[start:]]


def texts(tracker: DialogueStateTracker | None) -> list[str | None]:
    assert tracker is not None
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


@pytest.fixture(params=["stock", "ours", "reading"])
def store(request: pytest.FixtureRequest, ours: SqlTrackerStore, reading: SqlTrackerStore) -> TrackerStore:
    return {"stock": InMemoryTrackerStore(DOMAIN), "ours": ours, "reading": reading}[request.param]


@contextmanager
def database(url: str) -> Iterator[sa.engine.Connection]:
    engine = sa.create_engine(url, future=True)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def change(url: str, statement: str) -> None:
    with database(url) as connection:
        connection.execute(sa.text(statement))


# --- what every tracker store promises


async def test_nobody_knows_a_conversation_that_did_not_begin(store: TrackerStore) -> None:
    assert await store.retrieve("nobody") is None
    assert not await store.exists("nobody")
    assert list(await store.keys()) == []


@pytest.mark.parametrize("text", SPOKEN)
async def test_what_was_said_is_there_again(store: TrackerStore, text: str) -> None:
    told = await say(store, "someone", text, "KF10000002")
    again = await store.retrieve("someone")
    assert again is not None
    # what stands before the session's start is given back by one store and not by the other
    assert of_session(again) == of_session(told)
    assert again.get_slot("order") == "KF10000002"
    assert again.latest_message is not None and again.latest_message.text == text
    assert await store.exists("someone") and list(await store.keys()) == ["someone"]


async def test_a_conversation_goes_on(store: TrackerStore) -> None:
    for text in ("one", "two", "three"):
        await say(store, "someone", text)
    assert texts(await store.retrieve("someone")) == ["one", "two", "three"]
    assert texts(await store.retrieve_full_tracker("someone")) == ["one", "two", "three"]


async def test_the_latest_session_and_all_of_them(store: TrackerStore) -> None:
    tracker = await say(store, "someone", "before")
    tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], DOMAIN)
    tracker.update_with_events(turn("behind", "KF2"), DOMAIN)
    await store.save(tracker)
    assert texts(await store.retrieve("someone")) == ["behind"]
    assert texts(await store.retrieve_full_tracker("someone")) == ["before", "behind"]
    await say(store, "someone", "on")
    assert texts(await store.retrieve("someone")) == ["behind", "on"]


async def test_conversations_are_apart(store: TrackerStore) -> None:
    await asyncio.gather(*(say(store, f"c{n}", f"text {n}") for n in range(12)))
    for n in range(12):
        assert texts(await store.retrieve(f"c{n}")) == [f"text {n}"]


async def test_a_tracker_saved_twice_is_there_once(store: TrackerStore) -> None:
    tracker = await say(store, "someone", "once")
    await store.save(tracker)
    assert texts(await store.retrieve_full_tracker("someone")) == ["once"]


# --- what ours promises besides


async def test_another_stores_tracker_is_taken(ours: SqlTrackerStore) -> None:
    plain = DialogueStateTracker("someone", DOMAIN.slots)
    plain.update_with_events(turn("one", "KF1"), DOMAIN)
    await ours.save(plain)
    plain.update_with_events(turn("two", "KF2"), DOMAIN)
    await ours.save(plain)
    assert texts(await ours.retrieve("someone")) == ["one", "two"]


async def test_a_second_process_reads_what_the_first_one_wrote(ours: SqlTrackerStore, url: str) -> None:
    for place in range(12):
        await say(ours, "someone", f"text {place}", f"KF{place}")
    other = SqlTrackerStore(DOMAIN, url)
    again = await other.retrieve("someone")
    other.close()
    assert again is not None and again.get_slot("order") == "KF11"
    assert texts(again)[-4:] == [f"text {place}" for place in range(8, 12)]


async def test_a_turn_appends_one_row_and_changes_none(ours: SqlTrackerStore, url: str) -> None:
    def rows() -> list[tuple[int, str]]:
        with database(url) as connection:
            found = connection.execute(
                sa.text("SELECT seq, events FROM conversation_events ORDER BY seq")
            ).all()
        return [(row.seq, row.events) for row in found]

    before: list[tuple[int, str]] = []
    for place in range(20):
        await say(ours, "someone", f"text {place}")
        now = rows()
        assert now[:-1] == before and len(now) == place + 1
        before = now


async def test_history_is_bounded_however_long_a_conversation_is(ours: SqlTrackerStore) -> None:
    lengths = []
    for place in range(100):
        lengths.append(len((await say(ours, "someone", f"text {place}")).events))
    assert max(lengths) < 160
    full = await ours.retrieve_full_tracker("someone")
    assert texts(full) == [f"text {place}" for place in range(100)]


async def test_a_save_whose_answer_got_lost_is_not_doubled(url: str) -> None:
    class Forgetful(ConversationRecords):
        failures = 2

        def append(self, conversation_id: str, events: str, **numbers: int) -> None:
            super().append(conversation_id, events, **numbers)
            if self.failures:
                self.failures -= 1
                raise StoreError("the connection broke at the commit")

    store = SqlTrackerStore(DOMAIN, records=Forgetful(url))
    await say(store, "someone", "once")
    await say(store, "someone", "twice")
    assert texts(await store.retrieve_full_tracker("someone")) == ["once", "twice"]
    store.close()


async def test_of_two_turns_at_once_one_is_refused(ours: SqlTrackerStore) -> None:
    await say(ours, "someone", "first")
    one, other = await ours.retrieve("someone"), await ours.retrieve("someone")
    assert one is not other
    assert one is not None and other is not None
    one.update_with_events(turn("one", "KF1"), DOMAIN)
    other.update_with_events(turn("other", "KF2"), DOMAIN)
    await ours.save(one)
    with pytest.raises(Overtaken):
        await ours.save(other)
    assert texts(await ours.retrieve("someone")) == ["first", "one"]


async def test_two_first_turns_at_once_do_not_mix(ours: SqlTrackerStore) -> None:
    results = await asyncio.gather(*(say(ours, "new", f"text {n}") for n in range(4)), return_exceptions=True)
    said = [result for result in results if not isinstance(result, BaseException)]
    assert len(said) >= 1
    assert all(isinstance(r, StoreError) for r in results if isinstance(r, BaseException))
    assert len(texts(await ours.retrieve_full_tracker("new"))) == len(said)


async def test_a_new_conversation_that_another_turn_began_meanwhile_is_no_part_of_it(
    ours: SqlTrackerStore,
) -> None:
    late = await ours.get_or_create_tracker("new", append_action_listen=False)
    late.update_with_events(turn("late", "KF1"), DOMAIN)
    early = await ours.get_or_create_tracker("new", append_action_listen=False)
    early.update_with_events(turn("early", "KF1"), DOMAIN)
    await ours.save(early)
    with pytest.raises(Overtaken):
        await ours.save(late)
    assert texts(await ours.retrieve("new")) == ["early"]


async def test_a_holder_that_was_thought_dead_saves_nothing(ours: SqlTrackerStore) -> None:
    await say(ours, "someone", "first")
    with holding(Fence("someone", 7)):
        late = await ours.retrieve("someone")
    with holding(Fence("someone", 8, took_over=True)):
        new = await ours.retrieve("someone")
    assert late is not None and new is not None
    late.update_with_events(turn("late", "KF1"), DOMAIN)
    with holding(Fence("someone", 7)), pytest.raises(Overtaken):
        await ours.save(late)
    new.update_with_events(turn("new", "KF2"), DOMAIN)
    with holding(Fence("someone", 8)):
        await ours.save(new)
    assert texts(await ours.retrieve("someone")) == ["first", "new"]


# --- failures


async def test_without_a_database_there_is_an_error_and_no_blank_conversation() -> None:
    store = SqlTrackerStore(DOMAIN, "postgresql://nobody@127.0.0.1:1/none")
    for call in (store.retrieve("someone"), store.exists("someone"), store.keys(), store.check()):
        with pytest.raises(StoreError):
            await call
    tracker = DialogueStateTracker("someone", DOMAIN.slots)
    tracker.update(user("hello"))
    with pytest.raises(StoreError):
        await store.save(tracker)
    store.close()


async def test_a_silent_database_is_not_waited_for(url: str) -> None:
    class Slow(ConversationRecords):
        def load(self, conversation_id: str) -> None:
            import time

            time.sleep(0.4)

    store = SqlTrackerStore(DOMAIN, records=Slow(url), seconds=0.1)
    with pytest.raises(StoreError, match="no answer"):
        await store.retrieve("someone")
    store.close()


async def test_the_event_loop_goes_on_meanwhile(url: str) -> None:
    class Slow(ConversationRecords):
        def load(self, conversation_id: str) -> None:
            import time

            time.sleep(0.3)

    store, ticks = SqlTrackerStore(DOMAIN, records=Slow(url)), 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await store.retrieve("someone")
    ticking.cancel()
    assert ticks > 3
    store.close()


@pytest.mark.parametrize("conversation", ["\ud800", "nul\x00"])
async def test_no_name_of_a_conversation_ends_the_process(ours: SqlTrackerStore, conversation: str) -> None:
    """Rasa's SQL store calls sys.exit here."""
    try:
        await say(ours, conversation, "hello")
        assert texts(await ours.retrieve(conversation)) == ["hello"]
    except StoreError:
        pass  # a database may refuse it; nobody exits


async def test_what_json_cannot_hold_is_refused(ours: SqlTrackerStore) -> None:
    tracker = DialogueStateTracker("someone", DOMAIN.slots)
    tracker.update(SlotSet("order", object()))
    with pytest.raises(StoreError, match="cannot be kept"):
        await ours.save(tracker)


DAMAGES = {
    "no json": "UPDATE conversation_events SET events = '[{\"event\": ' WHERE seq = 2",
    "no event": "UPDATE conversation_events SET events = '[{\"what\": 1}]' WHERE seq = 2",
    "unknown event": 'UPDATE conversation_events SET events = \'[{"event": "nothing"}]\' WHERE seq = 2',
    "no list": "UPDATE conversation_events SET events = '7' WHERE seq = 2",
    "no objects": "UPDATE conversation_events SET events = '[[1]]' WHERE seq = 2",
    "lost between": "DELETE FROM conversation_events WHERE seq = 2",
    "lost at the end": "DELETE FROM conversation_events WHERE seq = 3",
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_conversation_is_set_aside_and_begins_anew(
    reading: SqlTrackerStore, url: str, damage: str
) -> None:
    for text in ("one", "two", "three"):
        await say(reading, "damaged", text)
    change(url, DAMAGES[damage] + " AND conversation_id = 'damaged'")
    await say(reading, "whole", "fine")
    with pytest.raises(ConversationLost):
        await reading.retrieve("damaged")
    assert texts(await reading.retrieve("whole")) == ["fine"], "others go on"
    assert await reading.retrieve("damaged") is None
    await say(reading, "damaged", "again", "KF9")
    assert texts(await reading.retrieve("damaged")) == ["again"]
    with database(url) as connection:
        listed = connection.execute(sa.text("SELECT * FROM conversation_quarantine")).mappings().all()
        left = connection.execute(
            sa.text("SELECT count(*) FROM conversation_events WHERE conversation_id = 'damaged'")
        ).scalar()
    assert [(row["conversation_id"], row["generation"]) for row in listed] == [("damaged", 0)]
    assert listed[0]["reason"] and left >= 3, "what is left stays for an operator"


async def test_a_damaged_checkpoint_costs_nothing(reading: SqlTrackerStore, url: str) -> None:
    for place in range(12):
        await say(reading, "someone", f"text {place}", f"KF{place}")
    change(url, "UPDATE conversations SET checkpoint = 'x'")
    again = await reading.retrieve("someone")
    assert again is not None and again.get_slot("order") == "KF11"
    assert len(texts(again)) == 12
    await say(reading, "someone", "on")
    assert texts(await reading.retrieve("someone"))[-1] == "on"
