"""The network that chooses an action, in NumPy, and its files.

::

    moments ─ sum of the embeddings of their features + how long ago ─ X
    X ─ the last moment asks all of them (one attention layer) ─ two layers ─ direction
    confidence = softmax(scale · cosine(direction, embedding of each action))
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kefu.dialogue.moments import Moment
from kefu.errors import ModelError

Array = NDArray[np.float32]
WEIGHTS, META = "dialogue.npz", "dialogue.json"
FILES = (WEIGHTS, META)
_FORMAT = 1
TINY = 1e-5  # keeps a division whole; training computes with the same


@dataclass(frozen=True)
class Network:
    """Weights by name (``shapes``), the features and actions that its rows stand for, and its bound.

    Only the last ``max_history`` moments are looked at.
    """

    weights: Mapping[str, Array]
    features: tuple[str, ...]
    actions: tuple[str, ...]
    max_history: int
    heads: int

    def knows(self, moment: Moment) -> bool:
        """Whether its intent, if it has one, occurred in the training data."""
        return not moment.intent or f"intent={moment.intent}" in self._rows

    def probabilities(self, history: Sequence[Moment]) -> Array:
        """How likely each of ``actions`` is next; ValueError for a history of nothing."""
        if not history:
            raise ValueError("a history needs one moment at least: the one in which the action is chosen")
        moments = self._embedded(history[-self.max_history :])
        scores = self._labels @ _unit(self._direction(moments))
        raised = np.exp(scores - scores.max())
        likely: Array = raised / raised.sum()
        return likely

    def best(self, history: Sequence[Moment]) -> tuple[str, float]:
        """The likeliest action and its probability."""
        likely = self.probabilities(history)
        place = int(likely.argmax())
        return self.actions[place], float(likely[place])

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.features)}

    @cached_property
    def _labels(self) -> Array:
        """Unit vectors of the actions, times the scale."""
        labels: Array = _unit(self.weights["labels"]) * np.exp(self.weights["scale"])
        return labels

    def _embedded(self, history: Sequence[Moment]) -> Array:
        """A row a moment; features that were never seen say nothing."""
        rows: list[int] = []
        values: list[float] = []
        starts: list[int] = []
        for moment in history:
            starts.append(len(rows))
            for name, value in moment.features():
                row = self._rows.get(name)
                if row is not None:
                    rows.append(row)
                    values.append(value)
        parts = self.weights["features"][rows] * np.array(values, np.float32)[:, None]
        ago = self.weights["places"][: len(history)][::-1]
        embedded: Array = _normed(np.add.reduceat(parts, starts) + ago)
        return embedded

    def _direction(self, moments: Array) -> Array:
        last, w = moments[-1], self.weights
        shape = (len(moments), self.heads, -1)
        keys, values = (moments @ w["keys"]).reshape(shape), (moments @ w["values"]).reshape(shape)
        asked = (keys * (last @ w["queries"]).reshape(shape[1:])).sum(-1) / np.sqrt(keys.shape[-1])
        shares = np.exp(asked - asked.max(0))
        shares = shares / shares.sum(0)
        found = (shares[:, :, None] * values).sum(0).reshape(-1) @ w["found"]
        both = _normed(last + found)
        inner = np.maximum(both @ w["inner"] + w["inner_bias"], 0)
        direction: Array = _normed(both + inner @ w["outer"] + w["outer_bias"])
        return direction

    def save(self, folder: Path) -> None:
        """Write ``FILES``."""
        np.savez(folder / WEIGHTS, **self.weights)
        meta = {
            "format": _FORMAT, "digest": _digest(folder / WEIGHTS), "features": self.features,
            "actions": self.actions, "max_history": self.max_history, "heads": self.heads,
        }  # fmt: skip
        (folder / META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Network:
        """What ``save`` wrote; ModelError where a file is absent, damaged or of another format."""
        meta = _meta(folder / META)
        if not (folder / WEIGHTS).is_file() or _digest(folder / WEIGHTS) != meta["digest"]:
            raise _damaged(folder / WEIGHTS, "absent or not what was saved")
        with np.load(folder / WEIGHTS, allow_pickle=False) as kept:
            weights = {name: kept[name] for name in kept.files}
        return cls(
            weights, tuple(meta["features"]), tuple(meta["actions"]), meta["max_history"], meta["heads"]
        )


def shapes(*, features: int, actions: int, width: int, max_history: int) -> dict[str, tuple[int, ...]]:
    """The shape of each weight."""
    square = (width, width)
    return {
        "features": (features, width), "places": (max_history, width), "labels": (actions, width),
        "queries": square, "keys": square, "values": square, "found": square,
        "inner": (width, 2 * width), "inner_bias": (2 * width,), "outer": (2 * width, width),
        "outer_bias": (width,), "scale": (),
    }  # fmt: skip


def _normed(rows: Array) -> Array:
    centred = rows - rows.mean(-1, keepdims=True)
    normed: Array = centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + TINY)
    return normed


def _unit(rows: Array) -> Array:
    unit: Array = rows / np.sqrt((rows * rows).sum(-1, keepdims=True) + TINY)
    return unit


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _meta(file: Path) -> dict[str, Any]:
    try:
        meta: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(file, "absent or no JSON") from error
    if not isinstance(meta, dict) or meta.get("format") != _FORMAT:
        raise _damaged(file, f"not of format {_FORMAT}")
    return meta


def _damaged(file: Path, what: str) -> ModelError:
    return ModelError(f"The model's {file.name} is {what}. Train again (rasa train).")
