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


def test_every_question_is_tried_with_and_without_its_passage():
    taught = lessons()
    trial = cross_fit(taught, mix=MIX, projection=project(taught.view, mix=MIX), folds=2)
    assert trial.answerable.sum() == 24 and (~trial.answerable).sum() == 48
    assert not trial.right[~trial.answerable].any()
    assert trial.right[trial.answerable].mean() > 0.9


def test_right_places_get_the_higher_probability():
    taught = lessons()
    trial = cross_fit(taught, mix=MIX, projection=project(taught.view, mix=MIX), folds=2)
    calibration = Calibration.fit(trial)
    good = Scores(np.array([[0.98, 0.02]]), np.array([[0.9, 0.1]]), np.array([[0.9, 0.1]]))
    bad = Scores(np.array([[0.52, 0.48]]), np.array([[0.2, 0.3]]), np.array([[0.2, 0.3]]))
    assert calibration.probability(good)[0] > 0.8 > 0.3 > calibration.probability(bad)[0]


@pytest.mark.parametrize("share_right", [0.5, 0.9])
def test_a_probability_means_its_share(share_right):
    generator = np.random.default_rng(1)
    right = generator.random(2000) < share_right
    answerable = np.ones(2000, dtype=bool)
    answerable[:700] = False  # the share that calibration assumes, so that weights change nothing
    trial = Trial(generator.normal(size=(2000, 6)), right, answerable)
    odds = Calibration.fit(trial)._classifier.predict_proba(trial.features)[:, 1]
    assert odds.mean() == pytest.approx(right.mean(), abs=0.03)


def test_features_describe_the_first_place():
    scores = Scores(np.array([[0.2, 0.8]]), np.array([[0.1, 0.6]]), np.array([[0.7, 0.3]]))
    described = features(scores)[0]
    assert described[2:] == pytest.approx([0.6, 0.3, 1.0, 0.0])
    assert described[0] == pytest.approx(np.log(4))
