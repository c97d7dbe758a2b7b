"""Which Rasa processes live, so that what a dead one had is taken up, and soon.

Each counts in the store, once a beat. Who was seen not counting for LOOKS beats is taken for dead: no clock
is compared, and a look that failed begins the count anew. A process on the same machine holds a lock on a
file, which the system lets go when it dies: then nobody has to wait. Taking a living one for dead costs
work twice and nothing else: its claims are void, and what it answers is refused.
"""

from __future__ import annotations

import asyncio
import fcntl
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import structlog

from kefu.channels.inbox import Inbox
from kefu.errors import StoreError

BEAT_SECONDS = 3.0
LOOKS = 3
log = structlog.get_logger()


def new_process_id() -> str:
    """A name that no process had before."""
    return secrets.token_hex(8)


class Presence:
    """Files of one machine, each locked for as long as its process lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: IO[str] | None = None

    def begin(self, process_id: str) -> None:
        """Lock a file of this process; without one the others wait a few beats longer."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            own = (self._folder / process_id).open("w")
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._own = own

    def is_gone(self, process_id: str) -> bool:
        """Whether a process of this machine has died; False where nobody can tell."""
        file = self._folder / process_id
        try:
            with file.open("r+") as other:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                file.unlink(missing_ok=True)
                return True
        except OSError:  # held, of another machine, or a file system without locks
            return False

    def end(self, process_id: str) -> None:
        """Let the file go."""
        if self._own is not None:
            self._own.close()
            (self._folder / process_id).unlink(missing_ok=True)
            self._own = None


class Living:
    """Says again and again that this process lives, and calls ``take_up`` behind each look at the others."""

    def __init__(self, inbox: Inbox, folder: Path, *, beat: float = BEAT_SECONDS) -> None:
        self.take_up: Callable[[], Awaitable[None]] | None = None
        self._inbox = inbox
        self._presence = Presence(folder)
        self._beat = beat
        self._seen: dict[str, tuple[int, int]] = {}  # how far it had counted, and in how many looks
        self._going: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Be there and look, again and again; a store that is away keeps nobody from starting."""
        self._presence.begin(self._inbox.process_id)
        self._going = asyncio.create_task(self._go_on())

    async def end(self) -> None:
        """Be there no more; what this process had is anybody's at once."""
        if self._going is not None:
            self._going.cancel()
            await asyncio.wait({self._going})
        try:
            await self._inbox.bury(self._inbox.process_id)
        except StoreError:
            log.error("chat.not_signed_off")  # the others find out
        self._presence.end(self._inbox.process_id)

    async def _go_on(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(self._beat)

    async def _look(self) -> None:
        try:
            await self._bury_the_dead(await self._inbox.beat())
            if self.take_up is not None:
                await self.take_up()
        except Exception as error:
            # Whatever it was, the next look may well succeed; without one nobody takes anything up.
            self._seen.clear()
            log.error("chat.look_failed", kind=type(error).__name__)

    async def _bury_the_dead(self, beats: dict[str, int]) -> None:
        others = {name: count for name, count in beats.items() if name != self._inbox.process_id}
        self._seen = {name: self._looked(name, count) for name, count in others.items()}
        for name, (count, looks) in self._seen.items():
            dead = looks >= LOOKS or self._presence.is_gone(name)
            if dead and await self._inbox.bury(name, count):
                log.warning("chat.process_gone", process=name)

    def _looked(self, name: str, count: int) -> tuple[int, int]:
        before, looks = self._seen.get(name, (count, -1))
        return count, looks + 1 if before == count else 0
