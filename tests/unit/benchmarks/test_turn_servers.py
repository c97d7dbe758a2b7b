"""What the turn's benchmark asks of the kernel, and what it starts stock Rasa with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.turn import machine
from benchmarks.turn.projects import OURS, STOCK, Project
from benchmarks.turn.servers import Serving, environment
from tests.support.project import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="the benchmark reads /proc")
BUSY = "print('x', flush=True)\nwhile True: pass"


def test_a_paused_process_uses_no_time_until_it_goes_on() -> None:
    busy = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert busy.stdout is not None
        busy.stdout.readline()
        assert machine.members(busy.pid) == [busy.pid]
        assert machine.rss_mb(busy.pid) > 1
        machine.pause([busy.pid])
        while Path(f"/proc/{busy.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            pass
        stopped = machine.cpu_seconds(busy.pid)
        assert machine.cpu_seconds(busy.pid) == stopped
        machine.go_on([busy.pid])
        while machine.cpu_seconds(busy.pid) <= stopped:
            pass
    finally:
        busy.kill()
        busy.communicate()
    assert machine.cpu_seconds(busy.pid) == 0.0


def test_the_client_leaves_the_measured_core() -> None:
    measured, others = machine.cores()
    assert len(measured) == 1
    with machine.on_other_cores():
        assert os.sched_getaffinity(0) == others


def test_stock_calls_actions_with_the_secret_and_keeps_its_own_conversations(tmp_path: Path) -> None:
    project = Project(STOCK, tmp_path)
    serving = Serving(project, ROOT)
    command = serving.command()
    endpoints = yaml.safe_load((tmp_path / "endpoints.yml").read_text())
    secret = serving.settings.action_secret
    assert endpoints["action_endpoint"]["headers"] == {"Authorization": f"Bearer {secret}"}
    assert endpoints["tracker_store"] == {
        "type": "SQL",
        "dialect": "sqlite",
        "db": str(tmp_path / "trackers.db"),
    }
    assert "kefu" not in command[2] and str(project.model) in command


def test_each_has_a_home_of_its_own_and_one_thread(tmp_path: Path) -> None:
    training = environment(Project(OURS, tmp_path), ROOT)
    serving = environment(Project(OURS, tmp_path), ROOT, serving=True)
    assert training["KEFU_HOME"] == str(tmp_path / "home")
    assert training["OMP_NUM_THREADS"] == training["TF_NUM_INTRAOP_THREADS"] == "1"
    assert (training["KEFU_SERVE"], serving["KEFU_SERVE"]) == ("0", "1")
