"""Which process works on which conversation; and which processes there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository

_TABLE, _PROCESSES, _MESSAGES = schema.inboxes, schema.processes, schema.messages


class Inboxes(Repository):
    """Claims of conversations. Whoever changes one holds the session first (``sessions.hold``).

    A claim counts while its process has a row; a process counts there (``beat``), and another one that saw
    it not counting for long enough takes the row away (``bury``).
    """

    def claim(self, session_id: str, process_id: str) -> int | None:
        """The number of the process's claim, which grows from owner to owner; None where another has it."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.session_id == session_id))
        if row is None:
            self._try(sa.insert(_TABLE).values(session_id=session_id, process_id=process_id, number=1))
            return 1
        number = int(row["number"])
        if row["process_id"] == process_id:
            return number
        here = sa.and_(_TABLE.c.session_id == session_id, _TABLE.c.number == number, _free())
        changed = sa.update(_TABLE).where(here).values(process_id=process_id, number=number + 1)
        return number + 1 if self._run(changed).rowcount else None

    def holds(self, session_id: str, process_id: str, number: int) -> bool:
        """Whether the claim still stands."""
        same = sa.select(_TABLE.c.number).where(_same(session_id, process_id, number))
        return self._value(same) is not None

    def release(self, session_id: str, process_id: str, number: int) -> None:
        """Give a conversation back; does nothing where another process has it by now."""
        self._run(sa.update(_TABLE).where(_same(session_id, process_id, number)).values(process_id=None))

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


def _same(session_id: str, process_id: str, number: int) -> Any:
    mine = sa.and_(_TABLE.c.process_id == process_id, _TABLE.c.number == number)
    return sa.and_(_TABLE.c.session_id == session_id, mine)


def _free() -> Any:
    """Nobody has the conversation, or somebody who is gone."""
    living = sa.select(_PROCESSES.c.process_id).where(_PROCESSES.c.process_id == _TABLE.c.process_id)
    return sa.or_(_TABLE.c.process_id.is_(None), ~living.exists())
