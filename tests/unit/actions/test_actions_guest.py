"""A guest in a form: the number, the code, both at once, and when no other code is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import asks, base, forms, wiring
from actions.asks import ActionAskAddress, ActionAskGuestCode, ActionAskGuestOrder, ActionAskReason
from actions.base import KefuAction
from actions.every_form import ValidateOrderStatusForm, ValidateReturnForm
from actions.turn import Event, Turn
from kefu.cli import keys
from kefu.shop.identity import Identity, identify, send_code
from kefu.store.threaded import ThreadedStore
from tests.support.codes import RULES, guest, other_than
from tests.support.demo_shop import NOW, DemoShop, demo_shop

MARIA = "maria@example.com"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoShop]:
    monkeypatch.setattr(forms, "code_rules", lambda: replace(RULES, per_hour=2))
    monkeypatch.setattr(asks, "settings", lambda: type("Known", (), {"code_minutes": 10}))
    with demo_shop(tmp_path) as shop:
        guest(shop.store, "guest", now=NOW)
        yield shop


def turn(slots: dict[str, Any], *before: Event, **entities: str) -> Turn:
    """A guest's message in the form, with these entities."""
    found = [{"entity": name, "value": value, "start": 0, "end": 1} for name, value in entities.items()]
    message = {"text": " ".join(entities.values()), "intent": {"name": "inform"}, "entities": found}
    events = [{"event": "user", "parse_data": message}, *before]
    tracker = Tracker("guest", slots, message, events, False, None, {"name": "order_status_form"}, None)
    return Turn(tracker, CollectingDispatcher(), Identity("guest"), NOW, lambda: "Asia/Shanghai")


def hear(shop: DemoShop, slots: dict[str, Any], **entities: str) -> tuple[list[str], dict[str, Any]]:
    """What the form says and which slots it sets."""
    at = turn(slots, **entities)
    with shop.write() as tx:
        events = ValidateOrderStatusForm().act(at, tx)
    said = [message["response"] for message in at.dispatcher.messages]
    return said, slots | {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def last_code(shop: DemoShop) -> str:
    with shop.read() as tx:
        code = tx.outbox.last_code(MARIA)
    assert code is not None
    return code


def verified(shop: DemoShop) -> str | None:
    with shop.read() as tx:
        return identify(tx, "guest", now=NOW).verified_order


def test_the_number_then_the_code(shop: DemoShop) -> None:
    said, slots = hear(shop, {"requested_slot": "guest_order"}, order_number="KF10000029")
    assert (said, slots["requested_slot"]) == ([], "guest_code")
    said, slots = hear(shop, slots, code=other_than(last_code(shop)))
    assert (said, slots["requested_slot"]) == (["utter_code_wrong"], "guest_code")
    said, slots = hear(shop, slots, code=last_code(shop))
    assert said[0] == "utter_code_right" and verified(shop) == "KF10000029"


def test_the_number_said_again_beside_the_code_asks_for_no_other_code(shop: DemoShop) -> None:
    _, slots = hear(shop, {"requested_slot": "guest_order"}, order_number="KF10000029")
    said, _ = hear(shop, slots, order_number="KF10000029", code=last_code(shop))
    assert said[0] == "utter_code_right" and verified(shop) == "KF10000029"
    with shop.read() as tx:
        assert len(tx.outbox.of(MARIA)) == 1


@pytest.mark.parametrize("broken", [False, True])
async def test_a_form_that_fails_behind_a_guess_gives_no_try_back(
    shop: DemoShop, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """Counted in a transaction of its own, and once; the sixth guess is none any more."""

    def fail(*_: Any, **__: Any) -> bool:
        raise RuntimeError("after the try")

    now = datetime.now(timezone.utc)
    guest(shop.store, "late", now=now)
    with shop.write() as tx:
        send_code(tx, "late", "KF10000029", now=now, rules=RULES)
    monkeypatch.setattr(base, "serving", lambda: ThreadedStore(shop.store))
    if broken:
        monkeypatch.setattr(forms, "check_code", fail)
    slots = {"requested_slot": "guest_code", "guest_order": "KF10000029"}
    wrong = other_than(last_code(shop))
    for tries in (1, 2, 3, 4, 5, 5):
        at = turn(slots, code=wrong)
        at.tracker.sender_id = "late"
        await ValidateOrderStatusForm().run(at.dispatcher, at.tracker, {})
        said = at.dispatcher.messages[0]["response"]
        assert said == ("utter_action_failed" if broken else "utter_code_wrong")
        with shop.read() as tx:
            code = tx.codes.latest("late")
        assert code is not None and code.tries == tries


def test_where_no_other_code_is_sent_the_words_say_so_and_the_latest_still_works(shop: DemoShop) -> None:
    slots = {"requested_slot": "guest_order"}
    for _ in range(2):
        said, slots = hear(shop, slots, order_number="KF10000029")
        assert said == []
    said, slots = hear(shop, slots, order_number="KF10000029")
    assert (said, slots["requested_slot"]) == (["utter_code_limit"], "guest_code")
    said, _ = hear(shop, slots, code=last_code(shop))
    assert said[0] == "utter_code_right"


def test_nothing_is_said_to_be_on_its_way_that_is_not(shop: DemoShop) -> None:
    unsent = {"event": "bot", "data": {"custom": {"unsent": True}}}
    for before, words in (((), ["utter_say_ask_guest_code"]), ((unsent,), [])):
        at = turn({}, *before, order_number="KF10000029")
        with shop.write() as tx:
            ActionAskGuestCode().act(at, tx)
        assert [message["response"] for message in at.dispatcher.messages] == words


@pytest.mark.parametrize(
    ("action", "slot", "new"),
    [
        (ActionAskGuestOrder(), "guest_order", None),
        (ActionAskGuestCode(), "guest_code", "guest_order"),
        (ActionAskAddress(), "address", "item"),
        (ActionAskReason(), "reason", "item"),
    ],
)
def test_a_question_is_asked_in_full_once(
    shop: DemoShop, action: KefuAction, slot: str, new: str | None
) -> None:
    """In short after a question in between; in full again in another form, or about another thing."""
    full, short = f"utter_say_ask_{slot}", f"utter_say_ask_{slot}_again"
    asked = {"event": "bot", "data": {"custom": {"asked": slot}}}
    between = {"event": "bot", "data": {"custom": {"passage": "shipping-time"}}}
    again = {"event": "active_loop", "name": "return_form"}
    ended = {"event": "active_loop", "name": None}
    cases = [((), full), ((asked, between), short), ((asked, ended, again), full)]
    cases += [((asked, {"event": "slot", "name": new, "value": "KF10000029"}), full)] if new else []
    for before, wanted in cases:
        at = turn({}, *before)
        with shop.write() as tx:
            action.act(at, tx)
        said = at.dispatcher.messages[-1]
        assert (said["response"], said["custom"]["asked"]) == (wanted, slot)


def test_the_rules_follow_the_settings_and_the_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEFU_SESSION_SECRET", "KEFU_SESSION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEFU_HOME", str(tmp_path))
    monkeypatch.setenv("KEFU_CODE_TRIES", "3")
    wiring.settings.cache_clear()
    try:
        before = wiring.code_rules()
        keys.rotate("session")
        after = wiring.code_rules()
    finally:
        wiring.settings.cache_clear()
    assert (before.minutes, before.tries, before.per_hour) == (10, 3, 12)
    assert after.keys[1:] == before.keys and after.keys[0] not in before.keys


def test_a_reason_said_before_the_code_is_kept(shop: DemoShop) -> None:
    """ "Broken on arrival" was heard as a later fault, since only the code's own message was read for it."""
    at = turn({}, order_number="KF10000029", reason="later_fault")
    at.tracker.latest_message["text"] = "我想退KF10000029的耳机，收到就坏了"
    with shop.write() as tx:
        events = ValidateReturnForm().act(at, tx)
    assert {"event": "slot", "timestamp": None, "name": "reason", "value": "damaged"} in events
