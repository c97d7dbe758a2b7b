"""A finder that follows the store: changes are in it within a second, what they cost is done beside it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from kefu.components.looking import keep_looking
from kefu.errors import KefuError
from kefu.knowledge.delta import Changes
from kefu.knowledge.finder import Finder

logger = logging.getLogger(__name__)

SECONDS = 0.5  # between two looks: a new passage is to be found within two seconds
RETRY_SECONDS = 30.0  # before what failed to be made anew is tried again: it may take all of a processor


@dataclass(frozen=True)
class Made:
    """A finder, and up to which change of the store it knows the passages; None without a store.

    ``source`` says whose passages they are: ``stored``, ``packaged``, or ``none``.
    """

    finder: Finder
    counter: int | None
    source: str = "stored"


class Making(Protocol):
    """What makes finders and knows what they need."""

    def counter(self) -> int | None:
        """The number of the store's last change; None while it cannot be read."""

    def changes(self, made: Made) -> Changes | None:
        """What changed since; None where nobody can tell, so that everything has to be read."""

    def changed(self, made: Made, changes: Changes) -> Made | None:
        """The finder with ``changes``; None where it cannot take them."""

    def due(self, made: Made) -> bool:
        """Whether the finder is to be made anew, though it answers rightly."""

    def renewed(self, made: Made) -> Made:
        """A finder made anew; this may take minutes."""


class Following:
    """Holds ``value``. ``look`` (called by one thread) takes changes in and adopts what was made anew.

    Readers never wait. What fails is logged once, the last good finder stays, and it is tried
    again at the next look. The thread ends with its owner.
    """

    def __init__(self, made: Made, making: Making, *, complete: bool = True) -> None:
        self._made, self._making = made, making
        self._renewal: _Renewal | None = None
        self._stale = not complete  # nobody knows what is missing: all is to be read
        self._complaint = ""
        self._not_before = 0.0

    @property
    def value(self) -> Finder:
        """What finds passages now."""
        return self._made.finder

    @property
    def source(self) -> str:
        """Whose passages these are: ``stored``, ``packaged``, or ``none`` while there is no index."""
        return self._made.source

    def watch(self, *, name: str, seconds: float = SECONDS) -> None:
        """Look every ``seconds`` from now on, in a thread."""
        keep_looking(self, Following.look, name=name, seconds=seconds)

    def look(self) -> None:
        """Take in what changed, adopt what was made anew, begin to make anew where that is due."""
        try:
            self._adopt()
            self._take_in()
            self._renew()
        except (KefuError, OSError, ValueError) as error:
            self._complain(error)

    def _renew(self) -> None:
        wanted = self._stale or self._making.due(self._made)
        if wanted and self._renewal is None and time.monotonic() >= self._not_before:
            self._renewal = _Renewal(self._making, self._made)

    def _take_in(self) -> None:
        counter = self._making.counter()
        if counter is None or counter == self._made.counter:
            return
        changes = self._making.changes(self._made)
        made = None if changes is None else self._making.changed(self._made, changes)
        if made is None:
            self._stale = True
        else:
            self._made = made

    def _adopt(self) -> None:
        renewal = self._renewal
        if renewal is None or renewal.running:
            return
        self._renewal = None
        if renewal.made is None:
            self._not_before = time.monotonic() + RETRY_SECONDS
            raise KefuError(f"{renewal.error}; it is tried again in {RETRY_SECONDS:.0f} seconds")
        self._complaint = ""
        self._made, self._stale = renewal.made, False  # what changed meanwhile is taken in next
        logger.info("%s: made anew.", threading.current_thread().name)

    def _complain(self, error: Exception) -> None:
        # the words alone: a log record that held the error would hold the owner alive too
        if str(error) != self._complaint:
            self._complaint = str(error)
            logger.error("Passages are not up to date, the last state stays: %s", self._complaint)


class _Renewal:
    """A finder being made anew, in a thread of its own."""

    def __init__(self, making: Making, made: Made) -> None:
        self.made: Made | None = None
        self.error = "making it anew was broken off"
        self._thread = threading.Thread(
            target=self._run, args=(making, made), name="kefu-passages-renewal", daemon=True
        )
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still at it."""
        return self._thread.is_alive()

    def _run(self, making: Making, made: Made) -> None:
        try:
            self.made = making.renewed(made)
        except KefuError as error:
            self.error = str(error)
        except Exception as error:  # whatever a library finds wrong with passages: the last finder serves on
            self.error = f"{type(error).__name__}: {error}"
