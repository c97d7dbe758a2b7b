"""Runs a benchmark of the folder `benchmarks`, which stands beside the package and not in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from kefu.cli.children import child_environment
from kefu.errors import ConfigError
from kefu.settings import Settings


def bench(name: str, words: Sequence[str]) -> int:
    """Run ``python -m benchmarks.NAME WORDS``; its exit status. Raises ConfigError outside of a checkout."""
    root = Settings.load().root
    if not (root / "benchmarks" / name).is_dir():
        raise ConfigError(f"found no benchmarks/{name} in {root}; run it in a checkout of the project")
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    return subprocess.run(command, cwd=root, env=child_environment()).returncode
