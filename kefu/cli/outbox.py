"""`kefu outbox`: the mails to customers, what became of them, and the last code of a demo."""

from __future__ import annotations

from datetime import datetime

from kefu.cli import console
from kefu.cli.shop import open_store
from kefu.errors import ConfigError, KefuError
from kefu.settings import Settings
from kefu.shop.delivery import Delivery
from kefu.shop.mailers import mailer
from kefu.store.chat_records import Mail

STATES = ("pending", "sending", "sent", "failed", "expired")


def last_code(email: str) -> None:
    """Print the last one-time code mailed to ``email``; only a demo keeps codes in the clear."""
    settings = Settings.load()
    if not settings.demo:
        raise ConfigError("codes are shown in demo mode only; set KEFU_DEMO=1 or look into the mailbox")
    with open_store(settings) as store, store.read() as tx:
        code = tx.outbox.last_code(email)
    if code is None:
        raise KefuError(f"found no code mailed to {email}; ask for one in the chat first, by an order number")
    console.say(code)


def show(*, most: int) -> None:
    """Print the newest mails without their words and full addresses, then how many are in each state."""
    settings = Settings.load()
    with open_store(settings) as store, store.read() as tx:
        mails, counts = tx.outbox.newest(most), tx.outbox.counts()
    for mail in mails:
        console.say(_line(mail))
    console.say(", ".join(f"{state} {counts.get(state, 0)}" for state in STATES))


def send() -> None:
    """Send what is due now, in this process."""
    settings = Settings.load()
    with open_store(settings) as store:
        taken = Delivery(lambda: store, mailer(settings), keep_codes=settings.demo).send_due()
        with store.read() as tx:
            counts = tx.outbox.counts()
    console.say(f"tried {taken}; waiting {counts.get('pending', 0)}, failed {counts.get('failed', 0)}")


def masked(email: str) -> str:
    """An address as it may be shown: ``m***@example.com``."""
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def _line(mail: Mail) -> str:
    when = {"sent": mail.sent_at, "pending": mail.due_at, "sending": mail.claimed_at}.get(mail.state)
    parts = [
        f"{mail.mail_id:6}", f"{mail.state:8}", _minute(mail.created_at), _minute(when),
        f"{mail.attempts:2}x", f"{masked(mail.to):28}", mail.problem or "",
    ]  # fmt: skip
    return "  ".join(parts).rstrip()


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else " " * 19
