"""Confidence and strangeness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.language.calibration import Blend, Calibration, Strangeness, fit_blends, log_sum_exp, softmax


def scores(
    *, n: int = 400, classes: int = 5, right: float = 3.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    wanted = rng.integers(classes, size=n)
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), wanted] += right
    return logits, wanted


@pytest.mark.parametrize("factor", [0.2, 1.0, 8.0])
def test_a_fitted_temperature_makes_confidence_as_high_as_accuracy(factor: float) -> None:
    logits, wanted = scores()
    blend = Blend.fit(factor * logits, None, wanted)
    shares = softmax(blend.logits(factor * logits, None))
    assert abs(shares.max(axis=1).mean() - (shares.argmax(axis=1) == wanted).mean()) < 0.03
    assert blend.encoder * factor == pytest.approx(Blend.fit(logits, None, wanted).encoder, rel=0.05)


def test_the_better_view_counts_more_and_a_blind_one_not_at_all() -> None:
    (good, wanted), (noise, _) = scores(right=4.0), scores(right=0.0, seed=1)
    blend = Blend.fit(noise, good, wanted)
    assert blend.ngrams > 5 * blend.encoder


def test_no_mistake_among_few_does_not_make_it_certain_of_everything() -> None:
    logits, wanted = scores(n=60, right=30.0)
    assert Blend.fit(logits, None, wanted).encoder < 3.0


def test_few_examples_fit_nothing() -> None:
    logits, wanted = scores(n=10)
    assert Blend.fit(logits, logits, wanted) == Blend(1.0, 0.0)
    more, wanted = scores(n=100)
    assert Blend.fit(more, more, wanted).ngrams == 0.0


def test_each_script_has_a_blend_of_its_own() -> None:
    (good, wanted), (noise, _) = scores(n=800, right=4.0), scores(n=800, right=0.0, seed=1)
    han = [place % 2 == 0 for place in range(800)]
    encoder = np.where(np.array(han)[:, None], noise, good)
    ngrams = np.where(np.array(han)[:, None], good, noise)
    for_han, for_others = fit_blends(encoder, ngrams, wanted, han)
    assert for_han.ngrams > for_han.encoder
    assert for_others.encoder > for_others.ngrams


def test_the_threshold_keeps_what_it_promises() -> None:
    rng = np.random.default_rng(0)
    energy, distance = rng.normal(-20, 3, 1000), rng.normal(0.2, 0.1, 1000)
    strangeness = Strangeness.fit(energy, distance, kept=0.97)
    assert (strangeness.scores(energy, distance) < 0.5).mean() == pytest.approx(0.97, abs=0.005)
    assert strangeness.scores(np.array([0.0]), np.array([0.9]))[0] > 0.9


def test_what_is_known_to_be_outside_moves_the_threshold() -> None:
    rng = np.random.default_rng(0)
    within = rng.normal(-20, 3, 1000), rng.normal(0.2, 0.1, 1000)
    far = rng.normal(-6, 3, 200), rng.normal(0.6, 0.1, 200)
    plain = Strangeness.fit(*within, kept=0.97)
    told = Strangeness.fit(*within, kept=0.97, outside=far)
    assert (told.scores(*within) < 0.5).mean() > (plain.scores(*within) < 0.5).mean()
    assert (told.scores(*far) >= 0.5).mean() > 0.97
    assert told.scores(*within)[0] != plain.scores(*within)[0]


def test_what_cannot_be_told_apart_costs_little() -> None:
    rng = np.random.default_rng(0)
    within, alike = ((rng.normal(-20, 3, 1000), rng.normal(0.2, 0.1, 1000)) for _ in range(2))
    told = Strangeness.fit(*within, kept=0.97, outside=alike)
    assert (told.scores(*within) < 0.5).mean() >= 0.949


@given(st.lists(st.lists(st.floats(-300, 300), min_size=3, max_size=3), min_size=1, max_size=4))
def test_shares_are_a_distribution_however_large_the_scores(rows: list[list[float]]) -> None:
    logits = np.array(rows)
    assert softmax(logits).sum(axis=1) == pytest.approx(1.0)
    assert np.isfinite(log_sum_exp(logits)).all()


def test_a_calibration_survives_json() -> None:
    calibration = Calibration(Blend(1.5, 0.2), Blend(0.3), Strangeness(threshold=1.25))
    assert Calibration.from_dict(calibration.as_dict()) == calibration
