"""What is owed to a customer is tried again until the store is back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain, repeat
from time import monotonic
from typing import TypeVar

from kefu.errors import ConversationLost, DuplicateKey, Overtaken, StoreError

T = TypeVar("T")
AT_FIRST = (0.5, 1.0, 2.0)
LATER = 4.0  # a store that was away for long is used soon after it is back
SECONDS = 3600.0  # as long as a message is taken up after a crash (kefu/shop/chats.py)
# What the store will not say otherwise however often it is asked.
FINAL = (ConversationLost, DuplicateKey, Overtaken)


async def insist(work: Callable[[], Awaitable[T]], *, seconds: float = SECONDS) -> T:
    """What ``work`` gives, tried again while the store does not answer; then its StoreError."""
    until = monotonic() + seconds
    for pause in _pauses():
        try:
            return await work()
        except FINAL:
            raise
        except StoreError:
            if monotonic() + pause > until:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("pauses do not end")


def _pauses() -> Iterator[float]:
    return chain(AT_FIRST, repeat(LATER))
