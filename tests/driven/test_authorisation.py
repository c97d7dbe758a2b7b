"""Every speaker by every way into the assistant, with the trained model and real actions: none wrong."""

from __future__ import annotations

import pytest

from benchmarks.authorisation.expected import SPEAKERS, WAYS, Outcome, expected
from benchmarks.authorisation.run import cells, tried_cells
from tests.driven.servers import Assistant

pytestmark = pytest.mark.driven


def test_every_cell(running: Assistant) -> None:
    rows = list(tried_cells(running, cells()))
    assert len(rows) == len(SPEAKERS) * len(WAYS) >= 144
    assert [row for row in rows if not row["right"]] == []


def test_only_the_owner_and_who_gave_the_code_may_ever_be_told() -> None:
    told = {speaker for speaker, way in cells() for outcome in expected(speaker, way) if outcome.told}
    assert told == {"guest with code", "signed in"}
    assert all(not outcome.changed for cell in cells() for outcome in expected(*cell))
    assert expected("nobody", "REST") == (Outcome("401", told=False),)
