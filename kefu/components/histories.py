"""Between rows and trackers: events as JSON, a tracker that remembers what is kept of it already."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SessionStarted
from rasa.shared.utils.common import all_subclasses

from kefu.components.states import StatedTracker
from kefu.errors import ConversationLost, StoreError


class Saved(Protocol):
    """What one turn appended."""

    @property
    def seq(self) -> int:
        """Its number, from 1 on."""

    @property
    def events(self) -> str:
        """Its events as JSON."""


class Stored(Protocol):
    """A conversation's rows, as the store gives them."""

    @property
    def conversation_id(self) -> str:
        """Whose they are."""

    @property
    def generation(self) -> int:
        """How often the conversation has begun anew."""

    @property
    def folded(self) -> int:
        """Up to which save the checkpoint stands for them."""

    @property
    def checkpoint(self) -> str | None:
        """The folded events as JSON."""

    @property
    def saves(self) -> Sequence[Saved]:
        """The saves behind the checkpoint."""


@dataclass
class Kept:
    """How much of a tracker is kept: the number of its last save, and where each save ends in its events.

    ``ends[0]`` is where the folded part ends; the saves behind it have the numbers ``folded_from + 1`` on.
    """

    generation: int = 0
    folded_from: int = 0
    folded: int = 0
    ends: list[int] = field(default_factory=lambda: [0])

    @property
    def last(self) -> int:
        """The number of the newest save."""
        return self.folded_from + len(self.ends) - 1

    @property
    def count(self) -> int:
        """How many of the tracker's events are kept."""
        return self.ends[-1]

    def add(self, events: int) -> None:
        """Note a save."""
        self.ends.append(self.count + events)

    def fold_at(self, *, most: int, keep: int) -> tuple[int, int] | None:
        """Up to which save, and how many events, to fold; None while there are at most ``most`` saves."""
        if self.last - self.folded <= most:
            return None
        upto = self.last - keep
        return (upto, self.ends[upto - self.folded_from]) if upto > self.folded else None


class KeptTracker(StatedTracker):
    """Rasa's tracker with what is kept of it (None where nobody has looked yet), and whose slots it has."""

    kept: Kept | None = None
    domain: Domain | None = None

    def kept_so_far(self) -> Kept:
        """What is kept of a tracker that was read."""
        return self.kept or Kept()


def empty(conversation_id: str, domain: Domain) -> KeptTracker:
    """A tracker of which nothing is known yet."""
    tracker = KeptTracker(conversation_id, domain.slots)
    tracker.domain = domain
    return tracker


def written(events: Sequence[Event]) -> str:
    """Events as JSON in ASCII, so that no character of a customer can trouble a database.

    Raises StoreError for a value that JSON cannot hold.
    """
    try:
        return json.dumps([event.as_dict() for event in events], separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise StoreError(f"an event holds what cannot be kept: {error}; give it plain values") from error


def read(stored: Stored, domain: Domain, *, latest_session: bool = True) -> KeptTracker:
    """The tracker of a conversation's rows; raises ConversationLost where a row cannot be read."""
    parts = [_events(stored.checkpoint or "[]", f"checkpoint of {stored.conversation_id}")]
    parts += [_events(save.events, f"save {save.seq} of {stored.conversation_id}") for save in stored.saves]
    kept = Kept(stored.generation, stored.folded, stored.folded, [len(parts[0])])
    for part in parts[1:]:
        kept.add(len(part))
    events = [event for part in parts for event in part]
    start = _session_start(events) if latest_session else 0
    tracker = _replayed(stored.conversation_id, events[start:], domain)
    kept.ends = [max(0, end - start) for end in kept.ends]
    tracker.kept = kept
    return tracker


def _session_start(events: Sequence[Event]) -> int:
    starts = [place for place, event in enumerate(events) if isinstance(event, SessionStarted)]
    return starts[-1] if starts else 0


def _replayed(conversation_id: str, events: Sequence[Event], domain: Domain) -> KeptTracker:
    tracker = empty(conversation_id, domain)
    try:
        for event in events:
            tracker.update(event)
    except Exception as error:  # whatever an event of a wrong shape makes Rasa raise
        raise ConversationLost(
            f"{conversation_id}: an event cannot be replayed ({type(error).__name__})"
        ) from error
    return tracker


def _events(text: str, what: str) -> list[Event]:
    try:
        rows = json.loads(text)
        events = [event for row in rows if (event := _event(row))]
    except Exception as error:  # Rasa raises what it likes for rows of a wrong shape
        raise ConversationLost(f"{what} cannot be read ({type(error).__name__})") from error
    if len(events) != len(rows):
        raise ConversationLost(f"{what} holds something that is no event")
    return events


def _event(row: Mapping[str, Any]) -> Event | None:
    """As Rasa reads an event, without its walk through all classes of events for each one."""
    kind = _kinds().get(row["event"])
    return kind._from_parameters(row) if kind else Event.from_parameters(row)


@functools.lru_cache(maxsize=1)
def _kinds() -> Mapping[str, type[Event]]:
    """Classes of events by name; of two with one name the first, as with Rasa."""
    return {kind.type_name: kind for kind in reversed(all_subclasses(Event))}
