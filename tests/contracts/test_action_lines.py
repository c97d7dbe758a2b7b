"""What both ways to run actions promise: the same answers, whatever an action does."""

from __future__ import annotations

import asyncio
import copy
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from rasa_sdk import Action

from kefu.channels.action_lines import ActionLine, ModuleLine, ServerLine, Unlisted
from kefu.errors import ConfigError
from tests.support.ports import free_port

PACKAGE = "acting_for_lines"
ACTIONS = """
import asyncio
from pathlib import Path
from rasa_sdk import Action
from rasa_sdk.interfaces import ActionExecutionRejection


class Good(Action):
    def name(self):
        return "good"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="said", json_message={"of": tracker.sender_id})
        order = tracker.get_slot("order") + "!"
        return [{"event": "slot", "name": "order", "value": order, "timestamp": None}]


class Meddles(Action):
    def name(self):
        return "meddles"

    async def run(self, dispatcher, tracker, domain):
        tracker.latest_message["text"] = "changed"
        tracker.slots["cart"].append("changed")
        return []


class Declines(Action):
    def name(self):
        return "declines"

    def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection("declines")


class Raises(Action):
    def name(self):
        return "raises"

    def run(self, dispatcher, tracker, domain):
        raise RuntimeError("alice@example.com")


class Unwritable(Action):
    def name(self):
        return "unwritable"

    def run(self, dispatcher, tracker, domain):
        return [{"event": "slot", "name": "order", "value": {1, 2}}]


class Endless(Action):
    def name(self):
        return "endless"

    async def run(self, dispatcher, tracker, domain):
        await asyncio.sleep(30)
"""
BACKGROUND = """
from pathlib import Path

LOG = Path(__file__).with_name("log")


class Background:
    def start(self):
        LOG.write_text("started")

    async def close(self):
        LOG.write_text("closed")
"""
SECONDS = 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("lines")
    (root / PACKAGE).mkdir()
    (root / PACKAGE / "__init__.py").write_text(ACTIONS)
    (root / PACKAGE / "background.py").write_text(BACKGROUND)
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """A real server of rasa-sdk over the same package."""
    port = free_port()
    command = [sys.executable, "-m", "rasa_sdk", "--actions", PACKAGE, "--port", str(port)]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        for _ in range(600):
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/health").is_success:
                    break
            assert server.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/webhook"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(params=["server", "module"])
async def line(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[ActionLine]:
    made: ActionLine
    if request.param == "server":
        made = ServerLine(request.getfixturevalue("url"), secret="theirs", seconds=SECONDS)
    else:
        made = ModuleLine(PACKAGE, seconds=SECONDS)
    yield made
    await made.close()


def call(name: str) -> dict[str, Any]:
    tracker = {
        "sender_id": "someone",
        "slots": {"order": "KF1", "cart": ["P1"]},
        "latest_message": {"text": "hi", "intent": {"name": "greet"}, "entities": []},
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }
    return {"next_action": name, "sender_id": "someone", "tracker": tracker, "version": "3.6.21"}


async def test_an_action_answers_in_events_and_responses(line: ActionLine) -> None:
    status, answer = await line.ask(call("good"))
    assert status == 200
    assert answer["events"] == [{"event": "slot", "name": "order", "value": "KF1!", "timestamp": None}]
    said = answer["responses"][0]
    assert (said["text"], said["custom"]) == ("said", {"of": "someone"})


@pytest.mark.parametrize(
    ("name", "status"),
    [("raises", 500), ("unwritable", 500), ("declines", 400), ("nobody_knows_it", 404)],
)
async def test_what_goes_wrong_has_its_status(line: ActionLine, name: str, status: int) -> None:
    found, answer = await line.ask(call(name))
    assert found == status
    if name == "declines":
        assert answer["action_name"] == "declines"


async def test_an_endless_action_is_not_waited_for(line: ActionLine) -> None:
    began = time.monotonic()
    with pytest.raises(asyncio.TimeoutError):
        await line.ask(call("endless"))
    assert time.monotonic() - began < 10
    assert (await line.ask(call("good")))[0] == 200, "and the next one is"


async def test_what_an_action_changes_is_its_own_copy(line: ActionLine) -> None:
    asked = call("meddles")
    before = copy.deepcopy(asked)
    assert await line.ask(asked) == (200, {"events": [], "responses": []})
    assert asked == before


async def test_many_at_once_do_not_wait_for_each_other(line: ActionLine) -> None:
    slow = asyncio.gather(*(line.ask(call("endless")) for _ in range(3)), return_exceptions=True)
    assert (await line.ask(call("good")))[0] == 200
    assert [type(each) for each in await slow] == [asyncio.TimeoutError] * 3


class Elsewhere(Action):
    """One that this process has imported, and that is none of the package's."""

    def __init__(self, needed: str) -> None:
        self.needed = needed

    def name(self) -> str:
        return "elsewhere"


async def test_the_actions_of_the_package_are_listed(line: ActionLine) -> None:
    assert await line.names() == {"good", "meddles", "declines", "raises", "unwritable", "endless"}


async def test_nobody_at_the_address() -> None:
    line = ServerLine(f"http://127.0.0.1:{free_port()}/webhook", secret="theirs", seconds=SECONDS)
    with pytest.raises(aiohttp.ClientConnectorError):
        await line.ask(call("good"))
    with pytest.raises(Unlisted, match="does not answer"):
        await line.names()
    await line.close()


async def test_what_runs_beside_the_actions_begins_and_ends_with_the_line(folder: Path) -> None:
    log = folder / PACKAGE / "log"
    line = ModuleLine(PACKAGE, seconds=SECONDS)
    assert log.read_text() == "started"
    await line.close()
    assert log.read_text() == "closed"


def test_a_package_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"actions_module: no_such_package .* cannot be imported"):
        ModuleLine("no_such_package", seconds=SECONDS)
    (folder / "half_a_package").mkdir()
    (folder / "half_a_package" / "__init__.py").write_text("")
    (folder / "half_a_package" / "part.py").write_text("import no_such_module\n")
    with pytest.raises(ConfigError, match="actions_module: half_a_package"):
        ModuleLine("half_a_package", seconds=SECONDS)
