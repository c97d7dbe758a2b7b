"""An assistant as it serves: its Rasa server and its action server, if it has one, on the measured core."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from benchmarks.turn import machine
from benchmarks.turn.projects import STOCK, Project
from kefu.cli.children import child_environment
from kefu.cli.up import action_command, chat_command, runs_actions
from kefu.errors import KefuError
from kefu.settings import Settings

# as long as the clients of a shop are one machine
_NO_LIMITS = ("MESSAGES_PER_SESSION", "MESSAGES_PER_ADDRESS", "MESSAGES_PER_CUSTOMER", "SESSIONS_PER_ADDRESS")
_START_SECONDS = 1800.0  # stock takes 90 s of a core, and the machine may be busy


def environment(project: Project, root: Path, *, serving: bool = False) -> dict[str, str]:
    """What trains or serves in ``project``: one thread, a home of its own, no limits of messages.

    Our processes that serve do without what only training needs, as `kefu up` has it.
    """
    ours = {"KEFU_HOME": str(project.home), "KEFU_ROOT": str(root), "PYTHONPATH": str(root)}
    ours["KEFU_SERVE"] = "1" if serving and project.system != STOCK else "0"
    free = {f"KEFU_{name}": "0" for name in _NO_LIMITS}
    return child_environment(
        machine.one_thread() | free | ours | {"KEFU_DATABASE_URL": f"sqlite:///{project.database}"}
    )


@dataclass
class Serving:
    """A running assistant; ``stop`` ends it."""

    project: Project
    root: Path
    port: int = 0
    settings: Settings = field(init=False)
    _groups: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = _free_port()
        self._environment = environment(self.project, self.root, serving=True) | {
            "KEFU_ACTION_PORT": str(_free_port())
        }
        self.settings = Settings.load(self._environment)

    @property
    def groups(self) -> list[int]:
        """The process groups of the Rasa server and of its action server, if there is one, in this order."""
        return [process.pid for process in reversed(self._groups)]

    def begin_actions(self) -> None:
        """Start the action server, unless the Rasa server runs actions, and wait until it answers.

        Raises KefuError.
        """
        if self.project.system != STOCK and runs_actions(self.settings):
            return
        self._run("actions", action_command(self.settings), folder=self.root)
        self._wait(lambda: _answers(self.settings.action_port, "/health"))

    def begin(self) -> float:
        """Start the Rasa server; the seconds until it answers a request."""
        began = time.monotonic()
        self._run("rasa", self.command(), folder=self.project.folder)
        address = "/" if self.project.system == STOCK else "/health/ready"
        self._wait(lambda: _answers(self.port, address))
        return time.monotonic() - began

    def stop(self) -> None:
        """End the servers."""
        for process in reversed(self._groups):
            _end(process)
        self._groups.clear()

    def pause(self) -> None:
        """Stop them where they are, while another assistant is measured."""
        machine.pause(self.groups)

    def go_on(self) -> None:
        """Let them run again."""
        machine.go_on(self.groups)

    def cpu_seconds(self) -> float:
        """What the servers have used so far."""
        return sum(machine.cpu_seconds(group) for group in self.groups)

    def rss_mb(self) -> float:
        """Resident memory of the Rasa server."""
        return machine.rss_mb(self.groups[0])

    def command(self) -> list[str]:
        """The command line of the Rasa server; writes the files that it names."""
        if self.project.system != STOCK:
            return chat_command(self.settings, chat_port=self.port, archive=self.project.model)
        endpoints, credentials = _stock_files(self.project, self.settings)
        where = ("-i", "127.0.0.1", "-p", str(self.port))
        files = (
            "--model",
            str(self.project.model),
            "--endpoints",
            str(endpoints),
            "--credentials",
            str(credentials),
        )
        return [sys.executable, "-m", "rasa", "run", *files, *where]

    def _run(self, name: str, command: Sequence[str], *, folder: Path) -> None:
        self.project.home.mkdir(parents=True, exist_ok=True)
        with (self.project.folder / f"{name}.log").open("w") as words:
            process = subprocess.Popen(
                list(command), cwd=folder, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=words, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        os.sched_setaffinity(process.pid, machine.cores()[0])
        self._groups.append(process)

    def _wait(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if self._groups[-1].poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise KefuError(
                    f"{self.project.system} does not start; its words are in {self.project.folder}/*.log"
                )
            time.sleep(0.05)


def _stock_files(project: Project, settings: Settings) -> tuple[Path, Path]:
    """endpoints.yml and credentials.yml of stock: its own stores and its `rest` channel."""
    secret = {"Authorization": f"Bearer {settings.action_secret}"}
    actions = {"url": f"http://127.0.0.1:{settings.action_port}/webhook", "headers": secret}
    store = {"type": "SQL", "dialect": "sqlite", "db": str(project.folder / "trackers.db")}
    endpoints, credentials = project.folder / "endpoints.yml", project.folder / "credentials.yml"
    endpoints.write_text(yaml.safe_dump({"action_endpoint": actions, "tracker_store": store}))
    credentials.write_text("rest:\n")
    return endpoints, credentials


def _answers(port: int, address: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", address)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    machine.go_on([process.pid]) if process.poll() is None else None
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
