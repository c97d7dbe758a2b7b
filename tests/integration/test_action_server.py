"""The action server by itself, as plain `rasa run actions` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "SANIC_HOST"}
    env |= {"KEFU_HOME": str(tmp_path), "RASA_TELEMETRY_ENABLED": "false", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "rasa", "run", "actions", "--port", str(free_port())]
    log = tmp_path / "log"
    with log.open("w") as out, subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out) as server:
        try:
            address = _announced(log)
        finally:
            server.terminate()
    assert "http://127.0.0.1:" in address


def _announced(log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if "up and running" in line:
                return line
        time.sleep(0.2)
    raise AssertionError(f"not started after {START_SECONDS} s:\n{log.read_text()[-2000:]}")
