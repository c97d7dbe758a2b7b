"""Who did what to which thing, and when. Rows are added, never changed (the database holds that)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import AuditEntry

_TABLE = schema.audit
_FIELDS = ("at", "actor", "action", "subject", "detail")


class Audit(Repository):
    """The audit log."""

    def add(
        self,
        actor: str,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | str,
        *,
        now: datetime | None = None,
    ) -> None:
        """Write an entry; a ``detail`` in words is kept as ``{"note": words}``."""
        kept = {"note": detail} if isinstance(detail, str) else dict(detail)
        values = {"actor": actor, "action": action, "subject": subject, "detail": kept}
        self._run(sa.insert(_TABLE).values(at=now or self._clock(), **values))

    def of_subject(self, subject: str) -> list[AuditEntry]:
        """What was done to a thing, oldest first."""
        mine = sa.select(*(_TABLE.c[name] for name in _FIELDS)).where(_TABLE.c.subject == subject)
        return [AuditEntry(**row) for row in self._all(mine.order_by(_TABLE.c.audit_id))]
