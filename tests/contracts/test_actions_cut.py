"""An action has so many seconds: then its statement is stopped, nothing of it stays, and words are said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.util import await_only

from actions import wiring
from actions.base import KefuAction
from actions.turn import Event, Turn
from kefu.shop.records import Transaction
from tests.support.acting import SESSION, Stage, stage
from tests.support.rows import session

NEVER = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
}
SECONDS = 1


class Acting(KefuAction):
    """An action whose work is given."""

    def __init__(self, work: Callable[[Turn, Transaction], Any]) -> None:
        self._work = work

    def name(self) -> str:
        return "action_given"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        self._work(turn, tx)
        turn.say("greet")
        return []

    async def said(self) -> list[str]:
        """The codes of what it says."""
        dispatcher = CollectingDispatcher()
        tracker = Tracker(SESSION, {}, {}, [], False, None, {}, None)
        await self.run(dispatcher, tracker, {})
        return [message["response"] for message in dispatcher.messages]


@pytest.fixture
def on(databases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    limits = {"action_seconds": str(SECONDS), "payment_seconds": "1"}
    with stage(monkeypatch, databases.shop(), tmp_path, "C1001", **limits) as found:
        found.loop.run_until_complete(wiring.serving().run(lambda tx: None))  # opens the store
        yield found


def never_ends(turn: Turn, tx: Transaction) -> None:
    tx.sessions.add(session("cut"))
    tx.execute(NEVER["sqlite" if wiring.settings().database_url.startswith("sqlite") else "postgresql"])


def nothing(turn: Turn, tx: Transaction) -> None:
    """An action that only speaks."""


def kept(on: Stage, name: str) -> bool:
    with on.store.read() as tx:
        return tx.sessions.get(name) is not None


def test_a_statement_that_never_ends_is_stopped_and_undone(on: Stage) -> None:
    began = time.monotonic()
    assert on.loop.run_until_complete(Acting(never_ends).said()) == ["utter_action_slow"]
    assert time.monotonic() - began < SECONDS + 2
    assert on.loop.run_until_complete(Acting(nothing).said()) == ["utter_greet"]  # its lock is gone
    assert not kept(on, "cut")


def test_actions_that_never_end_do_not_hold_up_one_that_reads_elsewhere(on: Stage) -> None:
    if on.store.dialect == "sqlite":
        pytest.skip("every action may write, and SQLite has one writer")

    async def both() -> tuple[list[str], float]:
        slow = [asyncio.create_task(Acting(nap).said()) for _ in range(8)]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        said = await Acting(nothing).said()
        took = time.monotonic() - began
        await asyncio.gather(*slow)
        return said, took

    def nap(turn: Turn, tx: Transaction) -> None:
        tx.execute(NEVER["postgresql"])

    said, took = on.loop.run_until_complete(both())
    assert said == ["utter_greet"] and took < SECONDS


def test_a_commit_that_gets_no_answer_in_time_is_not_called_undone(
    on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut while it commits: nobody can tell, and that is what is said; the next turn works."""
    store = wiring.serving()._store._store  # type: ignore[attr-defined]

    slow = True

    def hang(_: Any) -> None:
        if not slow:
            return
        if store.dialect == "postgresql":
            await_only(asyncio.sleep(60))
        else:
            time.sleep(SECONDS + 0.3)

    def write(turn: Turn, tx: Transaction) -> None:
        tx.sessions.add(session("committed"))

    sa.event.listen(store._engine, "commit", hang)
    assert on.loop.run_until_complete(Acting(write).said()) == ["utter_action_slow"]
    slow = False
    time.sleep(0.5)
    assert on.loop.run_until_complete(Acting(nothing).said()) == ["utter_greet"]


def test_what_blocks_behind_the_commit_does_not_block_the_loop(on: Stage) -> None:
    def later(turn: Turn, tx: Transaction) -> None:
        tx.sessions.add(session("committed"))
        turn.afterwards.append(lambda: time.sleep(0.6) or [])

    async def beats() -> tuple[list[str], int]:
        acting = asyncio.create_task(Acting(later).said())
        count = 0
        while not acting.done():
            await asyncio.sleep(0.01)
            count += 1
        return await acting, count

    said, count = on.loop.run_until_complete(beats())
    assert said == ["utter_greet"] and count > 10 and kept(on, "committed")


def test_what_lasts_too_long_behind_the_commit_is_not_called_undone(on: Stage) -> None:
    def later(turn: Turn, tx: Transaction) -> None:
        tx.sessions.add(session("committed"))
        turn.afterwards.append(lambda: time.sleep(SECONDS + 0.5) or [])

    assert on.loop.run_until_complete(Acting(later).said()) == ["utter_action_slow"]
    assert kept(on, "committed")
