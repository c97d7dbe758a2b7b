"""A process that says yes to a refund and is killed at a step of it.

python -m tests.support.killed STEP DATABASE_URL LEDGER NONCE
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from kefu.shop import settlement
from kefu.shop.confirmations import redeem
from kefu.shop.identity import Identity
from kefu.shop.payments import Answer, DemoProvider
from kefu.store import Store
from kefu.store.provider_ledger import ProviderLedger


def die() -> None:
    """End as a power cut ends a process: no handler, no cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingLedger(ProviderLedger):
    """Books that are being written when the process dies."""

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with super()._changing() as connection:
            yield connection
            die()


class DyingProvider(DemoProvider):
    """A provider that has paid when the process dies."""

    def refund(self, *terms: Any, seconds: float) -> Answer:
        super().refund(*terms, seconds=seconds)
        die()
        raise AssertionError("dead")


def dying_record(*arguments: Any, **options: Any) -> None:
    """Note what the provider said, and die before that is committed."""
    honest_record(*arguments, **options)
    die()


honest_record = settlement.record


def main(step: str, url: str, ledger: Path, nonce: str) -> None:
    """Say yes and die at ``step``."""
    store, now = Store.open(url), datetime.now(timezone.utc)
    with store.write() as tx:
        session = tx.confirmations.get(nonce)
        assert session is not None
        outcome = redeem(tx, Identity(session.session_id, "C1001"), nonce, now=now)
        if step == "before_commit":
            die()
    if step == "after_submitted":
        die()
    books = (DyingLedger if step == "during_the_call" else ProviderLedger)(ledger)
    provider = (DyingProvider if step == "after_paid" else DemoProvider)(books)
    if step == "before_succeeded":
        settlement.record = dying_record  # type: ignore[assignment]
    for refund in settlement.owed(outcome):
        settlement.settle(store, provider, refund.refund_id, now=now)
    die()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
