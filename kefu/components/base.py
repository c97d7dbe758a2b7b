"""What graph components share: typed options, how they come to be, and their place in the model."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.fingerprints import fingerprint, sources
from kefu.components.options import defaults, typed
from kefu.components.resources import trained

Options = TypeVar("Options")
Learnt = TypeVar("Learnt")
Kind = TypeVar("Kind", bound="Component[Any]")
TrainedKind = TypeVar("TrainedKind", bound="Trained[Any, Any]")


@dataclass(frozen=True)
class Place:
    """A component's name in the graph and its folder in the model."""

    name: str
    storage: ModelStorage
    resource: Resource


class Component(Generic[Options], GraphComponent):
    """A component whose keys in config.yml are the fields of the frozen dataclass ``options_type``.

    ``packages`` must be installed; it stands ``behind`` these kinds of components.
    """

    options_type: type[Options]
    packages: tuple[str, ...] = ()
    behind: tuple[type[Any], ...] = ()

    def __init__(self, options: Options, place: Place) -> None:
        self._options = options
        self._place = place

    @classmethod
    def create(
        cls: type[Kind],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Kind:
        """A component that has learnt nothing yet; ComponentConfigError for a key that it does not know."""
        options = cls.options_of(config)
        return cls(options, Place(execution_context.node_name, model_storage, resource))

    @classmethod
    def options_of(cls, config: dict[str, Any]) -> Options:
        """``config`` over the defaults, typed; ComponentConfigError where it does not fit."""
        merged = {**cls.get_default_config(), **config}
        return typed(cls.options_type, merged, component=cls.__name__)

    @classmethod
    def get_default_config(cls) -> dict[str, Any]:
        """The fields of ``options_type`` and their values."""
        return defaults(cls.options_type)

    @classmethod
    def required_packages(cls) -> list[str]:
        """What must be installed to serve."""
        return list(cls.packages)

    @classmethod
    def required_components(cls) -> list[type]:
        """What must stand before it in the pipeline."""
        return list(cls.behind)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The code behind the component and what else it learns from."""
        return fingerprint(sources(cls.__module__), *cls.inputs(cls.options_of(config)))

    @classmethod
    def inputs(cls, options: Options) -> list[str]:
        """Digests of what training reads besides the training data: weights, files."""
        return []


class Trained(Component[Options], Generic[Options, Learnt]):
    """A component that keeps what it learnt in the model: ``files``, without which it does not load."""

    files: tuple[str, ...]

    def __init__(self, options: Options, place: Place, learnt: Learnt | None = None) -> None:
        super().__init__(options, place)
        self._learnt = learnt

    @classmethod
    def load(
        cls: type[TrainedKind],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TrainedKind:
        """The trained component; ModelError where the model lacks what it learnt."""
        options = cls.options_of(config)
        with trained(model_storage, resource, *cls.files) as folder:
            learnt = cls.read(folder, options)
        return cls(options, Place(execution_context.node_name, model_storage, resource), learnt)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn, and keep it in the model."""
        with self._place.storage.write_to(self._place.resource) as folder:
            self.learn(training_data, folder)
        return self._place.resource

    @property
    def learnt(self) -> Learnt:
        """What was learnt; ValueError before it is loaded."""
        if self._learnt is None:
            name = type(self).__name__
            raise ValueError(f"{name} has learnt nothing yet: train it and use {name}.load.")
        return self._learnt

    @abstractmethod
    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Write into ``folder`` what ``read`` reads."""

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, options: Options) -> Learnt:
        """What ``learn`` wrote; the folder is gone afterwards."""
