"""What a newcomer reads when Rasa starts."""

from __future__ import annotations

import logging
import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from kefu.cli import quiet_rasa

ROOT = Path(__file__).parents[2]


class OldButUserFacing(UserWarning, DeprecationWarning):
    """As pyparsing 3.3 makes its own."""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is shown of what a start warns of, by text."""
    seen: list[str] = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *rest, **more: seen.append(str(message)))
    for name in ("alembic", "rasa_sdk.executor"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)

    def start(*_: object, **__: object) -> None:
        warnings.filterwarnings("always")  # as Rasa, Sanic and others do at their imports
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        warnings.warn("old, loudly", OldButUserFacing, stacklevel=1)
        warnings.warn("look here", UserWarning, stacklevel=1)

    monkeypatch.setattr(runpy, "run_module", start)
    with warnings.catch_warnings():
        quiet_rasa.main()
    return seen


def test_old_age_is_hidden_and_the_rest_is_shown(shown: list[str]) -> None:
    assert shown == ["look here"]


@pytest.mark.usefixtures("shown")
def test_actions_are_not_told_one_by_one() -> None:
    assert not logging.getLogger("rasa_sdk.executor").isEnabledFor(logging.INFO)


def test_who_serves_looks_for_circles_of_garbage_less_often() -> None:
    """In a process of its own: the shield stays up."""
    code = (
        "import gc, runpy\n"
        "runpy.run_module = lambda *names, **more: None\n"
        "from kefu.cli import quiet_rasa\n"
        "quiet_rasa.main()\n"
        "print(gc.isenabled(), gc.get_threshold()[0])\n"
    )
    for serve, told in (("1", f"True {quiet_rasa.OBJECTS}"), ("0", "True 700")):
        environment = {**os.environ, "KEFU_SERVE": serve}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.stdout.strip() == told, done.stderr
