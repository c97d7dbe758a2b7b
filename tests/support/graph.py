"""Building graph components as Rasa does: its defaults merged with the given keys, storage and all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.common import override_defaults


@dataclass(frozen=True)
class Workshop:
    """A place to make components in, its storage below ``folder``."""

    folder: Path

    def create(self, kind: type[GraphComponent], **config: Any) -> Any:
        """A new component, as in training."""
        return kind.create(*self._arguments(kind, config))

    def load(self, kind: type[GraphComponent], **config: Any) -> Any:
        """A trained component, as when serving."""
        return kind.load(*self._arguments(kind, config))

    def trained(self, kind: type[GraphComponent], examples: list[Message], **config: Any) -> Any:
        """Create, train and load a component; the storage's files are gone afterwards, as Rasa's are."""
        component = self.create(kind, **config)
        if not hasattr(component, "train"):
            return self.load(kind, **config)
        component.train(TrainingData(examples))
        loaded = self.load(kind, **config)
        self._empty()
        return loaded

    def _arguments(self, kind: type[GraphComponent], config: dict[str, Any]) -> tuple[Any, ...]:
        merged = override_defaults(kind.get_default_config(), config)
        context = ExecutionContext(GraphSchema({}), node_name=kind.__name__)
        return merged, LocalModelStorage(self.folder), Resource(kind.__name__), context

    def _empty(self) -> None:
        for file in sorted(self.folder.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
