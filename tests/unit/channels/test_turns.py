"""A turn over records in memory: what is kept, what is said when the store fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

import pytest
from rasa.core.channels.channel import UserMessage

from kefu.channels.records import Answered, DemoCustomer, Press, Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.turns import Turns
from kefu.errors import StoreError

VISITOR = Visitor("s-1", "en", None, datetime(2030, 1, 1, tzinfo=timezone.utc))


class MemoryRecords:
    """ChatRecords in two dictionaries; ``full`` makes keeping fail."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answered] = {}
        self.presses: dict[tuple[str, str], Press] = {}
        self.full = False

    async def open_session(self, *, customer_token: str | None, language: str | None) -> tuple[Visitor, str]:
        return VISITOR, "token"

    async def visitor(self, token: str) -> Visitor:
        return VISITOR

    async def answered(self, session_id: str, message_id: str) -> Answered | None:
        return self.answers.get((session_id, message_id))

    async def keep(
        self, session_id: str, message_id: str, *, answered: Answered, presses: Sequence[Press]
    ) -> None:
        if self.full:
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
    (message,) = await Turns(records, choose).answer(VISITOR, "hi", None)
    assert message == {"recipient_id": "s-1", "text": "Sure?"}


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
