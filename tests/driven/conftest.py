"""The running assistant, once for all driven conversations."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.driven.servers import Assistant, already_running, assistant

# all conversations come from one address, and one customer holds many of them, faster than people talk
UNLIMITED = {
    "KEFU_MESSAGES_PER_ADDRESS": "0",
    "KEFU_MESSAGES_PER_CUSTOMER": "0",
    "KEFU_SESSIONS_PER_ADDRESS": "0",
}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """`kefu up` with its own home and ports; KEFU_DRIVEN_URL names servers that run already."""
    url, home = os.environ.get("KEFU_DRIVEN_URL"), tmp_path_factory.mktemp("kefu-home")
    with already_running(url) if url else assistant(home, **UNLIMITED) as servers:
        yield servers


@pytest.fixture(scope="session")
def server_url(running: Assistant) -> str:
    """Where the chat page is."""
    return running.url
