"""The assistant that faults are done to: servers, proxy, database, Redis, clock."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.faults.proxy import Proxy
from benchmarks.faults.rows import Books
from benchmarks.faults.services import PASSWORD, Postgres, RedisServer
from benchmarks.servers import Assistant
from kefu.errors import ConfigError
from kefu.settings import Settings
from kefu.shop.identity import customer_token
from kefu.shop.keys import customer_keys
from kefu.store import Store
from kefu.store.provider_ledger import ProviderLedger
from kefu.store.seed import seed
from tests.support.ports import free_port

KINDS = ("sqlite", "postgresql", "clock")
FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"
SEEN = 1  # seconds after which libfaketime looks again at what the clock shall show
NO_LIMITS = {
    "KEFU_MESSAGES_PER_SESSION": "0",
    "KEFU_MESSAGES_PER_ADDRESS": "0",
    "KEFU_MESSAGES_PER_CUSTOMER": "0",
    "KEFU_SESSIONS_PER_ADDRESS": "0",
}


@dataclass
class World:
    """Everything that can break. ``scale`` shortens the long waits (1: as the issue asks)."""

    kind: str
    assistant: Assistant
    proxy: Proxy
    books: Books
    settings: Settings
    ledger: ProviderLedger
    scale: float
    postgres: Postgres | None = None
    redis: RedisServer | None = None

    def seconds(self, asked: float) -> float:
        """A wait of the issue, scaled."""
        return max(1.0, asked * self.scale)

    def token(self, customer_id: str) -> str:
        """A customer's token as the shop signs it."""
        keys, now = customer_keys(self.settings), datetime.now(timezone.utc)
        return customer_token(customer_id, keys=keys, now=now, minutes=15)

    def load_shop(self) -> None:
        """The shop as it was at first, and a provider that has booked nothing; conversations stay."""
        store = Store.open(self.settings.database_url, migrate=True)
        try:
            seed(store, self.settings.root / "data" / "shop", now=datetime.now(timezone.utc), fresh=False)
        finally:
            store.close()
        self.ledger.clear()

    def set_clock(self, hours: int) -> None:
        """Move the servers' clock; seen within SEEN seconds."""
        _clock_file(self.settings.home).write_text(f"{hours:+d}h", encoding="ascii")

    async def mend(self) -> None:
        """Everything running and itself again, for the next fault."""
        self.proxy.misdeed = None
        if self.kind == "clock":
            self.set_clock(0)
            await asyncio.sleep(2 * SEEN)  # else the next customer's token is of the future, or expired
        await asyncio.to_thread(self.assistant.start)


@asynccontextmanager
async def built(kind: str, folder: Path, *, model: Path, scale: float) -> AsyncIterator[World]:
    """A world of its own, running, until the block ends; its folder keeps the logs."""
    home = folder / kind
    home.mkdir(parents=True, exist_ok=True)
    for name in ("kefu.db", "kefu.db-wal", "kefu.db-shm", "payments.db", "rasa.log", "actions.log"):
        (home / name).unlink(missing_ok=True)
    postgres = await asyncio.to_thread(Postgres) if kind == "postgresql" else None
    redis = RedisServer(home) if kind == "postgresql" else None
    env = {"KEFU_HOME": str(home), **NO_LIMITS, **(_faked_clock(home) if kind == "clock" else {})}
    if postgres is not None:
        env["KEFU_DATABASE_URL"] = postgres.url
    if redis is not None:
        redis.start()
    # a time that is faked for the servers is none of this process's
    settings = Settings.load({**os.environ, "KEFU_DATABASE_URL": "", **env})
    world = _world(kind, settings, env, model=model, scale=scale, redis=redis, postgres=postgres)
    try:
        await asyncio.to_thread(world.load_shop)
        await world.proxy.start()
        await asyncio.to_thread(world.assistant.start)
        yield world
    finally:
        await asyncio.to_thread(world.assistant.stop)
        await world.proxy.stop()
        world.books.close()
        for service in (redis, postgres):
            if service is not None:
                await asyncio.to_thread(service.close)


def _world(
    kind: str, settings: Settings, env: dict[str, str], *, model: Path, scale: float,
    redis: RedisServer | None, postgres: Postgres | None,
) -> World:  # fmt: skip
    locks = {"locks": _redis_locks(redis)} if redis is not None else {}
    called = free_port()
    assistant = Assistant(settings.root, settings.home, model, env, called=called, **locks)
    proxy = Proxy(f"http://127.0.0.1:{assistant.action_port}", called)
    ledger = ProviderLedger(settings.home / "payments.db")
    books = Books(settings.database_url, ledger)
    return World(kind, assistant, proxy, books, settings, ledger, scale, postgres=postgres, redis=redis)


def _redis_locks(redis: RedisServer) -> dict[str, object]:
    kind = "kefu.components.redis_lock_store.RedisQueueLockStore"
    return {"type": kind, "url": "127.0.0.1", "port": redis.port, "password": PASSWORD}


def _faked_clock(home: Path) -> dict[str, str]:
    """Debian's libfaketime under both servers; what measures time that has passed stays true."""
    found = sorted(Path("/").glob(FAKETIME.lstrip("/")))
    if not found:
        raise ConfigError("found no libfaketime; wanted it to move the clock (apt-get install libfaketime)")
    _clock_file(home).write_text("+0h", encoding="ascii")
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(_clock_file(home)),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_CACHE_DURATION": str(SEEN),
    }


def _clock_file(home: Path) -> Path:
    return home / "clock"
