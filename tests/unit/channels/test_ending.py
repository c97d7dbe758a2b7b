"""The beginning and the end of a server: what is taken up, and what is not accepted any more."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from kefu.channels import chat, insisting
from kefu.channels.conversations import Conversations
from kefu.channels.records import Visitor
from kefu.channels.refusals import Refusal
from kefu.errors import StoreError
from kefu.shop.chats import Said

VISITOR = Visitor("s-1", "en", None, datetime(2030, 1, 1, tzinfo=timezone.utc))


class Shaky:
    """Conversations of a store that is away the first times it is asked."""

    def __init__(self, *, away: int) -> None:
        self.away = away
        self.taken_up = 0

    async def take_up(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreError("away")
        self.taken_up += 1


def app(*, ready: bool) -> Any:
    return SimpleNamespace(ctx=SimpleNamespace(agent=SimpleNamespace(is_ready=lambda: ready)))


async def test_a_store_that_was_away_at_the_start_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insisting, "AT_FIRST", (0.01, 0.01))
    shaky: Any = Shaky(away=2)
    await chat._take_up(app(ready=True), shaky)
    assert shaky.taken_up == 1


async def test_without_a_model_nothing_is_taken_up() -> None:
    shaky: Any = Shaky(away=0)
    await chat._take_up(app(ready=False), shaky)
    assert shaky.taken_up == 0


async def test_a_server_that_ends_accepts_nothing_more() -> None:
    parts: Any = SimpleNamespace()
    conversations = Conversations(parts, parts, parts, patience=1.0)
    await conversations.drain(seconds=0)
    with pytest.raises(Refusal) as refused:
        await conversations.accept(VISITOR, Said("hello", "m-1"))
    assert refused.value.status == 503
