"""The command that plays the money machine: a few runs, the file they leave, and how it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.files import read_json
from benchmarks.money import __main__ as command
from kefu.settings import Settings
from tests.support.money import machine


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Result files go into the test's own folder."""
    settings = Settings.load({"KEFU_HOME": str(tmp_path)}, root=tmp_path)
    monkeypatch.setattr(command.Settings, "load", lambda: settings)
    monkeypatch.setattr(command.logging, "disable", lambda level: None)
    return tmp_path


def test_a_few_runs_leave_a_file(elsewhere: Path) -> None:
    done = CliRunner().invoke(command.app, ["--runs", "5", "--steps", "3", "--seed", "7"])
    assert done.exit_code == 0, done.output
    kept = read_json(elsewhere / "results" / "money" / "sqlite-5.json")
    assert kept["came_about"]["runs"] >= 5 and kept["came_about"]["steps"] >= 15
    assert (kept["seed"], kept["steps"], kept["database"]) == (7, 3, "sqlite") and kept["commit"]


def test_a_broken_rule_is_told_and_leaves_no_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("two payments")

    monkeypatch.setattr(machine, "check", broken)
    done = CliRunner().invoke(command.app, ["--runs", "2", "--steps", "1"])
    assert done.exit_code == 1 and "two payments" in done.output
    assert not (elsewhere / "results").exists()


def test_an_unknown_database_is_an_error_in_words() -> None:
    assert CliRunner().invoke(command.app, ["--database", "mysql"]).exit_code == 1
