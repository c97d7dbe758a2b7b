"""Messages to customers that leave by e-mail.

``pending → sending → sent``; back to ``pending`` after a failure that may pass, ``failed`` after the
last one, ``expired`` where a mail is of no use any more. A sender takes a mail by a guarded update,
so that no two send it; if it dies on the way the mail is taken anew after its lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.chat_records import Mail
from kefu.store.types import UtcDateTime

_TABLE, _ORDERS, _CUSTOMERS = schema.outbox, schema.orders, schema.customers
_FIELDS = tuple(c.name for c in _TABLE.columns if c.name not in ("recipient", "recipient_key"))


class Outbox(Repository):
    """The outbox."""

    def add(
        self, *, to: str, subject: str, body: str, code: str | None = None, now: datetime | None = None
    ) -> Mail:
        """Put a mail into the outbox; returns it with the number it got."""
        at = now or self._clock()
        mail = Mail(0, to, subject, body, code, at, due_at=at)
        row = {name: getattr(mail, name) for name in _FIELDS if name != "mail_id"}
        address = {"recipient": to, "recipient_key": to.strip().casefold()}
        result = self._try(sa.insert(_TABLE).values(**row, **address))
        return replace(mail, mail_id=int(result.inserted_primary_key[0]))

    def add_to_owner(
        self,
        order_number: str,
        letters: Mapping[str, tuple[str, str]],
        *,
        otherwise: str,
        code: str,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Put a mail to the order's own address into the outbox, if there is such an order.

        ``letters`` holds subject and body by language; a customer of another one gets ``otherwise``.
        It is one statement either way, so that its time tells little about whether the order exists.
        """
        subject, body = (_by_language(letters, part, otherwise) for part in (0, 1))
        times = {"created_at": now, "due_at": now, "expires_at": expires_at}
        values = {
            "recipient": _CUSTOMERS.c.email, "recipient_key": _CUSTOMERS.c.email_key, "subject": subject,
            "body": body, "code": sa.literal(code), "state": sa.literal("pending"), "attempts": sa.literal(0),
            **{name: sa.literal(time, UtcDateTime()) for name, time in times.items()},
        }  # fmt: skip
        owner = _ORDERS.join(_CUSTOMERS, _CUSTOMERS.c.customer_id == _ORDERS.c.customer_id)
        rows = sa.select(*values.values()).select_from(owner).where(_ORDERS.c.order_number == order_number)
        self._run(sa.insert(_TABLE).from_select(list(values), rows))

    def of(self, email: str) -> list[Mail]:
        """Mails to an address, newest first."""
        return self._records(_TABLE.c.recipient_key == email.strip().casefold())

    def newest(self, most: int) -> list[Mail]:
        """At most ``most`` mails, newest first."""
        return self._records(sa.true(), most=most)

    def counts(self) -> dict[str, int]:
        """How many mails there are in each state."""
        rows = self._all(sa.select(_TABLE.c.state, sa.func.count().label("n")).group_by(_TABLE.c.state))
        return {row["state"]: row["n"] for row in rows}

    def last_code(self, email: str) -> str | None:
        """The last one-time code sent to an address, None where none was or all are forgotten."""
        return next((mail.code for mail in self.of(email) if mail.code), None)

    def is_due(self, *, now: datetime, lease: timedelta) -> bool:
        """Whether there is a mail to take; asked in a reading transaction, it disturbs no writer."""
        return self._first_due(now, lease) is not None

    def take(self, *, now: datetime, lease: timedelta) -> Mail | None:
        """Take the oldest mail that is due, or whose taker has not been heard of for ``lease``.

        None where there is none, or another sender was faster.
        """
        mail_id = self._first_due(now, lease)
        if mail_id is None:
            return None
        here = sa.and_(_TABLE.c.mail_id == mail_id, _due(now, lease))
        taken = {"state": "sending", "claimed_at": now, "attempts": _TABLE.c.attempts + 1}
        if not self._run(sa.update(_TABLE).where(here).values(**taken)).rowcount:
            return None
        return next(iter(self._records(_TABLE.c.mail_id == mail_id)), None)

    def finish(
        self, mail: Mail, state: str, *, now: datetime, forget: bool, problem: str | None = None
    ) -> None:
        """End a mail that was taken: ``sent``, ``failed`` or ``expired``.

        ``forget`` empties its body and code. That it was sent counts whoever holds it by now.
        """
        here = _TABLE.c.mail_id == mail.mail_id
        mine = here if state == "sent" else sa.and_(here, _held_since(mail))
        values: dict[str, Any] = {"state": state, "due_at": None, "problem": problem}
        values |= {"sent_at": now} if state == "sent" else {}
        values |= {"body": "", "code": None} if forget else {}
        self._run(sa.update(_TABLE).where(mine).values(**values))

    def put_back(self, mail: Mail, *, due_at: datetime, problem: str) -> None:
        """Let a mail that was taken wait for another attempt."""
        here = sa.and_(_TABLE.c.mail_id == mail.mail_id, _held_since(mail))
        self._run(sa.update(_TABLE).where(here).values(state="pending", due_at=due_at, problem=problem))

    def _first_due(self, now: datetime, lease: timedelta) -> int | None:
        first = sa.select(_TABLE.c.mail_id).where(_due(now, lease)).order_by(_TABLE.c.mail_id).limit(1)
        found: int | None = self._value(first)
        return found

    def _records(self, where: Any, *, most: int | None = None) -> list[Mail]:
        rows = self._all(sa.select(_TABLE).where(where).order_by(_TABLE.c.mail_id.desc()).limit(most))
        return [Mail(to=row["recipient"], **{name: row[name] for name in _FIELDS}) for row in rows]


def _by_language(letters: Mapping[str, tuple[str, str]], part: int, otherwise: str) -> Any:
    texts = {language: sa.literal(letter[part]) for language, letter in letters.items()}
    return sa.case(texts, value=_CUSTOMERS.c.language, else_=texts[otherwise])


def _due(now: datetime, lease: timedelta) -> Any:
    waiting = sa.and_(_TABLE.c.state == "pending", _TABLE.c.due_at <= now)
    return sa.or_(waiting, sa.and_(_TABLE.c.state == "sending", _TABLE.c.claimed_at <= now - lease))


def _held_since(mail: Mail) -> Any:
    """That the mail is still held by whoever took this very record of it."""
    return sa.and_(_TABLE.c.state == "sending", _TABLE.c.claimed_at == mail.claimed_at)
