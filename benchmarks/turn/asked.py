"""Talks with `benchmarks.turn.child`: processes that read messages on the measured core, asked in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.turn import machine
from benchmarks.turn.figures import ratio, spread
from benchmarks.turn.plan import LOAD, Plan
from benchmarks.turn.projects import OURS, STOCK, SYSTEMS, Project
from benchmarks.turn.servers import environment
from kefu.errors import KefuError

_AT_ONCE = 10  # messages before it is the other's turn
_WARM = 5
_PARSING = {STOCK: "parse", OURS: "parse-ours"}


class Child:
    """A process that answers lines of JSON."""

    def __init__(self, what: str, project: Project, root: Path) -> None:
        self._log = project.folder / f"{what}.log"
        with self._log.open("w") as words:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.turn.child", what, str(project.model)],
                cwd=root, env=environment(project, root), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words,
            )  # fmt: skip
        os.sched_setaffinity(self._process.pid, machine.cores()[0])
        self._next()

    def ask(self, texts: Sequence[str]) -> dict[str, Any]:
        """Have texts read; raises KefuError where the process has ended."""
        assert self._process.stdin is not None  # a pipe, above
        print(json.dumps({"texts": list(texts)}), file=self._process.stdin, flush=True)
        return self._next()

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()

    def _next(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # a pipe, above
        for line in self._process.stdout:
            if line.startswith("{"):  # libraries print, too
                found: dict[str, Any] = json.loads(line)
                return found
        raise KefuError(f"a process that reads messages ended; its words are in {self._log}")


@contextmanager
def child(what: str, project: Project, root: Path) -> Iterator[Child]:
    """A child that is ended behind."""
    made = Child(what, project, root)
    try:
        yield made
    finally:
        made.close()


def parse(root: Path, folder: Path, plan: Plan) -> dict[str, Any]:
    """Milliseconds of understanding a message, by system, and whether both took it for the same."""
    texts = [LOAD[place % len(LOAD)] for place in range(plan.parses)]
    read: dict[str, list[dict[str, Any]]] = {system: [] for system in SYSTEMS}
    with ExitStack() as stack:
        children = {s: stack.enter_context(child(_PARSING[s], Project(s, folder / s), root)) for s in SYSTEMS}
        for each in children.values():
            each.ask([*LOAD] * _WARM)
        for at in range(0, len(texts), _AT_ONCE):
            for system, each in children.items():
                read[system].append(each.ask(texts[at : at + _AT_ONCE]))
    found = {system: _figures(answers, len(texts)) for system, answers in read.items()}
    intents = {
        s: [name.partition("/")[0] for answer in read[s] for name in answer["intents"]] for s in SYSTEMS
    }
    same = sum(one == other for one, other in zip(intents[STOCK], intents[OURS], strict=True))
    return {
        **found,
        "ratio": ratio(found[STOCK]["p50"], found[OURS]["p50"]),
        "same_intents": round(same / len(texts), 3),
    }


def _figures(answers: Sequence[dict[str, Any]], count: int) -> dict[str, Any]:
    spent = sum(answer["cpu_seconds"] for answer in answers)
    return {
        **spread([seconds for answer in answers for seconds in answer["seconds"]]),
        "cpu_ms": round(1000 * spent / count, 2),
    }
