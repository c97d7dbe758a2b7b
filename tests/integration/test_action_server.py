"""The action server by itself, as plain `rasa run actions` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import httpx

from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.shop.operations import perform
from kefu.shop.payments import DemoProvider
from kefu.store import Store
from kefu.store.provider_ledger import ProviderLedger
from kefu.store.seed import seed
from tests.support.mail_server import mail_server
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
ORDER = "KF10000001"


def environment(home: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if name != "SANIC_HOST"}
    return env | {"KEFU_HOME": str(home), "RASA_TELEMETRY_ENABLED": "false", "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(home: Path, **more: str) -> Iterator[Path]:
    """The action server at work; what it says goes to the file that this gives."""
    command = [sys.executable, "-m", "rasa", "run", "actions", "--port", str(free_port())]
    env, log = environment(home) | more, home / "log"
    with log.open("w") as out, subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out) as server:
        try:
            yield log
        finally:
            server.terminate()


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    with running(tmp_path) as log:
        assert "http://127.0.0.1:" in _announced(log)


def test_it_is_called_by_the_assistant_alone(tmp_path: Path) -> None:
    with running(tmp_path) as log:
        server = _announced(log).rpartition(" ")[2]
        secret = (tmp_path / "action-secret").read_text()
        for header in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "Bearer é"}):
            raw = {name: value.encode("latin-1") for name, value in header.items()}
            assert httpx.get(f"{server}/actions", headers=raw).status_code == 403
            answer = httpx.post(f"{server}/webhook", json={"next_action": "action_greet"}, headers=raw)
            assert answer.status_code == 403 and "greet" not in answer.text
        assert httpx.post(f"{server}/webhook", content=b"{").status_code == 403
        ours = {"Authorization": f"Bearer {secret}"}
        assert httpx.get(f"{server}/actions", headers=ours).status_code == 200
        assert httpx.get(f"{server}/health").status_code == 200
        broken = httpx.post(f"{server}/webhook", json={"next_action": "x", "private": "words"}, headers=ours)
        assert broken.status_code >= 400 and "private" not in broken.text and "words" not in broken.text
        shell = {"next_action": "nowhere", "kefu_secret": secret}
        assert httpx.post(f"{server}/webhook", json=shell).status_code != 403


def test_it_settles_what_an_earlier_one_left_behind(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'kefu.db'}", migrate=True)
    now = datetime.now(timezone.utc)
    seed(store, ROOT / "data" / "shop", now=now, fresh=True)
    with store.write() as tx:  # committed, and its process died
        wish = Operation("cancel", ORDER)
        assert perform(tx, Identity("s", "C1001"), wish, now=now, key="k").kind == "done"
    ledger = ProviderLedger(tmp_path / "payments.db")
    DemoProvider(ledger).tell("pay")
    with running(tmp_path) as log:
        _announced(log)
        deadline = time.monotonic() + START_SECONDS
        while _state(store) == "submitted" and time.monotonic() < deadline:
            time.sleep(0.2)
    assert _state(store) == "succeeded", log.read_text()[-2000:]
    assert [row.order_number for row in ledger.rows()] == [ORDER]
    store.close()


def _state(store: Store) -> str:
    with store.read() as tx:
        return tx.refunds.of_order(ORDER)[0].state


def test_it_sends_the_mails_of_the_outbox(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'kefu.db'}", migrate=True)
    with store.write() as tx:
        tx.outbox.add(to="maria@example.com", subject="Hello", body="from the outbox")
    with mail_server() as post:
        url = f"smtp://127.0.0.1:{post.port}"
        mail = {"KEFU_MAIL": "smtp", "KEFU_SMTP_URL": url, "KEFU_MAIL_FROM": "shop@example.com"}
        with running(tmp_path, **mail) as log:
            states = _states(store, log)
    store.close()
    assert states == ["sent"] and [letter["Subject"] for letter in post.mails] == ["Hello"]


def _states(store: Store, log: Path) -> list[str]:
    """The states of the mails, once none is waiting."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with store.read() as tx:
            states = [mail.state for mail in tx.outbox.newest(9)]
        if "pending" not in states and "sending" not in states:
            return states
        time.sleep(0.2)
    raise AssertionError(f"not sent after {START_SECONDS} s:\n{log.read_text()[-2000:]}")


def _announced(log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if "up and running" in line:
                return line
        time.sleep(0.2)
    raise AssertionError(f"not started after {START_SECONDS} s:\n{log.read_text()[-2000:]}")
