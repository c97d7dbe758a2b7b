"""Reading a component's trained files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

from kefu.errors import ModelError


@contextmanager
def trained(storage: ModelStorage, resource: Resource, *files: str) -> Iterator[Path]:
    """The folder of a trained component; ModelError where it or one of ``files`` is absent."""
    with ExitStack() as stack:
        try:
            folder: Path = stack.enter_context(storage.read_from(resource))
        except ValueError as error:
            raise ModelError(
                f"The model holds nothing of {resource.name}. Train again (rasa train)."
            ) from error
        missing = [name for name in files if not (folder / name).is_file()]
        if missing:
            raise ModelError(f"The model lacks {resource.name}/{missing[0]}. Train again (rasa train).")
        yield folder
