"""socket.io with the stock client over a real server and store; only the assistant is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from kefu.shop import chats
from kefu.shop.chats import Said
from kefu.store import Store
from tests.support.channel_server import Running, chat_server

REST = "/webhooks/rest/webhook"
HUGE = f'2["user_uttered",{{"message":{"9" * 200}}}]'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home")
    with chat_server(home, KEFU_PATIENCE_SECONDS="2") as running:
        yield running


@pytest.fixture
def session(server: Running) -> dict[str, Any]:
    return open_session(server)


def open_session(server: Running, **wish: Any) -> dict[str, Any]:
    return httpx.post(f"{server.url}/chat/sessions", json=wish).json()


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['token']}"}


class Client:
    """A stock client that writes down what it is told."""

    def __init__(self) -> None:
        self.io = socketio.AsyncClient(reconnection=False)
        self.told: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        for name in ("user_uttered", "bot_uttered", "agent_uttered", "typing", "session_confirm"):
            self.io.on(name, self._noting(name))

    def _noting(self, name: str) -> Any:
        async def note(data: Any) -> None:
            await self.told.put((name, data))

        return note

    async def next(self, *names: str) -> Any:
        """The next event with one of these names; others before it are passed over."""
        while True:
            name, data = await asyncio.wait_for(self.told.get(), 10)
            if name in names:
                return data

    async def say(self, text: Any, message_id: str = "m", **more: Any) -> Any:
        return await self.io.call("user_uttered", {"message": text, "message_id": message_id, **more})


@asynccontextmanager
async def connected(
    server: Running, session: dict[str, Any], *, query: str = "", **auth: Any
) -> AsyncIterator[Client]:
    client = Client()
    auth = {"token": session["token"], **auth}
    # The client's websockets want a newer aiohttp than Rasa's; the browser's tests use them.
    await client.io.connect(f"{server.url}{query}", auth=auth, transports=["polling"], wait_timeout=10)
    try:
        yield client
    finally:
        await client.io.eio.disconnect(abort=True)  # else it waits for the end of its long poll


async def test_a_message_is_acknowledged_then_answered(server: Running, session: dict[str, Any]) -> None:
    async with connected(server, session) as client:
        confirmed = await client.next("session_confirm")
        assert (confirmed["session_id"], confirmed["seq"]) == (session["session_id"], 0)
        acknowledged = await client.say("hello", "m-1")
        assert (acknowledged["seq"], acknowledged["message_id"]) == (1, "m-1")
        heard = await client.next("user_uttered")
        assert (heard["seq"], heard["text"], heard["message_id"]) == (1, "hello", "m-1")
        said = await client.next("bot_uttered")
        assert (said["seq"], said["text"], said["from"]) == (2, "heard: hello", "assistant")


async def test_typing_begins_and_ends(server: Running, session: dict[str, Any]) -> None:
    async with connected(server, session) as client:
        await client.say("slow")
        assert await client.next("typing") == {"on": True}
        assert await client.next("typing") == {"on": False}


async def test_both_tabs_are_told_and_rest_speaks_in_the_same_conversation(
    server: Running, session: dict[str, Any]
) -> None:
    async with connected(server, session) as one, connected(server, session) as other:
        await one.next("session_confirm"), await other.next("session_confirm")
        async with httpx.AsyncClient(base_url=server.url) as rest:
            body = {"message": "over rest", "message_id": "r-1"}
            answer = await rest.post(REST, json=body, headers=bearer(session))
        assert answer.json()[0]["text"] == "heard: over rest"
        for client in (one, other):
            assert (await client.next("user_uttered"))["text"] == "over rest"
            assert (await client.next("bot_uttered"))["text"] == "heard: over rest"


async def test_who_comes_back_with_the_last_seq_misses_nothing(
    server: Running, session: dict[str, Any]
) -> None:
    async with connected(server, session) as client:
        await client.say("first", "m-1")
        seen = (await client.next("bot_uttered"))["seq"]
        await client.say("slow second", "m-2")
    await asyncio.sleep(0.6)
    async with connected(server, session, seq=seen) as client:
        assert (await client.next("user_uttered"))["text"] == "slow second"
        assert (await client.next("bot_uttered"))["text"] == "heard: slow second"
    async with connected(server, session) as client:  # no seq: only what is new
        await client.say("third", "m-3")
        assert (await client.next("user_uttered"))["text"] == "third"


async def test_the_same_message_ten_times_is_one_turn(server: Running, session: dict[str, Any]) -> None:
    before = len(server.assistant.heard)
    async with connected(server, session) as client:
        given = await asyncio.gather(*(client.say("slow ten", "same") for _ in range(10)))
        assert {each["seq"] for each in given} == {1}
        await client.next("bot_uttered")
        assert len(server.assistant.heard) == before + 1
        refused = await client.say("other words", "same")
    assert refused["error"]["code"] == "conflict"


async def test_messages_keep_their_order_and_turns_never_overlap(
    server: Running, session: dict[str, Any]
) -> None:
    async with connected(server, session) as client:
        await asyncio.gather(*(client.say(f"slow {n}", f"o-{n}") for n in range(5)))
        answers = [(await client.next("bot_uttered"))["text"] for _ in range(5)]
    assert sorted(answers) == [f"heard: slow {n}" for n in range(5)]
    rows = httpx.get(f"{server.url}/chat/messages", headers=bearer(session)).json()["messages"]
    asked = [row["text"] for row in rows if row["from"] == "customer"]
    assert answers == [f"heard: {text}" for text in asked]
    assert [row["seq"] for row in rows] == list(range(1, 11))
    assert server.assistant.overlaps == 0


@pytest.mark.parametrize(
    ("message", "code"),
    [(5, "malformed"), (None, "malformed"), ("  ", "empty"), ("x" * 2001, "too_long"), ({}, "malformed")],
)
async def test_what_cannot_be_read_is_refused(
    server: Running, session: dict[str, Any], message: Any, code: str
) -> None:
    async with connected(server, session) as client:
        assert (await client.say(message))["error"]["code"] == code


@pytest.mark.parametrize("body", ["text", None, 7, ["message"]])
async def test_a_body_that_is_no_object_is_refused(
    server: Running, session: dict[str, Any], body: Any
) -> None:
    async with connected(server, session) as client:
        assert (await client.io.call("user_uttered", body))["error"]["code"] == "malformed"


@pytest.mark.parametrize("packet", [HUGE, "2" + "[" * 6000, "7[]"], ids=["number", "depth", "kind"])
async def test_a_packet_that_cannot_be_read_ends_its_connection(
    server: Running, session: dict[str, Any], packet: str
) -> None:
    async with connected(server, session) as client:
        await client.next("session_confirm")
        gone = asyncio.Event()
        client.io.on("disconnect", lambda reason=None: gone.set())
        await client.io.eio.send(packet)
        await asyncio.wait_for(gone.wait(), 10)
    async with connected(server, session) as client:
        await client.say("still there?")
        assert (await client.next("bot_uttered"))["text"] == "heard: still there?"


@pytest.mark.parametrize(
    ("auth", "query", "code"),
    [
        (None, "", "no_token"),
        ({}, "", "no_token"),
        ({"token": "nonsense"}, "", "bad_token"),
        ({"token": 5}, "", "no_token"),
        ("token", "", "no_token"),
        ({"token": None}, "?s=another", "other_session"),
        ({"token": None, "seq": "1"}, "", "malformed"),
        ({"token": None, "seq": -1}, "", "malformed"),
    ],
)
async def test_nobody_comes_in_without_the_right_token(
    server: Running, session: dict[str, Any], auth: Any, query: str, code: str
) -> None:
    if isinstance(auth, dict) and auth.get("token", "") is None:
        auth = {**auth, "token": session["token"]}
    client = socketio.AsyncClient(reconnection=False)
    refused: asyncio.Queue[Any] = asyncio.Queue()
    client.on("connect_error", refused.put)
    await client.connect(server.url + query, auth=auth, transports=["polling"], wait=False)
    error = await asyncio.wait_for(refused.get(), 10)
    assert error["data"]["code"] == code
    await client.eio.disconnect(abort=True)


async def test_the_query_may_name_the_session_of_the_token(server: Running, session: dict[str, Any]) -> None:
    async with connected(server, session, query=f"?s={session['session_id']}") as client:
        assert (await client.next("session_confirm"))["session_id"] == session["session_id"]


async def test_a_slow_turn_is_announced_and_its_answer_comes_late(
    server: Running, session: dict[str, Any]
) -> None:
    async with connected(server, session) as client:
        await client.say("endless", "e-1")
        assert "longer than usual" in (await client.next("bot_uttered"))["text"]
        assert (await client.next("bot_uttered"))["text"] == "heard: endless"


def test_rest_gets_words_in_time_and_the_late_answer_from_the_record(
    server: Running, session: dict[str, Any]
) -> None:
    def ask() -> str:
        body = {"message": "endless", "message_id": "e-2"}
        return httpx.post(server.url + REST, json=body, headers=bearer(session)).json()[0]["text"]

    assert "longer than usual" in ask()
    assert ask() == "heard: endless"


async def test_without_a_model_nothing_is_accepted(server: Running, session: dict[str, Any]) -> None:
    async with connected(server, session) as client:
        server.assistant.ready = False
        try:
            refused = await client.say("hello", "m-unready")
        finally:
            server.assistant.ready = True
        assert refused["error"]["code"] == "not_ready"
        assert (await client.say("hello", "m-unready"))["seq"] == 1  # as if it had not been sent before


async def test_a_colleague_of_another_process_is_heard(server: Running, session: dict[str, Any]) -> None:
    async with connected(server, session) as client:
        await client.next("session_confirm")
        store = Store.open(server.settings.database_url)
        with store.write() as tx:
            chats.say_as_agent(tx, session["session_id"], "Anna here.")
        store.close()
        said = await client.next("agent_uttered")
    assert (said["from"], said["text"]) == ("agent", "Anna here.")


async def test_a_button_is_shown_by_its_title(server: Running, session: dict[str, Any]) -> None:
    async with connected(server, session) as client:
        await client.say("choose", "m-1")
        payload = (await client.next("bot_uttered"))["buttons"][0]["payload"]
        await client.say(payload, "m-2")
        assert (await client.next("user_uttered"))["text"] == "The earbuds"
        assert (await client.next("bot_uttered"))["text"] == "heard: The earbuds"


def test_what_a_dead_process_left_unanswered_is_answered_by_the_next(tmp_path: Path) -> None:
    with chat_server(tmp_path) as server:
        session, idle = open_session(server), open_session(server)
        press = httpx.post(
            server.url + REST, json={"message": "choose", "message_id": "a"}, headers=bearer(session)
        ).json()[0]["buttons"][1]["payload"]
        store = Store.open(server.settings.database_url)
        with store.write() as tx:  # as a process does before it dies: accepted, the button taken
            chats.accept(tx, session["session_id"], Said(press, "b"))
            tx.buttons.take(press.removeprefix("btn:"), session["session_id"], message_id="b")
            chats.accept(tx, idle["session_id"], Said("are you there", "c"))
        store.close()
    with chat_server(tmp_path) as server:
        for who, text in ((session, "heard: Yes"), (idle, "heard: are you there")):
            assert texts(server, who)[-1] == text
        assert server.assistant.heard[0].parse_data or server.assistant.heard[1].parse_data


def texts(server: Running, session: dict[str, Any]) -> list[str]:
    """All that was said, once the last question has its answer."""
    for _ in range(50):
        rows = httpx.get(f"{server.url}/chat/messages", headers=bearer(session)).json()["messages"]
        if rows[-1]["from"] != "customer":
            break
    return [row["text"] for row in rows]
