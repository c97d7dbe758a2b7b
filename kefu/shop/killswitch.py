"""The kill switch: people stop automatic refunds, at once, and resume them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from kefu.errors import KefuError

if TYPE_CHECKING:
    from kefu.store import Transaction

NAME = "refunds"


def is_stopped(tx: Transaction) -> bool:
    """Whether automatic refunds are stopped now."""
    return tx.switches.get(NAME).stopped


def hold(tx: Transaction) -> None:
    """From here to the end of the write transaction nobody stops refunds, or it sees that somebody did."""
    tx.switches.hold(NAME)


def stop(tx: Transaction, *, by: str, reason: str, now: datetime) -> None:
    """From the commit on no automatic refund is made: each waits for a person."""
    _turn(tx, "stop", stopped=True, by=by, reason=reason, now=now)


def resume(tx: Transaction, *, by: str, reason: str, now: datetime) -> None:
    """Automatic refunds are made again."""
    _turn(tx, "resume", stopped=False, by=by, reason=reason, now=now)


def _turn(tx: Transaction, action: str, *, stopped: bool, by: str, reason: str, now: datetime) -> None:
    if not by.strip() or not reason.strip():
        raise KefuError(f"found no name or no reason to {action} refunds; wanted both: --by NAME --reason …")
    tx.switches.turn(NAME, stopped=stopped, by=by.strip(), reason=reason.strip(), now=now)
    tx.audit.add(by.strip(), f"refunds_{action}", NAME, {"reason": reason.strip()}, now=now)
