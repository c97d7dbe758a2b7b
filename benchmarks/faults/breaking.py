"""The faults, each a few lines: break something, wait, let it be mended."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from benchmarks.faults.story import Stage
from benchmarks.servers import READY_SECONDS, ServerFailed

Break = Callable[[Stage], Awaitable[None]]
DRAINED_SECONDS = 15.0
A_TURN = 0.3  # seconds; a fault in a turn comes at a random moment of it
TALKERS = 10


@dataclass(frozen=True)
class Fault:
    """A fault: in which world, and what is done. ``title`` is its line of the table."""

    name: str
    world: str
    title: str
    happen: Break


async def rasa_killed(on: Stage) -> None:
    """Every other time in the few milliseconds between the saved turn and the kept answer."""
    world, books = on.world, on.world.books
    before = books.saves(on.alice.session_id)
    on.fly()
    if on.seed % 2:
        deadline = time.monotonic() + 10
        while books.saves(on.alice.session_id) == before and time.monotonic() < deadline:
            await asyncio.sleep(0.001)
    else:
        await asyncio.sleep(on.random.uniform(0, A_TURN))
    world.assistant.rasa.kill()
    on.healed()
    await asyncio.to_thread(world.assistant.start)


async def actions_killed(on: Stage) -> None:
    """The action server dies while it cancels and pays back."""
    on.fly()
    await asyncio.sleep(on.random.uniform(0, A_TURN))
    on.world.assistant.actions.kill()
    await asyncio.sleep(on.random.uniform(0, 2.0))
    on.healed()
    await asyncio.to_thread(on.world.assistant.start)


def misdeed(name: str) -> Break:
    """Answers of actions are spoilt; every other time the action has run all the same."""

    async def happen(on: Stage) -> None:
        proxy = on.world.proxy
        proxy.misdeed, proxy.done, proxy.seconds = name, bool(on.seed % 2), on.world.seconds(10.0)
        on.fly()
        await asyncio.wait(on.flights.values(), timeout=60)
        proxy.misdeed = None
        on.healed()
        if name != "slow":
            on.outcome.facts.append("the action ran" if proxy.done else "the action did not run")

    return happen


async def postgres_restarted(on: Stage) -> None:
    """A restart, every other time a crash."""
    assert on.world.postgres is not None
    on.fly()
    await asyncio.sleep(on.random.uniform(0, A_TURN))
    await asyncio.to_thread(on.world.postgres.stop, "immediate" if on.seed % 2 else "fast")
    await asyncio.to_thread(on.world.postgres.start)
    on.healed()


async def postgres_down(on: Stage) -> None:
    """It is away for a minute, in which customers go on writing."""
    assert on.world.postgres is not None
    on.fly()
    await asyncio.sleep(on.random.uniform(0, A_TURN))
    await asyncio.to_thread(on.world.postgres.stop, "fast")
    await asyncio.sleep(on.world.seconds(60.0))
    await asyncio.to_thread(on.world.postgres.start)
    on.healed()


async def postgres_down_at_start(on: Stage) -> None:
    """Both servers start while it is away; what was said before is taken up when it is there."""
    world = on.world
    assert world.postgres is not None
    on.fly()
    await asyncio.sleep(on.random.uniform(0, A_TURN))
    world.assistant.rasa.kill()
    world.assistant.actions.kill()
    await asyncio.to_thread(world.postgres.stop, "fast")
    world.assistant.rasa.start()
    world.assistant.actions.start()
    await asyncio.sleep(world.seconds(30.0))
    for server in (world.assistant.rasa, world.assistant.actions):
        if not server.running:
            on.outcome.problems.append(f"{server.log.name}: ended while PostgreSQL was away")
            server.start()
    await asyncio.to_thread(world.postgres.start)
    on.healed()


async def tables_locked(on: Stage) -> None:
    """Somebody holds the tables of what is said and remembered for half a minute."""
    with on.world.books.held():
        on.fly()
        await asyncio.sleep(on.world.seconds(30.0))
    on.healed()


async def redis_killed(on: Stage) -> None:
    """Redis dies with every lock, and comes back empty."""
    assert on.world.redis is not None
    on.fly()
    await asyncio.sleep(on.random.uniform(0, A_TURN))
    on.world.redis.kill()
    await asyncio.sleep(on.world.seconds(10.0))
    await asyncio.to_thread(on.world.redis.start)
    on.healed()


async def redis_stopped(on: Stage) -> None:
    """Redis listens and says nothing."""
    assert on.world.redis is not None
    on.fly()
    await asyncio.sleep(on.random.uniform(0, A_TURN))
    on.world.redis.pause()
    await asyncio.sleep(on.world.seconds(20.0))
    on.world.redis.go_on()
    on.healed()


async def redis_flushed(on: Stage) -> None:
    """Every lock is forgotten while turns hold them."""
    assert on.world.redis is not None
    on.fly()
    for _ in range(5):
        await asyncio.sleep(on.random.uniform(0, A_TURN / 3))
        await asyncio.to_thread(on.world.redis.flush)
    on.healed()


async def same_message(on: Stage) -> None:
    """The same yes ten times at once, over REST and socket.io."""
    mine = uuid.uuid4().hex
    for number in range(TALKERS):
        on.send(f"yes {number}", on.alice, "yes", message_id=mine, rest=number % 2 == 1)
    on.healed()
    answers = {(await flight).words for flight in on.flights.values()}
    if len(answers) != 1:
        on.outcome.problems.append(f"the same message has {len(answers)} answers")


async def out_of_order(on: Stage) -> None:
    """Messages at once and mixed up, old ones again in between."""
    texts = ("hello", "Where is my order KF10000002?", "你好", "What is your return policy?", "thanks")
    said = [(uuid.uuid4().hex, text) for text in texts]
    again = [*said, *on.random.sample(said, 3)]
    on.random.shuffle(again)
    for number, (message_id, text) in enumerate(again):
        on.send(f"guest {number}", on.guest, text, message_id=message_id)
        await asyncio.sleep(on.random.uniform(0, 0.05))
    on.send("alice", on.alice, "yes")
    on.healed()


async def corrupt_model(on: Stage) -> None:
    """The server is started with an archive that was cut off or is no archive."""
    assistant = on.world.assistant
    broken = assistant.home / "broken.tar.gz"
    whole = assistant.model.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2] if on.seed % 2 else b"no archive" * 1000)
    assistant.rasa.kill()
    assistant.use(broken)
    assistant.rasa.start()
    on.send("guest", on.guest, "hello")
    on.send("alice", on.alice, "yes")
    statuses = await _health_while_starting(on)
    on.outcome.facts.append(f"live {statuses[0]}, ready {statuses[1]} with the broken model")
    if statuses != (200, 503):
        on.outcome.problems.append(f"with a broken model live is {statuses[0]} and ready {statuses[1]}")
    assistant.rasa.kill()
    assistant.use(assistant.model)
    on.healed()
    await asyncio.to_thread(assistant.start)


async def _health_while_starting(on: Stage) -> tuple[int | None, int | None]:
    assistant, deadline = on.world.assistant, time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and assistant.rasa.running:
        if await asyncio.to_thread(assistant.ready, "live") == 200:
            await asyncio.sleep(3)
            break
        await asyncio.sleep(0.5)
    return await asyncio.to_thread(assistant.ready, "live"), await asyncio.to_thread(assistant.ready)


async def corrupt_events(on: Stage) -> None:
    """The newest row of what is remembered of a guest's conversation cannot be read."""
    await asyncio.to_thread(on.world.books.spoil, on.guest.session_id)
    on.fly()
    on.healed()


async def ended_under_load(on: Stage) -> None:
    """SIGTERM while a dozen turns run."""
    assistant = on.world.assistant
    guests = [await on.enter(socket=number % 2 == 0) for number in range(TALKERS)]
    for number, guest in enumerate(guests):
        on.send(f"guest {number}", guest, "Where is my order?")
    on.fly()
    await asyncio.sleep(on.random.uniform(0, A_TURN))
    try:
        took = await asyncio.to_thread(assistant.rasa.end, seconds=60)
        on.outcome.facts.append(f"ended within {took:.1f} s")
        if took > DRAINED_SECONDS:
            on.outcome.problems.append(f"SIGTERM took {took:.1f} s")
    except ServerFailed as error:
        on.outcome.problems.append(str(error))
    on.healed()
    await asyncio.to_thread(assistant.start)


def clock_moved(hours: int) -> Break:
    """The clock of both servers jumps in a turn, and stays so until the checks are done."""

    async def happen(on: Stage) -> None:
        on.fly()
        await asyncio.sleep(on.random.uniform(0, A_TURN))
        on.world.set_clock(hours)
        await asyncio.sleep(1.5)  # the servers look at it once a second
        on.healed()

    return happen


FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for fault in (
    Fault("rasa-killed", "sqlite", "kill -9 of Rasa in a turn", rasa_killed),
    Fault("actions-killed", "sqlite", "kill -9 of the action server in a refund", actions_killed),
    Fault("action-slow", "sqlite", "actions take 10 s longer", misdeed("slow")),
    Fault("action-never", "sqlite", "actions never answer", misdeed("never")),
    Fault("action-500", "sqlite", "actions answer 500", misdeed("500")),
    Fault("action-html", "sqlite", "actions answer HTML", misdeed("html")),
    Fault("action-unknown-slot", "sqlite", "actions set an unknown slot", misdeed("unknown-slot")),
    Fault("postgres-restarted", "postgresql", "PostgreSQL restarted, or crashed", postgres_restarted),
    Fault("postgres-down", "postgresql", "PostgreSQL away for 60 s", postgres_down),
    Fault("postgres-down-at-start", "postgresql", "PostgreSQL away when both servers start",
          postgres_down_at_start),
    Fault("postgres-locked", "postgresql", "its tables locked for 30 s", tables_locked),
    Fault("sqlite-locked", "sqlite", "SQLite locked for 30 s", tables_locked),
    Fault("redis-killed", "postgresql", "kill -9 of Redis, back empty 10 s later", redis_killed),
    Fault("redis-stopped", "postgresql", "Redis stopped (SIGSTOP) for 20 s", redis_stopped),
    Fault("redis-flushed", "postgresql", "Redis flushed in turns", redis_flushed),
    Fault("same-message", "sqlite", "the same message ten times at once", same_message),
    Fault("out-of-order", "sqlite", "messages mixed up and sent again", out_of_order),
    Fault("corrupt-model", "sqlite", "a corrupt model archive", corrupt_model),
    Fault("corrupt-events", "sqlite", "a corrupt row of a conversation", corrupt_events),
    Fault("sigterm", "sqlite", "SIGTERM of Rasa under load", ended_under_load),
    Fault("clock-ahead", "clock", "the clock jumps an hour ahead", clock_moved(1)),
    Fault("clock-behind", "clock", "the clock jumps an hour back", clock_moved(-1)),
)})  # fmt: skip
