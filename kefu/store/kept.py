"""What is built from the store once for each state of a change counter, and shared by its transactions."""

from __future__ import annotations

import threading
from typing import Any


class Kept:
    """The last value built under each name, with the count that it was built at. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, tuple[int, Any]] = {}

    def get(self, name: str, counted: int) -> Any | None:
        """The value of that count; None where another one, or none, is kept."""
        with self._lock:
            found = self._values.get(name)
        return found[1] if found is not None and found[0] == counted else None

    def put(self, name: str, counted: int, value: Any) -> None:
        """Keep a value; one of a later count, from a transaction that began later, stays."""
        with self._lock:
            found = self._values.get(name)
            if found is None or found[0] <= counted:
                self._values[name] = (counted, value)
