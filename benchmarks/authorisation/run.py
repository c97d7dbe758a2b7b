"""Every speaker by every way, against what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

from benchmarks.authorisation.expected import SPEAKERS, WAYS, expected
from benchmarks.authorisation.scene import set_scene, speaker
from benchmarks.authorisation.ways import tried
from benchmarks.servers import Server
from kefu.cli.children import child_environment, rasa_command
from kefu.cli.shell import silent
from kefu.cli.up import wait_until
from kefu.errors import KefuError
from tests.driven.servers import Assistant

START_SECONDS = 120.0
Row = dict[str, Any]


def cells() -> list[tuple[str, str]]:
    """Every speaker with every way."""
    return list(product(SPEAKERS, WAYS))


def tried_cells(assistant: Assistant, chosen: Iterable[tuple[str, str]]) -> Iterator[Row]:
    """Each cell with its outcome; the scene is set once, and whatever changes it is an outcome."""
    scene = set_scene(assistant)
    with _action_server(assistant):
        for name, way in chosen:
            outcome = tried(scene, speaker(scene, name), way)
            yield {
                "speaker": name,
                "way": way,
                "answer": outcome.answer,
                "told": outcome.told,
                "changed": outcome.changed,
                "right": outcome in expected(name, way),
            }


@contextmanager
def _action_server(assistant: Assistant) -> Iterator[None]:
    """A server of the actions as shops have it that run them apart, beside the one that `kefu up` started."""
    settings = assistant.settings
    where = {"KEFU_HOME": str(settings.home), "KEFU_DATABASE_URL": settings.database_url}
    command = rasa_command("run", "actions", "--port", settings.action_port)
    log = settings.home / "authorisation-actions.log"
    server = Server(command, settings.root, log, child_environment(where))
    server.start()
    health = f"http://127.0.0.1:{settings.action_port}/health"
    try:
        reason = wait_until(lambda: silent(health), lambda: _ended(server), seconds=START_SECONDS)
        if reason:
            raise KefuError(f"found no action server at {health}: {reason}; its words are in {log}")
        yield
    finally:
        server.end()


def _ended(server: Server) -> str | None:
    return None if server.running else "it ended"
