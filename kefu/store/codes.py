"""One-time codes that guests prove an order with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import CodeRow

_TABLE = schema.codes


class Codes(Repository):
    """Codes by session, only their hashes; the newest of a session is the one that counts."""

    def add(
        self,
        session_id: str,
        order_number: str,
        code_hash: str,
        expires_at: datetime,
        *,
        now: datetime | None = None,
    ) -> CodeRow:
        """Record a code that was sent; the session's older ones are void from then on."""
        at = now or self._clock()
        older = sa.and_(_TABLE.c.session_id == session_id, _TABLE.c.used.is_(False))
        self._run(sa.update(_TABLE).where(older).values(used=True))
        sent = {"session_id": session_id, "order_number": order_number, "code_hash": code_hash}
        times = {"created_at": at, "expires_at": expires_at}
        result = self._try(sa.insert(_TABLE).values(**sent, **times, tries=0, used=False))
        code_id = int(result.inserted_primary_key[0])
        return CodeRow(code_id, session_id, order_number, code_hash, at, expires_at)

    def latest(self, session_id: str) -> CodeRow | None:
        """The session's newest code, used or not; None where none was sent."""
        newest = sa.select(_TABLE).where(_TABLE.c.session_id == session_id).order_by(_TABLE.c.code_id.desc())
        row = self._one(newest.limit(1))
        return CodeRow(**row) if row else None

    def take_try(self, session_id: str, *, now: datetime, most: int) -> CodeRow | None:
        """Count a try at the session's newest code and return that code.

        None, and nothing counted, where there is none, or it is used, expired or tried ``most`` times.
        Question and change are one statement: of guesses made at once, ``most`` are counted, never more.
        """
        newest = sa.select(sa.func.max(_TABLE.c.code_id)).where(_TABLE.c.session_id == session_id)
        alive = sa.and_(_TABLE.c.used.is_(False), _TABLE.c.expires_at > now, _TABLE.c.tries < most)
        here = sa.and_(_TABLE.c.code_id == newest.scalar_subquery(), alive)
        counted = self._run(sa.update(_TABLE).where(here).values(tries=_TABLE.c.tries + 1)).rowcount
        return self.latest(session_id) if counted else None

    def use(self, code_id: int) -> bool:
        """Use the code up; False where it was used before."""
        here = sa.and_(_TABLE.c.code_id == code_id, _TABLE.c.used.is_(False))
        return bool(self._run(sa.update(_TABLE).where(here).values(used=True)).rowcount)

    def asked_since(self, session_id: str, order_number: str, since: datetime) -> int:
        """How many codes the session, or the order, asked for after ``since``: the larger number.

        On PostgreSQL the order number is held until the transaction's end, whether there is such an
        order or not, so that requests made at once are counted one after another.
        """
        if self._connection.dialect.name == "postgresql":
            self._run(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(order_number))))
        mine, its = _TABLE.c.session_id == session_id, _TABLE.c.order_number == order_number
        return max(self._count(here, since) for here in (mine, its))

    def _count(self, here: Any, since: datetime) -> int:
        count = sa.select(sa.func.count()).select_from(_TABLE).where(here, _TABLE.c.created_at > since)
        return int(self._value(count))
