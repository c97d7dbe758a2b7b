"""The kernel regression tells passages apart by both views."""

import numpy as np
import pytest
import scipy.sparse

import kefu.knowledge.kernel as module
from kefu.knowledge.kernel import GRAMS, RIDGE, Kernel
from kefu.knowledge.views import View, unit_rows


def texts(count: int = 60, seed: int = 0) -> tuple[View, np.ndarray]:
    """Of three passages; the vectors part the first from the others, only the n-grams part those two."""
    chance = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    vectors = np.eye(6)[np.minimum(labels, 1)] + chance.normal(scale=0.1, size=(count, 6))
    grams = unit_rows(np.eye(8)[labels] + 0.3 * chance.random((count, 8)))
    return View(scipy.sparse.csr_matrix(grams), unit_rows(vectors)), labels


def cosines(asked: View, known: View) -> tuple[np.ndarray, np.ndarray]:
    return (asked.grams @ known.grams.T).toarray(), asked.vectors @ known.vectors.T


def fitted(known: View, labels: np.ndarray, counts: np.ndarray | None = None) -> Kernel:
    return Kernel.fit(
        known, labels, np.ones(len(labels)) if counts is None else counts, passages=np.unique(labels)
    )


def test_both_views_tell_passages_apart():
    (known, labels), (asked, wanted) = texts(), texts(seed=1)
    found = fitted(known, labels).score(*cosines(asked, known))
    assert (found.argmax(axis=1) == wanted).all()


def test_it_is_the_ridge_regression_of_the_textbook(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 7)  # the last block is not a whole one
    known, labels = texts()
    grams, vectors = (one.astype(np.float64) for one in cosines(known, known))
    among = np.exp(2 * vectors - 2) + GRAMS * grams
    counts = np.where(np.arange(len(labels)) % 5 == 0, 0.5, 1.0)
    wanted = np.linalg.solve(among + np.diag(RIDGE / counts**2), np.eye(3)[labels])
    assert fitted(known, labels, counts).weights == pytest.approx(wanted, abs=1e-3)


def test_what_counts_little_is_followed_less():
    known, labels = texts()
    odd = labels.copy()
    odd[0] = 2  # says that it is another passage's
    counts = np.ones(len(labels))
    much = fitted(known, odd, counts).score(*cosines(known, known))[0, 2]
    counts[0] = 0.25
    little = fitted(known, odd, counts).score(*cosines(known, known))[0, 2]
    assert little < much / 2


def test_scoring_leaves_the_cosines_as_they_are():
    known, labels = texts()
    kernel, (grams, vectors) = fitted(known, labels), cosines(known, known)
    before = grams.copy(), vectors.copy()
    kernel.score(grams, vectors)
    assert (grams == before[0]).all() and (vectors == before[1]).all()


def test_of_too_many_texts_it_learns_from_some(monkeypatch):
    monkeypatch.setattr(module, "MOST", 30)
    (known, labels), (asked, wanted) = texts(), texts(seed=1)
    kernel = fitted(known, labels)
    assert len(set(kernel.rows)) == len(kernel.weights) == 30
    assert (kernel.score(*cosines(asked, known)).argmax(axis=1) == wanted).mean() > 0.95
