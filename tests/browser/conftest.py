"""A chat server for the browser whose assistant follows a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.channel_server import chat_server


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the chat page."""
    no_limit = {"KEFU_MESSAGES_PER_SESSION": "0", "KEFU_MESSAGES_PER_ADDRESS": "0"}
    with chat_server(tmp_path_factory.mktemp("chat"), **no_limit) as running:
        yield running.url
