"""Messages to customers that leave by e-mail."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Mail

_TABLE = schema.outbox
_FIELDS = ("mail_id", "subject", "body", "code", "created_at")


class Outbox(Repository):
    """The outbox."""

    def add(
        self, *, to: str, subject: str, body: str, code: str | None = None, now: datetime | None = None
    ) -> Mail:
        """Put a mail into the outbox; returns it with the number it got."""
        at = now or self._clock()
        values = {"subject": subject, "body": body, "code": code, "created_at": at}
        statement = sa.insert(_TABLE).values(recipient=to, recipient_key=to.strip().casefold(), **values)
        mail_id = int(self._try(statement).inserted_primary_key[0])
        return Mail(mail_id, to, subject, body, code, at)

    def of(self, email: str) -> list[Mail]:
        """Mails to an address, newest first."""
        mine = sa.select(_TABLE).where(_TABLE.c.recipient_key == email.strip().casefold())
        rows = self._all(mine.order_by(_TABLE.c.mail_id.desc()))
        return [Mail(to=row["recipient"], **{name: row[name] for name in _FIELDS}) for row in rows]

    def last_code(self, email: str) -> str | None:
        """The last one-time code sent to an address, None where none was."""
        return next((mail.code for mail in self.of(email) if mail.code), None)
