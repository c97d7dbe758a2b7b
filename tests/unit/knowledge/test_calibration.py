"""The probability of the first place is learnt from questions held out."""

import numpy as np
import pytest
import scipy.sparse

from kefu.knowledge.calibration import Calibration, Trial, cross_fit, features
from kefu.knowledge.scorer import Lessons, Mix, Scores, project
from kefu.knowledge.views import View

MIX = Mix(vectors=1.0, dimensions=20, sharpness=100.0)


def lessons(passages: int = 8, questions: int = 6, seed: int = 0) -> Lessons:
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(passages), questions)
    vectors = np.eye(passages)[labels] + generator.normal(scale=0.2, size=(len(labels), passages))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    view = View(scipy.sparse.csr_matrix(vectors), vectors)
    return Lessons(view, labels, np.ones(len(labels)), np.ones(len(labels), dtype=bool))


def scores(probability: list[float], *, grams: list[float], vectors: list[float]) -> Scores:
    return Scores(np.array([probability]), np.array([probability]), np.array([grams]), np.array([vectors]))


def test_every_question_is_tried_with_and_without_its_passage():
    taught = lessons()
    trial = cross_fit(taught, mix=MIX, projection=project(taught.view, mix=MIX), folds=2)
    assert trial.answerable.sum() == 24 and (~trial.answerable).sum() == 48
    assert not trial.right[~trial.answerable].any()
    assert trial.right[trial.answerable].mean() > 0.9


def test_a_passage_with_one_question_is_held_out_whole():
    taught = lessons(questions=1)
    trial = cross_fit(taught, mix=MIX, projection=project(taught.view, mix=MIX))
    assert len(trial.right) and not trial.answerable.any()


@pytest.mark.parametrize("passages", [2, 3, 7])
def test_few_passages_are_tried_too(passages):
    taught = lessons(passages=passages)
    trial = cross_fit(taught, mix=MIX, projection=project(taught.view, mix=MIX))
    assert trial.answerable.any() and (~trial.answerable).any()
    assert np.isfinite(trial.features).all()


def test_right_places_get_the_higher_probability():
    taught = lessons()
    trial = cross_fit(taught, mix=MIX, projection=project(taught.view, mix=MIX), folds=2)
    calibration = Calibration.fit(trial)
    good = scores([0.98, 0.02], grams=[0.9, 0.1], vectors=[0.9, 0.1])
    bad = scores([0.52, 0.48], grams=[0.2, 0.3], vectors=[0.2, 0.3])
    assert calibration.probability(good)[0] > 0.8 > 0.3 > calibration.probability(bad)[0]


def test_without_anything_to_learn_from_only_a_known_question_is_sure():
    right = np.ones(20, dtype=bool)
    calibration = Calibration.fit(Trial(np.zeros((20, 7)), right, right))
    known = scores([0.9, 0.1], grams=[1.0, 0.1], vectors=[1.0, 0.2])
    alike = scores([0.9, 0.1], grams=[0.5, 0.1], vectors=[0.7, 0.2])
    assert calibration.probability(known)[0] == pytest.approx(1.0)
    assert calibration.probability(alike)[0] == pytest.approx(0.36)


@pytest.mark.parametrize("share_right", [0.5, 0.9])
def test_a_probability_means_its_share(share_right):
    generator = np.random.default_rng(1)
    answerable = generator.random(4000) < 0.5  # as calibration assumes, so that weights change nothing
    right = answerable & (generator.random(4000) < share_right)
    trial = Trial(generator.normal(size=(4000, 7)), right, answerable)
    assert Calibration.fit(trial).of(trial.features).mean() == pytest.approx(right.mean(), abs=0.03)


def test_features_describe_the_first_place():
    described = features(scores([0.2, 0.8], grams=[0.1, 0.6], vectors=[0.7, 0.3]))[0]
    assert described[2:] == pytest.approx([0.6, 0.3, 1.0, 0.0, np.log(4)])
    assert described[0] == pytest.approx(np.log(4))


def test_the_lead_over_the_second_counts_all_signs():
    """Passages that the classifier cannot part, and the other signs can."""
    parted = Scores(np.array([[0.99, 0.01]]), *(np.array([[0.5, 0.5]]) for _ in range(3)))
    level = Scores(*(np.array([[0.5, 0.5]]) for _ in range(4)))
    assert features(parted)[0] - features(level)[0] == pytest.approx([0, 0, 0, 0, 0, 0, np.log(99)])


def test_what_is_sure_beyond_all_numbers_is_still_a_number():
    sure = Scores(np.array([[1.0, 0.0]]), *(np.array([[0.9, 0.1]]) for _ in range(3)))
    assert np.isfinite(features(sure)).all()


def test_a_single_passage_has_a_lead_over_nothing():
    assert np.isfinite(features(scores([1.0], grams=[0.4], vectors=[0.5]))).all()
