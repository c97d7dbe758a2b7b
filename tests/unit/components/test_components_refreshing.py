"""A value that follows a counter: rebuilt when it moves, kept when rebuilding fails, and its thread ends."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable

import pytest

from kefu.components.refreshing import Refreshing
from kefu.errors import StoreError


class Source:
    """A counter and a value that tests move by hand."""

    def __init__(self) -> None:
        self.count: int | None = 1
        self.builds = 0
        self.broken = False

    def counter(self) -> int | None:
        return self.count

    def build(self) -> str:
        self.builds += 1
        if self.broken:
            raise StoreError("down")
        return f"built {self.builds}"


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end, "nothing happened in five seconds"
        time.sleep(0.01)


def alive(name: str) -> bool:
    return any(thread.name == name for thread in threading.enumerate())


def test_nothing_is_rebuilt_until_the_counter_moves() -> None:
    source = Source()
    held = Refreshing("first", counted=1)
    assert not held.look(source.counter, source.build)
    source.count = 2
    assert held.look(source.counter, source.build)
    assert (held.value, source.builds) == ("built 1", 1)


def test_an_unreadable_counter_changes_nothing() -> None:
    source = Source()
    held = Refreshing("first", counted=1)
    source.count = None
    assert not held.look(source.counter, source.build)


def test_a_failed_rebuild_is_said_and_keeps_the_last_value() -> None:
    source = Source()
    held = Refreshing("first", counted=1)
    source.count, source.broken = 2, True
    with pytest.raises(StoreError):
        held.look(source.counter, source.build)
    assert held.value == "first"


def test_the_thread_follows_and_outlives_a_failure_and_ends_with_its_owner() -> None:
    source = Source()
    owner = [Refreshing("first", counted=1)]
    owner[0].watch(source.counter, source.build, name="test", seconds=0.01)
    source.broken, source.count = True, 2
    wait_until(lambda: source.builds >= 2)
    source.broken = False
    wait_until(lambda: owner[0].value.startswith("built"))
    owner.clear()
    gc.collect()
    wait_until(lambda: not alive("kefu-test"))
