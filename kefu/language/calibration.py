"""From scores to confidences that can be believed, and to a measure of strangeness.

Confidence: the scores of two views are weighed and summed, then a softmax; the weights are those of least
negative log-likelihood on examples that were held out. With one view this is temperature scaling
(Guo et al. 2017, arXiv:1706.04599).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

_FEWEST = 40  # held-out examples from which a temperature can be told
_PRIOR = 0.2  # how many examples' worth of doubt each weight's distance from 1 is, in squared logs
_DISTANCE = 0.2  # beside the energy, which alone tells most: CLINC150 10-shot, dev: AUROC 0.988
_KEPT_AT_LEAST = 0.95  # of messages in scope, whatever is known to be outside
_ENOUGH = 300  # held-out examples from which the weight of a second view can be told


@dataclass(frozen=True)
class Blend:
    """How much the encoder's scores and those of the n-grams count."""

    encoder: float = 1.0
    ngrams: float = 0.0

    def logits(self, encoder: np.ndarray, ngrams: np.ndarray | None) -> np.ndarray:
        """Weighed scores of both views (n, intents)."""
        return self.encoder * encoder + (0.0 if ngrams is None else self.ngrams * ngrams)

    @classmethod
    def fit(cls, encoder: np.ndarray, ngrams: np.ndarray | None, wanted: np.ndarray) -> Blend:
        """The weights of least negative log-likelihood; ``wanted`` (n,) holds the right columns.

        On fewer than 300 examples the n-grams do not count: one weight too many is fitted to chance.
        """
        from scipy.optimize import minimize

        if len(wanted) < _FEWEST:
            return cls()
        if len(wanted) < _ENOUGH:
            ngrams = None

        def loss(logs: np.ndarray) -> float:
            blend = cls(*np.exp(logs)) if ngrams is not None else cls(float(np.exp(logs[0])))
            logits = blend.logits(encoder, ngrams)
            picked = logits[np.arange(len(wanted)), wanted]
            # the prior keeps weights finite where nothing was mistaken: 50 examples without a mistake do not
            # mean that there will be none
            return float(np.mean(log_sum_exp(logits) - picked) + _PRIOR / len(wanted) * np.sum(logs**2))

        start = np.log([1.0, 0.5])[: 1 if ngrams is None else 2]
        found = np.exp(minimize(loss, start, method="Nelder-Mead").x)
        return cls(float(found[0]), float(found[1]) if ngrams is not None else 0.0)


@dataclass(frozen=True)
class Strangeness:
    """How far a message is from what was learnt, 0..1; from 0.5 on it is out of scope.

    Two signs are put on one scale by their mean and deviation on held-out messages in scope: the energy,
    minus the log of the summed exponents of the scores (Liu et al. 2020, arXiv:2010.03759), and the distance,
    1 minus the cosine to the nearest class mean.
    """

    energy_mean: float = 0.0
    energy_deviation: float = 1.0
    distance_mean: float = 0.0
    distance_deviation: float = 1.0
    weight: float = _DISTANCE
    threshold: float = 2.0

    @classmethod
    def fit(
        cls,
        energy: np.ndarray,
        distance: np.ndarray,
        *,
        kept: float,
        outside: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> Strangeness:
        """From held-out messages that are in scope, ``kept`` of which (0..1) shall stay in scope.

        With the signs of messages known to be ``outside`` the threshold is that of the best balanced
        accuracy, but never one that keeps out more than 1 in 20 messages in scope.
        """
        raw = cls(
            energy_mean=float(energy.mean()),
            energy_deviation=max(float(energy.std()), 1e-6),
            distance_mean=float(distance.mean()),
            distance_deviation=max(float(distance.std()), 1e-6),
        )
        within = raw.signs(energy, distance)
        threshold = float(np.quantile(within, kept))
        if outside is not None and len(outside[0]):
            threshold = _between(within, raw.signs(*outside))
        return replace(raw, threshold=threshold)

    def signs(self, energy: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """Both signs in one number a message, in deviations from the mean."""
        far = (distance - self.distance_mean) / self.distance_deviation
        high = (energy - self.energy_mean) / self.energy_deviation
        return self.weight * far + (1 - self.weight) * high

    def scores(self, energy: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """Strangeness (n,) of messages with these signs (n,)."""
        return 1.0 / (1.0 + np.exp(-(self.signs(energy, distance) - self.threshold)))


@dataclass(frozen=True)
class Calibration:
    """What was fitted on held-out data: a blend a script ("han": a text with Chinese characters; "other")."""

    han: Blend = Blend()
    other: Blend = Blend()
    strangeness: Strangeness = Strangeness()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration:
        """The inverse of ``as_dict``."""
        blends = (Blend(**values["han"]), Blend(**values["other"]))
        return cls(*blends, Strangeness(**values["strangeness"]))

    def logits(self, encoder: np.ndarray, ngrams: np.ndarray | None, han: Sequence[bool]) -> np.ndarray:
        """Weighed scores, each row by the blend of its script."""
        rows = np.asarray(han, dtype=bool)[:, None]
        return np.where(rows, self.han.logits(encoder, ngrams), self.other.logits(encoder, ngrams))


def _between(within: np.ndarray, outside: np.ndarray) -> float:
    """The threshold that keeps most of ``within`` below it and most of ``outside`` above, both alike."""
    tried = np.quantile(within, np.linspace(_KEPT_AT_LEAST, 1.0, 51))
    gains = [float((within < at).mean() + (outside >= at).mean()) for at in tried]
    return float(tried[int(np.argmax(gains))])


def fit_blends(
    encoder: np.ndarray, ngrams: np.ndarray | None, wanted: np.ndarray, han: Sequence[bool]
) -> tuple[Blend, Blend]:
    """The blends for texts with Chinese characters and for others; one for both where either is rare."""
    rows = np.asarray(han, dtype=bool)
    whole = Blend.fit(encoder, ngrams, wanted)
    if min(rows.sum(), (~rows).sum()) < _FEWEST:
        return whole, whole

    def of(own: np.ndarray) -> Blend:
        return Blend.fit(encoder[own], None if ngrams is None else ngrams[own], wanted[own])

    return of(rows), of(~rows)


def log_sum_exp(logits: np.ndarray) -> np.ndarray:
    """The log of the summed exponents of each row."""
    most = logits.max(axis=-1, keepdims=True)
    summed: np.ndarray = np.log(np.exp(logits - most).sum(axis=-1)) + most[..., 0]
    return summed


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis."""
    shares: np.ndarray = np.exp(logits - log_sum_exp(logits)[..., None])
    return shares
