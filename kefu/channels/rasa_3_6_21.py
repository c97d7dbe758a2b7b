"""What stands in the place of code of Rasa 3.6.21 that offers no seam; a server that starts calls ``apply``.

Nothing happens at import. Another Rasa is refused: what is here was compared with 3.6.21 by hand and by
tests/contracts/test_rasa_patch.py. For a new release compare again, and give this file its name.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from typing import Any

from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core import processor
from rasa.core.actions import forms
from rasa.core.actions.action import RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.shared.constants import DOCS_BASE_URL
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from kefu.channels.action_call import call_of
from kefu.channels.shield import require_rasa

Kinds = Callable[..., "type[Event] | None"]
_RASA = logging.getLogger("rasa")
# the parts of rasa-sdk's SlotSet
_OF_SLOT = frozenset(("event", "timestamp", "name", "value"))


def apply() -> None:
    """Put our code in; a second call changes nothing. Raises ConfigError for another Rasa."""
    require_rasa()
    if RemoteAction._validate_action_result.__module__ != __name__:
        RemoteAction._validate_action_result = _judge(RemoteAction.action_response_format_spec())
        RemoteAction._action_call_format = _call
        FormAction._temporary_tracker = _tracker_for(FormAction._temporary_tracker)
        Event.resolve_by_type = staticmethod(_kinds_for(Event.resolve_by_type))
        Domain.is_empty = _looked_at_once(Domain.is_empty)
        processor.copy = forms.copy = ForLogs()


class ForLogs:
    """``copy`` for modules of Rasa that copy nothing but what they log: events, slots, the message.

    They copy it whether or not anybody reads these lines, which are for debugging.
    """

    def deepcopy(self, value: Any) -> Any:
        """A copy where it is logged; else ``value`` itself, which nobody looks at."""
        return copy.deepcopy(value) if _RASA.isEnabledFor(logging.DEBUG) else value


def _kinds_for(theirs: Kinds) -> Kinds:
    """``Event.resolve_by_type`` by a table; Rasa's walks through all classes of events for each event."""
    known = {kind.type_name: kind for kind in reversed(all_subclasses(Event))}

    def resolve(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        return known.get(type_name) or theirs(type_name, default)

    return resolve


def _looked_at_once(theirs: Callable[[Domain], bool]) -> Callable[[Domain], bool]:
    """``Domain.is_empty``, for which Rasa makes an empty domain at every message; domains do not change."""

    def is_empty(self: Domain) -> bool:
        known = self.__dict__.get("_kefu_empty")
        if known is None:
            known = self._kefu_empty = theirs(self)
        return bool(known)

    return is_empty


def _tracker_for(theirs: Callable[..., DialogueStateTracker]) -> Callable[..., DialogueStateTracker]:
    """``FormAction._temporary_tracker`` as a copy that goes on; Rasa's replays the whole conversation."""

    def temporary(
        self: FormAction,
        current_tracker: DialogueStateTracker,
        additional_events: list[Event],
        domain: Domain,
    ) -> DialogueStateTracker:
        if current_tracker.idx_after_latest_restart():
            return theirs(self, current_tracker, additional_events, domain)
        asked = SlotSet(REQUESTED_SLOT, self.get_slot_to_fill(current_tracker))
        tracker = current_tracker.copy()
        for event in (asked, ActionExecuted(self.name()), *additional_events):
            tracker.update(event)
        return tracker

    return temporary


def _call(self: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """``RemoteAction._action_call_format`` with the end of the conversation, not the whole of it."""
    call = call_of(self.name(), tracker)
    selective = self._is_selective_domain_enabled()
    if not selective or domain.does_custom_action_explicitly_need_domain(self.name()):
        call["domain"] = domain.as_dict()
    return call


def _judge(schema: dict[str, Any]) -> Callable[[RemoteAction, Any], bool]:
    """``RemoteAction._validate_action_result`` over a schema that is checked and compiled once.

    Rasa's calls ``jsonschema.validate``, which checks the schema against its meta-schema at every action.
    """
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator, of_kind = kind(schema), _by_kind(schema, kind)

    def judge(self: RemoteAction, result: Any) -> bool:
        if _plainly_good(result, of_kind):
            return True
        error = best_match(validator.iter_errors(result))
        if error is None:
            return True
        error.message += (
            ". Failed to validate Action server response from API, make sure your response from the Action "
            f"endpoint is valid. For more information about the format visit {DOCS_BASE_URL}/custom-actions"
        )
        raise error

    return judge


def _by_kind(schema: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
    """What judges an event of each kind ("slot"): Rasa's schema tries all of its 23 kinds on every event.

    Empty where the kinds do not exclude each other by their constant names.
    """
    items = schema["properties"]["events"]["items"]
    common = {name: part for name, part in items.items() if name != "oneOf"}
    names = [one.get("properties", {}).get("event", {}).get("const") for one in items["oneOf"]]
    if len(set(names)) < len(names) or None in names or "event" not in common.get("required", ()):
        return {}
    return {name: kind({**common, "allOf": [one]}) for name, one in zip(names, items["oneOf"], strict=True)}


def _plainly_good(result: Any, of_kind: dict[str, Any]) -> bool:
    """Whether an answer is good by the judges of its events' kinds alone."""
    if not isinstance(result, dict):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(response, dict) for response in responses)
        and all(_is_good(event, of_kind) for event in events)
    )


def _is_good(event: Any, of_kind: dict[str, Any]) -> bool:
    if not isinstance(event, dict):
        return False
    name = event.get("event")
    return _sets_a_slot(event) or (
        isinstance(name, str) and name in of_kind and of_kind[name].is_valid(event)
    )


def _sets_a_slot(event: dict[str, Any]) -> bool:
    """Whether an event is one that most are, in its plainest form: by a schema each takes 0.1 ms."""
    return (
        event.get("event") == "slot"
        and event.keys() == _OF_SLOT
        and isinstance(event["name"], str)
        and event["timestamp"] is None
    )
