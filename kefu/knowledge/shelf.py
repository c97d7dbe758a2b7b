"""Where large indexes lie: one is current, a new one is put in its place at once, the one before is kept."""

from __future__ import annotations

import fcntl
import logging
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kefu.errors import ModelError
from kefu.knowledge.index import LargeIndex, Tools
from kefu.knowledge.manifest import NEXT

logger = logging.getLogger(__name__)

_CURRENT = "current"


class Shelf:
    """The indexes below ``root``: one is current, named in a file; the one before is kept for its readers."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def current(self) -> Path | None:
        """The folder of the current index; None where there is none yet."""
        file = self._root / _CURRENT
        return self._root / file.read_text(encoding="utf-8").strip() if file.is_file() else None

    def aside(self) -> Path:
        """A folder for a new index, not there yet."""
        self._root.mkdir(parents=True, exist_ok=True)
        return self._root / f"index-{uuid.uuid4().hex[:12]}"

    def put(self, folder: Path) -> None:
        """Make ``folder`` the current index; all but it and the one before are deleted."""
        before = self.current()
        new = self._root / f"{_CURRENT}.new"
        new.write_text(folder.name, encoding="utf-8")
        new.replace(self._root / _CURRENT)
        for other in self._root.glob("index-*"):
            if other not in (folder, before):
                shutil.rmtree(other, ignore_errors=True)

    def open(self, tools: Tools) -> LargeIndex:
        """The current index; where it cannot be served, the one before.

        Raises:
            ModelError: there is none that can be served; says what the current one lacks.
        """
        current = self.current()
        if current is None:
            raise ModelError(f"{self._root} holds no index yet; {NEXT}")
        try:
            return LargeIndex.open(current, tools=tools)
        except ModelError as error:
            for other in self._others(current):
                with suppress(ModelError):
                    index = LargeIndex.open(other, tools=tools)
                    logger.error("%s. The index before, %s, serves meanwhile.", error, other.name)
                    return index
            raise

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Whether nobody else builds an index here; nobody else will, until the block ends."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / "lock").open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _others(self, current: Path) -> list[Path]:
        """The other indexes, the newest first."""
        there = [folder for folder in self._root.glob("index-*") if folder != current]
        return sorted(there, key=lambda folder: -folder.stat().st_mtime)
