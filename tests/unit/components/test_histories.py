"""Events out of rows are those that Rasa itself reads, without its walk through all classes each time."""

from __future__ import annotations

import json

import pytest
from rasa.shared.core import events as rasa_events
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.utils.common import all_subclasses

from kefu.components.histories import read, written
from kefu.errors import ConversationLost
from kefu.store.chat_records import Conversation, Save

NAMES = sorted({kind.type_name for kind in all_subclasses(Event)})
FIELDS = {
    "name": "said", "value": ["x", 1], "text": "hello", "timestamp": 1.5, "policy": "RulePolicy",
    "confidence": 1.0, "action_text": None, "entities": [{"entity": "code", "value": "1"}], "key": "v",
    "data": {"custom": {"a": 1}}, "metadata": {}, "parse_data": {"intent": {"name": "greet"}, "entities": []},
    "date_time": "2026-11-22T10:00:00", "use_text": False, "is_validated": True, "input_channel": "chat",
    "message_id": "m",
}  # fmt: skip


def read_row(row: dict[str, object]) -> list[Event]:
    rows = Conversation("someone", 0, 1, 0, None, (Save(1, json.dumps([row])),))
    return list(read(rows, Domain.empty(), latest_session=False).events)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_is_read_as_rasa_reads_it(name: str) -> None:
    row = {"event": name, **FIELDS}
    wanted = Event.from_parameters(dict(row))
    assert wanted is not None
    (found,) = read_row(row)
    assert type(found) is type(wanted)
    assert found.as_dict() == wanted.as_dict()


@pytest.mark.parametrize("row", [{"event": "no such event"}, {"event": None}, {"text": "hello"}, "hello"])
def test_what_is_no_event_is_a_lost_conversation(row: object) -> None:
    with pytest.raises(ConversationLost):
        read_row(row)  # type: ignore[arg-type]


def test_classes_are_not_looked_for_at_each_event(monkeypatch: pytest.MonkeyPatch) -> None:
    row = json.loads(written([UserUttered("hello")]))[0]
    read_row(row)
    monkeypatch.setattr(rasa_events.Event, "resolve_by_type", None)
    assert [event.as_dict()["text"] for event in read_row(row)] == ["hello"]
