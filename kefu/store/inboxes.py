"""Which process works on which conversation; and which processes there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository

_TABLE, _PROCESSES, _MESSAGES = schema.inboxes, schema.processes, schema.messages


def _free() -> Any:
    """Nobody has the conversation, or somebody who is gone."""
    living = sa.select(_PROCESSES.c.process_id).where(_PROCESSES.c.process_id == _TABLE.c.process_id)
    return sa.or_(_TABLE.c.process_id.is_(None), ~living.exists())


_MINE = _TABLE.c.session_id == sa.bindparam("session")
_NUMBER = _TABLE.c.number == sa.bindparam("held")
_SAME = sa.and_(_MINE, _NUMBER, _TABLE.c.process_id == sa.bindparam("me"))
_GET = sa.select(_TABLE).where(_MINE)
_ADD = sa.insert(_TABLE)
_TAKE = sa.update(_TABLE).where(_MINE, _NUMBER, _free())
_TAKE = _TAKE.values(process_id=sa.bindparam("me"), number=sa.bindparam("new"))
_HOLDS = sa.select(_TABLE.c.number).where(_SAME)
_RELEASE = sa.update(_TABLE).where(_SAME).values(process_id=None)


class Inboxes(Repository):
    """Claims of conversations. Whoever changes one holds the session first (``sessions.hold``).

    A claim counts while its process has a row; a process counts there (``beat``), and another one that saw
    it not counting for long enough takes the row away (``bury``).
    """

    def claim(self, session_id: str, process_id: str) -> int | None:
        """The number of the process's claim, which grows from owner to owner; None where another has it."""
        row = self._one(_GET, {"session": session_id})
        if row is None:
            self._try(_ADD, {"session_id": session_id, "process_id": process_id, "number": 1})
            return 1
        number = int(row["number"])
        if row["process_id"] == process_id:
            return number
        taken = self._run(_TAKE, {"session": session_id, "held": number, "new": number + 1, "me": process_id})
        return number + 1 if taken.rowcount else None

    def holds(self, session_id: str, process_id: str, number: int) -> bool:
        """Whether the claim still stands."""
        return self._value(_HOLDS, {"session": session_id, "me": process_id, "held": number}) is not None

    def release(self, session_id: str, process_id: str, number: int) -> None:
        """Give a conversation back; does nothing where another process has it by now."""
        self._run(_RELEASE, {"session": session_id, "me": process_id, "held": number})

    def left(self, process_id: str, *, since: datetime, session_id: str | None = None) -> list[str]:
        """Running conversations with an unanswered message since then that no other process works on.

        Those which have waited longest come first.
        """
        sessions = schema.sessions
        joined = _MESSAGES.join(sessions, sessions.c.session_id == _MESSAGES.c.session_id)
        joined = joined.outerjoin(_TABLE, _TABLE.c.session_id == _MESSAGES.c.session_id)
        waits = [
            _MESSAGES.c.answered.is_(False), _MESSAGES.c.at >= since, sessions.c.expires_at > self._clock(),
            sa.or_(_TABLE.c.process_id == process_id, _free()),
        ]  # fmt: skip
        if session_id is not None:
            waits.append(_MESSAGES.c.session_id == session_id)
        found = sa.select(_MESSAGES.c.session_id).select_from(joined).where(sa.and_(*waits))
        rows = found.group_by(_MESSAGES.c.session_id).order_by(sa.func.min(_MESSAGES.c.at))
        return [str(row["session_id"]) for row in self._all(rows)]

    def beat(self, process_id: str) -> None:
        """A process says that it is there, by counting."""
        here = sa.update(_PROCESSES).where(_PROCESSES.c.process_id == process_id)
        if not self._run(here.values(beats=_PROCESSES.c.beats + 1)).rowcount:
            self._try(sa.insert(_PROCESSES).values(process_id=process_id, beats=1))

    def beats(self) -> dict[str, int]:
        """How far each process has counted."""
        return {row["process_id"]: int(row["beats"]) for row in self._all(sa.select(_PROCESSES))}

    def bury(self, process_id: str, beats: int | None = None) -> bool:
        """Take a process away, and whether it was there; with ``beats`` only if it has not counted on."""
        here = _PROCESSES.c.process_id == process_id
        if beats is not None:
            here = sa.and_(here, _PROCESSES.c.beats == beats)
        return bool(self._run(sa.delete(_PROCESSES).where(here)).rowcount)
