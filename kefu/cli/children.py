"""Child processes: started in groups of their own, their words prefixed, all of them stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO

COLOURS = ("\033[36m", "\033[35m", "\033[33m")
PLAIN = "\033[0m"
POLITE_SECONDS = 10.0
# Below what the environment says itself: a model with components of TensorFlow is served with KEFU_SERVE=0.
SERVING = MappingProxyType({"KEFU_SERVE": "1"})


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, handed on, with what every Rasa process of ours needs."""
    ours = {"RASA_TELEMETRY_ENABLED": "false", "SANIC_HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **ours, **(extra or {})}


def rasa_command(*words: object) -> list[str]:
    """The command line ``rasa WORDS…``, in this process's Python."""
    return [sys.executable, "-m", "kefu.cli.quiet_rasa", *map(str, words)]


@dataclass
class Child:
    """A running process and its last words."""

    name: str
    process: subprocess.Popen[str]
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=5))

    def obituary(self) -> str | None:
        """Why it is not running any more, or None while it is."""
        status = self.process.poll()
        if status is None:
            return None
        words = next((line for line in reversed(self.last_words) if line.strip()), "it said nothing")
        return f"{self.name} ended with status {status}: {words.strip()}"


class Family:
    """Several children whose output shares one terminal and who end together."""

    def __init__(self, *, root: Path, out: IO[str] = sys.stdout) -> None:
        self._root = root
        self._out = out
        self._children: list[Child] = []
        self._pumps: list[threading.Thread] = []

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start ``command`` from the project's root, in a process group of its own; it serves."""
        process = subprocess.Popen(
            list(command),
            cwd=self._root,
            env=SERVING | child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        child = Child(name, process)
        pump = threading.Thread(target=self._pump, args=(child, len(self._children)), daemon=True)
        self._children.append(child)
        self._pumps.append(pump)
        pump.start()
        return child

    def obituary(self) -> str | None:
        """The first child that ended, with its last words; None while all run."""
        return next((words for child in self._children if (words := child.obituary())), None)

    def stop(self) -> None:
        """Ask every process group to end, and make it after ten seconds."""
        for child in self._children:
            _signal_group(child.process, signal.SIGTERM)
        deadline = time.monotonic() + POLITE_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(child.process, signal.SIGKILL)
                child.process.wait()
            # A group may outlive its leader (Sanic workers); nothing of it stays behind.
            _signal_group(child.process, signal.SIGKILL)
        for pump in self._pumps:
            pump.join(timeout=1.0)

    def _pump(self, child: Child, position: int) -> None:
        prefix = f"{child.name:<8}| "
        if self._out.isatty():
            prefix = f"{COLOURS[position % len(COLOURS)]}{prefix}{PLAIN}"
        assert child.process.stdout is not None  # stdout=PIPE above
        for line in child.process.stdout:
            child.last_words.append(line)
            self._out.write(prefix + line.rstrip("\n") + "\n")
            self._out.flush()


def _signal_group(process: subprocess.Popen[str], which: signal.Signals) -> None:
    try:
        os.killpg(process.pid, which)
    except ProcessLookupError:
        return  # it has gone already, which is what was wanted
    except PermissionError:
        return  # macOS says this of a group whose processes are all zombies
