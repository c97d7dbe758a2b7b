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
STABLE_SECONDS = 10.0  # who ends sooner will not do better the next time
# Below what the environment says itself: a model with components of TensorFlow is served with KEFU_SERVE=0.
# A message is read by one thread. More would share NumPy's larger products, which on a busy machine takes ten
# times as long: each waits for the other, which waits for a core.
SERVING = MappingProxyType({"KEFU_SERVE": "1", "OMP_NUM_THREADS": "1"})


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
    command: Sequence[str]
    process: subprocess.Popen[str]
    again: bool = False  # start it again when it ends, unless that was right behind its start
    started: float = field(default_factory=time.monotonic)
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

    def __init__(
        self, *, root: Path, out: IO[str] = sys.stdout, stable_seconds: float = STABLE_SECONDS
    ) -> None:
        self.extra: dict[str, str] = {}  # into the environment of those that are started from now on
        self._root = root
        self._out = out
        self._stable_seconds = stable_seconds
        self._children: list[Child] = []
        self._pumps: list[threading.Thread] = []

    def start(self, name: str, command: Sequence[str], *, again: bool = False) -> Child:
        """Start ``command`` from the project's root, in a process group of its own; it serves."""
        child = Child(name, command, self._spawn(command), again)
        self._children.append(child)
        self._listen(child)
        return child

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            list(command),
            cwd=self._root,
            env=SERVING | child_environment(self.extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def _listen(self, child: Child) -> None:
        place = self._children.index(child)
        pump = threading.Thread(target=self._pump, args=(child, child.process, place), daemon=True)
        self._pumps.append(pump)
        pump.start()

    def obituary(self) -> str | None:
        """The first child that ended for good, with its last words; None while all run."""
        ended = ((child, words) for child in self._children if (words := child.obituary()))
        return next((words for child, words in ended if not self._revived(child, words)), None)

    def _revived(self, child: Child, words: str) -> bool:
        if not child.again or time.monotonic() - child.started < self._stable_seconds:
            return False
        _signal_group(child.process, signal.SIGKILL)  # nothing of its group stays behind
        self._out.write(f"{words}; it is started again\n")
        child.process, child.started = self._spawn(child.command), time.monotonic()
        self._listen(child)
        return True

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

    def _pump(self, child: Child, process: subprocess.Popen[str], position: int) -> None:
        prefix = f"{child.name:<8}| "
        if self._out.isatty():
            prefix = f"{COLOURS[position % len(COLOURS)]}{prefix}{PLAIN}"
        assert process.stdout is not None  # stdout=PIPE above
        for line in process.stdout:
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
