"""The commands that a newcomer types first: make's targets and the finding of Python."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, **environment}
    clean = {
        name: value for name, value in given.items() if value is not None and not name.startswith("MAKE")
    }
    return subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60)


def venv_path(**environment: str | None) -> str:
    return run("make", "-s", "venv-path", **environment).stdout.strip()


def program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs with what the script itself needs, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "cat"):
        found = next(Path(place) / name for place in ("/usr/bin", "/bin") if (Path(place) / name).exists())
        (folder / name).symlink_to(found)
    return folder


def python310(bare: Path, *, pyenv: Path) -> subprocess.CompletedProcess[str]:
    return run("scripts/python310", PATH=str(bare), HOME=str(pyenv), PYENV_ROOT=str(pyenv))


def test_the_environment_is_outside_the_root() -> None:
    assert venv_path(KEFU_VENV=None, XDG_CACHE_HOME="/somewhere") == "/somewhere/kefu/venv"
    assert venv_path(KEFU_VENV=None, XDG_CACHE_HOME=None, HOME="/home/x") == "/home/x/.cache/kefu/venv"
    assert venv_path(KEFU_VENV="/elsewhere/venv") == "/elsewhere/venv"
    assert not venv_path().startswith(f"{ROOT}/")


def test_help_names_the_targets() -> None:
    shown = run("make").stdout
    for target in ("run", "test", "check", "shell", "train", "install", "venv-path", "lock"):
        assert f"make {target} " in shown


def test_a_shim_that_refuses_to_run_is_passed_over(bare: Path, tmp_path: Path) -> None:
    program(bare / "python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    good = tmp_path / "pyenv" / "versions" / "3.10.9" / "bin" / "python"
    program(good, "exit 0")
    assert python310(bare, pyenv=tmp_path / "pyenv").stdout.strip() == str(good)


def test_uv_is_the_last_resort(bare: Path, tmp_path: Path) -> None:
    program(bare / "uv", "exit 2")
    assert python310(bare, pyenv=tmp_path / "none").stdout.strip() == "uv"


def test_without_any_it_says_how_to_get_one(bare: Path, tmp_path: Path) -> None:
    failed = python310(bare, pyenv=tmp_path / "none")
    assert failed.returncode == 1 and failed.stdout == ""
    (line,) = failed.stderr.splitlines()
    assert "Python 3.10" in line and "uv" in line and "pyenv install 3.10" in line


def test_an_environment_is_made_once_and_again_after_a_change(tmp_path: Path) -> None:
    venv, log = tmp_path / "venv", tmp_path / "log"
    program(venv / "bin" / "python", "exit 0")
    program(venv / "bin" / "pip", "exit 1")
    program(venv / "bin" / "uv", f'echo "$@" >> {log}')
    first = run("scripts/install", KEFU_VENV=str(venv))
    assert first.returncode == 0 and "[3/3]" in first.stdout
    assert [word for word in log.read_text().split() if word in ("-r", "-e")] == ["-r", "-e"]
    again = run("scripts/install", KEFU_VENV=str(venv))
    assert (again.stdout, again.returncode) == ("", 0)
    (venv / ".kefu-digest").write_text("of another lock file\n")
    assert "[3/3]" in run("scripts/install", KEFU_VENV=str(venv)).stdout


def test_pip_takes_over_where_uv_fails(tmp_path: Path) -> None:
    venv, log = tmp_path / "venv", tmp_path / "log"
    program(venv / "bin" / "python", f'echo "$@" >> {log}')
    program(venv / "bin" / "pip", "exit 1")
    program(venv / "bin" / "uv", "exit 2")
    assert run("scripts/install", KEFU_VENV=str(venv)).returncode == 0
    assert "requirements.lock" in log.read_text()


def test_counting_stories_wants_enough_and_all_right(tmp_path: Path) -> None:
    report = tmp_path / "story_report.json"

    def counted(total: int, correct: int) -> int:
        report.write_text(f'{{"conversation_accuracy": {{"total": {total}, "correct": {correct}}}}}')
        return run("python", "scripts/count_stories.py", str(tmp_path), "--at-least", "80").returncode

    assert (counted(80, 80), counted(79, 79), counted(90, 89)) == (0, 1, 1)
    report.unlink()
    assert run("python", "scripts/count_stories.py", str(tmp_path), "--at-least", "80").returncode == 1
