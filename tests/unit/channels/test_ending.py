"""The end of a server: what is not accepted any more."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from kefu.channels.conversations import Conversations
from kefu.channels.records import Visitor
from kefu.channels.refusals import Refusal
from kefu.shop.chats import Said

VISITOR = Visitor("s-1", "en", None, datetime(2030, 1, 1, tzinfo=timezone.utc))


async def test_a_server_that_ends_accepts_nothing_more() -> None:
    parts: Any = SimpleNamespace()
    conversations = Conversations(parts, parts, parts, parts, patience=1.0)
    await conversations.drain(seconds=0)
    with pytest.raises(Refusal) as refused:
        await conversations.accept(VISITOR, Said("hello", "m-1"))
    assert refused.value.status == 503
