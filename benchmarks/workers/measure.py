"""Conversations over REST, many at once, and what the store says of them afterwards."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.workers.servers import Served
from kefu.store import Store, Transaction

# What the shop's customers ask most: a greeting, an order through an action, a passage, a product.
TEXTS = (
    "hello", "where is my order KF10000002", "how long do I have to return something", "我的订单到哪了",
    "how much are the Aurora wireless earbuds", "thank you",
)  # fmt: skip
TRIES = 10


@dataclass
class Tally:
    """What one run came to."""

    milliseconds: list[float] = field(default_factory=list)
    sent_again: int = 0
    sessions: list[str] = field(default_factory=list)


async def talk(served: Served, *, conversations: int, messages: int) -> dict[str, Any]:
    """Hold ``conversations`` at once, ``messages`` in each one after the other; the figures of the run."""
    tally = Tally()
    async with httpx.AsyncClient(base_url=served.url, timeout=60) as client:
        customers = (await client.get("/chat/demo")).json()["customers"]
        opened = [await _open(client, customers[n % len(customers)]) for n in range(conversations)]
        for session in opened:  # what is loaded at the first message is no part of the figures
            await _say(client, session, "hello", "warm", tally)
        tally = Tally(sessions=[session["session_id"] for session in opened])
        servers, ours, began = served.cpu_seconds(), time.process_time(), time.perf_counter()
        await asyncio.gather(*(_converse(client, session, messages, tally) for session in opened))
        seconds = time.perf_counter() - began
        cpu = {"servers": served.cpu_seconds() - servers, "client": time.process_time() - ours}
    count = conversations * messages
    return {
        "messages": count,
        "seconds": round(seconds, 2),
        "per_second": round(count / seconds, 2),
        "p50_ms": round(statistics.median(tally.milliseconds), 1),
        "p99_ms": round(sorted(tally.milliseconds)[int(0.99 * count)], 1),
        "cpu_seconds": {name: round(used, 1) for name, used in cpu.items()},
        "sent_again": tally.sent_again,
        **proved(served, tally.sessions, messages=messages + 1),
    }


def proved(served: Served, sessions: list[str], *, messages: int) -> dict[str, int]:
    """Messages that have no answer (``lost``), and turns of which there are too many (``doubled``)."""
    store = Store.open(served.settings.database_url)
    try:
        with store.read() as tx:
            found = [_of(tx, session) for session in sessions]
    finally:
        store.close()
    lost = sum(max(0, messages - answered) for answered, _ in found)
    return {"lost": lost, "doubled": sum(max(0, turns - messages) for _, turns in found)}


def _of(tx: Transaction, session: str) -> tuple[int, int]:
    """How many messages of a conversation are answered, and how many turns the assistant saved."""
    said = tx.messages.after(session, 0, limit=1_000_000)
    kept = tx.conversations.full(session)
    answered = [row for row in said if row.author == "customer" and row.answered and row.message_id]
    turns = [tx.turns.get(session, str(row.message_id)) for row in answered]
    return sum(turn is not None for turn in turns), kept.last if kept else 0


async def _open(client: httpx.AsyncClient, customer: dict[str, str]) -> dict[str, Any]:
    wish = {"customer_id": customer["customer_id"]}
    signed = (await client.post("/chat/demo-token", json=wish)).json()["customer_token"]
    opened: dict[str, Any] = (await client.post("/chat/sessions", json={"customer_token": signed})).json()
    return opened


async def _converse(client: httpx.AsyncClient, session: dict[str, Any], messages: int, tally: Tally) -> None:
    for n in range(messages):
        await _say(client, session, TEXTS[n % len(TEXTS)], f"m-{n}", tally)


async def _say(
    client: httpx.AsyncClient, session: dict[str, Any], text: str, message_id: str, tally: Tally
) -> None:
    headers = {"Authorization": f"Bearer {session['token']}", "X-Kefu-Session": session["session_id"]}
    body, began = {"message": text, "message_id": message_id}, time.perf_counter()
    for _ in range(TRIES):
        try:
            answer = await client.post("/webhooks/rest/webhook", json=body, headers=headers)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200 and answer.json():
            tally.milliseconds.append(1000 * (time.perf_counter() - began))
            return
        tally.sent_again += 1
        await asyncio.sleep(0.2)
    tally.milliseconds.append(1000 * (time.perf_counter() - began))
