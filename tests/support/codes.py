"""One-time codes for tests: asked for and read from the outbox, as a guest reads a mailbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kefu.shop.identity import CodeRules, send_code
from kefu.store import Store
from kefu.store.chat_records import Session

RULES = CodeRules(keys=(b"a key of the tests",))


def guest(store: Store, session_id: str = "guest", *, now: datetime, **changes: Any) -> str:
    """A guest's session that has not ended."""
    with store.write() as tx:
        tx.sessions.add(Session(session_id, None, None, now, now.replace(year=now.year + 1), **changes))
    return session_id


def sent_code(store: Store, session_id: str, number: str, email: str, *, now: datetime) -> str:
    """Ask for a code and read it from the outbox."""
    with store.write() as tx:
        assert send_code(tx, session_id, number, now=now, rules=RULES)
    with store.read() as tx:
        code = tx.outbox.last_code(email)
    assert code is not None
    return code


def other_than(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
