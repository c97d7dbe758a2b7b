"""The code that stands in Rasa's place judges as Rasa's does."""

from __future__ import annotations

import ast
import copy
import inspect
import logging
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core import processor
from rasa.core.actions import forms
from rasa.core.actions.action import RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, Restarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from kefu.channels import rasa_3_6_21, shield
from kefu.errors import ConfigError

Judge = Callable[[RemoteAction, Any], bool]
STOCK: Judge = RemoteAction._validate_action_result
STOCK_CALL = RemoteAction._action_call_format
STOCK_TRACKER = FormAction._temporary_tracker
STOCK_KINDS = Event.resolve_by_type
STOCK_EMPTY = Domain.is_empty
ACTION = RemoteAction("action_x", None)
EVENTS = (
    {"event": "slot", "timestamp": None, "name": "order", "value": ["KF1"]},
    {"event": "slot", "name": "order", "value": "KF1"}, {"event": "slot", "name": "order", "value": None},
    {"event": "action", "name": "action_listen", "policy": None, "confidence": 1.0},
    {"event": "bot", "text": "words", "data": {"buttons": None}}, {"event": "restart"},
    {"event": "active_loop", "name": None}, {"event": "followup", "name": "action_x"},
    {"event": "user", "text": "hello", "parse_data": {"intent": {"name": "greet"}, "entities": []}},
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
events = st.one_of(
    st.sampled_from(EVENTS),
    st.fixed_dictionaries(
        {"event": st.sampled_from([*(e["event"] for e in EVENTS), "slott"])},
        optional={"name": values, "value": values, "text": values, "parse_data": values},
    ),
    values,
)
results = st.one_of(
    values,
    st.fixed_dictionaries(
        {}, optional={"events": st.lists(events, max_size=4) | values, "responses": st.lists(values) | values}
    ),
)


def give_back() -> None:
    """What Rasa has itself."""
    RemoteAction._validate_action_result = STOCK
    RemoteAction._action_call_format = STOCK_CALL
    FormAction._temporary_tracker = STOCK_TRACKER
    Event.resolve_by_type = staticmethod(STOCK_KINDS)
    Domain.is_empty = STOCK_EMPTY
    processor.copy = forms.copy = copy


@pytest.fixture
def patched() -> Iterator[Judge]:
    rasa_3_6_21.apply()
    yield RemoteAction._validate_action_result
    give_back()


def judged(judge: Judge, result: Any) -> object:
    """True, or the exception with what a reader of logs is told."""
    try:
        return judge(ACTION, result)
    except jsonschema.ValidationError as error:
        return type(error), error.message, list(error.absolute_path), list(error.absolute_schema_path)


def test_good_answers_are_good(patched: Judge) -> None:
    good = {"events": [copy.deepcopy(event) for event in EVENTS], "responses": [{"text": "words"}]}
    assert judged(STOCK, good) is True
    assert judged(patched, good) is True
    assert judged(patched, {}) is True


@pytest.mark.parametrize(
    "bad", [None, [], {"events": {}}, {"events": [{"event": "slot"}]}, {"responses": ["words"]}]
)
def test_bad_answers_are_refused_in_the_same_words(patched: Judge, bad: Any) -> None:
    assert judged(patched, bad) == judged(STOCK, bad) is not True


# stock checks its own schema at every call, 20 ms of CPU
@settings(deadline=None, max_examples=25)
@given(result=results)
def test_any_answer_is_judged_as_rasa_judges_it(result: Any) -> None:
    rasa_3_6_21.apply()
    patched = RemoteAction._validate_action_result
    give_back()
    assert judged(patched, copy.deepcopy(result)) == judged(STOCK, copy.deepcopy(result))


def test_the_schema_is_compiled_once(monkeypatch: pytest.MonkeyPatch, patched: Judge) -> None:
    built = []
    monkeypatch.setattr(RemoteAction, "action_response_format_spec", lambda: built.append(1) or {})
    for _ in range(5):
        assert judged(patched, {"events": [], "responses": []}) is True
    rasa_3_6_21.apply()
    assert RemoteAction._validate_action_result is patched and not built


def test_another_rasa_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shield, "version", lambda name: "3.6.22")
    with pytest.raises(ConfigError, match=r"found Rasa 3\.6\.22; wanted 3\.6\.21"):
        rasa_3_6_21.apply()
    assert RemoteAction._validate_action_result is STOCK


def test_importing_it_changes_nothing() -> None:
    assert RemoteAction._validate_action_result is STOCK
    assert RemoteAction._action_call_format is STOCK_CALL
    assert FormAction._temporary_tracker is STOCK_TRACKER and Event.resolve_by_type is STOCK_KINDS


def test_what_an_action_is_told_is_ours(patched: Judge) -> None:
    assert RemoteAction._action_call_format is rasa_3_6_21._call


KINDS_OF_EVENTS = sorted({kind.type_name for kind in all_subclasses(Event)} - {None}, key=str)


@pytest.mark.parametrize("name", [*KINDS_OF_EVENTS, "topic", "no such event"])
@pytest.mark.parametrize("default", [None, SlotSet])
def test_an_event_has_the_class_that_rasa_finds(patched: Judge, name: str, default: Any) -> None:
    def found(kinds: Any) -> object:
        try:
            return kinds(name, default)
        except ValueError as error:
            return str(error)

    assert Event.resolve_by_type is not STOCK_KINDS
    assert found(Event.resolve_by_type) == found(STOCK_KINDS)


FORMS = Domain.from_yaml(
    """
version: "3.1"
intents: [order, inform]
slots:
  size: {type: text, mappings: [{type: custom}]}
forms:
  order_form: {required_slots: [size]}
  other_form: {required_slots: [size]}
"""
)


@settings(deadline=None, max_examples=40)
@given(
    told=st.lists(
        st.sampled_from(
            (
                UserUttered("M", {"name": "inform"}), ActionExecuted("order_form"), ActiveLoop("order_form"),
                ActiveLoop("other_form"), ActiveLoop(None), SlotSet("size", "M"),
                SlotSet("requested_slot", "size"), ActionExecuted("action_listen"), Restarted(),
            )
        ),
        max_size=9,
    ),
    more=st.lists(st.sampled_from((SlotSet("size", None), SlotSet("size", "L"))), max_size=2),
)  # fmt: skip
def test_a_form_looks_at_the_tracker_that_rasa_would_make(told: list[Event], more: list[Event]) -> None:
    form = FormAction("order_form", None)
    tracker = DialogueStateTracker.from_events("one", told, FORMS.slots)
    theirs = STOCK_TRACKER(form, tracker, list(more), FORMS)
    ours = rasa_3_6_21._tracker_for(STOCK_TRACKER)(form, tracker, list(more), FORMS)
    for name in ("events", "latest_action", "latest_message", "active_loop", "followup_action"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.current_slot_values() == theirs.current_slot_values()
    assert list(tracker.events) == told, "the conversation itself did not go on"


def test_whether_a_domain_is_empty_is_looked_at_once(patched: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, filled = Domain.empty(), Domain.from_yaml("intents: [greet]")
    assert empty.is_empty() and not filled.is_empty()
    monkeypatch.setattr(Domain, "empty", lambda: pytest.fail("made for the second look"))
    assert empty.is_empty() and not filled.is_empty()


@pytest.mark.parametrize("module", [processor, forms])
def test_rasa_copies_there_for_its_logs_alone(module: Any) -> None:
    """Else what is copied for another reason would be shared, and changed, from now on."""
    tree = ast.parse(inspect.getsource(module))
    logged = {
        id(node)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "structlogger.debug"
        for node in ast.walk(call)
    }
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "copy"]
    assert names and all(id(name) in logged for name in names)


def test_what_is_logged_is_copied_where_it_is_logged(patched: Judge) -> None:
    value, logger = {"a": [1]}, logging.getLogger("rasa")
    before = logger.level
    try:
        logger.setLevel(logging.DEBUG)
        told = processor.copy.deepcopy(value)
        assert told == value and told is not value
        logger.setLevel(logging.INFO)
        assert processor.copy.deepcopy(value) is value
    finally:
        logger.setLevel(before)
