"""Which model serves: a pointer below KEFU_HOME that ``kefu promote`` moves and every Rasa process follows.

``promoted/`` holds the archives and ``current.json`` (the pointer); ``serving/`` one file a process, in which
it says what it serves. Files alone: processes on several machines follow where they share KEFU_HOME.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kefu.errors import ModelError

KEPT = 4  # archives, the current one among them
ALIVE_SECONDS = 10.0  # a process that has said nothing for so long is gone


@dataclass(frozen=True)
class Promoted:
    """An archive in ``promoted/``, by the SHA-256 of its content, and what it was called."""

    digest: str
    name: str


@dataclass(frozen=True)
class Pointer:
    """What is to serve. ``number`` grows with every move; ``before``: the newest last.

    ``configuration``: the digest of the sources as they stood when it was promoted.
    """

    number: int
    current: Promoted
    before: tuple[Promoted, ...] = ()
    configuration: str = ""


@dataclass(frozen=True)
class Serving:
    """What a process says of itself: ``state`` is serving, loading or refused (``why``), for ``number``."""

    process: str
    number: int
    state: str
    digest: str
    model: str
    why: str = ""
    at: float = 0.0


class Promotions:
    """The folders of one KEFU_HOME."""

    def __init__(self, home: Path) -> None:
        self._archives, self._processes = home / "promoted", home / "serving"

    def pointer(self) -> Pointer | None:
        """What is to serve; None where nothing was promoted. Raises ModelError for a damaged file."""
        file = self._archives / "current.json"
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            before = tuple(Promoted(**one) for one in kept["before"])
            return Pointer(**{**kept, "current": Promoted(**kept["current"]), "before": before})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ModelError(
                f"cannot read {file} ({type(error).__name__}); delete it and promote anew"
            ) from error

    def archive(self, promoted: Promoted) -> Path:
        """Where an archive lies."""
        return self._archives / f"{promoted.digest}.tar.gz"

    def keep(self, archive: Path) -> Promoted:
        """A copy of ``archive`` that no later training can change."""
        promoted = Promoted(digest_of(archive), archive.name)
        target = self.archive(promoted)
        if not target.is_file():
            self._archives.mkdir(parents=True, exist_ok=True)
            new = target.with_suffix(f".{os.getpid()}")
            shutil.copyfile(archive, new)
            os.replace(new, target)
        return promoted

    def move(self, to: Promoted, *, before: Promoted | None, configuration: str) -> Pointer:
        """Point to ``to``; ``before`` is what served where nothing was promoted yet."""
        last = self.pointer()
        behind = (*last.before, last.current) if last else (before,) if before else ()
        behind = tuple(one for one in behind if one.digest != to.digest)[1 - KEPT :]
        return self._write(Pointer((last.number if last else 0) + 1, to, behind, configuration))

    def move_back(self, *, configuration: str) -> Pointer:
        """Point to what served before. Raises ModelError where nothing did."""
        last = self.pointer()
        if last is None or not last.before:
            raise ModelError("found no model that served before; promote one by its file")
        back = last.before[-1]
        return self._write(Pointer(last.number + 1, back, last.before[:-1], configuration))

    def forget(self) -> None:
        """Promote nothing: a process serves what it was started with."""
        (self._archives / "current.json").unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One promotion at a time. Raises ModelError while another one is at work."""
        self._archives.mkdir(parents=True, exist_ok=True)
        with (self._archives / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ModelError("another promotion is at work; wait for its end") from error
            yield

    def say(self, serving: Serving) -> None:
        """Note what a process serves, now."""
        self._processes.mkdir(parents=True, exist_ok=True)
        _place(self._processes / f"{serving.process}.json", asdict(replace(serving, at=time.time())))

    def unsay(self, process: str) -> None:
        """A process ends."""
        (self._processes / f"{process}.json").unlink(missing_ok=True)

    def alive(self) -> list[Serving]:
        """What the processes that run say; the files of others are deleted."""
        found = []
        for file in sorted(self._processes.glob("*.json")):
            try:
                serving = Serving(**json.loads(file.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):
                continue  # it ends, or another version wrote it
            if time.time() - serving.at < ALIVE_SECONDS:
                found.append(serving)
            else:
                file.unlink(missing_ok=True)
        return found

    def _write(self, pointer: Pointer) -> Pointer:
        _place(self._archives / "current.json", asdict(pointer))
        wanted = {one.digest for one in (pointer.current, *pointer.before)}
        for archive in self._archives.glob("*.tar.gz"):
            if archive.name.removesuffix(".tar.gz") not in wanted:
                archive.unlink(missing_ok=True)
        return pointer


def digest_of(archive: Path) -> str:
    """The SHA-256 of a file. Raises ModelError where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with archive.open("rb") as stream:
            while part := stream.read(1 << 20):
                digest.update(part)
    except OSError as error:
        raise ModelError(f"cannot read {archive} ({error}); name a model archive") from error
    return digest.hexdigest()


def _place(file: Path, content: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
    os.replace(name, file)
