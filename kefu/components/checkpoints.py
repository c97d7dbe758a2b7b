"""Folds the old part of a conversation into few events that leave slots and predictions as they are.

Rasa replays a tracker's events for every action and every state, so a conversation costs more with each
turn. What a prediction can depend on is less: the state now, the last actions as they were (rules), and
the last actions that stories see (memoization leaves turns out that only rules know). ``folded`` keeps
these, puts the state before them in front, and compares what came out with what went in.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    DefinePrevUserUtteredFeaturization,
    EntitiesAdded,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

UNDERSTOOD = ("text", "intent", "entities")  # of a message that lies behind: what states are made of


@dataclass(frozen=True)
class Depth:
    """How far back a prediction may look: ``recent`` actions of any kind, ``seen`` ones that stories see.

    Both must exceed the longest rule and the ``max_history`` of every policy (tests/project holds that).
    """

    recent: int = 16
    seen: int = 10


def folded(events: Sequence[Event], domain: Domain, *, depth: Depth) -> list[Event] | None:
    """Fewer events than ``events`` after which a conversation goes on in the same way.

    None where that cannot be shown; the events are then kept as they are.
    """
    whole = DialogueStateTracker.from_events("", list(events), domain.slots)
    applied = whole.applied_events()
    said = [event for event in applied if isinstance(event, BotUttered)]
    kept = [*said[-1:], *_slimmed(_shortened(applied, whole, domain.slots, depth=depth))]
    short = DialogueStateTracker.from_events("", kept, domain.slots)
    return kept if _same(whole, short, domain, depth=depth) else None


def _shortened(
    applied: Sequence[Event], whole: DialogueStateTracker, slots: Sequence[Slot], *, depth: Depth
) -> Iterator[Event]:
    steps = _steps(applied, slots)
    recent = _recent(applied, steps, whole.active_loop_name, depth=depth)
    older = [step for step in steps if step.place < recent]
    seen = [step for step in older if step.seen]
    begin = _begin(applied, [step.place for step in seen], most=depth.seen)
    if begin is None:
        yield from _region(applied[:recent])
        yield from applied[recent:]
        return
    if begin > 0:
        yield from _state(applied[:begin], slots)
    yield from _older(applied, older, begin=begin, end=recent)
    yield from applied[recent:]


@dataclass(frozen=True)
class _Step:
    """An action at its place among the events, and whether stories see it."""

    place: int
    seen: bool


def _steps(applied: Sequence[Event], slots: Sequence[Slot]) -> list[_Step]:
    """The actions as Rasa counts them in ``Domain.states_for_tracker_history``."""
    tracker, hidden, steps = DialogueStateTracker("", slots), False, []
    for place, event in enumerate(applied):
        if isinstance(event, ActionExecuted):
            if not tracker.followup_action and tracker.latest_action_name != tracker.active_loop_name:
                hidden = bool(event.hide_rule_turn)
            steps.append(_Step(place, seen=not hidden))
        tracker.update(event)
    return steps


def _recent(applied: Sequence[Event], steps: Sequence[_Step], loop: str | None, *, depth: Depth) -> int:
    """From which place on everything is kept: some actions, and the running loop's last one."""
    if len(steps) <= depth.recent:
        return 0
    place = steps[-depth.recent].place
    if loop is not None:
        runs = [step.place for step in steps if _name(applied[step.place]) == loop]
        place = min([place, *runs[-1:]])
    return next((p for p in range(place, -1, -1) if _name(applied[p]) == ACTION_LISTEN_NAME), 0)


def _begin(applied: Sequence[Event], seen: Sequence[int], *, most: int) -> int | None:
    """The first action to keep: where the customer was listened to, so that what follows is whole."""
    if not seen:
        return None
    if len(seen) <= most:
        return 0
    return next((place for place in seen[-most:] if _name(applied[place]) == ACTION_LISTEN_NAME), seen[-1])


def _older(applied: Sequence[Event], older: Sequence[_Step], *, begin: int, end: int) -> Iterator[Event]:
    """The actions that stories see, each with the one before it; of what lies between, what it left."""
    kept: dict[int, bool] = {}
    for index, step in enumerate(older):
        if step.place < begin:
            continue
        last = index + 1 == len(older)
        if step.seen or last or older[index + 1].seen:
            kept[step.place] = step.seen
    place = begin
    for action, seen in kept.items():
        yield from _region(applied[place:action])
        yield _marked(applied[action], seen=seen)
        place = action + 1
    yield from _region(applied[place:end])


def _marked(event: Event, *, seen: bool) -> Event:
    if seen or not isinstance(event, ActionExecuted):
        return event
    hidden = copy.copy(event)
    hidden.hide_rule_turn = True
    return hidden


def _region(events: Sequence[Event]) -> Iterator[Event]:
    """What lies between two kept actions: the last message, the last loop, each slot's last value."""
    message: list[Event] = []
    loop: list[Event] = []
    values: dict[str, Event] = {}
    for event in events:
        if isinstance(event, UserUttered):
            message = [event]
        elif isinstance(event, DefinePrevUserUtteredFeaturization | EntitiesAdded) and message:
            message.append(event)
        elif isinstance(event, ActiveLoop):
            loop = [event]
        elif isinstance(event, SlotSet):
            values.pop(event.key, None)
            values[event.key] = event
    yield from (*message, *loop, *values.values())


def _state(before: Sequence[Event], slots: Sequence[Slot]) -> Iterator[Event]:
    """The state that ``before`` led to, as events."""
    tracker = DialogueStateTracker.from_events("", list(before), slots)
    at = before[-1].timestamp
    for name, slot in tracker.slots.items():
        if slot.has_been_set:
            yield SlotSet(name, slot.value, timestamp=at)
    if tracker.active_loop_name is not None:
        yield ActiveLoop(tracker.active_loop_name, timestamp=at)
    if tracker.is_paused():
        yield ConversationPaused(timestamp=at)


def _slimmed(events: Iterator[Event]) -> Iterator[Event]:
    """Without the assistant's words, and of each message only what states are made of."""
    for event in events:
        if isinstance(event, UserUttered):
            yield _understood(event)
        elif not isinstance(event, BotUttered):
            yield event


def _understood(event: UserUttered) -> UserUttered:
    intent = {name: value for name, value in event.intent.items() if name != "ranking"}
    parsed = {name: event.parse_data[name] for name in UNDERSTOOD if name in event.parse_data}
    return UserUttered(
        event.text,
        intent,
        event.entities,
        {**parsed, "intent": intent},
        event.timestamp,
        event.input_channel,
        event.message_id,
    )


def _name(event: Event) -> str | None:
    return event.action_name if isinstance(event, ActionExecuted) else None


def _same(whole: DialogueStateTracker, short: DialogueStateTracker, domain: Domain, *, depth: Depth) -> bool:
    """Whether slots, loop and the states that policies look at are the same in both."""
    return (
        short.applied_events() == list(short.events)
        and whole.current_slot_values() == short.current_slot_values()
        and whole.is_paused() == short.is_paused()
        and whole.latest_action == short.latest_action
        and whole.followup_action == short.followup_action
        and whole.latest_bot_utterance == short.latest_bot_utterance
        and whole.active_loop_name == short.active_loop_name
        and whole.is_active_loop_rejected == short.is_active_loop_rejected
        and whole.is_active_loop_interrupted == short.is_active_loop_interrupted
        and _tail(whole, domain, depth.recent, seen=False) == _tail(short, domain, depth.recent, seen=False)
        and _tail(whole, domain, depth.seen // 2 + 1, seen=True)
        == _tail(short, domain, depth.seen // 2 + 1, seen=True)
    )


def _tail(tracker: DialogueStateTracker, domain: Domain, most: int, *, seen: bool) -> list[object]:
    return list(tracker.past_states(domain, ignore_rule_only_turns=seen)[-most:])
