"""Where a figure comes from: commit, machine, versions, and the sources that made it."""

from __future__ import annotations

import ast
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.nlu.cells import ROOT

_VERSIONS = ("rasa", "tensorflow", "torch", "transformers", "onnxruntime", "scikit-learn", "numpy")
_SOURCES = ("kefu", "benchmarks", "data", "requirements.lock")


def provenance(packages: Sequence[str] = _VERSIONS) -> dict[str, Any]:
    """Commit (``dirty``: sources were changed since), time, machine, its load at the end, versions."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--", *_SOURCES)),
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "load": round(os.getloadavg()[0], 1),  # others at work slow a processor that is shared
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
    }


def machine() -> dict[str, Any]:
    """The processor, its cores and the memory in GB."""
    return {
        "cpu": _first(Path("/proc/cpuinfo"), "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
    }


def sources_of(*names: str) -> list[Path]:
    """The files of the modules ``names``, of their packages and of all they import of ours, sorted."""
    found: set[Path] = set()
    waiting = [file for name in names for file in _files(name)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(path for name in _imported(file) for path in _files(name))
    return sorted(found)


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _files(name: str) -> list[Path]:
    """The file of a dotted name of ours, if it is a module, and those of the packages around it."""
    parts = name.split(".") if name.split(".")[0] == "kefu" else []
    paths = [ROOT.joinpath(*parts[: n + 1]) for n in range(len(parts))]
    files = [path / "__init__.py" for path in paths] + [path.with_suffix(".py") for path in paths]
    return [file for file in files if file.is_file()]


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _first(file: Path, key: str) -> str | None:
    if not file.is_file():
        return None
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), None)
