"""The agent as the channel makes it: our stores unwrapped, our client in place, whatever model is loaded."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from kefu.channels.action_client import ActionClient
from kefu.channels.action_lines import ModuleLine, ServerLine
from kefu.channels.agent import Outfit, line_of, not_ours
from kefu.channels.graph_runner import PlannedRunner
from kefu.components.lock_store import QueueLockStore
from kefu.components.tracker_store import SqlTrackerStore
from kefu.settings import Settings


@pytest.fixture
def outfit(tmp_path: Path) -> Outfit:
    return Outfit(Settings.load({"KEFU_HOME": str(tmp_path)}))


def agent_of(tmp_path: Path) -> Agent:
    store = SqlTrackerStore(Domain.empty(), f"sqlite:///{tmp_path}/kefu.db")
    endpoint = EndpointConfig("http://127.0.0.1:5055/webhook")
    agent = Agent(tracker_store=store, lock_store=QueueLockStore(), action_endpoint=endpoint)
    agent.processor = processor_of(agent)
    return agent


def processor_of(agent: Agent) -> Any:
    """As Agent.load_model makes it: from what the agent has."""
    runner = DaskGraphRunner(GraphSchema({}), None, None)  # type: ignore[arg-type]
    return SimpleNamespace(
        tracker_store=agent.tracker_store, action_endpoint=agent.action_endpoint, graph_runner=runner
    )


def test_the_wrapper_comes_off_and_the_client_in(outfit: Outfit, tmp_path: Path) -> None:
    agent = agent_of(tmp_path)
    assert isinstance(agent.tracker_store, FailSafeTrackerStore) and not_ours(agent)
    outfit.fit(agent)
    assert isinstance(agent.tracker_store, SqlTrackerStore) and not_ours(agent) is None
    assert agent.processor is not None and agent.processor.tracker_store is agent.tracker_store
    client = agent.action_endpoint
    assert isinstance(client, ActionClient) and agent.processor.action_endpoint is client
    runner = agent.processor.graph_runner
    assert isinstance(runner, PlannedRunner)
    outfit.fit(agent)
    assert agent.action_endpoint is client and agent.processor.graph_runner is runner, "twice changes nothing"


def test_a_model_that_is_loaded_later_gets_them_too(outfit: Outfit, tmp_path: Path) -> None:
    agent = agent_of(tmp_path)
    outfit.fit(agent)
    first = agent.processor
    agent.processor = processor_of(agent)
    outfit.fit(agent)
    assert agent.processor is not first and agent.processor.tracker_store is agent.tracker_store
    assert isinstance(agent.processor.graph_runner, PlannedRunner)
    outfit.fit(another := agent_of(tmp_path))
    assert isinstance(another.tracker_store, SqlTrackerStore)


def test_where_actions_run_is_as_endpoints_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load({"KEFU_HOME": str(tmp_path)})
    url = "http://127.0.0.1:5055/webhook"
    assert isinstance(line_of(EndpointConfig(url), settings), ServerLine)
    (tmp_path / "no_action_at_all.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    here = EndpointConfig.from_dict({"url": url, "actions_module": "no_action_at_all"})
    assert isinstance(line_of(here, settings), ModuleLine)


@pytest.mark.parametrize("kind", ["tracker_store", "lock_store"])
def test_memory_in_the_place_of_ours_is_noticed(outfit: Outfit, tmp_path: Path, kind: str) -> None:
    agent = agent_of(tmp_path)
    outfit.fit(agent)
    other = {"tracker_store": InMemoryTrackerStore(Domain.empty()), "lock_store": InMemoryLockStore()}
    setattr(agent, kind, other[kind])
    assert kind in str(not_ours(agent))


def test_a_server_without_an_agent_is_left_alone(outfit: Outfit) -> None:
    outfit.fit(None)
