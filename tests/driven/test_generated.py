"""Generated messages against the trained assistant; the full run is `python -m benchmarks.fuzz`."""

from __future__ import annotations

import pytest

from benchmarks.fuzz.messages import thrown
from benchmarks.fuzz.report import SLOWEST
from benchmarks.fuzz.watching import Watched
from tests.driven.servers import Assistant

pytestmark = pytest.mark.driven


def test_generated_messages_are_answered_or_refused(running: Assistant) -> None:
    watched = Watched([int(running.url.rpartition(":")[2])])  # one process: it runs the actions too
    came = thrown(running.url, watched, number=1, count=60)
    assert (came["wrong"], came["exits"]) == ([], 0)
    assert came["most_cpu"]["cpu_seconds"] < SLOWEST, came["most_cpu"]
