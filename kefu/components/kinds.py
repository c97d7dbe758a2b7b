"""Kinds of events by name: Rasa's classes of events are abstract, of which ``isinstance`` takes its time."""

from __future__ import annotations

from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    Event,
    FollowupAction,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.utils.common import all_subclasses


def named(*kinds: type[Event]) -> frozenset[str]:
    """The ``type_name`` of the events that are of one of ``kinds``."""
    return frozenset(each.type_name for kind in kinds for each in (kind, *all_subclasses(kind)))


ACTION, USER, LOOP = named(ActionExecuted), named(UserUttered), named(ActiveLoop)
DECLINED = named(ActionExecutionRejected)
RESTART, UNDONE, UNSAID = named(Restarted), named(ActionReverted), named(UserUtteranceReverted)
BEGINNING = named(Restarted, SessionStarted)
# what decides which action follows now, whatever was before
CLEARING = ACTION | USER
STEERING = named(FollowupAction) | BEGINNING | UNDONE | UNSAID
