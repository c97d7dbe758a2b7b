"""One-time codes: how a guest proves that an order is theirs.

Whether the order exists or not, the same steps are taken, the same rows are written and the same is
returned: who asks learns nothing. Only the mail itself needs an order.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kefu.shop.mails import code_mail
from kefu.shop.policy import Policy
from kefu.store.chat_records import CodeRow

if TYPE_CHECKING:
    from kefu.store import Transaction

DIGITS = 6
LONGEST_NUMBER = 64  # characters of an order number that are worth remembering
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class CodeRules:
    """Minutes that a code is good, tries that it has, codes an hour for an order and for a session.

    ``keys`` hash the codes: the first makes them, all of them check. They are kept outside of the
    database, so that its rows alone give no code away: there are only a million codes, and a slow
    hash without a key is read off in seconds.
    """

    keys: Sequence[bytes]
    minutes: int = 10
    tries: int = 5
    per_hour: int = 12


def send_code(
    tx: Transaction, session_id: str, order_number: str, *, now: datetime, rules: CodeRules
) -> bool:
    """Make a code for the order and mail it to the order's own address, if there is such an order.

    False, and nothing is sent, where the session or the order number asked for too many; the
    session's latest code stays good then. An order that is not there has the same limits.
    """
    number = _plain(order_number)
    tx.sessions.set_pending(session_id, number)
    if tx.codes.asked_since(session_id, number, now - timedelta(hours=1)) >= rules.per_hour:
        return False
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    expires = now + timedelta(minutes=rules.minutes)
    made = _hashed(code, rules.keys[0], session_id=session_id, salt=secrets.token_hex(8))
    tx.codes.add(session_id, number, made, expires, now=now)
    # what a guest typed may be anything, their phone number too: the audit keeps its hash
    typed = hashlib.sha256(number.encode()).hexdigest()[:16]
    tx.audit.add("guest", "code_asked", session_id, {"typed_sha256": typed}, now=now)
    letters = {language: code_mail(number, code, rules.minutes, language) for language in LANGUAGES}
    ready = {language: (letter.subject, letter.body) for language, letter in letters.items()}
    tx.outbox.add_to_owner(number, ready, otherwise="en", code=code, now=now, expires_at=expires)
    return True


def count_try(
    tx: Transaction, session_id: str, code: str, *, now: datetime, rules: CodeRules
) -> CodeRow | None:
    """Count a guess at the session's latest code, before it is looked at; None where it is no guess.

    For a transaction of its own: what fails behind it gives no try back. What has not six digits is no
    guess, nor is one at a code that is used, expired or was tried ``rules.tries`` times.
    """
    if len(_digits(code)) != DIGITS:
        return None
    return tx.codes.take_try(session_id, now=now, most=rules.tries)


def check_code(
    tx: Transaction,
    session_id: str,
    code: str,
    *,
    now: datetime,
    rules: CodeRules,
    tried: CodeRow | None = None,
) -> bool:
    """Whether ``code`` is the session's latest; if so its order is verified as long as privacy.1 says.

    A code works once, until it expires, and dies after ``rules.tries`` wrong ones. Spaces and dashes
    do not count, and digits are digits in any script. ``tried``: what count_try gave; without it the
    guess is counted here, so that those made at once share the same few tries.
    """
    row = tried or count_try(tx, session_id, code, now=now, rules=rules)
    digits = _digits(code)
    if row is None or not _matches(digits, row.code_hash, rules.keys, session_id=session_id):
        return False
    if tx.orders.get(row.order_number) is None or not tx.codes.use(row.code_id):
        return False
    minutes = Policy.load(tx, now=now).number("privacy.1", "minutes")
    tx.sessions.verify_order(session_id, row.order_number, now + timedelta(minutes=minutes))
    return True


def _plain(order_number: str) -> str:
    """An order number as it is looked up and kept; nothing that a database refuses, nothing endless."""
    kept = (char for char in order_number.strip().upper()[:LONGEST_NUMBER] if char.isprintable())
    return "".join(kept)


def _digits(code: str) -> str:
    """The digits of a code; empty where there is anything but digits, spaces and dashes.

    >>> _digits(" １２３ 456 ")
    '123456'
    """
    plain = unicodedata.normalize("NFKC", code)
    kept = [c for c in plain if not c.isspace() and unicodedata.category(c) not in ("Pd", "Cf")]
    return "".join(str(unicodedata.decimal(c)) for c in kept) if all(c.isdecimal() for c in kept) else ""


def _hashed(code: str, key: bytes, *, session_id: str, salt: str) -> str:
    # the session is part of it: a row copied to another session proves nothing there
    return f"{salt}${hmac.digest(key, f'{session_id}|{salt}|{code}'.encode(), hashlib.sha256).hex()}"


def _matches(code: str, stored: str, keys: Sequence[bytes], *, session_id: str) -> bool:
    salt = stored.partition("$")[0]
    made = [_hashed(code, key, session_id=session_id, salt=salt) for key in keys]
    return any([hmac.compare_digest(one, stored) for one in made])  # a list: every key, in any case
