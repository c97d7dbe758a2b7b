"""The checks behind every fault find what they are there for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from benchmarks.customers import Customer, Sent
from benchmarks.faults.breaking import FAULTS
from benchmarks.faults.checks import problems
from benchmarks.faults.rows import Money, Rows, heard
from benchmarks.faults.table import block
from benchmarks.faults.world import SEEN, World
from benchmarks.load.run import growth, latencies
from benchmarks.socket_line import SocketLine
from kefu.channels.apology import SENTENCES

SLOW, FAILED = SENTENCES["slow"]["en"], SENTENCES["failed"]["en"]
PAID = ("k-1", "KF1", 100)
ONCE = Money((PAID,), (PAID,))


def said(seq: int, author: str, text: str, message_id: str | None = None) -> dict[str, Any]:
    return {"seq": seq, "author": author, "text": text, "message_id": message_id, "answered": True}


def good() -> tuple[Customer, Rows]:
    """A customer on socket.io who asked twice, the second time for longer than usual."""
    messages = [
        said(1, "customer", "hello", "m-1"), said(2, "assistant", "Hi."), said(3, "customer", "and?", "m-2"),
        said(4, "assistant", SLOW), said(5, "assistant", "One."), said(6, "assistant", "Two."),
    ]  # fmt: skip
    turns = {"m-1": [{"text": "Hi."}], "m-2": [{"text": "One."}, {"text": "Two."}]}
    session: aiohttp.ClientSession = None  # type: ignore[assignment]
    customer = Customer(session, "http://x", {"session_id": "s", "token": "t"})
    customer.line = SocketLine("http://x", dict, print)
    customer.sent = [Sent(text, name, time.monotonic(), accepted=True, answer=turns[name], answered=1.0)
                     for name, text in (("m-1", "hello"), ("m-2", "and?"))]  # fmt: skip
    customer.seen = {row["seq"]: {"from": row["author"], "text": row["text"]} for row in messages}
    return customer, Rows("s", messages, turns, {"m-1": 1, "m-2": 1})


def found(customer: Customer, rows: Rows, money: Money = ONCE) -> str:
    return "\n".join(problems([customer], {"s": rows}, money))


def test_what_is_as_promised_has_no_problem() -> None:
    assert found(*good()) == ""


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda rows: replace(rows, turns={"m-1": rows.turns["m-1"]}), "'and?' was accepted and has no"),
        (lambda rows: replace(rows, messages=rows.messages[2:]), "stands 0 times in the inbox"),
        (lambda rows: replace(rows, messages=[*rows.messages, said(7, "assistant", "2")]), "not the answers"),
        (lambda rows: replace(rows, messages=[*rows.messages[:4], *reversed(rows.messages[4:])]), "numbers"),
        (lambda rows: replace(rows, turns={**rows.turns, "m-1": [{"text": ""}]}), "is empty"),
        (lambda rows: replace(rows, turns={**rows.turns, "m-3": [{"text": "x"}]}), "turns of no message"),
        (lambda rows: replace(rows, heard={"m-1": 1, "m-2": 2}), "holds m-2 2 times"),
        (lambda rows: replace(rows, heard={"m-1": 1}), "holds m-2 0 times"),
    ],
)  # fmt: skip
def test_rows_that_break_a_promise_are_found(spoil: Callable[[Rows], Rows], words: str) -> None:
    customer, rows = good()
    assert words in found(customer, spoil(rows))


def test_an_apology_may_stand_for_a_turn_that_the_memory_does_not_hold() -> None:
    customer, rows = good()
    messages = [*rows.messages[:4], said(5, "assistant", FAILED)]
    customer.seen = {row["seq"]: row for row in messages}
    assert found(customer, Rows("s", messages, {**rows.turns, "m-2": [{"text": FAILED}]}, {"m-1": 1})) == ""


def test_what_a_client_saw_otherwise_is_found() -> None:
    customer, rows = good()
    del customer.seen[5]
    customer.twice = [2]
    assert "told [2] twice" in found(customer, rows) and "the client saw the numbers" in found(customer, rows)
    customer, rows = good()
    customer.sent[1].answer = None
    assert "its customer saw no answer" in found(customer, rows)
    customer, rows = good()
    customer.line, customer.sent[0].answer = None, [{"text": "Ho."}]
    assert "REST gave Ho. to 'hello', kept is Hi." in found(customer, rows)


def test_money_that_was_paid_twice_or_unasked_is_found() -> None:
    customer, rows = good()
    twice = Money((PAID,), (PAID, ("k-2", "KF1", 100)))
    assert "2 bookings of order KF1" in found(customer, rows, twice)
    assert "the shop knows nothing of: ['k-2']" in found(customer, rows, twice)
    assert "2 refunds of key k-1" in found(customer, rows, Money((PAID, PAID)))


def test_a_save_that_cannot_be_read_is_noticed() -> None:
    assert heard(['[{"event":"user","message_id":"m"},{"event":"bot"}]']) == ({"m": 1}, False)
    assert heard(['[{"event":"us'])[1]


def test_the_table_says_how_each_fault_ended() -> None:
    machine = {"cpu": "c", "cores": 2}
    result = {
        "fault": "rasa-killed", "seed": 0, "scale": 1.0, "problems": [], "recovered": 12.0,
        "commit": "abcdefgh", "flying": ["alice: answered", "guest: apology"], "dirty": False,
        "context": "went on, 1 yes", "machine": machine, "load": 1.0,
    }  # fmt: skip
    table = block([result, {**result, "seed": 1, "problems": ["lost"]}])
    assert f"| {FAULTS['rasa-killed'].title} | 2 | 1 | 12.0" in table
    assert "rasa-killed, seed 1, load 1.0: lost" in table
    assert block([{**result, "scale": 0.1}]) == "No result is there yet.\n"


def test_growth_leaves_the_warming_out() -> None:
    assert growth([(0, 1.0), (10, 100.0), (50, 101.0), (100, 105.0)])["grown"] == 0.05
    assert growth([]) == {}
    assert latencies([1.0, 2.0, 3.0])["p50"] == 2.0


async def test_the_next_story_begins_when_the_servers_have_seen_their_clock_set_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []

    async def sleep(seconds: float) -> None:
        done.append(("waited", (tmp_path / "clock").read_text(), seconds >= SEEN))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    parts: Any = {name: SimpleNamespace() for name in ("proxy", "books", "ledger")}
    assistant: Any = SimpleNamespace(start=lambda: done.append("started"))
    settings: Any = SimpleNamespace(home=tmp_path)
    world = World("clock", assistant, settings=settings, scale=1.0, **parts)
    world.set_clock(1)
    await world.mend()
    assert done == [("waited", "+0h", True), "started"]
