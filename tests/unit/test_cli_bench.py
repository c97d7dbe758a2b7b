"""`kefu bench` hands its words on to the benchmark beside the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kefu.cli.bench import bench
from kefu.errors import ConfigError
from tests.support.project import ROOT


def test_words_go_to_the_benchmark_and_its_status_comes_back() -> None:
    command = [sys.executable, "-m", "kefu.cli", "bench", "turn", "no-such-part", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2, done.stdout
    assert "no part is called no-such-part" in " ".join(done.stderr.split())


def test_outside_of_a_checkout_it_says_where_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_ROOT", str(tmp_path))
    with pytest.raises(ConfigError, match="run it in a checkout"):
        bench("turn", [])
