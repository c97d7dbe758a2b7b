"""Sessions: whose conversation it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Session

_TABLE = schema.sessions
_FIELDS = tuple(column.name for column in _TABLE.columns)
_GET = sa.select(_TABLE).where(_TABLE.c.session_id == sa.bindparam("session"))
_HOLD = sa.select(_TABLE.c.session_id).where(_TABLE.c.session_id == sa.bindparam("session"))
_HOLD = _HOLD.with_for_update(key_share=True)


class Sessions(Repository):
    """Sessions; every setter raises StoreError for a session that is not there."""

    def get(self, session_id: str) -> Session | None:
        """The session with this id (expired or not), None where there is none."""
        return self._remembered(("session", session_id), lambda: self._read(session_id))

    def hold(self, session_id: str) -> None:
        """Let no other transaction that holds this session write into it until the end of this one.

        On SQLite who writes excludes all others; who reads holds nothing.
        """
        if self._holds_rows and self._memory.hold(("session", session_id)):
            self._run(_HOLD, {"session": session_id})

    def add(self, session: Session) -> None:
        """Record a session; DuplicateKey where its id is taken."""
        self._try(sa.insert(_TABLE).values({name: getattr(session, name) for name in _FIELDS}))

    def verify_order(self, session_id: str, order: str | None, until: datetime | None) -> None:
        """Let the session see ``order`` until an instant, and nothing be pending (None: no order)."""
        self._set(session_id, verified_order=order, verified_until=until, pending_order=None)

    def set_pending(self, session_id: str, order: str | None) -> None:
        """Remember the order number that a guest gave and has not proved yet."""
        self._set(session_id, pending_order=order)

    def set_language(self, session_id: str, language: str | None) -> None:
        """Remember the language last spoken."""
        self._set(session_id, language=language)

    def set_state(self, session_id: str, state: str) -> None:
        """Mark the session as ``open`` or, once a person was asked for, ``human``."""
        self._set(session_id, state=state)

    def _read(self, session_id: str) -> Session | None:
        row = self._one(_GET, {"session": session_id})
        return Session(**row) if row else None

    def _set(self, session_id: str, **values: Any) -> None:
        changed = sa.update(_TABLE).where(_TABLE.c.session_id == session_id).values(**values)
        self._must_change(changed, f"there is no session {session_id!r}; add it first")
