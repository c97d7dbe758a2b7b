"""The two servers of an assistant as processes of their own, which may be killed, stopped and started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from kefu.cli.children import child_environment, rasa_command
from kefu.errors import KefuError
from tests.support.ports import free_port

READY_SECONDS = 300.0


class ServerFailed(KefuError):
    """A server did not come up, or did not end."""


@dataclass
class Server:
    """A command that is run again and again, in a process group of its own; its words go to a file."""

    command: Sequence[str]
    root: Path
    log: Path
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.running:
            return
        with self.log.open("ab") as words:
            self.process = subprocess.Popen(
                list(self.command), cwd=self.root, env=dict(self.env), stdin=subprocess.DEVNULL,
                stdout=words, stderr=words, start_new_session=True,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9, of whatever it started too."""
        self._signal(signal.SIGKILL)
        self.wait(10)

    def end(self, *, seconds: float = 30.0) -> float:
        """SIGTERM; how many seconds it took. Killed, and ServerFailed, where it takes longer."""
        began = time.monotonic()
        self._signal(signal.SIGTERM)
        if not self.wait(seconds):
            self.kill()
            raise ServerFailed(f"{self.log.name} did not end within {seconds:.0f} s of SIGTERM")
        return time.monotonic() - began

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within ``seconds``."""
        try:
            if self.process is not None:
                self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.running:
            os.killpg(self.process.pid, number)


@dataclass
class Assistant:
    """`rasa run` with our channel and the action server, on ports of their own.

    ``locks``: the lock_store of endpoints.yml; ``called``: the port at which Rasa calls actions.
    """

    root: Path
    home: Path
    model: Path
    env: Mapping[str, str]
    locks: Mapping[str, object] = field(
        default_factory=lambda: {"type": "kefu.components.lock_store.QueueLockStore"}
    )
    port: int = field(default_factory=free_port)
    action_port: int = field(default_factory=free_port)
    called: int | None = None

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        env = child_environment({**self.env, "KEFU_HOME": str(self.home)})
        self.rasa = Server(self._rasa_command(self.model), self.root, self.home / "rasa.log", env)
        actions = rasa_command("run", "actions", "--port", self.action_port)
        self.actions = Server(actions, self.root, self.home / "actions.log", env)

    @property
    def url(self) -> str:
        """Where customers are answered."""
        return f"http://127.0.0.1:{self.port}"

    def use(self, model: Path) -> None:
        """Serve another archive from the next start on."""
        self.rasa.command = self._rasa_command(model)

    def start(self, *, seconds: float = READY_SECONDS) -> float:
        """Start what does not run and wait until customers are answered; how many seconds it took."""
        self.actions.start()
        self.rasa.start()
        return self.wait_ready(seconds=seconds)

    def wait_ready(self, *, seconds: float = READY_SECONDS) -> float:
        """Wait until the assistant says that it is ready; ServerFailed where it does not."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            for server in (self.rasa, self.actions):
                if not server.running:
                    raise ServerFailed(f"{server.log} ended:\n{last_words(server.log)}")
            if self.ready() == 200:
                return time.monotonic() - began
            time.sleep(0.2)
        raise ServerFailed(f"not ready after {seconds:.0f} s; see {self.home}")

    def ready(self, which: str = "ready") -> int | None:
        """The status of /health/ready (or live); None where nobody listens."""
        try:
            return httpx.get(f"{self.url}/health/{which}", timeout=5).status_code
        except httpx.HTTPError:
            return None

    def stop(self) -> None:
        """End both."""
        for server in (self.rasa, self.actions):
            try:
                server.end()
            except ServerFailed:
                server.kill()

    def _rasa_command(self, model: Path) -> list[str]:
        endpoints = self.home / "endpoints.yml"
        parts = {
            "action_endpoint": {"url": f"http://127.0.0.1:{self.called or self.action_port}/webhook"},
            "tracker_store": {"type": "kefu.components.tracker_store.SqlTrackerStore"},
            "lock_store": dict(self.locks),
        }
        endpoints.write_text(yaml.safe_dump(parts), encoding="utf-8")
        return rasa_command(
            "run", "--model", model, "--endpoints", endpoints, "--credentials", self.root / "credentials.yml",
            "-i", "127.0.0.1", "-p", self.port,
        )  # fmt: skip


def last_words(log: Path) -> str:
    """The end of a log."""
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
