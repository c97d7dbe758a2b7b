"""Every knob of training, with the value that measurements chose (docs/evaluation.md)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from kefu.errors import ConfigError
from kefu.language.weights import PACKAGED

TUNING = ("all", "lora", "frozen")
PRECISION = ("auto", "bfloat16", "float32")


@dataclass(frozen=True)
class Recipe:
    """How an understanding is trained.

    ``model``: "packaged", a folder or a hub name. ``tuning``: "all" parameters but the embedding table,
    "lora" (adapters of ``lora_rank``), or "frozen" (the challenger alone: logistic regression).
    ``teacher``: a larger model that is fine-tuned first and whose scores are learnt beside the labels.
    ``layers``: how many of the encoder's first layers are kept, 0 for all.

    ``epochs`` at most, fewer (but ``epochs_least``) where they would be more than ``steps_most`` updates;
    ended ``patience`` epochs after the best one on a ``development`` share of the data (never more than
    ``development_most`` examples). Data of fewer than ``refit_below`` examples is then learnt whole, for
    a share ``more`` of the epochs, and larger data in batches twice as large. Where at most a share
    ``changed_most`` of the examples differs from those of an earlier training (0: never), it goes on from
    there for a share ``again`` of the epochs. ``batch`` examples an update, of ``accumulate`` parts;
    ``longest``: sub-tokens of a text.
    ``learning_rate`` is that of the encoder and of the head of intents, ``head_rate`` that of the other heads
    and of new characters. ``scale``: what the cosine of the intent head is multiplied by. ``tag_weight``: the
    loss of entities beside that of intents. ``typos``: the share of examples mistyped, each time otherwise.

    ``ngrams``: whether the view of character n-grams helps to decide. ``characters``: whether unknown Chinese
    characters join the vocabulary. ``spelling``: whether a speller reads messages first. ``threads`` of
    torch.
    """

    model: str = PACKAGED
    tuning: str = "all"
    epochs: int = 10
    epochs_least: int = 5
    steps_most: int = 6_000
    patience: int = 2
    batch: int = 32
    accumulate: int = 1
    learning_rate: float = 1e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    dropout: float = 0.1
    scale: float = 20.0
    typos: float = 0.5
    tag_weight: float = 1.0
    lora_rank: int = 8
    layers: int = 0
    teacher: str = ""
    longest: int = 96
    development: float = 0.1
    development_most: int = 1_000
    more: float = 0.3
    again: float = 0.3
    changed_most: float = 0.02
    refit_below: int = 3_000
    precision: str = "auto"
    ngrams: bool = True
    characters: bool = True
    spelling: bool = True
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        _one_of("tuning", self.tuning, TUNING)
        _one_of("precision", self.precision, PRECISION)
        for name in ("epochs", "batch", "accumulate", "threads", "longest", "lora_rank"):
            if getattr(self, name) < 1:
                raise ConfigError(f"recipe: {name} is {getattr(self, name)}, wanted 1 or more.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """A recipe with ``values`` over the defaults.

        Raises:
            ConfigError: an unknown name, or a value of another type than the default's.
        """
        known = {field.name: field.default for field in fields(cls)}
        for name, value in values.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise ConfigError(f"recipe: no {name!r}; there are {', '.join(known)}.{hint}")
            wanted = (int, float) if isinstance(known[name], float) else type(known[name])
            if not isinstance(value, wanted) or isinstance(value, bool) != isinstance(known[name], bool):
                raise ConfigError(f"recipe: {name} is {value!r}, wanted {type(known[name]).__name__}.")
        return cls(**values)

    def epochs_for(self, examples: int) -> int:
        """How often ``examples`` are seen: ``epochs``, fewer where there are thousands."""
        seen = round(self.steps_most * self.batch / max(examples, 1))
        return min(self.epochs, max(seen, self.epochs_least))

    def epochs_again(self, examples: int, share: float) -> int:
        """How often ``examples`` are seen that a network knows but for a few: a share of the epochs."""
        return max(1, round(share * self.epochs_for(examples)))

    def for_size(self, examples: int) -> Recipe:
        """This recipe for so many examples: thousands are learnt faster in batches twice as large."""
        if examples < self.refit_below:
            return self
        rate = 2**0.5  # as many times faster, as Krizhevsky 2014 (arXiv:1404.5997) scales it
        return replace(self, batch=2 * self.batch, learning_rate=rate * self.learning_rate)

    def at(self, pace: float) -> Recipe:
        """This recipe with both rates times ``pace``."""
        return replace(self, learning_rate=pace * self.learning_rate, head_rate=pace * self.head_rate)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for result files and digests."""
        return asdict(self)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"recipe: {name} is {value!r}, wanted one of {', '.join(known)}.")
