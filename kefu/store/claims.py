"""Keys that were used to do something: each once, with the answer that it got."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from kefu.errors import DuplicateKey
from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Claim

_TABLE = schema.claims


class Claims(Repository):
    """Claims. Of two transactions that take one key at once the second waits for the first's end."""

    def take(self, key: str, content_hash: str, *, now: datetime) -> Claim | None:
        """Claim ``key``; None where it is ours now, the earlier claim where it was used for the same.

        Raises:
            DuplicateKey: the key was used for other content.
        """
        values = {"key": key, "content_hash": content_hash, "created_at": now}
        try:
            self._try(sa.insert(_TABLE).values(values))
        except DuplicateKey:
            row = self._one(sa.select(_TABLE).where(_TABLE.c.key == key))
            if row is not None and row["content_hash"] == content_hash:
                return Claim(**row)
            raise
        return None

    def get(self, key: str) -> Claim | None:
        """The claim of this key, None where it was not used."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.key == key))
        return Claim(**row) if row else None

    def keep(self, key: str, answer: str) -> None:
        """Save the answer that a replay gets; it is written once."""
        changed = sa.update(_TABLE).where(_TABLE.c.key == key).values(answer=answer)
        self._must_change(changed, f"the key {key!r} was not claimed")

    def release(self, key: str) -> None:
        """Nothing was done under the key: it may be used again."""
        self._run(sa.delete(_TABLE).where(_TABLE.c.key == key, _TABLE.c.answer.is_(None)))
