"""A real Rasa server with a tiny model: what it remembers through a kill, a broken database, a broken row."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kefu.channels.apology import SENTENCES
from tests.support.ports import free_port

FILES = {
    "config.yml": """
recipe: default.v1
assistant_id: tiny
language: en
pipeline: [{name: WhitespaceTokenizer}, {name: KeywordIntentClassifier}]
policies: [{name: RulePolicy}]
""",
    "domain.yml": """
version: "3.1"
intents: [bob, ann, ask]
slots:
  who:
    type: text
    influence_conversation: false
    mappings: [{type: from_intent, intent: bob, value: bob}, {type: from_intent, intent: ann, value: ann}]
responses:
  utter_told: [{text: noted}]
  utter_asked: [{text: "you are {who}"}]
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
- {intent: bob, examples: "- i am bob\\n"}
- {intent: ann, examples: "- i am ann\\n"}
- {intent: ask, examples: "- who am i\\n"}
rules:
- {rule: bob, steps: [{intent: bob}, {action: utter_told}]}
- {rule: ann, steps: [{intent: ann}, {action: utter_told}]}
- {rule: ask, steps: [{intent: ask}, {action: utter_asked}]}
""",
    "credentials.yml": "kefu.channels.chat.ChatChannel:\n",
    "endpoints.yml": """
tracker_store: {type: kefu.components.tracker_store.SqlTrackerStore, url: "sqlite:///trackers.db"}
lock_store: {type: kefu.components.lock_store.QueueLockStore}
""",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny project with its model; conversations are kept apart from sessions and answers."""
    root = tmp_path_factory.mktemp("tiny")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    done = subprocess.run(rasa("train"), cwd=root, env=environment(root), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def rasa(*words: str) -> list[str]:
    return [sys.executable, "-m", "rasa", *words]


def environment(root: Path) -> dict[str, str]:
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "SANIC_HOST": "127.0.0.1"}
    return {**os.environ, **quiet, "KEFU_HOME": str(root / "home")}


@dataclass
class Chat:
    """A server at work, and who talks to it."""

    url: str
    process: subprocess.Popen[bytes]

    def open(self) -> dict[str, str]:
        session = httpx.post(f"{self.url}/chat/sessions", timeout=60).json()
        return {"Authorization": f"Bearer {session['token']}", "session": session["session_id"]}

    def say(self, who: dict[str, str], text: str) -> list[str]:
        headers = {"Authorization": who["Authorization"]}
        answer = httpx.post(
            f"{self.url}/webhooks/rest/webhook", json={"message": text}, headers=headers, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return [message["text"] for message in answer.json()]


@contextmanager
def serving(root: Path) -> Iterator[Chat]:
    port, log = free_port(), root / "log"
    with log.open("ab") as words:
        process = subprocess.Popen(
            rasa("run", "-p", str(port), "-i", "127.0.0.1"),
            cwd=root,
            env=environment(root),
            stdout=words,
            stderr=words,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            await_live(url, process, log)
            yield Chat(url, process)
        finally:
            process.terminate()
            process.wait(30)


def await_live(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{url}/health/live", timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(0.3)
    pytest.fail(f"no server:\n{log.read_text()[-3000:]}")


@contextmanager
def tables(root: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(root / "trackers.db", timeout=30)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def change(root: Path, statement: str, *values: Any) -> int:
    with tables(root) as connection:
        return connection.execute(statement, values).rowcount


@pytest.mark.timeout(900)
def test_a_conversation_survives_what_happens_to_server_and_database(project: Path) -> None:
    with serving(project) as chat:
        bob, ann = chat.open(), chat.open()
        assert chat.say(bob, "i am bob") == ["noted"]
        assert chat.say(ann, "i am ann") == ["noted"]
        assert chat.say(bob, "who am i") == ["you are bob"]
        chat.process.kill()
    with serving(project) as chat:
        assert chat.say(bob, "who am i") == ["you are bob"], "the context is kept through kill -9"

        change(project, "ALTER TABLE conversations RENAME TO hidden")
        assert chat.say(bob, "who am i") == [SENTENCES["failed"]["en"]], "words, and no blank conversation"
        change(project, "ALTER TABLE hidden RENAME TO conversations")
        assert chat.say(bob, "who am i") == ["you are bob"], "the context is kept through the outage"

        damage = "UPDATE conversation_events SET events = 'x' WHERE conversation_id = ? AND seq = 1"
        assert change(project, damage, ann["session"]) == 1
        assert chat.say(ann, "i am ann") == [SENTENCES["begun_anew"]["en"], "noted"]
        assert chat.say(ann, "who am i") == ["you are ann"]
        assert chat.say(bob, "who am i") == ["you are bob"], "others go on"
        with tables(project) as connection:
            listed = connection.execute("SELECT conversation_id FROM conversation_quarantine").fetchall()
        assert listed == [(ann["session"],)]
