"""Rasa's lock store for several processes: a line in Redis, told whose turn it is, numbers that only grow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection
from redis.exceptions import RedisError

from kefu.components.fencing import Fence, holding
from kefu.components.lock_store import held, waited_too_long
from kefu.components.options import typed
from kefu.components.redis_line import Line, Wakes


@dataclass(frozen=True)
class RedisOptions:
    """The keys of ``lock_store`` in endpoints.yml, beside ``url`` (the host).

    ``lease``: seconds after which a process that says nothing counts as crashed; it speaks up thrice in it.
    """

    port: int = 6379
    db: int = 1
    username: str = ""
    password: str = ""
    use_ssl: bool = False
    key_prefix: str = "kefu"
    lease: float = 9.0
    connections: int = 16
    socket_timeout: float = 5.0


class RedisQueueLockStore(LockStore):
    """Locks of many processes: first come, first served; who crashes is passed over when its lease ends.

    A ticket's number is greater than all before it, also behind a flush of Redis. It goes with what the
    turn saves (``fencing``), so that a holder which was only thought dead saves nothing.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        given = dict(endpoint_config.kwargs) if endpoint_config else {}
        self._options = typed(RedisOptions, _plain(given), component="lock_store")
        self._host = (endpoint_config.url if endpoint_config else None) or "localhost"
        self._line: Line | None = None

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncIterator[TicketLock]:
        """Hold the conversation; LockError where Redis does not answer or the wait is ``lock_lifetime``.

        ``wait_time_in_seconds`` is Rasa's and means nothing here.
        """
        line, loop = self._opened(), asyncio.get_running_loop()
        deadline = loop.time() + lock_lifetime
        number = await _asked(line.draw(conversation_id))
        try:
            while (fence := await self._turn(line, conversation_id, number, deadline=deadline)) is None:
                number = await _asked(line.draw(conversation_id))
            with holding(fence):
                yield held(conversation_id, number, lifetime=lock_lifetime)
        finally:
            # a lock that cannot be given back now is passed over when this process ends
            with suppress(RedisError, OSError, asyncio.TimeoutError):
                await asyncio.shield(line.leave(conversation_id, number))

    async def close(self) -> None:
        """Give the connections back."""
        if self._line is not None:
            line, self._line = self._line, None
            await line.close()

    def _opened(self) -> Line:
        # first asked within the loop that serves: the client belongs to it
        if self._line is None:
            options = self._options
            self._line = Line(_client(options, self._host), prefix=options.key_prefix, lease=options.lease)
        return self._line

    async def _turn(self, line: Line, conversation_id: str, number: int, *, deadline: float) -> Fence | None:
        """Wait until the ticket is the first one; None where it fell out of the line (Redis was flushed)."""
        loop = asyncio.get_running_loop()
        async with line.wakes.awaited(conversation_id, number) as called:
            while True:
                called.clear()
                place = await _asked(line.step(conversation_id, number))
                if place.lost:
                    return None
                if place.first:
                    return Fence(conversation_id, number, took_over=place.took_over)
                left = deadline - loop.time()
                if left <= 0:
                    raise waited_too_long(conversation_id)
                await Wakes.within(called, left)


async def _asked(waiting: Any) -> Any:
    try:
        return await waiting
    except (RedisError, OSError, asyncio.TimeoutError) as error:
        raise LockError(
            f"Redis gave no lock ({type(error).__name__}); check lock_store in endpoints.yml and that it runs"
        ) from error


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Numbers that came out of environment variables as text."""
    numbers = {"port", "db"}
    plain = {key: value for key, value in given.items() if value is not None}
    return {key: int(value) if key in numbers else value for key, value in plain.items()}


def _client(options: RedisOptions, host: str) -> Redis[bytes]:
    secured: dict[str, Any] = {"connection_class": SSLConnection} if options.use_ssl else {}
    pool: Any = BlockingConnectionPool(
        max_connections=options.connections,
        timeout=int(options.socket_timeout),
        host=host,
        port=options.port,
        db=options.db,
        username=options.username or None,
        password=str(options.password) or None,
        socket_timeout=options.socket_timeout,
        socket_connect_timeout=options.socket_timeout,
        **secured,
    )
    return Redis(connection_pool=pool)
