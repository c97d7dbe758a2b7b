"""Faults one after another, worlds side by side; one result file a fault and seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from benchmarks.faults.breaking import FAULTS, Fault
from benchmarks.faults.story import Outcome, Stage
from benchmarks.faults.world import KINDS, World, built
from benchmarks.files import read_json, write_json
from benchmarks.nlu.provenance import provenance
from kefu.errors import KefuError

PACKAGES = ("rasa", "rasa-sdk", "sanic", "python-socketio", "sqlalchemy", "asyncpg", "redis", "websockets")
MENDING_SECONDS = 320.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is to run, on which model, and where its results go. ``scale`` shortens the long waits."""

    faults: Sequence[str]
    seeds: int
    model: Path
    results: Path
    work: Path
    scale: float = 1.0
    side_by_side: int = 2
    again: bool = False

    def file(self, fault: str, seed: int) -> Path:
        """The result file of a fault and seed."""
        return self.results / f"{fault}-{seed}.json"

    def missing(self, world: str) -> list[tuple[Fault, int]]:
        """What a world has still to go through; what failed is tried again. Seeds first: every fault once."""
        wanted = [(FAULTS[name], seed) for seed in range(self.seeds) for name in self.faults]
        return [
            (fault, seed)
            for fault, seed in wanted
            if fault.world == world and (self.again or not _passed(self.file(fault.name, seed)))
        ]


def _passed(file: Path) -> bool:
    return file.is_file() and not read_json(file)["problems"]


async def run(plan: Plan, *, say: Say) -> int:
    """Run what is missing; how many of them broke a promise."""
    places = asyncio.Semaphore(plan.side_by_side)

    async def lane(kind: str) -> int:
        async with places:
            try:
                return await _through(plan, kind, plan.missing(kind), say=say)
            except KefuError as error:
                say(f"{kind}: {error}")
                return 1

    lanes = [kind for kind in KINDS if plan.missing(kind)]
    say(f"{sum(len(plan.missing(kind)) for kind in lanes)} to run, in {len(lanes)} worlds")
    return sum(await asyncio.gather(*map(lane, lanes)))


async def _through(plan: Plan, kind: str, cells: Sequence[tuple[Fault, int]], *, say: Say) -> int:
    failed = 0
    async with built(kind, plan.work, model=plan.model, scale=plan.scale) as world, _client() as http:
        for fault, seed in cells:
            outcome = await happen(world, http, fault, seed=seed)
            failed += bool(outcome.problems)
            write_json(plan.file(fault.name, seed), _result(plan, fault, seed, outcome))
            say(told(fault, seed, outcome))
    return failed


async def happen(world: World, http: aiohttp.ClientSession, fault: Fault, *, seed: int) -> Outcome:
    """One fault with its story; what broke the story itself is a problem too."""
    await asyncio.to_thread(world.load_shop)
    on = Stage(world, http, seed=seed)
    try:
        await on.begin()
        await fault.happen(on)
        outcome = await on.finish()
    except Exception as error:  # the next fault shall have its turn
        outcome = on.outcome
        outcome.problems.append(f"the story broke: {type(error).__name__}: {error}")
    finally:
        await on.close()
        await asyncio.wait_for(world.mend(), MENDING_SECONDS)
    return outcome


def told(fault: Fault, seed: int, outcome: Outcome) -> str:
    """An outcome for people."""
    words = "; ".join(outcome.problems) if outcome.problems else "as promised"
    facts = ", ".join([*outcome.flying[:3], outcome.context, *outcome.facts])
    return f"{fault.name} {seed}: {words} (recovered after {outcome.recovered} s; {facts})"


def _result(plan: Plan, fault: Fault, seed: int, outcome: Outcome) -> dict[str, object]:
    where = {"fault": fault.name, "world": fault.world, "seed": seed, "scale": plan.scale}
    return {**where, **asdict(outcome), "model": plan.model.name, **provenance(PACKAGES)}


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
