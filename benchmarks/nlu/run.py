"""Runs cells: each phase in a process with one thread, its result in one file, nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import read_json, write_json
from benchmarks.nlu.cells import ROOT, Cell, Places
from benchmarks.nlu.child import digests, splits_of
from benchmarks.nlu.measure import measure
from benchmarks.nlu.rows import read_rows
from kefu.errors import KefuError

_ONE = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
        "TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS")  # fmt: skip
# the cache of Rasa would make a second training of the same data look free
_QUIET = {
    "RASA_MAX_CACHE_SIZE": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "RASA_TELEMETRY_ENABLED": "false",
    "TOKENIZERS_PARALLELISM": "false",
}
Say = Callable[[str], None]


def run_cells(cells: Sequence[Cell], places: Places, *, again: bool, say: Say) -> None:
    """Run every cell that has no current result; ``again`` runs all of them from the beginning."""
    began = time.monotonic()
    waiting = list(cells) if again else [cell for cell in cells if not is_current(cell, places)]
    say(f"{len(cells) - len(waiting)} of {len(cells)} cells are there; {len(waiting)} to run")
    for done, cell in enumerate(waiting):
        if again:
            shutil.rmtree(places.folder(cell), ignore_errors=True)
        say(f"[{done + 1}/{len(waiting)}] {cell.name}{_clock(time.monotonic() - began, done, len(waiting))}")
        say(f"    {_told(run_cell(cell, places, say=say))}")


def is_current(cell: Cell, places: Places) -> bool:
    """Whether the cell's result comes from today's code, recipe and data."""
    kept = read_json(places.result(cell))
    return bool(kept) and kept["digest"] == digests(cell, *splits_of(cell, places))["read"]


def run_cell(cell: Cell, places: Places, *, say: Say) -> dict[str, Any]:
    """Train, read and measure one cell, each unless it is done; its result, which is also written."""
    which, splits = splits_of(cell, places)
    wanted = digests(cell, which, splits)
    folder = places.folder(cell)
    for phase in ("train", "read"):
        if read_json(folder / f"{phase}.json").get("digest") != wanted[phase]:
            say(f"    {phase}ing, since {time.strftime('%H:%M:%S')} ({folder / (phase + '.log')})")
            if phase == "train":
                _begin(folder, wanted["train"])
            _child(phase, cell, places)
    return _measured(cell, places)


def measure_again(cells: Sequence[Cell], places: Places, *, say: Say) -> None:
    """Measure what the cells have read already, where they have and it is still the same data and code."""
    for cell in cells:
        wanted = digests(cell, *splits_of(cell, places))["read"]
        if read_json(places.folder(cell) / "read.json").get("digest") == wanted:
            say(f"{cell.name}: {_told(_measured(cell, places))}")


def _measured(cell: Cell, places: Places) -> dict[str, Any]:
    """The result of a cell that has been trained and has read; it is also written."""
    which, splits = splits_of(cell, places)
    folder = places.folder(cell)
    training, reading = read_json(folder / "train.json"), read_json(folder / "read.json")
    figures = measure(which, splits, read_rows(folder / "rows.json.gz"))
    result = {"cell": cell.as_dict(), "digest": reading["digest"], "figures": figures,
              "training": training, "reading": reading}  # fmt: skip
    write_json(places.result(cell), result)
    return result


def _begin(folder: Path, digest: str) -> None:
    """An interrupted training of the same digest goes on; what another one left is removed."""
    if read_json(folder / "begun.json").get("digest") != digest:
        shutil.rmtree(folder, ignore_errors=True)
        write_json(folder / "begun.json", {"digest": digest})


def _child(phase: str, cell: Cell, places: Places) -> None:
    folder = places.folder(cell)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{phase}.log"
    given = json.dumps({"cell": cell.as_dict(), "places": places.as_dict()})
    environment = os.environ | _QUIET | dict.fromkeys(_ONE, "1") | {"CUDA_VISIBLE_DEVICES": ""}
    with log.open("w", encoding="utf-8") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.nlu.child", phase, given],
            cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip
    if done.returncode:
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
        raise KefuError(
            f"{cell.name}: {phase}ing ended with {done.returncode}; all of it is in {log}\n{last}"
        )


def _clock(spent: float, done: int, all_of_them: int) -> str:
    if not done:
        return ""
    left = spent / done * (all_of_them - done)
    return f", {spent / 60:.0f} min so far, about {left / 60:.0f} min to go"


def _told(result: dict[str, Any]) -> str:
    clean, typos = result["figures"]["clean"], result["figures"]["typos"]
    spent, each = result["training"]["cpu_seconds"], result["reading"]["latency"]["p50_ms"]
    read = f"accuracy {clean['accuracy']:.4f}, with typos {typos['accuracy']:.4f}"
    return f"{read}; {spent:.0f} CPU s of training, {each:.1f} ms a message"
