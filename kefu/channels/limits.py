"""How often somebody may ask: token buckets, one for each session, address and customer.

They are in this process, or, where several serve, in Redis (``kefu.channels.shared_buckets``).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kefu.channels.records import Visitor
from kefu.channels.refusals import Refusal

MOST_BUCKETS = 50_000  # the least lately used are forgotten beyond; a forgotten bucket is a full one


@dataclass(frozen=True)
class Rule:
    """``size`` requests at once and as many again within ``seconds``; a size of 0: no limit."""

    name: str
    size: int
    seconds: float

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.size / self.seconds


Wanted = Sequence[tuple[Rule, str]]  # rules, each with whose bucket it is


class Buckets(Protocol):
    """Where the tokens are."""

    async def take(self, wanted: Wanted) -> float:
        """0 and one token less in each bucket; or the seconds until all have one, and none is less."""

    async def close(self) -> None:
        """Give connections back."""


@dataclass
class _Bucket:
    tokens: float
    at: float


class LocalBuckets:
    """Buckets of this process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    async def take(self, wanted: Wanted) -> float:
        """See Buckets."""
        counted = [(rule, self._filled(rule, key)) for rule, key in wanted]
        short = [(1 - bucket.tokens) / rule.rate for rule, bucket in counted if bucket.tokens < 1]
        if short:
            return max(short)
        for _, bucket in counted:
            bucket.tokens -= 1
        return 0.0

    async def close(self) -> None:
        """There is nothing to give back."""

    def _filled(self, rule: Rule, key: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.pop((rule.name, key), None) or _Bucket(float(rule.size), now)
        bucket.tokens = min(rule.size, bucket.tokens + (now - bucket.at) * rule.rate)
        bucket.at = now
        self._buckets[rule.name, key] = bucket
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


class Limits:
    """The limits: messages a minute, sessions and pictures an hour. Every method raises Refusal 429."""

    def __init__(
        self, buckets: Buckets, *, session: int, address: int, customer: int, sessions: int, attachments: int
    ) -> None:
        self._buckets = buckets
        self._session = Rule("session", session, 60)
        self._address = Rule("address", address, 60)
        self._customer = Rule("customer", customer, 60)
        self._sessions = Rule("sessions", sessions, 3600)
        self._attachments = Rule("attachments", attachments, 3600)

    async def message(self, visitor: Visitor, *, address: str) -> None:
        """A customer writes."""
        customer = [(self._customer, visitor.customer_id)] if visitor.customer_id is not None else []
        await self._within((self._address, address), (self._session, visitor.session_id), *customer)

    async def opening(self, *, address: str) -> None:
        """Somebody opens a session."""
        await self._within((self._sessions, address))

    async def connecting(self, *, address: str) -> None:
        """Somebody connects, or reads what was said."""
        await self._within((self._address, address))

    async def picture(self, *, session_id: str, address: str) -> None:
        """Somebody sends a picture."""
        await self._within((self._address, address), (self._attachments, session_id))

    async def close(self) -> None:
        """Give the buckets' connections back."""
        await self._buckets.close()

    async def _within(self, *wanted: tuple[Rule, str]) -> None:
        limited = [(rule, key) for rule, key in wanted if rule.size]
        seconds = await self._buckets.take(limited) if limited else 0.0
        if seconds:
            wait = math.ceil(seconds)
            words = f"That was a lot at once. Wait {wait} s and try again."
            raise Refusal(429, "too_many", words, retry_after=wait)
