"""A turn over records in memory: what is kept, what is said when the store fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from kefu.channels import turns
from kefu.channels.apology import SENTENCES
from kefu.channels.records import Answered, DemoCustomer, Press, Visitor
from kefu.channels.turns import Turns
from kefu.errors import ConversationLost, Overtaken, StoreError
from kefu.shop.inbox import Claim, Due
from kefu.shop.records import ChatMessage

VISITOR = Visitor("s-1", "en", None, datetime(2030, 1, 1, tzinfo=timezone.utc))


class MemoryRecords:
    """ChatRecords in two dictionaries; ``refusals`` are raised, one after the other, by keeping."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answered] = {}
        self.presses: dict[tuple[str, str], Press] = {}
        self.refusals: list[StoreError] = []

    async def open_session(self, *, customer_token: str | None, language: str | None) -> tuple[Visitor, str]:
        return VISITOR, "token"

    async def visitor(self, token: str) -> Visitor:
        return VISITOR

    async def visitor_of(self, session_id: str) -> Visitor | None:
        return VISITOR

    async def answered(self, session_id: str, message_id: str) -> Answered | None:
        return self.answers.get((session_id, message_id))

    async def keep(
        self, message_id: str, *, answered: Answered, presses: Sequence[Press], claim: Claim
    ) -> Due | None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.answers[claim.session_id, message_id] = answered
        self.presses.update({(claim.session_id, press.nonce): press for press in presses})
        return None

    async def take_press(self, session_id: str, nonce: str, message_id: str) -> Press | None:
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


def due(text: str) -> Due:
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    message = ChatMessage("s-1", 1, "customer", text, {}, "m-1", None, False, at)
    return Due(message, Claim("s-1", "p-1", 1))


async def test_an_answer_is_kept_with_its_buttons(records: MemoryRecords) -> None:
    (message,) = (await Turns(records, choose).answer(VISITOR, due("hi"))).messages
    assert records.answers["s-1", "m-1"].messages == [message]
    assert [press.intent for press in records.presses.values()] == ["affirm"]


async def test_an_answer_is_kept_when_the_store_is_back_and_said_once(
    records: MemoryRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PAUSES", (0.0, 0.01))
    heard: list[str | None] = []

    async def note(message: UserMessage) -> None:
        heard.append(message.text)
        await choose(message)

    records.refusals = [StoreError("away")] * 5
    turned = await Turns(records, note).answer(VISITOR, due("hi"))
    assert records.answers["s-1", "m-1"].messages == turned.messages
    assert heard == ["hi"]


async def test_an_answer_that_came_too_late_is_not_kept(records: MemoryRecords) -> None:
    records.refusals = [Overtaken("another process has it")]
    with pytest.raises(Overtaken):
        await Turns(records, choose).answer(VISITOR, due("hi"))
    assert not records.answers and not records.refusals


async def test_a_turn_that_was_saved_before_its_process_died_is_not_done_again(
    records: MemoryRecords,
) -> None:
    async def remember(session_id: str, message_id: str) -> list[dict[str, Any]]:
        return [{"recipient_id": session_id, "text": "done"}]

    one = Turns(records, choose)
    one.recall = remember
    assert [said["text"] for said in (await one.answer(VISITOR, due("yes"), again=True)).messages] == ["done"]
    assert records.answers["s-1", "m-1"].messages[0]["text"] == "done"
    assert (await one.answer(VISITOR, due("yes"))).messages[0]["text"] == "Sure?"


async def test_a_memory_that_is_damaged_is_owned_up_to(records: MemoryRecords) -> None:
    async def forget(session_id: str, message_id: str) -> list[dict[str, Any]]:
        raise ConversationLost("broken")

    one = Turns(records, choose)
    one.recall = forget
    first, second = (await one.answer(VISITOR, due("yes"), again=True)).messages
    assert first["text"] == SENTENCES["begun_anew"]["en"] and second["text"] == "Sure?"


async def test_what_fails_because_the_server_ends_is_left_to_the_next_one(records: MemoryRecords) -> None:
    async def closed(message: UserMessage) -> None:
        raise RuntimeError("cannot schedule new futures after shutdown")

    one = Turns(records, closed)
    one.ending = True
    with pytest.raises(StoreError, match="this server ends"):
        await one.answer(VISITOR, due("hi"))
    assert not records.answers
