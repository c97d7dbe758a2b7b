"""Two faults of `python -m benchmarks.faults`, short, on a chat server without a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp

from benchmarks.customers import Customer
from benchmarks.faults.checks import problems
from benchmarks.faults.rows import Books, Money, Rows
from kefu.store.provider_ledger import ProviderLedger
from tests.support.chat_process import chat_process
from tests.support.ports import free_port

TALKERS = 6


async def test_a_server_that_is_killed_and_a_database_that_is_held_lose_nothing(tmp_path: Path) -> None:
    port = free_port()
    books = Books(f"sqlite:///{tmp_path / 'kefu.db'}", ProviderLedger(tmp_path / "payments.db"))
    async with aiohttp.ClientSession() as http:
        with chat_process(tmp_path, port) as first:
            url = f"http://127.0.0.1:{port}"
            talkers = [await Customer.open(http, url, socket=number % 2 == 0) for number in range(TALKERS)]
            flying = [asyncio.create_task(one.say("endless first")) for one in talkers]
            await asyncio.sleep(0.7)
            first.kill()
            first.wait(10)
        flying += [asyncio.create_task(one.say("into the void")) for one in talkers]
        async with started(tmp_path, port):
            await asyncio.gather(*flying)
            with books.held():
                held = [asyncio.create_task(one.say("while it is held")) for one in talkers]
                await asyncio.sleep(2)
            await asyncio.gather(*held)
            await asyncio.sleep(1.2)  # a socket looks once a second for what it was not told
            await asyncio.gather(*(one.close() for one in talkers))
    rows = {one.session_id: scripted(one) for one in books.conversations([one.session_id for one in talkers])}
    books.close()
    assert problems(talkers, rows, Money()) == []
    assert all(len(one.turns) == 3 for one in rows.values())


@asynccontextmanager
async def started(home: Path, port: int) -> AsyncIterator[None]:
    """The server again, while customers keep trying."""
    process = chat_process(home, port)
    await asyncio.to_thread(process.__enter__)
    try:
        yield
    finally:
        process.__exit__(None, None, None)


def scripted(rows: Rows) -> Rows:
    """The scripted assistant keeps no tracker: what it would remember is left out of the checks."""
    return replace(rows, heard=dict.fromkeys(rows.turns, 1))
