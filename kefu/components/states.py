"""A tracker that computes each state of its conversation once.

Rasa replays the whole conversation for every policy at every prediction. A state, once an action has
followed it, does not change any more: it is kept here, and only what came since is replayed.
``past_states`` gives what Rasa's own tracker gives (tests/contracts/test_states.py).
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.shared.constants import DEFAULT_SENDER_ID
from rasa.shared.core.constants import PREVIOUS_ACTION
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components import kinds
from kefu.components.applied import Applied


@dataclass(frozen=True)
class View:
    """What a policy wants to see: see ``Domain.states_for_tracker_history``."""

    domain: Domain
    omit_unset_slots: bool
    ignore_rule_only_turns: bool
    rule_only_data: dict[str, Any] | None

    def same(self, other: View) -> bool:
        """Whether both give the same states."""
        return (
            self.domain is other.domain
            and self.omit_unset_slots == other.omit_unset_slots
            and self.ignore_rule_only_turns == other.ignore_rule_only_turns
            and (not self.ignore_rule_only_turns or self.rule_only_data == other.rule_only_data)
        )


class StatedTracker(DialogueStateTracker):
    """Rasa's tracker, which remembers the states and the applied events that it was asked for."""

    _applied: Applied | None = None
    _settled: tuple[int, Event | None] | None = None

    @property
    def _place(self) -> tuple[int, Event | None]:
        return len(self.events), self.events[-1] if self.events else None

    def settle(self) -> None:
        """Note that a rule is certain what follows here: Rasa's ensemble takes it, whatever others say.

        Not where an action was just declined, to which the ensemble gives no probability: then others count.
        """
        if self._latest_of(kinds.ACTION | kinds.DECLINED) not in kinds.DECLINED:
            self._settled = self._place

    @property
    def settled(self) -> bool:
        """Whether a rule was certain, and nothing happened since."""
        count, last = self._settled or (-1, None)
        now, latest = self._place
        return count == now and last is latest

    def copy(self) -> DialogueStateTracker:
        """A tracker of the same events, in the same state; Rasa's replays the whole conversation for it."""
        if not self.as_its_events_tell():
            return super().copy()
        twin = self._empty()
        twin.events.extend(self.events)
        twin.slots = {name: _twin(slot) for name, slot in self.slots.items()}
        twin._paused = self._paused
        twin.followup_action = None
        twin.latest_action = copy.copy(self.latest_action)
        twin.latest_message, twin.latest_bot_utterance = self.latest_message, self.latest_bot_utterance
        twin.active_loop = copy.copy(self.active_loop)
        return twin

    def as_its_events_tell(self) -> bool:
        """Whether a replay would end in this very state: only the processor takes a follow-up action back."""
        latest = self._latest_of(kinds.CLEARING | kinds.STEERING)
        return self.followup_action is None and latest in kinds.CLEARING

    def _latest_of(self, wanted: frozenset[str]) -> str | None:
        """The kind of the latest event that is of one of the ``wanted`` kinds; None without any."""
        return next((e.type_name for e in reversed(self.events) if e.type_name in wanted), None)

    def init_copy(self) -> DialogueStateTracker:
        """An empty tracker of the same kind: memoization looks at shortened conversations, too."""
        fresh = self._empty()
        _give_slots(fresh, self.slots)
        return fresh

    def _empty(self) -> StatedTracker:
        """Without slots."""
        return StatedTracker(
            self.sender_id or DEFAULT_SENDER_ID,
            (),
            self._max_event_history,
            is_rule_tracker=self.is_rule_tracker,
        )

    def idx_after_latest_restart(self) -> int:
        """The place behind the latest restart, 0 where there is none."""
        places = (at for at, event in enumerate(reversed(self.events)) if event.type_name in kinds.RESTART)
        behind = next(places, None)
        return 0 if behind is None else len(self.events) - behind

    def applied_events(self) -> list[Event]:
        """The events that are not taken back."""
        if self._applied is None:
            self._applied = Applied()
        return self._applied.of(self)

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
        *,
        most: int | None = None,
    ) -> list[State]:
        """The states before each action and now, or the last ``most`` of them; the caller may change them."""
        view = View(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        known = self.__dict__.setdefault("_states", [])
        states = next((kept for kept in known if kept.view.same(view)), None)
        if states is None:
            states = States(view, self)
            known.append(states)
        return states.of(self.applied_events(), self, most=most)


class Lately:
    """A tracker as a featurizer sees it, with its last ``most`` states alone."""

    def __init__(self, tracker: StatedTracker, most: int) -> None:
        self._tracker = tracker
        self._most = most

    def past_states(self, domain: Domain, **view: Any) -> list[State]:
        """See StatedTracker.past_states."""
        return self._tracker.past_states(domain, **view, most=self._most)


class States:
    """The states of one conversation in one view, as far as it has come."""

    def __init__(self, view: View, tracker: DialogueStateTracker) -> None:
        self.view = view
        self._begin(tracker)

    def of(
        self, events: Sequence[Event], tracker: DialogueStateTracker, *, most: int | None = None
    ) -> list[State]:
        """The states of ``tracker`` before each action of its applied ``events`` and now; copies."""
        if not self._continues(events):
            self._begin(tracker)
        for event in events[len(self._events) :]:
            if event.type_name in kinds.ACTION:
                self._keep(hidden=bool(event.hide_rule_turn))
            self._replayed.update(event)
            self._events.append(event)
        now, _, _ = self._look(hidden=False)
        first = 0 if most is None else max(0, len(self._states) + (now is not None) - most)
        return _copied(self._states[first:] if now is None else [*self._states[first:], now])

    def _begin(self, tracker: DialogueStateTracker) -> None:
        # a plain tracker: it is only replayed, never asked
        self._replayed = DialogueStateTracker("", (), is_rule_tracker=tracker.is_rule_tracker)
        _give_slots(self._replayed, tracker.slots)
        self._events: list[Event] = []
        self._states: list[State] = []
        self._messages: list[tuple[UserUttered, object]] = []
        self._seen_action: dict[str, str] | None = None
        self._hidden = False

    def _continues(self, events: Sequence[Event]) -> bool:
        """Whether what was replayed stands at the beginning of ``events``, and is as it was."""
        return (
            len(events) >= len(self._events)
            and all(map(operator.is_, self._events, events))
            and all(_understood(message) == before for message, before in self._messages)
        )

    def _keep(self, *, hidden: bool) -> None:
        """Note the state before an action. Policies' events change the message that they follow."""
        state, self._seen_action, self._hidden = self._look(hidden=hidden)
        if state is not None:
            self._states.append(state)
            message = self._replayed.latest_message
            if message is not None and not (self._messages and self._messages[-1][0] is message):
                self._messages.append((message, _understood(message)))

    def _look(self, *, hidden: bool) -> tuple[State | None, dict[str, str] | None, bool]:
        """One step of ``Domain.states_for_tracker_history``: state, last action seen, turn hidden."""
        view, tracker, seen, concealed = self.view, self._replayed, self._seen_action, self._hidden
        domain = view.domain
        if not view.ignore_rule_only_turns:
            return domain.get_active_state(tracker, omit_unset_slots=view.omit_unset_slots), seen, concealed
        if not concealed:
            seen = domain._get_prev_action_sub_state(tracker)
        if not tracker.followup_action and tracker.latest_action_name != tracker.active_loop_name:
            concealed = hidden
        if concealed:
            return None, seen, concealed
        state = domain.get_active_state(tracker, omit_unset_slots=view.omit_unset_slots)
        domain._remove_rule_only_features(state, view.rule_only_data)
        if self._states:
            domain._substitute_rule_only_user_input(state, self._states[-1])
        if seen:
            state[PREVIOUS_ACTION] = seen
        return domain._clean_state(state), seen, concealed


def is_settled(tracker: DialogueStateTracker) -> bool:
    """Whether a rule is certain what follows in ``tracker``; only one of ours tells."""
    return isinstance(tracker, StatedTracker) and tracker.settled


def _give_slots(tracker: DialogueStateTracker, slots: Mapping[str, Slot]) -> None:
    """Give an empty tracker ``slots`` as they are at first."""
    tracker.slots = {name: _twin(slot) for name, slot in slots.items()}
    for slot in tracker.slots.values():
        slot.reset()


def _twin(slot: Slot) -> Slot:
    """As ``copy.copy``, which is Rasa's way and takes far longer."""
    copied = object.__new__(type(slot))
    copied.__dict__.update(slot.__dict__)
    return copied


def _understood(message: UserUttered) -> object:
    """What may still change of a message after it was said."""
    return message.use_text_for_featurization, list(message.entities)


def _copied(states: Sequence[State]) -> list[State]:
    """Copies to be changed; parts that two states share are shared by their copies, too."""
    parts: dict[int, Any] = {}
    return [
        {name: parts.setdefault(id(part), dict(part)) for name, part in state.items()} for state in states
    ]
