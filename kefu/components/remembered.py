"""Trackers kept in mind between turns, so that a conversation is not read and replayed for each of them.

The rows stay what counts: a tracker is only taken where they still stand as it left them.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from rasa.shared.core.domain import Domain

from kefu.components.histories import KeptTracker


class Remembered:
    """The ``most`` conversations that spoke last, by id; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._trackers: OrderedDict[str, KeptTracker] = OrderedDict()

    def __contains__(self, conversation_id: str) -> bool:
        with self._lock:
            return conversation_id in self._trackers

    def take(self, conversation_id: str, *, generation: int, last: int, domain: Domain) -> KeptTracker | None:
        """The tracker, which is then the caller's alone; None where it is not what the rows tell.

        ``generation`` and ``last`` are those of the conversation's row. A turn that fails has changed its
        tracker and does not put it back.
        """
        with self._lock:
            tracker = self._trackers.pop(conversation_id, None)
        if tracker is None or tracker.domain is not domain:
            return None
        kept = tracker.kept_so_far()
        whole = (kept.generation, kept.last, kept.count) == (generation, last, len(tracker.events))
        return tracker if whole else None

    def put(self, tracker: KeptTracker) -> None:
        """Keep a tracker that was just saved and that nobody goes on with.

        With the first one of another model's domain all of the old one go: nobody will take them.
        """
        with self._lock:
            latest = next(reversed(self._trackers.values()), None)
            if latest is not None and latest.domain is not tracker.domain:
                self._trackers.clear()
            self._trackers[tracker.sender_id] = tracker
            self._trackers.move_to_end(tracker.sender_id)
            while len(self._trackers) > self._most:
                self._trackers.popitem(last=False)
