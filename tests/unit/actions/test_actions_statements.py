"""What the question where an order is costs the database: a number of statements, whoever asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actions import wiring
from actions.base import KefuAction
from actions.confirm import ActionBeginTask
from actions.every_form import ValidateOrderStatusForm
from actions.orders import ActionSubmitOrderStatus
from tests.support.acting import Stage, stage
from tests.support.databases import SqliteDatabases

NUMBER = "KF10000002"
# the session; what waits for a yes; the order, its lines, variants and parcels
BEGUN, CHOSEN, TOLD = 2, 5, 7


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch, sqlite_databases: SqliteDatabases, tmp_path: Path) -> Any:
    with stage(monkeypatch, sqlite_databases.shop(), tmp_path, "C1001") as made:
        yield made


def heard(acting: Stage, action: KefuAction, text: str, **slots: Any) -> tuple[str, int]:
    """What an action says, and how many statements it ran."""
    named = [{"entity": "order_number", "value": NUMBER}] if NUMBER in text else []
    understood = {"text": text, "intent": {"name": "track_order"}, "entities": named}
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    wiring.store()
    acting.hear(action, {"event": "user", "parse_data": understood}, slots=slots)  # what is opened once
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        words = acting.hear(action, {"event": "user", "parse_data": understood}, slots=slots)
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
    return words, len(said)


def test_the_three_actions_of_an_order_status_ask_the_store_so_often(acting: Stage) -> None:
    text = f"where is my order {NUMBER}"
    assert heard(acting, ActionBeginTask(), text) == ("", BEGUN)
    assert heard(acting, ValidateOrderStatusForm(), text, focus_order=NUMBER) == ("", CHOSEN)
    words, statements = heard(acting, ActionSubmitOrderStatus(), text, item=[[NUMBER, None]])
    assert NUMBER in words
    assert statements == TOLD


def test_who_names_no_order_has_all_of_theirs_read_once(acting: Stage) -> None:
    words, statements = heard(acting, ValidateOrderStatusForm(), "where is it", focus_order=NUMBER)
    assert words == ""
    assert statements == CHOSEN + 1  # and whether it is asked about what waits for a yes
