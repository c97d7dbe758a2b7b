"""How long a person waits for the command lines and for an import: seconds of whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.turn.figures import middle, ratio
from benchmarks.turn.plan import Plan
from kefu.cli.children import child_environment

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "import kefu": ("-c", "import kefu"),
    "kefu --help": ("-m", "kefu.cli", "--help"),
    "rasa --help": ("-m", "rasa", "--help"),
}
_BARE = "python -c pass"


def measure(root: Path, plan: Plan) -> dict[str, Any]:
    """Medians by command, in turn, and what each takes beyond an empty Python."""
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for number in range(plan.imports + 1):
        for name, words in COMMANDS.items():
            row = _run(root, words)
            if number:  # the first one reads the files from the disk
                rows[name].append(row)
    found: dict[str, Any] = {
        name: {"seconds": middle([row[0] for row in of], 3), "cpu_seconds": middle([row[1] for row in of], 3)}
        for name, of in rows.items()
    }
    for name in COMMANDS:
        found[name]["beyond"] = round(found[name]["seconds"] - found[_BARE]["seconds"], 3)
    return {**found, "ratio": ratio(found["rasa --help"]["seconds"], found["kefu --help"]["seconds"])}


def _run(root: Path, words: tuple[str, ...]) -> tuple[float, float]:
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], cwd=root, env=child_environment({"PYTHONPATH": str(root)}),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return perf_counter() - began, used.ru_utime + used.ru_stime
