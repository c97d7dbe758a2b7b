"""What pressed buttons stand for."""

from __future__ import annotations

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Button

_TABLE = schema.buttons
_FIELDS = ("nonce", "session_id", "title", "intent", "entities")


class Buttons(Repository):
    """Buttons, each for one session and one press."""

    def add(self, button: Button) -> None:
        """Record a button; DuplicateKey where its nonce is taken."""
        values = {name: getattr(button, name) for name in _FIELDS}
        kept = {**values, "entities": dict(button.entities), "created_at": self._clock(), "taken": False}
        self._try(sa.insert(_TABLE).values(kept))

    def title(self, nonce: str, session_id: str) -> str | None:
        """What stands on the button, pressed or not; None where it is unknown or another session's."""
        mine = sa.and_(_TABLE.c.nonce == nonce, _TABLE.c.session_id == session_id)
        title: str | None = self._value(sa.select(_TABLE.c.title).where(mine))
        return title

    def take(self, nonce: str, session_id: str, *, message_id: str) -> Button | None:
        """The button's meaning for one message; None where it is unknown, another session's or was pressed.

        The message that pressed it may take it again: its turn may have ended in a crash.
        """
        mine = sa.and_(_TABLE.c.nonce == nonce, _TABLE.c.session_id == session_id)
        free = sa.or_(_TABLE.c.taken.is_(False), _TABLE.c.taken_by == message_id)
        press = sa.update(_TABLE).where(mine, free).values(taken=True, taken_by=message_id)
        taken = self._run(press)
        if not taken.rowcount:
            return None
        row = self._one(sa.select(*(_TABLE.c[name] for name in _FIELDS)).where(mine))
        return Button(**row) if row else None
