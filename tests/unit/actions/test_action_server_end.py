"""An action server that is told to end while it still starts."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import rasa_sdk_plugins


def test_an_end_that_came_too_early_for_sanic_is_heeded() -> None:
    loop = asyncio.new_event_loop()
    app = SimpleNamespace(is_stopping=False, ctx=SimpleNamespace())
    loop.run_until_complete(rasa_sdk_plugins._heed_early_end(app, loop))
    app.is_stopping = True  # what Sanic's handler left behind; the loop that it stopped was another run
    guard = loop.call_later(10, loop.stop)
    began = loop.time()
    loop.run_forever()
    assert loop.time() - began < 5
    guard.cancel()
    loop.close()


def test_an_end_that_was_heard_is_left_to_sanic() -> None:
    loop = asyncio.new_event_loop()
    app = SimpleNamespace(is_stopping=False, ctx=SimpleNamespace())
    loop.run_until_complete(rasa_sdk_plugins._heed_early_end(app, loop))
    app.is_stopping = True
    loop.run_until_complete(rasa_sdk_plugins._note_end(app, loop))
    loop.run_until_complete(asyncio.sleep(2))  # raises where the loop is stopped under it
    assert app.ctx.heeding.cancelled()
    loop.close()
