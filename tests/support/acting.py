"""Actions as the action server runs them, on a store of a test, with the words a customer hears."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import wiring
from actions.base import KefuAction
from kefu.store import Store
from kefu.store.chat_records import Session
from tests.support.project import domain

SESSION = "s-acting"


@dataclass(frozen=True)
class Stage:
    """A store on which actions run for one customer, in one language."""

    store: Store
    customer_id: str
    loop: asyncio.AbstractEventLoop
    language: str = "en"

    def hear(self, action: KefuAction, *events: dict[str, Any], slots: dict[str, Any] | None = None) -> str:
        """Run ``action`` behind these events; everything it says, a line each."""
        said = list(events) or [user("refund_status")]
        known = {"language": self.language, **(slots or {})}
        tracker = Tracker(SESSION, known, said[-1].get("parse_data") or {}, said, False, None, {}, None)
        dispatcher = CollectingDispatcher()
        self.loop.run_until_complete(action.run(dispatcher, tracker, {}))
        return "\n".join(self._words(message) for message in dispatcher.messages)

    def _words(self, message: dict[str, Any]) -> str:
        english, chinese = domain()["responses"][message["response"]]
        text: str = (chinese if self.language == "zh" else english)["text"]
        return text.format(**message)


def user(intent: str, text: str = "yes") -> dict[str, Any]:
    """A message of the customer as the tracker keeps it."""
    return {"event": "user", "parse_data": {"text": text, "intent": {"name": intent, "confidence": 1.0}}}


def bot(**custom: Any) -> dict[str, Any]:
    """Words of the assistant with what it noted on them."""
    return {"event": "bot", "data": {"custom": custom}}


@contextmanager
def stage(
    patch: pytest.MonkeyPatch, url: str, home: Path, customer_id: str, **settings: str
) -> Iterator[Stage]:
    """Have the actions of this process use the database ``url`` and the folder ``home``."""
    patch.setenv("KEFU_DATABASE_URL", url)
    patch.setenv("KEFU_HOME", str(home))
    for name, value in settings.items():
        patch.setenv(f"KEFU_{name.upper()}", value)
    _forget()
    store, now = wiring.store(), datetime.now(timezone.utc)
    with store.write() as tx:
        if tx.sessions.get(SESSION) is None:
            tx.sessions.add(Session(SESSION, customer_id, None, now, now + timedelta(days=1)))
    loop = asyncio.new_event_loop()
    try:
        yield Stage(store, customer_id, loop)
    finally:
        loop.run_until_complete(wiring.serving().close())
        loop.close()
        store.close()
        _forget()


def _forget() -> None:
    for made in (wiring.settings, wiring.store, wiring.serving, wiring.provider, wiring.generator):
        made.cache_clear()
