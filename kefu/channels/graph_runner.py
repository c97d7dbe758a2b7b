"""Runs a loaded model's graph in an order that is made once.

Rasa hands its graph to dask, which cuts it down and sorts it anew at every message and every prediction. The
nodes are Rasa's, and get what dask gives them (tests/contracts/test_graph_runner.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

Plan = Sequence[tuple[str, GraphNode, tuple[str, ...]]]


class PlannedRunner(GraphRunner):
    """A runner that keeps, for the targets that it was asked for, which nodes run and in which order.

    Of nodes that wait for nothing the one that stands first in the schema runs first: policies run as
    config.yml has them, so that the rules are before those that rest where a rule is certain.
    """

    def __init__(self, schema: GraphSchema, nodes: Mapping[str, GraphNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plans: dict[tuple[frozenset[str], tuple[str, ...]], Plan] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> PlannedRunner:
        """Load the nodes of a schema, as Rasa's runner does."""
        return cls.of(DaskGraphRunner.create(graph_schema, model_storage, execution_context, hooks))

    @classmethod
    def of(cls, runner: DaskGraphRunner) -> PlannedRunner:
        """One with the nodes that Rasa's runner has loaded."""
        return cls(runner._graph_schema, runner._instantiated_nodes)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """What the targets give; raises what their components raise, GraphRunError for a RuntimeError."""
        wanted = tuple(targets or self._schema.target_names)
        outputs: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        key = frozenset(outputs), wanted
        if key not in self._plans:
            self._plans[key] = list(self._planned(*key))
        try:
            for name, node, needs in self._plans[key]:
                # a name that nothing gives goes as it is: the node then says what is missing
                outputs[name] = node(*(outputs.get(need, need) for need in needs))
        except RuntimeError as error:
            raise GraphRunError(
                "A component of the graph failed; the error before this one says which."
            ) from error
        return {name: outputs[name][1] for name in wanted}

    def _planned(
        self, given: frozenset[str], targets: Sequence[str]
    ) -> Iterator[tuple[str, GraphNode, tuple[str, ...]]]:
        minimal = self._schema.minimal_graph_schema(list(targets)).nodes
        needs = {name: tuple(node.needs.values()) for name, node in minimal.items() if name not in given}
        while needs:
            name = next(name for name, wants in needs.items() if not any(want in needs for want in wants))
            yield name, self._nodes[name], needs.pop(name)


def planned(runner: GraphRunner) -> GraphRunner:
    """Ours in the place of Rasa's; any other as it is."""
    return PlannedRunner.of(runner) if isinstance(runner, DaskGraphRunner) else runner
