"""A finder that follows: changes at once, anew beside it, and what fails leaves the last one in its place."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from kefu.components import following as module
from kefu.components.following import Following, Made
from kefu.errors import StoreError
from kefu.knowledge.delta import Changes
from kefu.knowledge.ranking import Hit


@dataclass(frozen=True)
class Named:
    """A finder that answers with its name."""

    name: str
    languages: tuple[str, ...] = ("en",)

    def search(self, text: str, language: str, *, k: int = 3, vector: object = None) -> list[Hit]:
        return [Hit(self.name, language, 1.0)]


@dataclass
class Maker:
    """What tests move by hand."""

    count: int | None = 1
    known: bool = True
    wanted: bool = False
    error: Exception | None = None
    renewals: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)

    def counter(self) -> int | None:
        return self.count

    def changes(self, made: Made) -> Changes | None:
        return Changes(self.count or 0, (), ()) if self.known else None

    def changed(self, made: Made, changes: Changes) -> Made | None:
        return Made(Named(f"changed {changes.counter}"), changes.counter)

    def due(self, made: Made) -> bool:
        return self.wanted

    def renewed(self, made: Made) -> Made:
        self.renewals += 1
        counter = self.count
        self.go_on.wait(5)
        if self.error is not None:
            raise self.error
        self.wanted = False
        return Made(Named(f"anew {counter}"), counter)


def name(held: Following) -> str:
    return held.value.search("x", "en")[0].passage_id


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "nothing happened in ten seconds"
        time.sleep(0.01)


def looked(held: Following) -> str:
    held.look()
    return name(held)


def start(maker: Maker) -> Following:
    return Following(Made(Named("first"), 1), maker)


def test_a_change_is_taken_in_at_the_next_look() -> None:
    maker = Maker()
    held = start(maker)
    assert looked(held) == "first"
    maker.count = 2
    assert looked(held) == "changed 2"
    maker.count = None
    assert (looked(held), maker.renewals) == ("changed 2", 0)


def test_what_is_made_anew_takes_in_what_changed_meanwhile() -> None:
    maker = Maker(wanted=True)
    held = start(maker)
    assert looked(held) == "first"
    maker.count = 2
    assert looked(held) == "changed 2", "readers waited for the renewal"
    maker.go_on.set()
    wait_until(lambda: not maker.wanted)
    wait_until(lambda: looked(held) == "changed 2" and maker.renewals == 1)


def test_where_nobody_can_tell_what_changed_all_is_read() -> None:
    maker = Maker(count=7, known=False)
    maker.go_on.set()
    held = start(maker)
    wait_until(lambda: looked(held) == "anew 7")


@pytest.mark.parametrize("error", [StoreError("down"), IndexError("odd")])
def test_what_fails_is_said_once_and_not_tried_at_every_look(
    error: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker(wanted=True, error=error)
    maker.go_on.set()
    held = start(maker)
    with caplog.at_level(logging.ERROR):
        wait_until(lambda: looked(held) == "first" and bool(caplog.records))
        for _ in range(20):
            held.look()
    assert (maker.renewals, len(caplog.records)) == (1, 1)
    assert str(error) in caplog.text
    maker.error = None
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    held._not_before = 0.0
    wait_until(lambda: looked(held) == "anew 1")


def test_the_thread_ends_with_its_owner() -> None:
    maker = Maker()
    owner = [start(maker)]
    owner[0].watch(name="test-ends", seconds=0.01)
    maker.count = 3
    wait_until(lambda: name(owner[0]) == "changed 3")
    owner.clear()
    gc.collect()
    wait_until(lambda: all(thread.name != "kefu-test-ends" for thread in threading.enumerate()))
