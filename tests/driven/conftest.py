"""The running assistant, once for all driven conversations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.driven.servers import Assistant, assistant


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """`kefu up` with its own home and ports."""
    with assistant(tmp_path_factory.mktemp("kefu-home")) as servers:
        yield servers


@pytest.fixture(scope="session")
def server_url(running: Assistant) -> str:
    """Where the chat page is."""
    return running.url
