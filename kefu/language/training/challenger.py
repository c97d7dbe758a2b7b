"""What a fine-tuned model must beat before it is kept: the encoder as it is, and logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kefu.language.training.items import IGNORED, Item, Labels
from kefu.language.training.vectors import Seen

_PENALTY = 64.0  # C of scikit-learn: vectors of length 1 want a weak penalty
_MOST_OUTSIDE = 30_000  # units outside entities that the tag head learns from: more take minutes


def frozen_heads(
    items: Sequence[Item], vectors: Seen, labels: Labels, *, seed: int, intents: bool = True
) -> dict[str, np.ndarray]:
    """Linear heads for every kind of label on frozen ``vectors`` of ``items``; see ``head_arrays``.

    Without ``intents`` none for these, the dearest.
    """
    arrays = intent_head(vectors.sentences, items, classes=len(labels.intents)) if intents else {}
    weights, bias = _tag_head(vectors, classes=len(labels.tags), seed=seed)
    arrays |= {"tags.weights": weights, "tags.bias": bias}
    for name, values in labels.further.items():
        own = np.array([item.further.get(name, IGNORED) for item in items])
        weights, bias = _linear(vectors.sentences, own, classes=len(values))
        arrays |= {f"{name}.weights": weights, f"{name}.bias": bias}
    return arrays


def intent_head(sentences: np.ndarray, items: Sequence[Item], *, classes: int) -> dict[str, np.ndarray]:
    """Logistic regression of the intents of ``items`` on their ``sentences`` (n, width)."""
    weights, bias = _linear(sentences, np.array([item.intent for item in items]), classes=classes)
    return {"intents.weights": weights, "intents.bias": bias}


def _linear(rows: np.ndarray, labels: np.ndarray, *, classes: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((classes, rows.shape[1]), dtype=np.float32)
    bias = np.full(classes, -10.0, dtype=np.float32)
    known = labels != IGNORED
    present = np.unique(labels[known])
    if len(present) < 2:  # nothing to tell apart
        bias[present] = 0.0
        return weights, bias
    model = LogisticRegression(C=_PENALTY, max_iter=100, tol=1e-3).fit(rows[known], labels[known])
    _place(model, weights, bias)
    return weights, bias


def _tag_head(vectors: Seen, *, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import SGDClassifier

    weights = np.zeros((classes, vectors.sentences.shape[1]), dtype=np.float32)
    bias = np.full(classes, -10.0, dtype=np.float32)
    bias[0] = 0.0
    if len(np.unique(vectors.tags)) > 1:
        rows = _some(vectors.tags, seed=seed)
        model = SGDClassifier(loss="log_loss", alpha=1e-5, average=True, random_state=seed, max_iter=20)
        _place(model.fit(vectors.units[rows], vectors.tags[rows]), weights, bias)
    return weights, bias


def _some(tags: np.ndarray, *, seed: int) -> np.ndarray:
    """The places of every tag but the outside one, and of enough of those."""
    outside = np.flatnonzero(tags == 0)
    if len(outside) > _MOST_OUTSIDE:
        outside = np.random.default_rng(seed).choice(outside, _MOST_OUTSIDE, replace=False)
    return np.sort(np.concatenate([outside, np.flatnonzero(tags)]))


def _place(model: Any, weights: np.ndarray, bias: np.ndarray) -> None:
    """Write a fitted scikit-learn model's coefficients into the rows of its classes."""
    classes, coefficients, intercepts = model.classes_, model.coef_, model.intercept_
    if len(classes) == 2:  # scikit-learn keeps one row for two classes
        coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
        intercepts = np.concatenate([-intercepts / 2, intercepts / 2])
    weights[classes], bias[classes] = coefficients, intercepts
