"""How often somebody may ask: token buckets in this process, one for each session, address and customer."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from kefu.channels.refusals import Refusal

MOST_BUCKETS = 50_000  # the least lately used are forgotten beyond; a forgotten bucket is a full one


@dataclass
class _Bucket:
    tokens: float
    at: float


class Limiter:
    """``size`` requests at once and as many again within ``seconds``, for each key; a size of 0: no limit."""

    def __init__(self, size: int, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._rate = size / seconds
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, key: str) -> float:
        """0 and one token less where ``key`` may go on; else the seconds until it may."""
        if not self._size:
            return 0.0
        now = self._clock()
        bucket = self._buckets.pop(key, None) or _Bucket(float(self._size), now)
        bucket.tokens = min(self._size, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        self._buckets[key] = bucket
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate
        bucket.tokens -= 1
        return 0.0


@dataclass(frozen=True)
class Limits:
    """The limits of one process: messages a minute, sessions and pictures an hour."""

    session: Limiter
    address: Limiter
    customer: Limiter
    sessions: Limiter
    attachments: Limiter

    @classmethod
    def of(cls, *, session: int, address: int, customer: int, sessions: int, attachments: int) -> Limits:
        """Limits by their sizes."""
        return cls(
            session=Limiter(session, seconds=60),
            address=Limiter(address, seconds=60),
            customer=Limiter(customer, seconds=60),
            sessions=Limiter(sessions, seconds=3600),
            attachments=Limiter(attachments, seconds=3600),
        )

    def message(self, *, session_id: str, customer_id: str | None, address: str) -> None:
        """A customer writes; raises Refusal 429."""
        _within(self.address, address)
        _within(self.session, session_id)
        if customer_id is not None:
            _within(self.customer, customer_id)

    def opening(self, *, address: str) -> None:
        """Somebody opens a session; raises Refusal 429."""
        _within(self.sessions, address)

    def connecting(self, *, address: str) -> None:
        """Somebody connects, or reads what was said; raises Refusal 429."""
        _within(self.address, address)

    def picture(self, *, session_id: str, address: str) -> None:
        """Somebody sends a picture; raises Refusal 429."""
        _within(self.address, address)
        _within(self.attachments, session_id)


def _within(limiter: Limiter, key: str) -> None:
    seconds = limiter.wait(key)
    if seconds:
        wait = math.ceil(seconds)
        words = f"That was a lot at once. Wait {wait} s and try again."
        raise Refusal(429, "too_many", words, retry_after=wait)
