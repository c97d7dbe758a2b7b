"""The measurement of several servers, over one scripted server: what it counts, and its table."""

from __future__ import annotations

from pathlib import Path

import psutil

from benchmarks.workers.__main__ import table
from benchmarks.workers.measure import proved, talk
from benchmarks.workers.servers import Served
from tests.support.channel_server import chat_server

CAME = {"commit": "0" * 40, "dirty": False, "load": 0.5, "machine": {"cpu": "a processor", "cores": 2}}


async def test_what_was_said_is_counted_and_what_is_missing_is_found(tmp_path: Path) -> None:
    with chat_server(tmp_path, KEFU_MESSAGES_PER_CUSTOMER="0") as server:
        served = Served(server.url, server.settings, psutil.Process())
        run = await talk(served, conversations=3, messages=4)
        heard = {str(message.sender_id) for message in server.assistant.heard}
        assert len(server.assistant.heard) == 3 * 5 and len(heard) == 3
        assert (run["messages"], run["lost"], run["doubled"], run["sent_again"]) == (12, 0, 0, 0)
        assert proved(served, sorted(heard), messages=7)["lost"] == 3 * 2
    text = table({"conversations": 3, "runs": [{"servers": 1, **run}], "from": CAME})
    assert "| 1 | " in text and "(1.00×)" in text and "a processor, 2 cores" in text
