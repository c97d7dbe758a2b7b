"""What will be done once the customer says yes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Confirmation

_TABLE = schema.confirmations
_FIELDS = tuple(column.name for column in _TABLE.columns)
_OPEN = sa.and_(_TABLE.c.session_id == sa.bindparam("session"), _TABLE.c.state == "open")
_OPEN_OF, _VOID = sa.select(_TABLE).where(_OPEN), sa.update(_TABLE).where(_OPEN).values(state="void")


class Confirmations(Repository):
    """Confirmations: one open a session (the database holds that), each used once."""

    def add(self, confirmation: Confirmation) -> None:
        """Record a question that waits for a yes; the session's other open ones become void."""
        self.void(confirmation.session_id)
        values = {name: getattr(confirmation, name) for name in _FIELDS}
        self._try(sa.insert(_TABLE).values({**values, "operation": dict(confirmation.operation)}))

    def get(self, nonce: str) -> Confirmation | None:
        """The confirmation with this nonce in any state, None where there is none."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.nonce == nonce))
        return Confirmation(**row) if row else None

    def open_of(self, session_id: str) -> Confirmation | None:
        """The session's open confirmation, expired or not; None where there is none."""
        return self._remembered(("open", session_id), lambda: self._read_open(session_id))

    def use(self, nonce: str, *, now: datetime | None = None) -> bool:
        """Use a confirmation up; False where it is not open any more or expired by ``now``.

        ``now`` is the store's clock unless given. Question and change are one statement, so of
        two that use the same nonce at once one alone gets True.
        """
        unexpired = _TABLE.c.expires_at > (now or self._clock())
        here = sa.and_(_TABLE.c.nonce == nonce, _TABLE.c.state == "open", unexpired)
        return bool(self._run(sa.update(_TABLE).where(here).values(state="used")).rowcount)

    def void(self, session_id: str) -> None:
        """Make the session's open confirmation void, if there is one."""
        if self.open_of(session_id) is not None:  # known already where the turn has asked for it
            self._run(_VOID, {"session": session_id})

    def _read_open(self, session_id: str) -> Confirmation | None:
        row = self._one(_OPEN_OF, {"session": session_id})
        return Confirmation(**row) if row else None
