"""GET /health/ready over a real server and store: what would not be answered is named."""

from __future__ import annotations

import gc
import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from rasa.core.lock_store import InMemoryLockStore, LockError
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain

from kefu.channels.chat import YOUNG
from kefu.channels.rehearsal import Rehearsal, actions_of
from kefu.components.lock_store import QueueLockStore
from kefu.store import Store
from tests.support.channel_server import Running, ScriptedModel, chat_server


@contextmanager
def action_server(*actions: str, secret: Path | None = None) -> Iterator[str]:
    """What answers like the action server; with ``secret``, the file of ours, only to who knows it."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = f"Bearer {secret.read_text()}" if secret else self.headers["Authorization"]
            self.send_response(200 if self.headers["Authorization"] == wanted else 403)
            self.end_headers()
            self.wfile.write(json.dumps([{"name": name} for name in actions]).encode())

        def log_message(self, *values: Any) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/webhook"
    finally:
        listening.shutdown()
        listening.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with action_server("act") as url, chat_server(tmp_path, action_url=url) as running:
        yield running


def ready(server: Running) -> tuple[int, Any]:
    answer = httpx.get(f"{server.url}/health/ready")
    said = answer.json()
    return answer.status_code, said["error"]["message"] if "error" in said else said


def test_ready_means_that_a_message_would_be_answered(server: Running) -> None:
    assert ready(server) == (200, {"status": "ready", "passages": "packaged"})
    session = httpx.post(f"{server.url}/chat/sessions").json()
    server.assistant.ready = False
    assert ready(server) == (503, "no model is loaded")
    mine = {"Authorization": f"Bearer {session['token']}"}
    said = httpx.post(f"{server.url}/webhooks/rest/webhook", json={"message": "hi"}, headers=mine)
    assert (said.status_code, said.json()["error"]["code"]) == (503, "not_ready")
    assert httpx.get(f"{server.url}/health/live").status_code == 200


def test_a_synthetic_turn_is_nobodys_and_done_once_for_many_looks(server: Running) -> None:
    for _ in range(5):
        assert ready(server)[0] == 200
    assert (server.assistant.processor.turns, server.assistant.heard) == (1, [])
    server.assistant.processor = ScriptedModel()
    assert ready(server)[0] == 200 and server.assistant.processor.turns == 1
    store = Store.open(server.settings.database_url)
    with store.read() as tx:
        assert tx.messages.last("readiness") == 0 and tx.conversations.ids() == []
    store.close()


def test_a_server_that_serves_leaves_little_garbage_for_one_turn(server: Running) -> None:
    gc.set_threshold(20_000)
    with chat_server(server.settings.home / "another"):
        assert gc.get_threshold()[0] == YOUNG < 20_000


class Broken(ScriptedModel):
    async def parse_message(self, message: Any, *, only_output_properties: bool) -> dict[str, Any]:
        raise RuntimeError("/secret/path of alice@example.com")


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (Broken(), "the model does not answer"),
        (ScriptedModel(intent={"name": None, "confidence": 0.0}), "the model understands nothing"),
        (ScriptedModel(intent={"name": "greet", "confidence": math.nan}), "the model understands nothing"),
        (ScriptedModel(action="action_listen"), "the model has no answer"),
    ],
)
def test_a_broken_model_is_not_ready(server: Running, model: ScriptedModel, wrong: str) -> None:
    server.assistant.processor = model
    assert ready(server) == (503, wrong)
    server.assistant.processor = ScriptedModel()
    assert ready(server)[0] == 200


def test_without_an_action_server_it_is_not_ready(tmp_path: Path) -> None:
    with chat_server(tmp_path, action_url="http://127.0.0.1:9/webhook") as server:
        assert ready(server) == (503, "the action server does not answer")


def test_an_action_server_that_refuses_us_or_is_another_version_is_no_use(tmp_path: Path) -> None:
    other = tmp_path / "their-secret"
    other.write_text("theirs")
    with action_server("act", secret=other) as url, chat_server(tmp_path / "a", action_url=url) as server:
        assert ready(server) == (503, "the action server answers 403")
    with action_server("action_of_yesterday") as url, chat_server(tmp_path / "b", action_url=url) as server:
        assert ready(server) == (503, "the action server is of another version than the model")


def test_it_is_asked_with_our_secret(tmp_path: Path) -> None:
    ours = tmp_path / "action-secret"
    with action_server("act", secret=ours) as url, chat_server(tmp_path, action_url=url) as server:
        assert ready(server)[0] == 200


def test_a_foreign_store_is_not_ready_and_not_described(server: Running) -> None:
    ours, words = server.assistant.tracker_store, "is not the one that endpoints.yml should name"
    server.assistant.tracker_store = InMemoryTrackerStore(Domain.empty())  # type: ignore[assignment]
    status, message = ready(server)
    assert status == 503 and words in message and "InMemory" not in message
    server.assistant.tracker_store = ours
    server.assistant.lock_store = InMemoryLockStore()  # type: ignore[assignment]
    assert ready(server) == (status, message)


class NoLocks(QueueLockStore):
    def lock(self, *values: Any, **named: Any) -> Any:
        raise LockError("redis://:password@10.0.0.7")


def test_without_locks_it_is_not_ready(server: Running) -> None:
    server.assistant.lock_store = NoLocks()
    NoLocks.__module__ = QueueLockStore.__module__
    assert ready(server) == (503, "the lock store does not answer")


async def test_what_was_found_out_is_kept_for_some_seconds() -> None:
    now, model = [100.0], ScriptedModel()
    rehearsal = Rehearsal(seconds=10, clock=lambda: now[0])
    for at, turns in ((100.0, 1), (109.9, 1), (110.0, 2)):
        now[0] = at
        found = await rehearsal.of(model)
        assert (found.wrong, found.passages, model.turns) == (None, "packaged", turns)


def test_what_the_action_server_must_have_is_what_rasa_asks_of_it() -> None:
    named = {
        "actions": ["action_one", "validate_order_form", "order_form"],
        "forms": {"order_form": {"required_slots": []}},
        "responses": {"utter_hello": [{"text": "hi"}]},
    }
    assert actions_of(Domain.from_dict(named)) == {"action_one"}
