"""What runs beside the actions while they are served: refunds are settled and mails sent."""

from __future__ import annotations

import asyncio

from actions.wiring import delivery, serving, settings
from kefu.shop.delivery import Sender
from kefu.shop.reconciler import Reconciler

# A server that ends has turns to finish too; a mail that takes longer is sent again by whoever comes next.
MAIL_SECONDS = 2.0


class Background:
    """Two threads; several of them, in several processes, do no harm to each other."""

    def __init__(self) -> None:
        self._refunds = Reconciler(settings())
        self._mails = Sender(delivery())

    def start(self) -> None:
        """Begin."""
        self._refunds.start()
        self._mails.start()

    async def close(self) -> None:
        """End after what is being done now, and give the store back."""
        self._refunds.stop()
        await asyncio.to_thread(self._mails.stop, seconds=MAIL_SECONDS)
        await serving().close()
