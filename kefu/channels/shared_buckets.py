"""Token buckets in Redis, for all Rasa processes together; while Redis is away each counts by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kefu.channels.limits import LocalBuckets, Wanted

PREFIX = "kefu:limit"
SECONDS = 0.5  # a message waits no longer for its tokens
AWAY_SECONDS = 5.0
log = structlog.get_logger()

# One step, by Redis's own clock. A full bucket needs no key, so each is forgotten when it would be full.
TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local longest, filled = 0, {}
for i, key in ipairs(KEYS) do
  local size, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens, at = tonumber(kept[1] or size), tonumber(kept[2] or now)
  filled[i] = math.min(size, tokens + math.max(0, now - at) * rate)
  if filled[i] < 1 then longest = math.max(longest, (1 - filled[i]) / rate) end
end
if longest > 0 then return string.format('%.6f', longest) end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'tokens', string.format('%.6f', filled[i] - 1), 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', key, math.ceil(1000 * ARGV[2 * i - 1] / ARGV[2 * i]))
end
return '0'
"""


class SharedBuckets:
    """Buckets of all processes that name the same Redis."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._here = LocalBuckets()
        self._client: Redis[bytes] | None = None
        self._script: Any = None
        self._away_until = 0.0

    async def take(self, wanted: Wanted) -> float:
        """See Buckets; never raises because of Redis."""
        now = asyncio.get_running_loop().time()
        if now < self._away_until:
            return await self._here.take(wanted)
        try:
            keys = [f"{PREFIX}:{rule.name}:{key}" for rule, key in wanted]
            sizes = [number for rule, _ in wanted for number in (rule.size, rule.rate)]
            return float(await self._opened()(keys=keys, args=sizes))
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            # asking anew for each message would make each wait
            self._away_until = now + AWAY_SECONDS
            log.warning("chat.limits_not_shared", kind=type(error).__name__)
            return await self._here.take(wanted)

    async def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            await self._client.close()
            await self._client.connection_pool.disconnect()

    def _opened(self) -> Any:
        # first asked within the loop that serves: the client belongs to it
        if self._client is None:
            self._client = Redis.from_url(self._url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
            self._script = self._client.register_script(TAKE)
        return self._script
