"""How a dialogue network is trained."""

from __future__ import annotations

from dataclasses import dataclass

from kefu.errors import ConfigError


@dataclass(frozen=True)
class Recipe:
    """How to train: ``max_history`` moments are looked at, some three a turn; ``copies``: see ``mixed``."""

    max_history: int = 12
    width: int = 64
    heads: int = 4
    copies: int = 8
    epochs: int = 6
    batch: int = 64
    rate: float = 0.003
    dropout: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("max_history", "width", "heads", "epochs", "batch", "rate"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, wanted more than 0")
        if self.copies < 0:
            raise ConfigError(f"copies is {self.copies}, wanted 0 or more")
        if self.width % self.heads:
            raise ConfigError(f"width is {self.width}, wanted a multiple of heads ({self.heads})")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout}, wanted 0 or more and less than 1")
