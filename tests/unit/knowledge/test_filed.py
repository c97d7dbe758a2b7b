"""A segment's vectors in files: int8 finds who is near, float16 says in which order."""

from pathlib import Path

import numpy as np
import pytest

from kefu.errors import ModelError
from kefu.knowledge.filed import FINE, VECTORS, FiledVectors
from kefu.knowledge.views import unit_rows

WIDTH = 64


def crowd(count: int = 400, seed: int = 0) -> np.ndarray:
    """Vectors that lie so close together that int8 cannot tell all of them apart."""
    chance = np.random.default_rng(seed)
    middle = chance.normal(size=WIDTH)
    return unit_rows((middle + 0.02 * chance.normal(size=(count, WIDTH))).astype(np.float32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vectors = FiledVectors.new(tmp_path / "en", width=WIDTH)
    vectors.add(np.arange(400), crowd())
    vectors.save(tmp_path / "en" / VECTORS)
    return tmp_path / "en"


def test_the_nearest_come_in_the_order_of_the_vectors_as_they_were(folder: Path) -> None:
    vectors, filed = crowd(), FiledVectors.open(folder)
    same = by_graph = 0
    for asked in crowd(40, seed=1):
        exact = set(np.argsort(-(vectors @ asked))[:10].tolist())
        rows, cosines = filed.search(asked, k=10)
        assert (np.diff(cosines) <= 0).all()
        assert cosines == pytest.approx(vectors[rows] @ asked, abs=1e-3)
        same += len(exact & set(rows.tolist()))
        by_graph += len(exact & set(filed.graph.search(asked, k=10)[0].tolist()))
    assert same > by_graph and same >= 0.98 * 400


def test_cosines_are_those_of_the_rows_asked_for(folder: Path) -> None:
    vectors, filed, rows = crowd(), FiledVectors.open(folder), np.array([7, 3, 399])
    assert filed.cosines(rows, vectors[3]) == pytest.approx(vectors[rows] @ vectors[3], abs=1e-3)
    assert filed.cosines(np.array([], dtype=np.int64), vectors[3]).shape == (0,)


def test_of_few_rows_all_are_given(tmp_path: Path) -> None:
    filed = FiledVectors.new(tmp_path, width=WIDTH)
    assert len(filed.search(crowd()[0], k=3)[0]) == 0
    filed.add(np.array([5, 2]), crowd(2) * 3)  # not in order, and not of length 1
    rows, cosines = filed.search(crowd(2)[0], k=10)
    assert rows.tolist() == [5, 2]
    assert cosines[0] == pytest.approx(1.0, abs=1e-3)


def test_rows_are_added_and_taken_out_later(folder: Path) -> None:
    vectors = crowd(seed=2)
    filed = FiledVectors.open(folder, view=False)
    filed.remove(np.arange(400))
    filed.add(np.arange(400, 410), vectors[:10])
    filed.save(folder / VECTORS)
    rows, cosines = FiledVectors.open(folder).search(vectors[4], k=3)
    assert rows[0] == 404 and set(rows.tolist()) <= set(range(400, 410))
    assert cosines[0] == pytest.approx(1.0, abs=1e-3)


def test_a_read_index_cannot_be_written(folder: Path) -> None:
    with pytest.raises(OSError):
        FiledVectors.open(folder).fine.write(np.array([0]), crowd(1))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda file: file.unlink(), "cannot be read"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "wanted whole rows of 128"),
    ],
)
def test_rows_that_are_not_whole_are_refused(folder: Path, spoil, told: str) -> None:
    spoil(folder / FINE)
    with pytest.raises(ModelError, match=told):
        FiledVectors.open(folder)


def test_rows_beyond_the_end_are_told(folder: Path) -> None:
    file = folder / FINE
    file.write_bytes(file.read_bytes()[: 2 * WIDTH * 10])
    with pytest.raises(ModelError, match="ends before row"):
        FiledVectors.open(folder).search(crowd()[300], k=5)
