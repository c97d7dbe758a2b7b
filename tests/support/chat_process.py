"""The scripted chat server as a process of its own, to be killed: python -m … HOME PORT NAME=VALUE…"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.channel_server import chat_server

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120


@contextmanager
def chat_process(home: Path, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start it and wait until it answers; at the end it is killed if it still runs."""
    more = [f"{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "tests.support.chat_process", str(home), str(port), *more]
    with (home / "chat.log").open("a") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=out, stderr=out)
        try:
            _wait(process, f"http://127.0.0.1:{port}/health/live")
            yield process
        finally:
            process.kill()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError(f"the chat server did not come up: {process.poll()}")


if __name__ == "__main__":
    given = dict(word.split("=", 1) for word in sys.argv[3:])
    with chat_server(Path(sys.argv[1]), port=int(sys.argv[2]), **given):
        time.sleep(3600)
