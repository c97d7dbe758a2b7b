"""Messages to customers that leave by e-mail."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Mail

_TABLE = schema.outbox


class Outbox(Repository):
    """The outbox."""

    def add(self, mail: Mail) -> Mail:
        """Put a mail into the outbox; returns it with the number it got (the given one is not read)."""
        values = {"recipient": mail.to, "recipient_key": mail.to.strip().casefold(), "subject": mail.subject,
                  "body": mail.body, "code": mail.code, "created_at": mail.created_at}  # fmt: skip
        result = self._try(sa.insert(_TABLE).values(values))
        return replace(mail, mail_id=int(result.inserted_primary_key[0]))

    def of(self, email: str) -> list[Mail]:
        """Mails to an address, newest first."""
        mine = sa.select(_TABLE).where(_TABLE.c.recipient_key == email.strip().casefold())
        rows = self._all(mine.order_by(_TABLE.c.mail_id.desc()))
        return [
            Mail(row["mail_id"], row["recipient"], row["subject"], row["body"], row["code"], row["created_at"])
            for row in rows
        ]

    def last_code(self, email: str) -> str | None:
        """The last one-time code sent to an address, None where none was."""
        return next((mail.code for mail in self.of(email) if mail.code), None)
