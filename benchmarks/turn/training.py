"""What a training costs: cold, with one example changed, with one sentence or answer changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.files import read_json, write_json
from benchmarks.turn import projects
from benchmarks.turn.plan import ANSWER, COLD, EXAMPLE, SENTENCE, Plan
from benchmarks.turn.projects import STOCK, Project
from benchmarks.turn.servers import environment
from benchmarks.turn.slices import Slice
from kefu.cli.children import rasa_command
from kefu.cli.models import configuration_digest, train_command
from kefu.errors import KefuError

_KEPT = "trainings.json"
Say = Callable[[str], None]


def train(root: Path, project: Project, data: Slice, plan: Plan, *, say: Say) -> dict[str, Any]:
    """Train after every change, each on top of the one before; nothing is done twice with the same data.

    Seconds and megabytes by change. The cold training begins without any cache; its archive is served.
    """
    file = project.folder / _KEPT
    wanted = digest(root, project.system, data, plan)
    kept = read_json(file)
    if kept.get("of") != wanted or not project.model.is_file():
        shutil.rmtree(project.folder, ignore_errors=True)
        projects.write(root, project, data, plan)
        kept = {"of": wanted, "costs": {}}
    for change in plan.changes:
        if change not in kept["costs"]:
            say(f"training {project.system}, {change}")
            _changed(project, change, data)
            kept["costs"][change] = _cost(root, project, change)
            write_json(file, kept)
    costs: dict[str, Any] = kept["costs"]
    return costs


def digest(root: Path, system: str, data: Slice, plan: Plan) -> str:
    """The digest of all that a training reads: the files of its project, and the code of training of ours."""
    sha = hashlib.sha256()
    with tempfile.TemporaryDirectory() as scratch:
        projects.write(root, Project(system, Path(scratch)), data, plan)
        for file in sorted(path for path in Path(scratch).rglob("*") if path.is_file()):
            sha.update(file.relative_to(scratch).as_posix().encode() + b"\0" + file.read_bytes())
    if system != STOCK:
        sha.update(configuration_digest(root).encode())
    return sha.hexdigest()[:16]


def _changed(project: Project, change: str, data: Slice) -> None:
    if change == EXAMPLE:
        projects.change_example(project)
    if change == SENTENCE:
        projects.change_sentence(project)
    if change == ANSWER and project.system == STOCK:
        projects.change_answer(project, data.answers[0].passage_id)


def _cost(root: Path, project: Project, change: str) -> dict[str, float]:
    """CPU seconds of a training with all its processes; none where an answer of ours, a row, changes."""
    if change == ANSWER and project.system != STOCK:
        return {"cpu_seconds": 0.0, "seconds": 0.0, "rss_mb": 0.0}
    name = project.model.name.removesuffix(".tar.gz") if change == COLD else change.replace(" ", "-")
    began = time.monotonic()
    # ours as `kefu train` does it
    stock = project.system == STOCK
    command = (
        rasa_command("train", "--fixed-model-name", name) if stock else train_command(project.folder, name)
    )
    used = _run(command, project, environment(project, root))
    return {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "seconds": round(time.monotonic() - began, 1),
        "rss_mb": round(used.ru_maxrss / 1024, 1),
    }


def _run(command: list[str], project: Project, variables: Mapping[str, str]) -> Any:
    log = project.folder / "train.log"
    with log.open("w") as words:
        process = subprocess.Popen(
            command, cwd=project.folder, env=dict(variables), stdout=words, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise KefuError(
            f"the training of {project.system} ended with {process.returncode}; its words are in {log}"
        )
    return used
