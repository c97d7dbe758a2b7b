"""Who talks to the assistants: the same words over each one's own REST channel."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from time import perf_counter
from typing import Any

from benchmarks.turn.plan import CUSTOMER
from benchmarks.turn.projects import STOCK
from benchmarks.turn.servers import Serving
from kefu.errors import KefuError
from kefu.shop.identity import customer_token
from kefu.shop.keys import customer_keys
from kefu.shop.records import Session
from kefu.store import Store

WEBHOOK = "/webhooks/rest/webhook"


@dataclass(frozen=True)
class Reply:
    """What was said back: texts with the titles of their buttons, and the seconds until it was there."""

    words: str
    seconds: float


@dataclass(frozen=True)
class Speaker:
    """A conversation of the demo's customer: how its messages are sent."""

    port: int
    headers: Mapping[str, str]
    sender: str | None  # of stock's channel, which takes it from the body

    def body(self, text: str) -> dict[str, str]:
        """The JSON of one message."""
        known = {"sender": self.sender} if self.sender else {"message_id": uuid.uuid4().hex}
        return {"message": text, **known}


class Talk:
    """A conversation over one kept connection."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._connection = http.client.HTTPConnection("127.0.0.1", speaker.port, timeout=120)

    def say(self, text: str) -> Reply:
        """Send a message and wait for the answer; raises KefuError where there is none."""
        body = json.dumps(self._speaker.body(text))
        began = perf_counter()
        self._connection.request(
            "POST", WEBHOOK, body, {"Content-Type": "application/json", **self._speaker.headers}
        )
        answer = self._connection.getresponse()
        found = answer.read()
        seconds = perf_counter() - began
        if answer.status != 200:
            raise KefuError(
                f"the assistant answered {answer.status} to {text!r}: {found[:200]!r}; see its log"
            )
        return Reply(words_of(json.loads(found)), seconds)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def words_of(rows: list[dict[str, Any]]) -> str:
    """The texts of an answer, a line each, with what its buttons say."""
    lines = []
    for row in rows:
        titles = [str(button["title"]) for button in row.get("buttons") or []]
        lines.append(" ".join([str(row.get("text") or ""), *(f"[{title}]" for title in titles)]))
    return "\n".join(lines)


def begin(serving: Serving) -> Speaker:
    """A new conversation: a session of our chat, or a sender of stock's channel that has a session's row.

    Our actions answer whom the row of the sender names, in both assistants alike.
    """
    if serving.project.system == STOCK:
        return Speaker(serving.port, {}, _kept_session(serving))
    now = datetime.now(timezone.utc)
    signed = customer_token(CUSTOMER, keys=customer_keys(serving.settings), now=now, minutes=15)
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=30)
    try:
        body = json.dumps({"customer_token": signed, "language": "en"})
        connection.request("POST", "/chat/sessions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        opened = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status != 201:
        raise KefuError(f"no session was opened: {opened}; see {serving.project.folder}/rasa.log")
    return Speaker(serving.port, {"Authorization": f"Bearer {opened['token']}"}, None)


def _kept_session(serving: Serving) -> str:
    now, sender = datetime.now(timezone.utc), uuid.uuid4().hex
    store = Store.open(serving.settings.database_url)
    try:
        with store.write() as tx:
            tx.sessions.add(
                Session(sender, CUSTOMER, None, created_at=now, expires_at=now + timedelta(hours=4))
            )
    finally:
        store.close()
    return sender
