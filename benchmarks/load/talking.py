"""Customers in a closed loop: say something, wait for the answer, think, say the next thing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from benchmarks.customers import Customer, NotAnswered, Sent

# What guests and customers say; nobody changes anything, so that no sentence depends on another.
GUESTS = (
    "hello", "How long do I have to return something?", "How much is shipping?", "运费是多少？",
    "Which headphones do you have?", "Is the desk lamp in stock?", "你们支持哪些付款方式？", "thanks",
    "Compare the earbuds with the studio headphones", "七天无理由退货吗？", "What are your opening hours?",
    "Do you ship to Brazil?",
)  # fmt: skip
SIGNED_IN = ("Where is my order?", "我的订单到哪了？", "What did I order?", "When do I get my refund?")
CUSTOMERS = tuple(f"C100{number}" for number in range(1, 10))
A_CONVERSATION = 20  # messages; then the customer goes and another one comes
LONGEST_SECONDS = 300.0


@dataclass
class Heard:
    """What came of all messages: seconds to the answer by phase, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    empty: int = 0
    tries: int = 0
    turns: int = 0

    def note(self, phase: str, sent: Sent) -> None:
        """An answered message."""
        self.turns += 1
        self.tries += sent.tries
        self.seconds.setdefault(phase, []).append(sent.seconds or 0.0)
        self.empty += not any(row.get("text") or row.get("custom") for row in sent.answer or ())


@dataclass
class Crowd:
    """Everybody who talks. ``token`` signs a customer in; ``done`` gets each conversation at its end."""

    http: aiohttp.ClientSession
    url: str
    token: Callable[[str], str]
    seed: int
    heard: Heard = field(default_factory=Heard)
    phase: str = "steady"
    think: float = 60.0
    done: list[Customer] = field(default_factory=list)

    async def talk(self, number: int, go_on: Callable[[], bool]) -> None:
        """One place of the crowd: conversations one after another while ``go_on`` says so."""
        chance = random.Random(self.seed * 100_003 + number)
        await self._think(chance, share=chance.random())  # not all at the same moment
        while go_on():
            customer, sentences = await self._enter(chance)
            try:
                await self._converse(customer, sentences, chance, go_on)
            finally:
                await asyncio.sleep(1.5)  # what is told last
                await customer.close()
                self.done.append(customer)

    async def _enter(self, chance: random.Random) -> tuple[Customer, Sequence[str]]:
        signed_in = chance.random() < 0.5
        token = self.token(chance.choice(CUSTOMERS)) if signed_in else None
        socket = chance.random() < 0.5
        entered = await Customer.open(self.http, self.url, customer_token=token, socket=socket)
        return entered, (*GUESTS, *SIGNED_IN) if signed_in else GUESTS

    async def _converse(
        self, customer: Customer, sentences: Sequence[str], chance: random.Random, go_on: Callable[[], bool]
    ) -> None:
        for _ in range(A_CONVERSATION):
            if not go_on():
                return
            phase = self.phase
            try:
                sent = await customer.say(chance.choice(sentences), seconds=LONGEST_SECONDS)
            except NotAnswered as error:
                self.heard.lost.append(str(error))
                return
            self.heard.note(phase, sent)
            await self._think(chance)

    async def _think(self, chance: random.Random, *, share: float | None = None) -> None:
        if self.think <= 0:
            return
        wanted = self.think * (share if share is not None else chance.expovariate(1.0))
        begun = time.monotonic()
        # in short steps, so that a burst that begins meanwhile is felt
        while (left := min(wanted, 3 * self.think) - (time.monotonic() - begun)) > 0:
            await asyncio.sleep(min(left, 1.0))
