"""A provider whose books a test can look into, and the shop that pays by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kefu.shop.confirmations import propose, redeem
from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.shop.outcome import Outcome
from kefu.shop.payments import DemoProvider
from kefu.shop.settlement import owed, settle, truth
from kefu.store import Store
from kefu.store.provider_ledger import LedgerRow, ProviderLedger
from kefu.store.records import Refund

SECONDS = 0.02  # a provider that does not answer is waited for so long


@dataclass(frozen=True)
class Till:
    """A store and a provider, and what customers do with both."""

    store: Store
    provider: DemoProvider
    ledger: ProviderLedger
    now: datetime

    @classmethod
    def open(cls, store: Store, folder: Path, *, now: datetime, behaviour: str = "pay") -> Till:
        """A till whose provider keeps its books in ``folder``."""
        ledger = ProviderLedger(folder / "payments.db")
        provider = DemoProvider(ledger)
        provider.tell(behaviour)
        return cls(store, provider, ledger, now)

    def ask(self, who: Identity, kind: str, order_number: str) -> str:
        """Ask for it; the nonce of the confirmation that was shown."""
        with self.store.write() as tx:
            outcome, confirmation = propose(tx, who, Operation(kind, order_number), now=self.now)
        assert confirmation is not None, outcome.code
        return confirmation.nonce

    def yes(self, who: Identity, nonce: str) -> Outcome:
        """Say yes: commit, then have the provider pay; the outcome as it is told."""
        with self.store.write() as tx:
            outcome = redeem(tx, who, nonce, now=self.now)
        refunds = self.settle(owed(outcome))
        with self.store.read() as tx:
            return truth(tx, outcome, refunds) if refunds else outcome

    def settle(self, refunds: Sequence[Refund]) -> list[Refund]:
        """Have these refunds paid."""
        return [
            settle(self.store, self.provider, row.refund_id, now=self.now, seconds=SECONDS) for row in refunds
        ]

    def refunds(self, order_number: str) -> list[Refund]:
        """The refunds of an order as they stand."""
        with self.store.read() as tx:
            return tx.refunds.of_order(order_number)

    def booked(self, order_number: str) -> list[LedgerRow]:
        """What the provider paid for an order."""
        rows = self.ledger.rows()
        return [row for row in rows if row.order_number == order_number and row.state == "booked"]
