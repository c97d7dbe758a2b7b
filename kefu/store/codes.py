"""One-time codes that guests prove an order with."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import CodeRow

_TABLE = schema.codes


class Codes(Repository):
    """Codes by session, only their hashes."""

    def add(
        self,
        session_id: str,
        order_number: str,
        code_hash: str,
        expires_at: datetime,
        *,
        now: datetime | None = None,
    ) -> CodeRow:
        """Record a code that was sent."""
        at = now or self._clock()
        sent = {"session_id": session_id, "order_number": order_number, "code_hash": code_hash}
        times = {"created_at": at, "expires_at": expires_at}
        result = self._try(sa.insert(_TABLE).values(**sent, **times, tries=0, used=False))
        code_id = int(result.inserted_primary_key[0])
        return CodeRow(code_id, session_id, order_number, code_hash, at, expires_at)

    def latest(self, session_id: str) -> CodeRow | None:
        """The session's newest code, used or not; None where none was sent.

        A write transaction holds it until its end, so that tries are counted one after another.
        """
        newest = sa.select(_TABLE).where(_TABLE.c.session_id == session_id).order_by(_TABLE.c.code_id.desc())
        row = self._one(self._held(newest.limit(1)))
        return CodeRow(**row) if row else None

    def count_try(self, code_id: int) -> int:
        """Count one more try at the code; returns how many there were with this one."""
        here = _TABLE.c.code_id == code_id
        counted = sa.update(_TABLE).where(here).values(tries=_TABLE.c.tries + 1)
        self._must_change(counted, f"there is no code {code_id}")
        return int(self._value(sa.select(_TABLE.c.tries).where(here)))

    def use(self, code_id: int) -> bool:
        """Use the code up; False where it was used before."""
        here = sa.and_(_TABLE.c.code_id == code_id, _TABLE.c.used.is_(False))
        return bool(self._run(sa.update(_TABLE).where(here).values(used=True)).rowcount)
