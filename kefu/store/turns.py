"""Answered messages, so that one sent twice is answered once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Turn

_TABLE = schema.turns
_GET = sa.select(_TABLE).where(
    _TABLE.c.session_id == sa.bindparam("session"), _TABLE.c.message_id == sa.bindparam("client")
)
_ADD = sa.insert(_TABLE)


class Turns(Repository):
    """Turns by session and the client's message id."""

    def get(self, session_id: str, message_id: str) -> Turn | None:
        """The turn that answered this message, None where it was not answered yet."""
        row = self._one(_GET, {"session": session_id, "client": message_id})
        return Turn(**row) if row else None

    def add(
        self,
        session_id: str,
        message_id: str,
        content_hash: str,
        answer_json: str,
        *,
        now: datetime | None = None,
    ) -> Turn:
        """Record an answer; DuplicateKey where the message has one."""
        turn = Turn(session_id, message_id, content_hash, answer_json, now or self._clock())
        self._try(_ADD, vars(turn))
        return turn
