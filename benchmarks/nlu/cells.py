"""What one measurement is, and where its files are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = ("stock", "ours", "frozen")
STOCK_EPOCHS = 100


@dataclass(frozen=True)
class Cell:
    """One system, trained once with one seed on one set; ``limit`` examples a class (None: all of them)."""

    system: str
    set: str
    seed: int
    limit: int | None = None
    stock_epochs: int = STOCK_EPOCHS

    @property
    def name(self) -> str:
        """The name of its files; what makes two cells different is in it."""
        parts = [self.system, self.set, f"seed{self.seed}"]
        parts += [f"limit{self.limit}"] if self.limit else []
        shortened = self.system == "stock" and self.stock_epochs != STOCK_EPOCHS
        parts += [f"epochs{self.stock_epochs}"] if shortened else []
        return "-".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Its fields as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Places:
    """Where the public data lie, where results go (in git), and where models and readings do (not in git)."""

    data: Path
    results: Path
    work: Path

    def result(self, cell: Cell) -> Path:
        """The file of a cell's figures."""
        return self.results / f"{cell.name}.json"

    def folder(self, cell: Cell) -> Path:
        """The folder of a cell's model and readings."""
        return self.work / cell.name

    def as_dict(self) -> dict[str, str]:
        """Its paths as words, for a child process."""
        return {name: str(path) for name, path in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, str]) -> Places:
        """The inverse of ``as_dict``."""
        return cls(**{name: Path(value) for name, value in values.items()})
