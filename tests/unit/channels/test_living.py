"""Who is there: processes that count in one dictionary, and die in three ways."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kefu.channels.living import LOOKS, Living, Presence
from kefu.errors import StoreError

BEAT = 0.02
HOLD = """
import sys, time
from pathlib import Path
from kefu.channels.living import Presence

mine = Presence(Path(sys.argv[1]))
mine.begin("other")
print("held", flush=True)
time.sleep(60)
"""


class Counts:
    """The part of an Inbox that Living asks, over one dictionary for all."""

    def __init__(self, counts: dict[str, int], process_id: str) -> None:
        self.process_id = process_id
        self.counts = counts
        self.away = 0  # so many beats fail

    async def beat(self) -> dict[str, int]:
        if self.away:
            self.away -= 1
            raise StoreError("away")
        self.counts[self.process_id] = self.counts.get(self.process_id, 0) + 1
        return dict(self.counts)

    async def bury(self, process_id: str, beats: int | None = None) -> bool:
        if beats is not None and self.counts.get(process_id) != beats:
            return False
        return self.counts.pop(process_id, None) is not None


def living(counts: Counts, folder: Path) -> Living:
    return Living(counts, folder / counts.process_id, beat=BEAT)  # type: ignore[arg-type]


async def until_gone(counts: dict[str, int], name: str) -> None:
    deadline = time.monotonic() + 20
    while name in counts:
        assert time.monotonic() < deadline
        await asyncio.sleep(BEAT)


async def test_who_counts_no_more_is_taken_away_and_their_work_taken_up(tmp_path: Path) -> None:
    counts = {"other": 5}
    mine = living(Counts(counts, "me"), tmp_path)
    looks: list[bool] = []

    async def take_up() -> None:
        looks.append("other" in counts)

    mine.take_up = take_up
    await mine.begin()
    await until_gone(counts, "other")
    while looks[-1]:
        await asyncio.sleep(BEAT)
    await mine.end()
    assert looks[: LOOKS + 1] == [True] * LOOKS + [False], "not before it was silent for long enough"
    assert counts == {}


async def test_the_living_are_left_alone(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    both = [living(Counts(counts, name), tmp_path) for name in ("one", "other")]
    for each in both:
        await each.begin()
    await asyncio.sleep(BEAT * LOOKS * 4)
    assert set(counts) == {"one", "other"}
    await both[0].end()
    assert set(counts) == {"other"}
    await both[1].end()


async def test_looks_that_failed_do_not_count_against_anybody(tmp_path: Path) -> None:
    store = Counts({"other": 1}, "me")
    mine = living(store, tmp_path)
    for _ in range(5):
        for _ in range(LOOKS):
            await mine._look()
        store.away = 1
        await mine._look()
    assert "other" in store.counts
    for _ in range(LOOKS + 1):
        await mine._look()
    assert "other" not in store.counts


def test_on_one_machine_a_death_is_seen_at_once(tmp_path: Path) -> None:
    here = Presence(tmp_path)
    assert not here.is_gone("other"), "nobody can tell"
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        assert not here.is_gone("other")
        os.kill(other.pid, signal.SIGKILL)
        other.wait(10)
        assert here.is_gone("other")
    finally:
        other.kill()
        other.wait(10)


@pytest.mark.parametrize("name", ["me", "me again"])
def test_who_leaves_leaves_no_file(tmp_path: Path, name: str) -> None:
    mine = Presence(tmp_path / "processes")
    mine.begin(name)
    assert not Presence(tmp_path / "processes").is_gone(name)
    mine.end(name)
    assert list((tmp_path / "processes").iterdir()) == []
