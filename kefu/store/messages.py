"""What is said in a conversation, in order: the inbox of its customer and the outbox of its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import ChatMessage

_TABLE = schema.messages
_FIELDS = tuple(column.name for column in _TABLE.columns)
_MINE = _TABLE.c.session_id == sa.bindparam("session")
_OF_CLIENT = sa.and_(_MINE, _TABLE.c.message_id == sa.bindparam("client"))
_ADD = sa.insert(_TABLE)
_LAST = sa.select(sa.func.max(_TABLE.c.seq)).where(_MINE)
_AFTER = sa.select(_TABLE).where(_MINE, _TABLE.c.seq > sa.bindparam("seen")).order_by(_TABLE.c.seq)
_AFTER = _AFTER.limit(sa.bindparam("most"))
_GET_OF_CLIENT = sa.select(_TABLE).where(_OF_CLIENT)
_SET_ANSWERED = sa.update(_TABLE).where(_OF_CLIENT).values(answered=True)
_UNANSWERED = sa.select(_TABLE).where(
    _MINE, _TABLE.c.answered.is_(False), _TABLE.c.at >= sa.bindparam("since", type_=_TABLE.c.at.type)
)
_UNANSWERED = _UNANSWERED.order_by(_TABLE.c.seq).limit(1)


class Messages(Repository):
    """Messages by conversation; whoever adds one holds the session first (``sessions.hold``)."""

    def add(
        self,
        session_id: str,
        author: str,
        text: str,
        *,
        parts: Mapping[str, Any] | None = None,
        message_id: str | None = None,
        content_hash: str | None = None,
    ) -> ChatMessage:
        """Say something: the next number of the conversation. DuplicateKey for a known ``message_id``."""
        waits = author == "customer"
        said = ChatMessage(
            session_id, self.last(session_id) + 1, author, text, dict(parts or {}), message_id, content_hash,
            answered=not waits, at=self._clock(),
        )  # fmt: skip
        self._try(_ADD, {name: getattr(said, name) for name in _FIELDS})
        return said

    def last(self, session_id: str) -> int:
        """The number of the last message, 0 where nothing was said."""
        return int(self._value(_LAST, {"session": session_id}) or 0)

    def lasts(self, session_ids: Sequence[str]) -> dict[str, int]:
        """The number of the last message of each conversation in which something was said."""
        highest = sa.select(_TABLE.c.session_id, sa.func.max(_TABLE.c.seq).label("last"))
        here = highest.where(_TABLE.c.session_id.in_(list(session_ids))).group_by(_TABLE.c.session_id)
        return {row["session_id"]: int(row["last"]) for row in self._all(here)}

    def after(self, session_id: str, seq: int, *, limit: int) -> list[ChatMessage]:
        """At most ``limit`` messages that follow number ``seq``, in order."""
        return self._records(_AFTER, {"session": session_id, "seen": seq, "most": limit})

    def get(self, session_id: str, seq: int) -> ChatMessage | None:
        """One message by its number."""
        here = sa.and_(_TABLE.c.session_id == session_id, _TABLE.c.seq == seq)
        return next(iter(self._records(sa.select(_TABLE).where(here), {})), None)

    def of_client(self, session_id: str, message_id: str) -> ChatMessage | None:
        """The customer's message with the client's own id."""
        here = {"session": session_id, "client": message_id}
        return next(iter(self._records(_GET_OF_CLIENT, here)), None)

    def set_answered(self, session_id: str, message_id: str) -> None:
        """Note that the answer to a customer's message is kept; does nothing for an unknown one."""
        self._run(_SET_ANSWERED, {"session": session_id, "client": message_id})

    def next_unanswered(self, session_id: str, *, since: datetime) -> ChatMessage | None:
        """The first customer's message of a conversation since a moment that has no answer yet."""
        return next(iter(self._records(_UNANSWERED, {"session": session_id, "since": since})), None)

    def _records(self, statement: Any, values: Mapping[str, Any]) -> list[ChatMessage]:
        return [ChatMessage(**row) for row in self._all(statement, values)]
