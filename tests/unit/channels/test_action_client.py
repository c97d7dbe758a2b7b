"""The client of the action server: what every kind of answer, and none, becomes for the customer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from actions.focus import FOCUS_TURNS
from kefu.channels import rasa_3_6_21
from kefu.channels.action_call import TURNS, candidates
from kefu.channels.action_client import ActionClient
from kefu.channels.action_lines import ServerLine
from kefu.components.signing import sign_calls
from tests.support.ports import free_port

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet]
slots:
  order: {type: text, mappings: [{type: custom}]}
  size: {type: text, mappings: [{type: custom}]}
actions: [action_x, validate_x_form]
responses:
  utter_action_failed: [{text: nothing was changed}]
  utter_action_slow: [{text: I cannot tell yet}]
"""
)
STOCK_CALL = RemoteAction._action_call_format  # before a server of another test puts ours in
GOOD: dict[str, Any] = {"events": [{"event": "slot", "name": "order", "value": "KF1"}], "responses": []}


class Server:
    """An action server that answers as it is told, and notes what it was asked."""

    def __init__(self) -> None:
        self.answer: Any = GOOD
        self.status = 200
        self.delay = 0.0
        self.calls: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[Any] = set()
        self.sizes: list[int] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.sizes.append(len(body))
        self.calls.append(json.loads(body))
        self.headers.append(dict(request.headers))
        self.connections.add(request.transport.get_extra_info("peername"))  # type: ignore[union-attr]
        await asyncio.sleep(self.delay)
        if isinstance(self.answer, str):
            return web.Response(text=self.answer, status=self.status, content_type="text/html")
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    told, port = Server(), free_port()
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/webhook", told.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield told, f"http://127.0.0.1:{port}/webhook"
    await runner.cleanup()


@pytest.fixture
async def client(server: tuple[Server, str]) -> AsyncIterator[ActionClient]:
    made = client_of(server[1])
    yield made
    await made.line.close()


def client_of(url: str) -> ActionClient:
    line = ServerLine(url, secret="only-for-tests", seconds=0.1)
    return ActionClient(line, slots=lambda: {"order", "size"})


async def act(endpoint: EndpointConfig, name: str = "action_x", tracker: Any = None) -> list[Event]:
    """Run an action as Rasa does, with everything between it and the endpoint."""
    tracker = tracker or DialogueStateTracker("someone", DOMAIN.slots)
    nlg = TemplatedNaturalLanguageGenerator(DOMAIN.responses)
    return await RemoteAction(name, endpoint).run(CollectingOutputChannel(), nlg, tracker, DOMAIN)


def words(events: list[Event]) -> list[str | None]:
    return [event.text for event in events if isinstance(event, BotUttered)]


async def test_a_good_answer_is_used(server: tuple[Server, str], client: ActionClient) -> None:
    assert await act(client) == [SlotSet("order", "KF1")]
    assert server[0].headers[0]["Authorization"] == "Bearer only-for-tests"
    assert "domain" not in server[0].calls[0]


async def test_one_connection_serves_many_actions(server: tuple[Server, str], client: ActionClient) -> None:
    for _ in range(5):
        await act(client)
    assert len(server[0].calls) == 5 and len(server[0].connections) == 1


async def test_nobody_there_means_that_nothing_was_done() -> None:
    client = client_of(f"http://127.0.0.1:{free_port()}/webhook")
    assert words(await act(client)) == ["nothing was changed"]
    await client.line.close()


UNCLEAR = {
    "server error": (500, {"error": "secret words"}),
    "page": (200, "<html>proxy</html>"),
    "page with error": (502, "<html>bad gateway</html>"),
    "list": (200, [1]),
    "null": (200, None),
    "events are no list": (200, {"events": {}, "responses": []}),
    "responses are no objects": (200, {"events": [], "responses": ["hello"]}),
    "unknown slot": (200, {"events": [{"event": "slot", "name": "nowhere", "value": 1}], "responses": []}),
    "unknown event": (200, {"events": [{"event": "nothing"}], "responses": []}),
    "no event": (200, {"events": [{"event": 1}], "responses": []}),
}


@pytest.mark.parametrize("kind", UNCLEAR)
async def test_an_answer_that_cannot_be_used_becomes_words(
    server: tuple[Server, str], client: ActionClient, kind: str
) -> None:
    server[0].status, server[0].answer = UNCLEAR[kind]
    assert words(await act(client)) == ["I cannot tell yet"]


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_means_that_nothing_was_done(
    server: tuple[Server, str], client: ActionClient, status: int
) -> None:
    server[0].status = status
    assert words(await act(client)) == ["nothing was changed"]


async def test_a_slow_action_is_not_waited_for(server: tuple[Server, str], client: ActionClient) -> None:
    server[0].delay = 30
    began = asyncio.get_running_loop().time()
    assert words(await act(client)) == ["I cannot tell yet"]
    assert asyncio.get_running_loop().time() - began < 5


async def test_words_offer_a_person(client: ActionClient, server: tuple[Server, str]) -> None:
    server[0].status = 500
    said = (await act(client))[0]
    assert isinstance(said, BotUttered) and said.data["custom"] == {"offer": {"kind": "human"}}


async def test_an_action_that_declines_is_rasas_own_affair(
    server: tuple[Server, str], client: ActionClient
) -> None:
    server[0].status, server[0].answer = 400, {"error": "no", "action_name": "action_x"}
    with pytest.raises(ActionExecutionRejection):
        await act(client)


async def test_a_validation_that_fails_takes_the_candidates_back(
    server: tuple[Server, str], client: ActionClient
) -> None:
    server[0].status = 500
    tracker = DialogueStateTracker("someone", DOMAIN.slots)
    for event in (SlotSet("size", "L"), UserUttered("M", {"name": "greet"}), SlotSet("order", "KF1")):
        tracker.update(event)
    events = await act(client, "validate_x_form", tracker)
    assert [event for event in events if isinstance(event, SlotSet)] == [SlotSet("order", None)]
    assert words(events) == ["I cannot tell yet"]


async def test_calls_of_a_shell_carry_the_secret_too(server: tuple[Server, str]) -> None:
    """`rasa shell` has no channel of ours and uses Rasa's own client."""
    sign_calls("only-for-tests")
    await act(EndpointConfig(server[1]))
    assert server[0].calls[0]["kefu_secret"] == "only-for-tests"
    ours = client_of(server[1])
    await act(ours)
    await ours.line.close()
    assert "kefu_secret" not in server[0].calls[1]


# --- what an action is told


def told(messages: int) -> DialogueStateTracker:
    """A conversation with as much in each message as understanding leaves there."""
    ranking = [{"name": f"intent_number_{n}", "confidence": 1 / (n + 1)} for n in range(60)]
    passages = [{"id": f"p{n}", "text": "how long does a refund take " * 8, "score": 0.5} for n in range(5)]
    tracker = DialogueStateTracker("s", DOMAIN.slots)
    for place in range(messages):
        parsed: Any = {
            "text": f"text {place} " + "我的订单到哪了" * 40,
            "intent": {"name": "nlu_fallback", "confidence": 0.4},
            "entities": [
                {"entity": "product", "value": "P101", "start": 0, "end": 4, "product_ids": ["P1"] * 9}
            ],
            "intent_ranking": ranking,
            "knowledge": passages,
            "sentiment": {"label": "neutral", "urgency": "low"},
        }
        said = UserUttered(parsed["text"], parsed["intent"], parsed["entities"], parsed, input_channel="chat")
        bot = BotUttered("An answer. " * 60, {"custom": {"offer": place}})
        for event in (said, ActionExecuted("action_x", "RulePolicy", 1.0), bot, SlotSet("order", "KF1")):
            tracker.update(event)
    return tracker


def call(tracker: DialogueStateTracker, *, client: EndpointConfig | None = None) -> dict[str, Any]:
    """What is sent, once ``rasa_3_6_21.apply`` has run."""
    action = RemoteAction("action_x", client or EndpointConfig("http://x", enable_selective_domain=True))
    return rasa_3_6_21._call(action, tracker, DOMAIN)


def size(sent: dict[str, Any]) -> int:
    return len(json.dumps(sent).encode())


def test_a_call_stays_below_64_kb_at_500_turns() -> None:
    whole = told(500)
    stock = RemoteAction("action_x", EndpointConfig("http://x", enable_selective_domain=True))
    assert size(STOCK_CALL(stock, whole, DOMAIN)) > 4_000_000
    assert size(call(whole)) < 64_000
    assert size(call(whole)) == pytest.approx(size(call(told(20))), rel=0.01)


def test_what_actions_read_is_there() -> None:
    whole = told(9)
    stock = STOCK_CALL(RemoteAction("action_x", EndpointConfig("http://x")), whole, DOMAIN)
    sent = call(whole)
    tracker = sent["tracker"]
    assert {**sent, "tracker": {**tracker, "events": None}, "domain": None} == {
        **stock, "tracker": {**stock["tracker"], "events": None}, "domain": None,
    }  # fmt: skip
    users = [event for event in tracker["events"] if event["event"] == "user"]
    assert len(users) == TURNS and all(user["input_channel"] == "chat" for user in users)
    assert users[-2]["parse_data"]["sentiment"]["label"] == "neutral"
    assert users[-3]["parse_data"]["intent"]["name"] == "nlu_fallback"
    said = [event for event in tracker["events"] if event["event"] == "bot"]
    assert said[-1]["data"]["custom"] == {"offer": 8}


def test_how_long_ago_a_product_was_spoken_of_can_be_told() -> None:
    assert TURNS > FOCUS_TURNS
    tracker = DialogueStateTracker("s", DOMAIN.slots)
    tracker.update(SlotSet("order", "KF1"))
    for _ in range(FOCUS_TURNS + 1):
        tracker.update(UserUttered("hello", {"name": "greet"}))
    events = call(tracker)["tracker"]["events"]
    assert [event["event"] for event in events] == ["user"] * (FOCUS_TURNS + 1), "older than all of these"


def test_an_event_is_written_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = told(3)
    first = call(tracker)
    monkeypatch.setattr(BotUttered, "as_dict", lambda self: pytest.fail("it is known"))
    monkeypatch.setattr(UserUttered, "as_dict", lambda self: pytest.fail("it is known"))
    assert call(tracker) == first
    tracker.update(SlotSet("size", "L"))
    assert [event.get("name") for event in call(tracker)["tracker"]["events"]][-1] == "size"


def test_of_earlier_turns_goes_what_is_read() -> None:
    tracker = told(2)
    tracker.update(UserUttered("again", {"name": "greet"}))
    tracker.update(SlotSet("size", None))
    kinds = [(event["event"], event.get("name")) for event in call(tracker)["tracker"]["events"]]
    earlier = [("user", None), ("bot", None), ("slot", "order")]
    assert kinds == [*earlier, *earlier, ("user", None), ("slot", "size")]


def test_what_was_understood_is_not_told_twice_of_a_form() -> None:
    tracker = told(1)
    tracker.update(ActiveLoop("x_form"))
    assert set(call(tracker)["tracker"]["active_loop"]) == {"name", "is_interrupted", "rejected"}
    assert tracker.active_loop is not None and tracker.active_loop.trigger_message


def test_the_domain_goes_only_where_it_is_asked_for() -> None:
    assert "domain" not in call(told(1))
    assert call(told(1), client=EndpointConfig("http://x"))["domain"] == DOMAIN.as_dict()


def test_the_candidates_of_a_validation_are_told() -> None:
    assert candidates(call(told(3))) == ["order"]


def test_a_call_before_any_message_has_what_there_is() -> None:
    tracker = DialogueStateTracker("s", DOMAIN.slots)
    tracker.update(ActionExecuted("action_session_start"))
    assert [event["name"] for event in call(tracker)["tracker"]["events"]] == ["action_session_start"]
