"""Several servers over one store: a conversation is worked on once, and goes on when its server dies."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kefu.channels import socket
from kefu.cli.nginx import nginx_command, write_configuration
from kefu.settings import Settings
from kefu.store import Store
from tests.integration.test_socket import connected
from tests.services import absent, redis_running, running
from tests.support.channel_server import Running, chat_server
from tests.support.chat_process import chat_process
from tests.support.ports import free_port

REST = "/webhooks/rest/webhook"
DIES_WITHIN = 30  # seconds: what a customer may wait for an answer when their server is killed


def bearer(session: dict[str, Any], *, named: bool = True) -> dict[str, str]:
    routing = {"X-Kefu-Session": session["session_id"]} if named else {}
    return {"Authorization": f"Bearer {session['token']}", **routing}


def say(url: str, session: dict[str, Any], text: str, message_id: str, **more: Any) -> httpx.Response:
    body = {"message": text, "message_id": message_id}
    return httpx.post(url + REST, json=body, headers=bearer(session, **more), timeout=30)


def said(url: str, session: dict[str, Any]) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/chat/messages", headers=bearer(session), timeout=30)
    return list(answer.json()["messages"])


# --- two servers in this process, over one store


@contextmanager
def two(home: Path, **settings: str) -> Iterator[tuple[Running, Running]]:
    with chat_server(home, **settings) as one, chat_server(home, **settings) as other:
        yield one, other


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    with two(tmp_path_factory.mktemp("home")) as servers:
        yield servers


@pytest.fixture
def session(both: tuple[Running, Running]) -> dict[str, Any]:
    opened: dict[str, Any] = httpx.post(f"{both[0].url}/chat/sessions").json()
    return opened


def heard(servers: tuple[Running, Running], session: dict[str, Any]) -> list[str | None]:
    every = [message for server in servers for message in server.assistant.heard]
    return [message.text for message in every if message.sender_id == session["session_id"]]


async def test_the_same_message_to_both_is_one_turn(
    both: tuple[Running, Running], session: dict[str, Any]
) -> None:
    asked = [asyncio.to_thread(say, both[n % 2].url, session, "slow", "m") for n in range(6)]
    answers = [answer.json() for answer in await asyncio.gather(*asked)]
    assert all(answer == answers[0] for answer in answers) and answers[0][0]["text"] == "heard: slow"
    assert heard(both, session) == ["slow"]


async def test_messages_that_come_to_both_are_answered_in_their_order(
    both: tuple[Running, Running], session: dict[str, Any]
) -> None:
    asked = [asyncio.to_thread(say, both[n % 2].url, session, f"slow {n}", f"m-{n}") for n in range(6)]
    answers = [answer.json()[0]["text"] for answer in await asyncio.gather(*asked)]
    assert answers == [f"heard: slow {n}" for n in range(6)]
    rows = said(both[1].url, session)
    questions = [row["text"] for row in rows if row["from"] == "customer"]
    assert [row["text"] for row in rows if row["from"] != "customer"] == [f"heard: {q}" for q in questions]
    assert sorted(map(str, heard(both, session))) == sorted(questions)


def test_the_session_that_is_named_must_be_the_tokens(
    both: tuple[Running, Running], session: dict[str, Any]
) -> None:
    other = httpx.post(f"{both[0].url}/chat/sessions").json()
    headers = {**bearer(session), "X-Kefu-Session": other["session_id"]}
    body = {"message": "hi", "language": "zh"}
    for method, address, more in (
        ("POST", REST, {"json": body}),
        ("GET", "/chat/messages", {}),
        ("POST", "/chat/feedback", {"json": {"score": 5}}),
        ("POST", "/chat/attachments", {"files": {"file": b"x"}}),
        ("GET", "/chat/attachments/one", {}),
    ):
        refused = httpx.request(method, both[0].url + address, headers=headers, **more)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "other_session"), address
    assert heard(both, session) == [] and said(both[0].url, session) == []
    assert say(both[0].url, session, "/", "m", named=False).json()[0]["text"].endswith("/")


async def test_over_redis_readers_at_another_server_hear_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "POLL_SECONDS", 3600.0)  # so that looking brings nothing
    (tmp_path / "redis").mkdir()
    with redis_running(tmp_path / "redis") as service:
        url = f"redis://:{service.password}@127.0.0.1:{service.port}/2"
        with two(tmp_path, KEFU_REDIS_URL=url) as (one, other):
            session = httpx.post(f"{one.url}/chat/sessions").json()
            async with connected(other, session) as client:
                await client.next("session_confirm")
                for n in range(3):
                    await asyncio.to_thread(say, one.url, session, f"hello {n}", f"m-{n}")
                    if n == 0:
                        assert await client.next("typing") == {"on": True}
                    assert (await client.next("bot_uttered"))["text"] == f"heard: hello {n}"


async def test_without_redis_they_hear_by_looking_and_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    with ExitStack() as redis:
        service = redis.enter_context(redis_running(tmp_path / "redis"))
        url = f"redis://:{service.password}@127.0.0.1:{service.port}/2"
        with two(tmp_path, KEFU_REDIS_URL=url) as (one, other):
            session = httpx.post(f"{one.url}/chat/sessions").json()
            redis.close()
            async with connected(other, session) as client:
                await client.next("session_confirm")
                answer = await asyncio.to_thread(say, one.url, session, "hello", "m-1")
                assert answer.json()[0]["text"] == "heard: hello"
                assert (await client.next("bot_uttered"))["text"] == "heard: hello"


# --- two real processes behind a real nginx


@contextmanager
def balanced(home: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """The balancer's address, and the process ids of its two servers."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        absent("nginx is not installed (Debian: apt-get install nginx-light)")
    settings = Settings.load({"KEFU_HOME": str(home)})
    front, workers = free_port(), (free_port(), free_port())
    file = write_configuration(settings, port=front, workers=workers)
    with ExitStack() as stack:
        started = [stack.enter_context(chat_process(home, port, KEFU_PROXIES="1")) for port in workers]
        stack.enter_context(
            running(nginx_command(str(nginx), file), port=front, log=home / "nginx.log", seconds=20)
        )
        yield f"http://127.0.0.1:{front}", {str(each.pid): each.pid for each in started}


def server_of(url: str, session: dict[str, Any], n: int = 0) -> str:
    return str(say(url, session, "which process", f"w-{n}").json()[0]["text"])


def sessions_by_server(url: str) -> dict[str, dict[str, Any]]:
    """A session of each server; a conversation stays with its own."""
    found: dict[str, dict[str, Any]] = {}
    for _ in range(40):
        session = httpx.post(f"{url}/chat/sessions").json()
        found[server_of(url, session)] = session
        if len(found) == 2:
            return found
    raise AssertionError("forty conversations, and one server had all of them")


@pytest.mark.services
@pytest.mark.timeout(180)
async def test_behind_nginx_a_conversation_stays_and_survives_its_server(tmp_path: Path) -> None:
    with balanced(tmp_path) as (url, processes):
        sessions = await asyncio.to_thread(sessions_by_server, url)
        assert set(sessions) == set(processes)
        for name, session in sessions.items():
            assert {server_of(url, session, n) for n in range(1, 6)} == {name}
        await through_the_balancer(url, next(iter(sessions.values())))
        refusals(url, next(iter(sessions.values())))
        name, session = next(iter(sessions.items()))
        await asyncio.to_thread(kill_in_a_turn, url, session, processes[name])
        settings = Settings.load({"KEFU_HOME": str(tmp_path)})
    store = Store.open(settings.database_url)
    with store.read() as tx:
        turns = [tx.turns.get(session["session_id"], "killed"), tx.turns.get(session["session_id"], "behind")]
    store.close()
    assert all(turns)


async def through_the_balancer(url: str, session: dict[str, Any]) -> None:
    """socket.io by the session's name, and the address that limits see."""
    server: Any = type("Front", (), {"url": url})
    async with connected(server, session, query=f"?s={session['session_id']}") as client:
        await client.next("session_confirm")
        assert (await client.say("hello", "m-1"))["message_id"] == "m-1"
        assert (await client.next("bot_uttered"))["text"] == "heard: hello"


def refusals(url: str, session: dict[str, Any]) -> None:
    """nginx speaks as the servers do, and shows nothing else."""
    small, large = say(url, session, "x" * 17_000, "s"), say(url, session, "x" * 40_000, "l")
    for answer in (small, large):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    for hidden in ("/webhook", "/webhooks/rest", "/version", "/model", "/conversations/x/tracker"):
        answer = httpx.post(url + hidden, json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), hidden
    assert httpx.get(f"{url}/").status_code == 200
    assert httpx.get(f"{url}/health/live").status_code == 200


def kill_in_a_turn(url: str, session: dict[str, Any], process: int) -> None:
    """Two messages wait at a server that is killed: each has one answer soon, in their order."""
    before = len(said(url, session))
    asking = [
        threading.Thread(target=say, args=(url, session, text, message_id))
        for text, message_id in (("endless", "killed"), ("hello again", "behind"))
    ]
    for thread in asking:
        thread.start()
        time.sleep(0.3)
    while len(said(url, session)) < before + 2:
        time.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    killed = time.monotonic()
    for thread in asking:
        thread.join()
    while len(said(url, session)) < before + 4:
        assert time.monotonic() < killed + DIES_WITHIN, said(url, session)[before:]
        time.sleep(0.2)
    assert say(url, session, "endless", "killed").json()[0]["text"] == "heard: endless"
    rows = [(row["from"], row["text"]) for row in said(url, session)[before:]]
    answers = [text for author, text in rows if author == "assistant"]
    assert answers == ["heard: endless", "heard: hello again"], rows
    assert [text for author, text in rows if author == "customer"] == ["endless", "hello again"]
