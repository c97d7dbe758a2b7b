"""`kefu promote` on a real `rasa run` with a tiny model: under load, in the middle of a form, ten times."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from kefu.channels.promotion import Promotions, Serving
from tests.support.ports import free_port
from tests.support.tiny_model import reworded, trained

ROOT = Path(__file__).parents[2]
SERVER_SECONDS = 150


@dataclass
class Server:
    """A running `rasa run`."""

    url: str
    process: psutil.Popen
    promotions: Promotions
    home: Path

    def said(self, number: int | None = None) -> Serving:
        """What the process says once it has followed, or refused, the pointer ``number`` (or any)."""
        end = time.monotonic() + SERVER_SECONDS
        while time.monotonic() < end:
            for serving in self.promotions.alive():
                if number in (None, serving.number) and serving.state != "loading":
                    return serving
            time.sleep(0.1)
        raise AssertionError(f"the server did not follow: {self.promotions.alive()}")

    def swap(self, archive: Path) -> Serving:
        """Point to ``archive`` without the checks of the command."""
        return self.said(
            self.promotions.move(self.promotions.keep(archive), before=None, configuration="").number
        )


@dataclass
class Talk:
    """One conversation over REST."""

    http: httpx.Client
    token: str = ""
    answers: list[str] = field(default_factory=list)

    def say(self, text: str) -> str:
        if not self.token:
            self.token = self.http.post("/chat/sessions", json={}).json()["token"]
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.http.post("/webhooks/rest/webhook", json={"message": text}, headers=headers)
        self.answers.append(str(answer.raise_for_status().json()[0]["text"]))
        return self.answers[-1]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def two(one: Path) -> Path:
    return reworded(
        one, one.with_name("two.tar.gz"), **{"hello from one": "hello from two", "one {size}": "two {size}"}
    )


def environment(home: Path) -> dict[str, str]:
    limits = dict.fromkeys(("KEFU_MESSAGES_PER_SESSION", "KEFU_MESSAGES_PER_ADDRESS"), "0")
    return {**os.environ, **limits, "KEFU_HOME": str(home), "KEFU_SERVE": "1", "PYTHONPATH": str(ROOT)}


@contextmanager
def serving(home: Path, archive: Path) -> Iterator[Server]:
    """`rasa run` as deploy/ starts it."""
    port = free_port()
    flags = {
        "--model": archive, "--endpoints": ROOT / "endpoints.yml", "--credentials": ROOT / "credentials.yml",
        "-i": "127.0.0.1", "-p": port,
    }  # fmt: skip
    words = [str(part) for pair in flags.items() for part in pair]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("w") as out:
        process = psutil.Popen(
            [sys.executable, "-m", "kefu.cli.quiet_rasa", "run", *words],
            cwd=ROOT, env=environment(home), stdout=out, stderr=out,
        )  # fmt: skip
        try:
            server = Server(f"http://127.0.0.1:{port}", process, Promotions(home), home)
            server.said()
            yield server
        finally:
            process.terminate()
            process.wait(30)
    assert not list((home / "serving").glob("*.json")), "a process that ended says so"


@pytest.fixture(scope="module")
def server(one: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("home"), one) as running:
        yield running


def promote(server: Server, *words: object) -> subprocess.CompletedProcess[str]:
    home = server.home
    return subprocess.run(
        [sys.executable, "-m", "kefu.cli", "promote", *map(str, words)],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=SERVER_SECONDS,
    )  # fmt: skip


@contextmanager
def load(url: str, talks: int = 4) -> Iterator[list[Talk]]:
    """Conversations that go on, each as fast as it is answered."""
    stop, said = threading.Event(), [Talk(httpx.Client(base_url=url, timeout=60)) for _ in range(talks)]
    failed: list[BaseException] = []

    def talk(one: Talk) -> None:
        try:
            while not stop.is_set():
                one.say("hello")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=talk, args=(one,)) for one in said]
    for thread in threads:
        thread.start()
    try:
        yield said
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert not failed


@pytest.mark.timeout(400)
def test_promoted_under_load_and_back_nothing_is_lost(server: Server, two: Path) -> None:
    half = Talk(httpx.Client(base_url=server.url, timeout=60))
    assert half.say("order") == "which size?"
    with load(server.url) as talks:
        done = promote(server, two)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "two.tar.gz serves in 1 processes" in done.stdout
        end = time.monotonic() + 30
        while any(talk.answers[-1] != "hello from two" for talk in talks) and time.monotonic() < end:
            time.sleep(0.05)
    for talk in talks:
        # every message has its answer: first the old one's, then the new one's, and no apology
        turn = talk.answers.index("hello from two")
        assert set(talk.answers[:turn]) == {"hello from one"} and set(talk.answers[turn:]) == {
            "hello from two"
        }
    assert half.say("large") == "which colour?"
    assert half.say("red") == "two large in red"

    back = promote(server, "--back")
    assert back.returncode == 0, back.stdout + back.stderr
    assert Talk(httpx.Client(base_url=server.url)).say("hi") == "hello from one"


@pytest.mark.timeout(400)
def test_a_broken_model_is_refused(server: Server, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive at all")
    refused = promote(server, broken)
    assert refused.returncode == 1 and "broken.tar.gz is not promoted" in refused.stderr
    # one that is only found broken by the process itself
    said = server.swap(broken)
    assert said.state == "refused" and "can not be loaded" in said.why
    assert Talk(httpx.Client(base_url=server.url)).say("hi") in ("hello from one", "hello from two")


@pytest.mark.timeout(400)
def test_ten_swaps_leave_nothing_behind(server: Server, one: Path, two: Path) -> None:
    figures = []
    for round_ in range(10):
        assert server.swap((one, two)[round_ % 2]).state == "serving"
        assert Talk(httpx.Client(base_url=server.url)).say("hi") == f"hello from {('one', 'two')[round_ % 2]}"
        time.sleep(0.7)
        figures.append((server.process.memory_info().rss >> 20, server.process.num_threads()))
    (early, _), (late, threads) = figures[3], figures[-1]
    assert late - early < 12, figures
    assert threads <= figures[3][1] + 1, figures
    assert "old_model_held" not in (server.home / "server.log").read_text()


@pytest.mark.timeout(300)
def test_a_process_that_starts_serves_what_is_promoted(one: Path, two: Path, tmp_path: Path) -> None:
    promotions = Promotions(tmp_path)
    promotions.move(promotions.keep(two), before=None, configuration="")
    with serving(tmp_path, one) as server:
        assert server.said(1).state == "serving"
        assert Talk(httpx.Client(base_url=server.url)).say("hi") == "hello from two"
