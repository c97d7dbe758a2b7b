"""The socket.io library's server, which would say nothing to a packet that it cannot read."""

from __future__ import annotations

from typing import Any

import socketio
import structlog

log = structlog.get_logger()


class ReadingServer(socketio.AsyncServer):
    """Ends a connection whose packet it cannot read: who sent it hears that, and may connect again.

    The library notes the error in its log and goes on; the client would wait for an acknowledgement until its
    patience ends. Such packets hold a number of more than 100 digits, or brackets a thousand deep.
    """

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception as error:
            # Handlers run in tasks of their own: what is raised here is the library's reading.
            log.info("chat.unreadable", kind=type(error).__name__)
            await self.eio.disconnect(eio_sid)
