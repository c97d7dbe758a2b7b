"""What customers do around a fault, and what is looked at behind it.

Alice waits for her yes to a cancellation while the fault happens, Dana has been asked for hers and is silent
until it is over, a guest asks a question in the midst of it. Behind it a stranger asks until somebody
answers, Dana says her yes, and whatever Alice was told, she gets her order cancelled in the end.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from benchmarks.customers import APOLOGIES, SLOW, Customer, NotAnswered, Sent
from benchmarks.faults.checks import problems
from benchmarks.faults.world import World

ALICE, DANA = ("C1001", "KF10000001"), ("C1006", "KF10000018")
QUESTIONS = ("How long do I have to return something?", "运费是多少？", "Which payment methods do you take?")
RECOVERED_SECONDS = 30.0
LOST_SECONDS = 400.0  # then nobody waits any longer; a machine that is loaded starts a server in minutes
# what the customer hears when an action did not run at all: it must be true
UNTOUCHED = "Nothing was changed"
NOT_SURE = "cannot tell yet"
DONE = "is cancelled"


@dataclass
class Outcome:
    """What came of a fault. ``facts``: what else happened, in words."""

    problems: list[str] = field(default_factory=list)
    recovered: float | None = None  # seconds from the end of the cause to the first real answer
    context: str = ""
    flying: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)


class Stage:
    """The customers of one fault."""

    def __init__(self, world: World, http: aiohttp.ClientSession, *, seed: int) -> None:
        self.world = world
        self.seed = seed
        self.random = random.Random(seed)
        self.outcome = Outcome()
        self.customers: list[Customer] = []
        self.flights: dict[str, asyncio.Task[Sent]] = {}
        self._http = http
        self._healed: float | None = None

    async def enter(self, who: str | None = None, *, socket: bool = False) -> Customer:
        """A new conversation of a customer or a guest."""
        token = self.world.token(who) if who else None
        one = await Customer.open(self._http, self.world.assistant.url, customer_token=token, socket=socket)
        self.customers.append(one)
        return one

    async def begin(self) -> None:
        """Alice and Dana are asked for their yes."""
        self.alice = await self.enter(ALICE[0], socket=True)
        self.dana = await self.enter(DANA[0], socket=True)
        self.guest = await self.enter()
        await self.guest.say("hello")
        for one, (_, order) in ((self.alice, ALICE), (self.dana, DANA)):
            asked = await one.say(f"cancel {order}")
            if order not in asked.words:
                raise NotAnswered(f"before the fault: cancel {order} was answered by {asked.words!r}")

    def fly(self) -> None:
        """Alice says yes and the guest asks something; nobody waits for the answers yet."""
        self.send("alice", self.alice, "yes")
        self.send("guest", self.guest, self.random.choice(QUESTIONS))

    def send(
        self, name: str, who: Customer, text: str, *, message_id: str | None = None, rest: bool = False
    ) -> None:
        """Begin to say something."""
        saying = who.say(text, seconds=LOST_SECONDS, message_id=message_id, rest=rest)
        self.flights[name] = asyncio.create_task(saying)

    def healed(self) -> None:
        """The cause is gone; from now on the time to recover counts."""
        self._healed = time.monotonic()

    async def finish(self) -> Outcome:
        """Recovery, the ends of what was said, the tasks that go on, and every check."""
        await self._recover()
        for name, flight in self.flights.items():
            self.outcome.flying.append(f"{name}: {await self._landed(name, flight)}")
        await self._go_on()
        await asyncio.sleep(1.2)  # a socket looks once a second for what it was not told
        rows = await asyncio.to_thread(self._rows)
        money = await asyncio.to_thread(self.world.books.money, [ALICE[1], DANA[1]])
        self.outcome.problems += problems(self.customers, rows, money)
        return self.outcome

    async def close(self) -> None:
        """Everybody hangs up."""
        for flight in self.flights.values():
            flight.cancel()
        await asyncio.gather(*(one.close() for one in self.customers))

    async def _recover(self) -> None:
        since = self._healed or time.monotonic()
        try:
            while time.monotonic() - since < LOST_SECONDS:
                stranger = await self._insisting(self.enter)
                heard = await stranger.say("hello", seconds=LOST_SECONDS)
                if not apologetic(heard):
                    break
            self.outcome.recovered = round(time.monotonic() - since, 1)
        except (NotAnswered, asyncio.TimeoutError) as error:
            self.outcome.problems.append(f"not recovered: {error or type(error).__name__}")
            return
        if self.outcome.recovered > RECOVERED_SECONDS:
            self.outcome.problems.append(f"recovered only after {self.outcome.recovered} s")

    async def _insisting(self, enter: Callable[[], Awaitable[Customer]]) -> Customer:
        async def insist() -> Customer:
            while True:
                try:
                    return await enter()
                except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
                    await asyncio.sleep(0.5)

        return await asyncio.wait_for(insist(), LOST_SECONDS)

    async def _landed(self, name: str, flight: asyncio.Task[Sent]) -> str:
        try:
            sent = await flight
        except NotAnswered as error:
            self.outcome.problems.append(f"{name}: {error}")
            return "not answered"
        if sent.text == "yes":
            await self._truth(sent)
        return ended(sent)

    async def _truth(self, sent: Sent) -> None:
        """What Alice was told of her yes is so: done, not done, or that nobody can tell."""
        done = await asyncio.to_thread(self.world.books.status, ALICE[1]) == "cancelled"
        if UNTOUCHED in sent.words and done:
            self.outcome.problems.append("told that nothing was changed, and the order is cancelled")
        if ended(sent) == "answered" and done != (DONE in sent.words):
            state = "is" if done else "is not"
            self.outcome.problems.append(f"the order {state} cancelled, and told was {sent.words[:80]!r}")

    async def _go_on(self) -> None:
        try:
            self.outcome.context = await self._finished(self.dana, DANA[1], ["yes", "yes"])
            again = ["", f"cancel {ALICE[1]}", "yes"]
            await self._finished(self.alice, ALICE[1], again)
        except NotAnswered as error:
            self.outcome.problems.append(f"behind the fault: {error}")

    async def _finished(self, who: Customer, order: str, words: list[str]) -> str:
        """Say ``words`` until the order is cancelled; how many it took."""
        for number, text in enumerate(words, 1):
            if text:
                await who.say(text)
            if await asyncio.to_thread(self.world.books.status, order) == "cancelled":
                return f"went on, {number} yes"
        heard = who.sent[-1].words
        self.outcome.problems.append(
            f"{order} is not cancelled behind the fault; last heard: {heard[:120]!r}"
        )
        return "lost"

    def _rows(self) -> dict[str, Any]:
        read = self.world.books.conversations([one.session_id for one in self.customers])
        return {one.session_id: one for one in read}


def apologetic(sent: Sent) -> bool:
    """Whether an answer only says that something broke."""
    return any(str(row.get("text")) in APOLOGIES for row in sent.answer or ())


def ended(sent: Sent) -> str:
    """How a message ended, in a word."""
    if sent.words in SLOW:
        return "slow"
    if apologetic(sent):
        return "apology"
    if UNTOUCHED in sent.words:
        return "not done, and said so"
    return "not sure, and said so" if NOT_SURE in sent.words else "answered"
