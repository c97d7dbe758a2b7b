"""What one transaction has read: it is read once, until the transaction itself writes or holds something."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

Value = TypeVar("Value")


class Memory:
    """The answers of one transaction's reads; it lives and ends with the transaction.

    Every statement that is no plain reading empties it, also one that another repository of the transaction
    runs, and one that takes a lock: what is decided behind a lock or a change is read behind it.
    """

    def __init__(self) -> None:
        self._read: dict[Hashable, Any] = {}
        self._held: set[Hashable] = set()

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """What was read under this key since the last change, else what ``read`` gives now."""
        try:
            return cast(Value, self._read[key])
        except KeyError:
            found = self._read[key] = read()
            return found

    def known(self, key: Hashable) -> Any | None:
        """What was read under this key since the last change; None where nothing was."""
        return self._read.get(key)

    def forget(self) -> None:
        """Something was changed or held: from here on everything is read again."""
        self._read.clear()

    def hold(self, key: Hashable) -> bool:
        """Whether a row has still to be held; once it is, it stays so until the transaction's end."""
        if key in self._held:
            return False
        self._held.add(key)
        return True
