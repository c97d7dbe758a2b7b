"""Where a training leaves its traces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Journal:
    """``folder`` for checkpoints and TensorBoard logs, None for nowhere; ``stage`` names the file;
    ``digest`` refuses another training's checkpoint."""

    folder: Path | None
    stage: str
    digest: str
    quiet: bool = False

    @property
    def file(self) -> Path | None:
        """The checkpoint's file."""
        return None if self.folder is None else self.folder / f"{self.stage}.pt"

    def of(self, stage: str) -> Journal:
        """The journal of a part of this stage."""
        return replace(self, stage=f"{self.stage}-{stage}")


@dataclass(frozen=True)
class Journals:
    """The journals of one fit, one a stage."""

    folder: Path | None
    digest: str
    quiet: bool

    def of(self, stage: str) -> Journal:
        """The journal of one stage."""
        return Journal(self.folder, stage, self.digest, self.quiet)
