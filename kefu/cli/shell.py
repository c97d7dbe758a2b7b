"""`kefu shell`: rasa shell in this terminal, its action server beside it."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from pathlib import Path

from kefu.cli import console
from kefu.cli.children import child_environment, rasa_command
from kefu.cli.models import chosen_model, ensure_model
from kefu.cli.shop import ensure_shop
from kefu.cli.up import action_command, endpoints_file, require_free, wait_until
from kefu.settings import Settings


def shell(*, customer: str | None, model: Path | None) -> int:
    """Talk until /stop; the action server's words go to a file, so that they do not cut the talk up."""
    settings = Settings.load()
    require_free(settings.host, settings.action_port, option="KEFU_ACTION_PORT")
    ensure_shop(settings)
    archive = chosen_model(settings.root, model) if model else ensure_model(settings.root)
    who = customer or settings.shell_customer
    extra = {"KEFU_DEV": "1", "KEFU_SHELL_CUSTOMER": who}
    log = settings.home / "shell-actions.log"
    with log.open("w", encoding="utf-8") as words:
        actions = subprocess.Popen(
            action_command(settings),
            cwd=settings.root,
            env=child_environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return _talk(settings, actions, archive=archive, who=who, log=log)
        finally:
            actions.terminate()
            actions.wait(timeout=15)


def _talk(settings: Settings, actions: subprocess.Popen[bytes], *, archive: Path, who: str, log: Path) -> int:
    health = f"http://127.0.0.1:{settings.action_port}/health"
    reason = wait_until(lambda: silent(health), lambda: _ended(actions, log), seconds=60.0)
    if reason:
        console.complain(f"the action server is not ready: {reason}")
        return 1
    console.say(f"you speak as {who}; type /stop to leave (the action server writes to {log})")
    port = _free_port()
    where = ("--endpoints", endpoints_file(settings), "-i", settings.host, "-p", port)
    command = rasa_command("shell", "--model", archive, *where)
    started = time.monotonic()
    done = subprocess.run(command, cwd=settings.root, env=child_environment({"KEFU_DEV": "1"}))
    if done.returncode != 0 and time.monotonic() - started < 5:
        console.complain(f"rasa shell ended with {done.returncode}; the reason stands above")
    return 1 if done.returncode else 0


def silent(address: str) -> str | None:
    """What is missing while nothing answers at ``address``; None when something does."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return None
    except OSError:
        return "it does not answer"


def _ended(process: subprocess.Popen[bytes], log: Path) -> str | None:
    status = process.poll()
    return None if status is None else f"it ended with status {status}; its words are in {log}"


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
