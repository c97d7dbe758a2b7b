"""Which lock the running turn holds: its number goes with what the turn saves; a late one is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Fence:
    """A held lock. ``took_over``: its holder before was silent for too long, and may still be at work."""

    conversation_id: str
    number: int
    took_over: bool = False

    @property
    def announced(self) -> int:
        """The number to tell the database before reading, 0 where nobody can be late."""
        return self.number if self.took_over else 0


_HELD: ContextVar[Fence | None] = ContextVar("kefu_held_lock", default=None)


@contextmanager
def holding(fence: Fence) -> Iterator[None]:
    """Within the block, and in what it awaits, ``fence`` is the held lock."""
    token = _HELD.set(fence)
    try:
        yield
    finally:
        _HELD.reset(token)


def current_fence(conversation_id: str) -> Fence | None:
    """The lock that the running task holds on this conversation, None where it holds none with a number."""
    fence = _HELD.get()
    return fence if fence is not None and fence.conversation_id == conversation_id else None
