"""Our runner gives what Rasa's dask runner gives, over the same nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage

from kefu.channels.graph_runner import PlannedRunner


class Adding(GraphComponent):
    """Tells its name and what it was given; the name of a run is noted."""

    ran: list[str] = []

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    def create(cls, config: Any, model_storage: Any, resource: Any, execution_context: Any) -> Adding:
        return cls(execution_context.node_name)

    def add(self, **given: Any) -> str:
        if "broken" in given.values():
            raise ValueError("broken")
        if "at the end" in given.values():
            raise RuntimeError("at the end")
        self.ran.append(self._name)
        return f"{self._name}({', '.join(f'{name}={value}' for name, value in sorted(given.items()))})"


def node(*needs: str, target: bool = False) -> SchemaNode:
    return SchemaNode(
        needs={f"x{place}": name for place, name in enumerate(needs)},
        uses=Adding, constructor_name="create", fn="add", config={}, eager=True, is_target=target,
    )  # fmt: skip


def runners(schema: GraphSchema, folder: Path) -> tuple[DaskGraphRunner, PlannedRunner]:
    rasas = DaskGraphRunner.create(schema, LocalModelStorage(folder), ExecutionContext(schema))
    return rasas, PlannedRunner.of(rasas)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_both_give_the_same(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    names = [f"n{place}" for place in range(data.draw(st.integers(1, 6)))]
    nodes: dict[str, SchemaNode] = {}
    for place, name in enumerate(names):
        needs = data.draw(st.lists(st.sampled_from(["said", *names[:place]]), max_size=3, unique=True))
        nodes[name] = node(*needs, target=name == names[-1])
    order = data.draw(st.permutations(names))
    schema = GraphSchema({name: nodes[name] for name in order})
    rasas, ours = runners(schema, tmp_path_factory.mktemp("nodes"))
    targets = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True) | st.none())
    for word in ("hello", "again"):
        assert ours.run({"said": word}, targets) == rasas.run({"said": word}, targets)


def test_what_is_given_is_not_computed(tmp_path: Path) -> None:
    schema = GraphSchema({"a": node(), "b": node("a"), "c": node("b", target=True)})
    rasas, ours = runners(schema, tmp_path)
    assert ours.run({"b": "told"}) == rasas.run({"b": "told"}) == {"c": "c(x0=told)"}
    Adding.ran.clear()
    ours.run({"b": "told"})
    assert "b" not in Adding.ran


def test_what_waits_for_nothing_runs_as_the_schema_has_it(tmp_path: Path) -> None:
    """Policies in the order of config.yml: rules speak before those that rest behind them."""
    schema = GraphSchema(
        {"z": node("t"), "a": node("t"), "m": node(), "end": node("a", "m", "z", target=True)}
    )
    _, ours = runners(schema, tmp_path)
    Adding.ran.clear()
    ours.run({"t": "x"})
    assert Adding.ran == ["z", "a", "m", "end"]


@pytest.mark.parametrize("said", ["broken", "at the end"])
def test_errors_are_those_of_rasas_runner(tmp_path: Path, said: str) -> None:
    rasas, ours = runners(GraphSchema({"a": node("t", target=True)}), tmp_path)
    for runner in (rasas, ours):
        with pytest.raises(GraphComponentException):
            runner.run({"t": said})


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    rasas, ours = runners(GraphSchema({"a": node("t", target=True)}), tmp_path)
    for runner in (rasas, ours):
        with pytest.raises(GraphRunError, match="Missing input to run node 'a'"):
            runner.run({})
