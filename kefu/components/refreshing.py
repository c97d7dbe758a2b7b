"""A value that is built again, off to the side, when what it was built from has changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from kefu.components.looking import keep_looking
from kefu.errors import KefuError

logger = logging.getLogger(__name__)

Value = TypeVar("Value")


class Refreshing(Generic[Value]):
    """Holds ``value``; a daemon thread rebuilds it when ``counter`` moves and swaps it whole.

    Readers never wait. A rebuild that fails is logged once, the last good value stays, and it
    is tried again at the next look. The thread ends with its owner.
    """

    def __init__(self, value: Value, *, counted: int | None) -> None:
        self.value = value
        self._counted = counted

    def watch(
        self,
        counter: Callable[[], int | None],
        build: Callable[[], Value],
        *,
        name: str,
        seconds: float = 1.0,
    ) -> None:
        """Start looking every ``seconds``; ``counter`` gives None while it cannot be read."""
        keep_looking(self, _looking(counter, build), name=name, seconds=seconds)

    def look(self, counter: Callable[[], int | None], build: Callable[[], Value]) -> bool:
        """Rebuild once if the counter moved; whether it did. Errors of ``build`` come through."""
        counted = counter()
        if counted is None or counted == self._counted:
            return False
        self.value = build()
        self._counted = counted
        return True


def _looking(
    counter: Callable[[], int | None], build: Callable[[], Value]
) -> Callable[[Refreshing[Value]], None]:
    """One look that complains once of what stays broken."""
    complaint = ""

    def look(held: Refreshing[Value]) -> None:
        nonlocal complaint
        name = threading.current_thread().name
        try:
            if held.look(counter, build):
                complaint = ""
                logger.info("%s: rebuilt after a change.", name)
        except (KefuError, OSError, ValueError) as error:
            # the words alone: a log record that held the error would hold the owner alive too
            if str(error) != complaint:
                complaint = str(error)
                logger.error("%s: not rebuilt, the last state stays: %s", name, complaint)

    return look
