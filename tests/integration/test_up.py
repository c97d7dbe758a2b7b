"""`kefu up` with a tiny model and one action: real processes, from the first line to the last."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from kefu.cli.children import STABLE_SECONDS
from tests.services import absent
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
CONFIG = """
recipe: default.v1
assistant_id: tiny
language: en
pipeline: [{name: WhitespaceTokenizer}, {name: KeywordIntentClassifier}]
policies: [{name: RulePolicy, core_fallback_threshold: 0.1}]
"""
DOMAIN = """
version: "3.1"
intents: [greet, count]
actions: [action_count]
responses:
  utter_greet: [{text: hello from the tiny model}]
"""
DATA = """
version: "3.1"
nlu:
- {intent: greet, examples: "- hi\\n- hello\\n"}
- {intent: count, examples: "- count\\n- number\\n"}
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: count, steps: [{intent: count}, {action: action_count}]}
"""
ACTION = """
from rasa_sdk import Action

class ActionCount(Action):
    def name(self):
        return "action_count"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="forty-two from the action server")
        return []
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project root with everything that `kefu up` needs, trained by `kefu train`."""
    root = tmp_path_factory.mktemp("project")
    texts = {
        "config.yml": CONFIG,
        "domain.yml": DOMAIN,
        "data/nlu/tiny.yml": DATA,
        "actions/__init__.py": ACTION,
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in ("endpoints.yml", "credentials.yml"):
        shutil.copy(ROOT / name, root / name)
    (root / "deploy").symlink_to(ROOT / "deploy")
    for name in ("shop", "knowledge"):
        (root / "data" / name).symlink_to(ROOT / "data" / name)
    done = subprocess.run(kefu("train"), cwd=root, env=environment(root), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_file()
    return root


def kefu(*words: str) -> list[str]:
    return [sys.executable, "-m", "kefu.cli", *words]


def environment(root: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "KEFU_ROOT": str(root), "KEFU_HOME": str(root / "home"), **more}


class Supervisor:
    """A running `kefu up`, its lines as they come."""

    def __init__(self, root: Path, port: int, *words: str, **more: str) -> None:
        settings = environment(root, KEFU_PORT=str(port), KEFU_ACTION_PORT=str(free_port()), **more)
        self.port = port
        self.lines: list[str] = []
        self.ready = threading.Event()
        self.process = subprocess.Popen(
            kefu("up", *words),
            cwd=root,
            env=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # as in a terminal; what a script starts in the background ignores Ctrl-C
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.strip() == f"http://127.0.0.1:{self.port}/":
                self.ready.set()

    def serves(self, seconds: float) -> bool:
        """Wait until it serves, no longer than it lives."""
        deadline = time.monotonic() + seconds
        while not self.ready.wait(0.1):
            if self.process.poll() is not None or time.monotonic() > deadline:
                return False
        return True

    def children(self) -> dict[str, psutil.Process]:
        """The running parts by name."""
        parts = psutil.Process(self.process.pid).children()
        return {"actions" if "actions" in part.cmdline() else "rasa": part for part in parts}

    def words(self) -> str:
        return "\n".join(self.lines)


@contextmanager
def up(root: Path, *words: str, **more: str) -> Iterator[Supervisor]:
    supervisor = Supervisor(root, free_port(), *words, **more)
    try:
        assert supervisor.serves(120), supervisor.words()
        yield supervisor
    finally:
        supervisor.process.terminate()
        supervisor.process.wait(30)


@contextmanager
def actions_apart(root: Path) -> Iterator[None]:
    """Have actions run by a server of their own."""
    file = root / "endpoints.yml"
    before = file.read_text()
    file.write_text("".join(line for line in before.splitlines(True) if "actions_module" not in line))
    assert file.read_text() != before
    try:
        yield
    finally:
        file.write_text(before)


def ask(url: str, message: str) -> str:
    session = httpx.post(f"{url}/chat/sessions", json={}).json()
    headers = {"Authorization": f"Bearer {session['token']}"}
    answer = httpx.post(
        f"{url}/webhooks/rest/webhook", json={"message": message}, headers=headers, timeout=30
    )
    return str(answer.json()[0]["text"])


def ask_again(url: str, message: str) -> str:
    """As a client does that is refused while a server dies."""
    for _ in range(20):
        with suppress(KeyError):  # {"error": …} where the token or the list of answers should be
            return ask(url, message)
        time.sleep(0.5)
    raise AssertionError("refused for ten seconds, with another server at work")


@pytest.mark.timeout(240)
def test_one_command_serves_and_one_ctrl_c_ends_it(project: Path) -> None:
    with up(project) as supervisor:
        url = f"http://127.0.0.1:{supervisor.port}"
        assert "<title>Customer service</title>" in httpx.get(f"{url}/").text
        assert ask(url, "hi") == "hello from the tiny model"
        assert ask(url, "count") == "forty-two from the action server"
        assert "sorry" in ask(url, "nobody has a rule for this")
        assert "sorry" in ask(url, "/restart")
        assert httpx.get(f"{url}/chat/demo").json()["customers"][0]["name"] == "Alice Chen"
        assert any(line.startswith("rasa    | ") for line in supervisor.lines)
        parts = supervisor.children()
        assert set(parts) == {"rasa"}, "which runs the actions"
        supervisor.process.send_signal(signal.SIGINT)
        assert supervisor.process.wait(30) == 0
        assert not any(part.is_running() for part in parts.values())


@pytest.mark.timeout(240)
def test_when_one_part_dies_the_other_ends_with_the_reason(project: Path) -> None:
    with actions_apart(project), up(project) as supervisor:
        parts = supervisor.children()
        assert set(parts) == {"actions", "rasa"}
        assert any(line.startswith("actions | ") for line in supervisor.lines)
        assert ask(f"http://127.0.0.1:{supervisor.port}", "count") == "forty-two from the action server"
        refused = subprocess.run(
            kefu("up", "--port", str(supervisor.port)), cwd=project, env=environment(project),
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert refused.returncode == 1 and f"port {supervisor.port} is taken" in refused.stderr
        parts["actions"].kill()
        assert supervisor.process.wait(30) == 1
        assert "kefu: actions ended with status -9" in supervisor.words()
        assert not parts["rasa"].is_running()


@pytest.mark.services
@pytest.mark.timeout(240)
def test_several_servers_stand_behind_one_address(project: Path) -> None:
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        absent("nginx is not installed (Debian: apt-get install nginx-light)")
    with up(project, "--workers", "2") as supervisor:
        url = f"http://127.0.0.1:{supervisor.port}"
        every = psutil.Process(supervisor.process.pid).children()
        servers = [part for part in every if "--credentials" in part.cmdline()]
        assert len(servers) == 2
        assert httpx.get(f"{url}/health/ready").json() == {"status": "ready"}
        assert ask(url, "count") == "forty-two from the action server"
        # one that ends sooner would end all: it would not do better the next time
        time.sleep(max(0.0, servers[0].create_time() + STABLE_SECONDS + 1 - time.time()))
        servers[0].kill()
        for _ in range(6):  # by their ids, to where both were
            assert ask_again(url, "hi") == "hello from the tiny model"
        assert supervisor.process.poll() is None
    assert not any(part.is_running() for part in every)


@pytest.mark.timeout(240)
def test_a_broken_model_is_said_not_served(project: Path) -> None:
    broken = project / "broken.tar.gz"
    broken.write_bytes(b"no archive at all")
    failed = subprocess.run(
        kefu("up", "--model", str(broken)), cwd=project,
        env=environment(project, KEFU_PORT=str(free_port()), KEFU_ACTION_PORT=str(free_port())),
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert failed.returncode == 1
    assert "no model is loaded; train again" in failed.stderr.splitlines()[-1]
