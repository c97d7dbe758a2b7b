"""What runs beside the actions while they are served: refunds are settled and mails sent."""

from __future__ import annotations

import asyncio

from actions.wiring import delivery, serving, settings
from kefu.shop.delivery import Sender
from kefu.shop.reconciler import Reconciler


class Background:
    """Two threads; several of them, in several processes, do no harm to each other."""

    def __init__(self) -> None:
        self._parts = (Reconciler(settings()), Sender(delivery()))

    def start(self) -> None:
        """Begin."""
        for part in self._parts:
            part.start()

    async def close(self) -> None:
        """End after what is being done now, and give the store back."""
        await asyncio.gather(*(asyncio.to_thread(part.stop) for part in self._parts))
        await serving().close()
