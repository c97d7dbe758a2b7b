"""A turn over records in memory: what is kept, what is said when the store fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from kefu.channels.apology import SENTENCES
from kefu.channels.records import Answered, DemoCustomer, Press, Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.turns import Turns
from kefu.errors import ConversationLost, StoreError

VISITOR = Visitor("s-1", "en", None, datetime(2030, 1, 1, tzinfo=timezone.utc))


class MemoryRecords:
    """ChatRecords in two dictionaries; ``full`` makes keeping fail."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answered] = {}
        self.presses: dict[tuple[str, str], Press] = {}
        self.full = False
        self.refusals = 0

    async def open_session(self, *, customer_token: str | None, language: str | None) -> tuple[Visitor, str]:
        return VISITOR, "token"

    async def visitor(self, token: str) -> Visitor:
        return VISITOR

    async def answered(self, session_id: str, message_id: str) -> Answered | None:
        return self.answers.get((session_id, message_id))

    async def keep(
        self, session_id: str, message_id: str, *, answered: Answered, presses: Sequence[Press]
    ) -> None:
        if self.full or self.refusals:
            self.refusals -= 1
            raise StoreError("full")
        self.answers[session_id, message_id] = answered
        self.presses.update({(session_id, press.nonce): press for press in presses})

    async def take_press(self, session_id: str, nonce: str) -> Press | None:
        return self.presses.pop((session_id, nonce), None)

    async def demo_customers(self) -> list[DemoCustomer] | None:
        return None

    async def demo_token(self, customer_id: str) -> str | None:
        return None

    async def check(self) -> None:
        """It always answers."""

    async def close(self) -> None:
        """There is nothing to close."""


async def choose(message: UserMessage) -> None:
    buttons = [{"title": "Yes", "payload": "/affirm"}]
    await message.output_channel.send_text_with_buttons(str(message.sender_id), "Sure?", buttons)


@pytest.fixture
def records() -> MemoryRecords:
    return MemoryRecords()


async def test_an_answer_is_kept_with_its_buttons(records: MemoryRecords) -> None:
    (message,) = await Turns(records, choose).answer(VISITOR, "hi", "m-1")
    assert records.answers["s-1", "m-1"].messages == [message]
    assert [press.intent for press in records.presses.values()] == ["affirm"]


async def test_an_answer_that_cannot_be_kept_is_said_without_buttons(records: MemoryRecords) -> None:
    records.full = True
    (message,) = await Turns(records, choose, insisting=0).answer(VISITOR, "hi", None)
    assert message == {"recipient_id": "s-1", "text": "Sure?"}


async def test_an_answer_is_kept_as_soon_as_the_store_is_back(records: MemoryRecords) -> None:
    heard: list[UserMessage] = []

    async def listen(message: UserMessage) -> None:
        heard.append(message)
        await choose(message)

    records.refusals = 2
    (message,) = await Turns(records, listen).answer(VISITOR, "hi", "m-1")
    assert records.answers["s-1", "m-1"].messages == [message] and message["buttons"]
    assert len(heard) == 1  # for want of a store nothing is done twice


async def test_a_turn_that_was_saved_before_its_process_died_is_not_done_again(
    records: MemoryRecords,
) -> None:
    async def remember(session_id: str, message_id: str) -> list[dict[str, Any]]:
        return [{"recipient_id": session_id, "text": "done"}] if message_id == "m-1" else []

    turns = Turns(records, choose)
    turns.recall = remember
    assert await turns.answer(VISITOR, "yes", "m-1", again=True) == [{"recipient_id": "s-1", "text": "done"}]
    assert records.answers["s-1", "m-1"].messages[0]["text"] == "done"
    assert (await turns.answer(VISITOR, "yes", "m-2", again=True))[0]["text"] == "Sure?"
    assert (await turns.answer(VISITOR, "yes", "m-3"))[0]["text"] == "Sure?"


async def test_a_memory_that_is_damaged_is_owned_up_to(records: MemoryRecords) -> None:
    async def forget(session_id: str, message_id: str) -> list[dict[str, Any]]:
        raise ConversationLost("broken")

    turns = Turns(records, choose)
    turns.recall = forget
    first, second = await turns.answer(VISITOR, "yes", "m-1", again=True)
    assert first["text"] == SENTENCES["begun_anew"]["en"] and second["text"] == "Sure?"


async def test_the_same_id_with_other_words_is_a_conflict(records: MemoryRecords) -> None:
    turns = Turns(records, choose)
    await turns.answer(VISITOR, "hi", "m-1")
    with pytest.raises(Refusal) as refused:
        await turns.answer(VISITOR, "ho", "m-1")
    assert refused.value.status == 409


async def test_draining_waits_for_the_running_turns(records: MemoryRecords) -> None:
    turns = Turns(records, choose)
    await turns.answer(VISITOR, "hi", None)
    await turns.drain(seconds=1)
