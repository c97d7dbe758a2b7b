"""A model of Rasa 3.6.21 read without doing things twice; ``apply`` puts this in Rasa's place.

Rasa unpacks an archive twice (once to look for paths that lead out of it) and reads its domain four times
from YAML, though the archive's metadata hold the same domain as JSON: more than a second of every start.
Nothing happens at import. tests/contracts/test_rasa_loading.py compares with Rasa's own way.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelMetadata, ModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain

from kefu.channels.shield import require_rasa


def apply() -> None:
    """Put our code in; a second call changes nothing. Raises ConfigError for another Rasa."""
    require_rasa()
    if DomainProvider.load.__func__.__module__ != __name__:
        DomainProvider.load = classmethod(_loaded(DomainProvider.load.__func__))
        LocalModelStorage.from_model_archive = classmethod(
            _remembering(LocalModelStorage.from_model_archive.__func__)
        )
        if hasattr(tarfile, "data_filter"):  # Python 3.10.12 and later
            LocalModelStorage._extract_archive_to_directory = staticmethod(_unpack)


def _unpack(archive: str | Path, folder: Path) -> None:
    """The files of ``archive`` in ``folder``, in one pass; tarfile.ReadError for one that leads out of it."""
    with tarfile.open(archive, mode="r:gz") as tar:
        try:
            tar.extractall(folder, filter="data")
        except tarfile.FilterError as error:
            raise tarfile.ReadError(f"found {error} in {archive}; wanted a model that Rasa packed") from error
    LocalModelStorage._assert_not_rasa2_archive(folder)


def _remembering(original: Callable[..., tuple[Any, ModelMetadata]]) -> Callable[..., Any]:
    """``LocalModelStorage.from_model_archive`` whose storage knows the domain of the metadata."""

    def from_model_archive(
        cls: type[LocalModelStorage], storage_path: Path, model_archive_path: str | Path
    ) -> tuple[Any, ModelMetadata]:
        storage, metadata = original(cls, storage_path, model_archive_path)
        storage.kefu_domain = metadata.domain
        return storage, metadata

    return from_model_archive


def _loaded(original: Callable[..., DomainProvider]) -> Callable[..., DomainProvider]:
    """``DomainProvider.load`` that takes the domain of the metadata, where the storage knows it."""

    def load(
        cls: type[DomainProvider],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DomainProvider:
        domain: Domain | None = getattr(model_storage, "kefu_domain", None)
        if domain is None:
            return original(cls, config, model_storage, resource, execution_context, **kwargs)
        return cls(model_storage, resource, domain)

    return load
