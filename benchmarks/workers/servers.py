"""`kefu up` with some Rasa servers, in a home of its own, for as long as a measurement takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from kefu.errors import KefuError
from kefu.settings import Settings

START_SECONDS = 600.0
NO_LIMITS = {
    f"KEFU_{name}": "0"
    for name in (
        "MESSAGES_PER_SESSION",
        "MESSAGES_PER_ADDRESS",
        "MESSAGES_PER_CUSTOMER",
        "SESSIONS_PER_ADDRESS",
    )
}


@dataclass(frozen=True)
class Served:
    """Running servers: their address, their home, the process that started them."""

    url: str
    settings: Settings
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """What the servers have used so far, nginx and the action server among them."""
        every = [each.cpu_times() for each in self.process.children(recursive=True)]
        return sum(times.user + times.system for times in every)


@contextmanager
def served(home: Path, *, port: int, workers: int, model: Path | None) -> Iterator[Served]:
    """Start, wait until a message would be answered, and end; KefuError where it does not come up."""
    more = {"KEFU_HOME": str(home), "KEFU_ACTION_PORT": str(port + workers + 1), **NO_LIMITS}
    command = [sys.executable, "-m", "kefu.cli", "up", "--port", str(port), "--workers", str(workers)]
    command += ["--model", str(model)] if model else []
    log = home / "up.log"
    with log.open("w") as words:
        process = subprocess.Popen(command, env={**os.environ, **more}, stdout=words, stderr=words)
        try:
            _wait(process, log)
            settings = Settings.load({**os.environ, **more})
            yield Served(f"http://127.0.0.1:{port}", settings, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(60)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "\nready\n" not in log.read_text(encoding="utf-8", errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            words = log.read_text(encoding="utf-8", errors="replace")[-1500:]
            raise KefuError(f"`kefu up` did not get ready; see what it said:\n{words}")
        time.sleep(0.5)


def is_free(url: str) -> bool:
    """Whether nothing answers at an address."""
    try:
        httpx.get(url, timeout=1)
    except httpx.HTTPError:
        return True
    return False
