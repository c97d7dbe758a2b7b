"""The events of a conversation that are not taken back, kept while it grows.

Rasa's tracker walks through all events whenever it is asked, which is several times at every prediction.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components import kinds


class Applied:
    """``of`` tells what ``DialogueStateTracker.applied_events`` tells (tests/contracts/test_states.py)."""

    _events: list[Event]
    _loops: set[str]
    _count: int
    _last: Event | None

    def __init__(self) -> None:
        self._begin()

    def of(self, tracker: DialogueStateTracker) -> list[Event]:
        """The applied events of ``tracker``: a list of the caller's own."""
        new = self._new(tracker.events)
        loops = {event.name for event in new if event.type_name in kinds.LOOP and event.name}
        if not loops <= self._loops:
            # an action may turn out to be a loop's long after it was logged
            known = self._loops | loops
            self._begin()
            self._loops, new = known, list(tracker.events)
        for event in new:
            self._apply(event, tracker)
        self._count, self._last = len(tracker.events), new[-1] if new else self._last
        return list(self._events)

    def _begin(self) -> None:
        self._events, self._loops = [], set()
        self._count, self._last = 0, None

    def _new(self, events: deque[Event]) -> list[Event]:
        """What came since the last look; all of it where something else than an appending happened."""
        more = len(events) - self._count
        if more < 0 or (self._count and events[self._count - 1] is not self._last):
            self._begin()
            return list(events)
        return list(islice(reversed(events), more))[::-1]

    def _apply(self, event: Event, tracker: DialogueStateTracker) -> None:
        """One step of ``DialogueStateTracker.applied_events``."""
        done, kind = self._events, event.type_name
        if kind in kinds.BEGINNING:
            done.clear()
        elif kind in kinds.UNDONE:
            tracker._undo_till_previous(ActionExecuted, done)
        elif kind in kinds.UNSAID:
            tracker._undo_till_previous(UserUttered, done)
            tracker._undo_till_previous(ActionExecuted, done)
        elif self._goes_on(event, tracker):
            tracker._undo_till_previous_loop_execution(event.action_name, done)
        else:
            done.append(event)

    def _goes_on(self, event: Event, tracker: DialogueStateTracker) -> bool:
        """Whether it is a loop's action behind another of the same loop, with nothing amiss between them."""
        return (
            event.type_name in kinds.ACTION
            and event.action_name in self._loops
            and not tracker._first_loop_execution_or_unhappy_path(event.action_name, self._events)
        )
