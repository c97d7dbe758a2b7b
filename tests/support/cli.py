"""The command `kefu`, run in the process of a test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from kefu.cli import console
from kefu.cli.app import app


class Said(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


Kefu = Callable[..., Said]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *before: str) -> Kefu:
    """Runs `kefu`, with the words ``before`` in front of those that it is given."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["kefu", *before, *map(str, words)])
        return Said(console.guarded(app, name="kefu"), *capsys.readouterr())

    return run
