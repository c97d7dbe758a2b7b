"""Sending what stands in the outbox, beside everything else: after the commit, until it is done.

A mail is taken (committed), handed over (no transaction is open), and only then marked as sent. So one
that was marked is never sent again, whatever is restarted. A sender that dies between the hand-over
and the mark leaves a mail that is sent once more after the lease: SMTP knows no other way, and a mail
twice is better than none. Both copies carry the same Message-ID.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from kefu.errors import KefuError
from kefu.shop.mailers import Mailer, Undelivered
from kefu.store.base import Clock, utc_now
from kefu.store.chat_records import Mail

if TYPE_CHECKING:
    from kefu.store import Store

LEASE = timedelta(minutes=3)  # longer than all steps of a hand-over may take together
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
ATTEMPTS = 10  # about half an hour
LOOK_SECONDS = 1.0
TROUBLE_SECONDS = 10.0  # before looking again where the store does not answer

logger = logging.getLogger(__name__)


def waiting_time(attempts: int) -> timedelta:
    """How long after the ``attempts``-th failure a mail is tried again: 5 s, doubled, up to 10 minutes."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)


class Delivery:
    """Sends the mails of a store. Any number of them, in any processes, may run over one outbox.

    Outside of a demo (``keep_codes``) body and code of a mail are emptied once it has ended.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        mailer: Mailer,
        *,
        keep_codes: bool,
        clock: Clock = utc_now,
    ) -> None:
        self._store = store
        self._mailer = mailer
        self._forget = not keep_codes
        self._clock = clock

    def send_due(self) -> int:
        """Try every mail that is due now, each once; returns how many were taken."""
        taken = 0
        while (mail := self._take()) is not None:
            taken += 1
            self._deliver(mail)
        return taken

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set; nothing that goes wrong ends it before."""
        while not stop.is_set():
            try:
                self.send_due()
                pause = LOOK_SECONDS
            except KefuError as error:  # no schema yet, or the database is away
                logger.warning("the outbox cannot be read (%s); looking again", type(error).__name__)
                pause = TROUBLE_SECONDS
            except Exception as error:
                # the kind alone: the words may hold an address
                logger.error("sending mails failed (%s); trying again", type(error).__name__)
                pause = TROUBLE_SECONDS
            stop.wait(pause)

    def _take(self) -> Mail | None:
        store, now = self._store(), self._clock()
        with store.read() as tx:
            if not tx.outbox.is_due(now=now, lease=LEASE):
                return None
        with store.write() as tx:
            return tx.outbox.take(now=now, lease=LEASE)

    def _deliver(self, mail: Mail) -> None:
        if mail.expires_at is not None and mail.expires_at <= self._clock():
            self._end(mail, "expired")
            return
        try:
            self._mailer.send(mail)
        except Undelivered as error:
            self._failed(mail, error)
        else:
            self._end(mail, "sent")

    def _failed(self, mail: Mail, error: Undelivered) -> None:
        if error.final or mail.attempts >= ATTEMPTS:
            logger.error("mail %d is given up: %s", mail.mail_id, error.problem)
            self._end(mail, "failed", problem=error.problem)
            return
        wait = waiting_time(mail.attempts)
        logger.warning("mail %d: %s; again in %d s", mail.mail_id, error.problem, wait.total_seconds())
        with self._store().write() as tx:
            tx.outbox.put_back(mail, due_at=self._clock() + wait, problem=error.problem)

    def _end(self, mail: Mail, state: str, *, problem: str | None = None) -> None:
        with self._store().write() as tx:
            tx.outbox.finish(mail, state, now=self._clock(), forget=self._forget, problem=problem)


class Sender:
    """A delivery in a thread of its own."""

    def __init__(self, delivery: Delivery) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=delivery.run, args=(self._stop,), name="kefu-mails", daemon=True
        )

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, *, seconds: float = 5.0) -> None:
        """Stop after the mail at hand, at most ``seconds`` from now."""
        self._stop.set()
        self._thread.join(seconds)
