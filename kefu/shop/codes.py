"""One-time codes: how a guest proves that an order is theirs.

Whether the order exists or not, the same steps are taken and nothing is returned: who asks learns nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kefu.shop.mails import code_mail
from kefu.shop.policy import Policy
from kefu.store.records import Order

if TYPE_CHECKING:
    from kefu.store import Transaction

DIGITS = 6
ROUNDS = 20_000  # a stolen table must not be read off within the few minutes that a code lives


def send_code(
    tx: Transaction, session_id: str, order_number: str, *, now: datetime, minutes: int = 10
) -> None:
    """Make a code for the order and mail it to the order's own address, if there is such an order."""
    number = order_number.strip().upper()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    expires = now + timedelta(minutes=minutes)
    tx.sessions.set_pending(session_id, number)
    tx.codes.add(session_id, number, _hashed(code, secrets.token_hex(8)), expires, now=now)
    order = tx.orders.get(number)
    if order is None:
        # what a guest typed may be anything, their phone number too: the audit keeps its hash
        typed = hashlib.sha256(number.encode()).hexdigest()[:16]
        tx.audit.add("guest", "code_not_sent", session_id, {"typed_sha256": typed}, now=now)
    else:
        _mail(tx, order, code, minutes=minutes, now=now)


def _mail(tx: Transaction, order: Order, code: str, *, minutes: int, now: datetime) -> None:
    customer = tx.customers.get(order.customer_id)
    if customer is not None:
        letter = code_mail(order.order_number, code, minutes, customer.language)
        tx.outbox.add(to=customer.email, subject=letter.subject, body=letter.body, code=code, now=now)


def check_code(tx: Transaction, session_id: str, code: str, *, now: datetime, tries: int = 5) -> bool:
    """Whether ``code`` is the session's latest; if so its order is verified as long as privacy.1 says.

    A code works once, until it expires, and dies after ``tries`` wrong ones.
    """
    row = tx.codes.latest(session_id)
    if row is None or row.used or row.expires_at <= now:
        return False
    # counted before it is looked at, so that guesses made at once share the same few tries
    if tx.codes.count_try(row.code_id) > tries or not _matches(code.strip(), row.code_hash):
        return False
    if tx.orders.get(row.order_number) is None or not tx.codes.use(row.code_id):
        return False
    minutes = Policy.load(tx, now=now).number("privacy.1", "minutes")
    tx.sessions.verify_order(session_id, row.order_number, now + timedelta(minutes=minutes))
    return True


def _hashed(code: str, salt: str) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", code.encode(), salt.encode(), ROUNDS)
    return f"{salt}${digest.hex()}"


def _matches(code: str, stored: str) -> bool:
    return hmac.compare_digest(_hashed(code, stored.partition("$")[0]), stored)
