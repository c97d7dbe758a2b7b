"""Pictures that customers sent."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Attachment

_TABLE = schema.attachments
_FIELDS = tuple(column.name for column in _TABLE.columns)


class Attachments(Repository):
    """Attachments by conversation and by what they are for."""

    def add(self, attachment: Attachment) -> None:
        """Keep a picture; DuplicateKey where its id is taken."""
        self._try(sa.insert(_TABLE).values({name: getattr(attachment, name) for name in _FIELDS}))

    def get(self, attachment_id: str, session_id: str) -> Attachment | None:
        """A picture of this conversation, None where it is another's or not there."""
        mine = sa.and_(_TABLE.c.attachment_id == attachment_id, _TABLE.c.session_id == session_id)
        row = self._one(sa.select(_TABLE).where(mine))
        return Attachment(**row) if row else None

    def assign(self, session_id: str, subject: str, *, since: datetime) -> int:
        """Put the conversation's newer pictures that are for nothing yet to ``subject``; how many."""
        free = sa.and_(_TABLE.c.session_id == session_id, _TABLE.c.subject.is_(None))
        recent = sa.update(_TABLE).where(free, _TABLE.c.created_at >= since)
        return int(self._run(recent.values(subject=subject)).rowcount)

    def of_subject(self, subject: str) -> list[Attachment]:
        """The pictures for a ticket or a return, the oldest first."""
        here = sa.select(_TABLE).where(_TABLE.c.subject == subject)
        rows = self._all(here.order_by(_TABLE.c.created_at, _TABLE.c.attachment_id))
        return [Attachment(**row) for row in rows]
