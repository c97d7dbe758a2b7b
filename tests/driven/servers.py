"""The whole assistant as a newcomer starts it, for tests: `kefu up` with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import httpx

from kefu.settings import Settings
from kefu.shop.identity import customer_token
from kefu.shop.keys import customer_keys
from kefu.store import Store
from kefu.store.seed import seed
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300  # the model may have to be trained first


@dataclass
class Talk:
    """One conversation over REST."""

    http: httpx.Client
    session_id: str
    token: str
    buttons: list[dict[str, str]] = field(default_factory=list)

    def say(self, text: str) -> str:
        """Send a message, or press a button (``[Yes``); all texts of the reply, a line each."""
        message = self._press(text[1:]) if text.startswith("[") else text
        reply = self.http.post(
            "/webhooks/rest/webhook",
            json={"message": message},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        reply.raise_for_status()
        rows = reply.json()
        self.buttons = [button for row in rows for button in row.get("buttons") or []]
        return "\n".join(str(row.get("text") or "") for row in rows)

    def _press(self, title: str) -> str:
        for button in self.buttons:
            if button["title"].lower().startswith(title.lower()):
                return button["payload"]
        raise AssertionError(f"no button {title!r} among {[b['title'] for b in self.buttons]}")


@dataclass
class Assistant:
    """The running servers and their store."""

    url: str
    settings: Settings
    store: Store
    log: Path

    def begin(self, speaker: str) -> Talk:
        """A new conversation of a customer, or of a guest."""
        http = httpx.Client(base_url=self.url, timeout=30)
        body = {} if speaker == "guest" else {"customer_token": self._sign(speaker)}
        answer = http.post("/chat/sessions", json=body)
        answer.raise_for_status()
        return Talk(http, answer.json()["session_id"], answer.json()["token"])

    def _sign(self, customer_id: str) -> str:
        now = datetime.now(timezone.utc)
        return customer_token(customer_id, keys=customer_keys(self.settings), now=now, minutes=15)

    def reset(self) -> None:
        """The shop as it was; conversations and passages stay."""
        seed(self.store, ROOT / "data" / "shop", now=datetime.now(timezone.utc), fresh=False)

    def last_code(self, talk: Talk) -> str:
        """The one-time code that was mailed for the order this conversation named."""
        with self.store.read() as tx:
            session = tx.sessions.get(talk.session_id)
            order = tx.orders.get(session.pending_order or "") if session else None
            owner = tx.customers.get(order.customer_id) if order else None
            return (tx.outbox.last_code(owner.email) if owner else None) or "000000"


@contextmanager
def already_running(url: str) -> Iterator[Assistant]:
    """Servers that somebody started beforehand, with the same KEFU_HOME as this process."""
    settings = Settings.load()
    store = Store.open(settings.database_url)
    yield Assistant(url, settings, store, settings.home / "servers.log")
    store.close()


@contextmanager
def assistant(home: Path, **more: str) -> Iterator[Assistant]:
    """Start `kefu up` on free ports, with ``more`` in its environment, and wait until it would answer."""
    port, action_port = free_port(), free_port()
    env = {**os.environ, "KEFU_HOME": str(home), "KEFU_PORT": str(port), "KEFU_ACTION_PORT": str(action_port)}
    env = {"KEFU_READY_SECONDS": str(START_SECONDS), **env, **more}
    log = home / "servers.log"
    home.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "kefu.cli", "up"], cwd=ROOT, env=env, stdout=out, stderr=out
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, log)
            settings = Settings.load(env)
            store = Store.open(settings.database_url)
            yield Assistant(url, settings, store, log)
            store.close()
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the servers ended with {process.returncode}:\n{log.read_text()[-3000:]}")
        try:
            if httpx.get(f"{url}/health/ready", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise RuntimeError(f"not ready after {START_SECONDS} s:\n{log.read_text()[-3000:]}")
