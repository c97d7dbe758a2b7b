"""The payment provider: what the shop asks of one, and the demo's own.

A provider is outside of every transaction of the shop. What makes it safe to ask twice is the key:
the same key with the same content gets the saved answer, with other content an error.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from kefu.errors import ConfigError, KeyConflict, Unanswered
from kefu.settings import Settings
from kefu.shop.case import new_id
from kefu.store.provider_ledger import LedgerRow, ProviderLedger

DEMO = "demo"  # the value of KEFU_PAYMENT_PROVIDER
BEHAVIOURS = ("accept", "pay", "refuse", "slow", "timeout_before", "timeout_after")
SETTLES = timedelta(days=3)  # how long the demo's banks take


@dataclass(frozen=True)
class Answer:
    """What a provider says of a key.

    ``accepted``: the refund is with the bank or wallet; ``paid``: it was paid out; ``refused``: it
    is not paid, for ``reason``.
    """

    key: str
    state: str
    reference: str
    amount: int  # minor units of ``currency`` that the provider has under the key
    currency: str
    reason: str | None = None


@dataclass(frozen=True)
class Booking:
    """A refund in a provider's books: ``amount`` in minor units, ``state`` as in Answer."""

    key: str
    order_number: str
    amount: int
    currency: str
    state: str


class Provider(Protocol):
    """Whoever pays refunds. ``seconds`` is how long the caller waits for an answer."""

    def refund(
        self, key: str, order_number: str, amount: int, currency: str, method: str, *, seconds: float
    ) -> Answer:
        """Pay ``amount`` minor units back to ``method``, once for ``key``.

        Raises:
            Unanswered: no answer in time; it may have been paid or not.
            KeyConflict: the key stands for another payment; nothing was paid now.
        """

    def find(self, key: str, *, seconds: float) -> Answer | None:
        """What became of ``key``, None where the provider never booked it; raises Unanswered."""

    def bookings(self) -> Iterable[Booking]:
        """Everything in its books, for reconciliation; raises Unanswered."""


class DemoProvider:
    """A provider in this process, with books of its own (see ProviderLedger).

    It accepts, and has paid out after SETTLES, unless it was told otherwise: ``pay`` at once,
    ``refuse``, be ``slow`` for some seconds (too slow is no answer), or give no answer, either
    ``timeout_before`` anything was booked or ``timeout_after`` having paid.
    """

    def __init__(self, ledger: ProviderLedger, *, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._clock = clock

    def tell(self, behaviour: str, seconds: float = 0.0) -> None:
        """Behave so from now on, in every process; ``seconds`` is how slow ``slow`` is."""
        if behaviour not in BEHAVIOURS:
            raise ConfigError(f"found the behaviour {behaviour!r}; wanted one of {', '.join(BEHAVIOURS)}")
        self._ledger.tell(behaviour, seconds)

    def forget(self) -> None:
        """Empty the books: a demo that is loaded from nothing had no refunds."""
        self._ledger.clear()

    def refund(
        self, key: str, order_number: str, amount: int, currency: str, method: str, *, seconds: float
    ) -> Answer:
        """Book the refund once for ``key``; see Provider."""
        behaviour = self._answering(seconds)
        content = json.dumps([order_number, amount, currency, method])
        content_hash, now = hashlib.sha256(content.encode()).hexdigest(), self._clock()
        booked = self._ledger.book(
            LedgerRow(
                key=key,
                content_hash=content_hash,
                order_number=order_number,
                amount=amount,
                currency=currency,
                method=method,
                state="refused" if behaviour == "refuse" else "booked",
                reference=new_id("PV"),
                booked_at=now,
                due_at=now + SETTLES.total_seconds() if behaviour in ("accept", "slow") else now,
            )
        )
        if booked.content_hash != content_hash:
            raise KeyConflict(f"the provider has another payment under the key {key!r}; look at both")
        if behaviour == "timeout_after":
            _no_answer(seconds)
        return self._told(booked)

    def find(self, key: str, *, seconds: float) -> Answer | None:
        """What became of ``key``; see Provider."""
        self._answering(seconds)
        row = self._ledger.find(key)
        return self._told(row) if row is not None else None

    def bookings(self) -> Iterator[Booking]:
        """Everything in the books; see Provider."""
        for row in self._ledger.rows():
            yield Booking(row.key, row.order_number, row.amount, row.currency, self._told(row).state)

    def _answering(self, seconds: float) -> str:
        """The behaviour of this call; Unanswered where it never gets to the books."""
        behaviour, delay = self._ledger.behaviour(BEHAVIOURS[0])
        if behaviour == "timeout_before" or (behaviour == "slow" and delay > seconds):
            _no_answer(seconds)
        if behaviour == "slow":
            time.sleep(delay)
        return behaviour

    def _told(self, row: LedgerRow) -> Answer:
        booked = (row.reference, row.amount, row.currency)
        if row.state == "refused":
            return Answer(row.key, "refused", *booked, reason="refused by the bank or wallet")
        return Answer(row.key, "paid" if self._clock() >= row.due_at else "accepted", *booked)


def _no_answer(seconds: float) -> None:
    time.sleep(seconds)
    raise Unanswered(f"the payment provider gave no answer in {seconds:g} s; whether it paid is unknown")


def provider_of(settings: Settings) -> Provider:
    """The provider that KEFU_PAYMENT_PROVIDER names: ``demo``, or ``module:function``.

    The function gets the settings and returns a Provider. Raises ConfigError where there is none.
    """
    name = settings.payment_provider
    if name == DEMO:
        return demo_provider(settings)
    module, _, function = name.partition(":")
    try:
        make: Callable[[Settings], Provider] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"KEFU_PAYMENT_PROVIDER: found {name!r} ({error}); wanted demo or module:function, a function "
            "that takes the settings and returns a provider (kefu/shop/payments.py)"
        ) from error
    return make(settings)


def demo_provider(settings: Settings) -> DemoProvider:
    """The demo's provider, whose books are ``payments.db`` in the home folder."""
    return DemoProvider(ProviderLedger(settings.home / "payments.db"))
