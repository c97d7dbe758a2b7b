"""A conversation as a policy sees it: one moment for each choice of an action."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LISTEN = "action_listen"  # Rasa's name for waiting for the customer: a turn begins behind it


@dataclass(frozen=True)
class Moment:
    """What was known when an action was chosen; ``action`` is the one before, "" at the very start.

    ``slots`` holds the features of each slot that steers the dialogue, as Rasa's slot types give them.
    """

    intent: str = ""
    action: str = ""
    loop: str = ""
    entities: tuple[str, ...] = ()
    slots: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def features(self) -> Iterator[tuple[str, float]]:
        """Names with values; never none at all. A value that is no number says nothing and is left out."""
        yield "moment", 1.0
        for kind, name in (("intent", self.intent), ("action", self.action), ("loop", self.loop)):
            if name:
                yield f"{kind}={name}", 1.0
        for entity in self.entities:
            yield f"entity={entity}", 1.0
        for slot, values in self.slots:
            for place, value in enumerate(values):
                if value and math.isfinite(value):
                    yield f"slot={slot}:{place}", float(value)


@dataclass(frozen=True)
class Example:
    """How a conversation went up to now, the oldest moment first, and the action that is right next."""

    history: tuple[Moment, ...]
    action: str


def turns(history: Sequence[Moment]) -> list[tuple[Moment, ...]]:
    """``history`` cut before each message of the customer; what stands before the first one is a part too."""
    starts = [place for place, moment in enumerate(history) if moment.action == LISTEN]
    edges = [0, *(place for place in starts if place), len(history)]
    return [tuple(history[a:b]) for a, b in zip(edges, edges[1:], strict=False) if b > a]
