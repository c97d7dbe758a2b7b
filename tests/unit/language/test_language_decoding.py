"""The likeliest sequence of tags: Viterbi against every sequence there is, and what transitions mend."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kefu.language.decoding import likeliest, transitions

O, B, I = 0, 1, 2  # noqa: E741 - the names of the scheme
SEEN = [[O, B, I, O], [B, I, I], [O, O, O], [O, B, O]]


def scored(scores: np.ndarray, moves: np.ndarray, path: tuple[int, ...]) -> float:
    befores = (len(moves) - 1, *path)
    return float(sum(scores[i, tag] + moves[befores[i], tag] for i, tag in enumerate(path)))


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 10_000))
def test_no_other_path_is_better(units: int, tags: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, moves = rng.normal(size=(units, tags)), rng.normal(size=(tags + 1, tags))
    best = max(scored(scores, moves, path) for path in product(range(tags), repeat=units))
    assert np.isclose(scored(scores, moves, tuple(likeliest(scores, moves))), best)


def test_an_inside_without_its_beginning_is_mended() -> None:
    moves = transitions(SEEN, tags=3)
    doubtful = np.log([[0.9, 0.05, 0.05], [0.1, 0.44, 0.46], [0.1, 0.1, 0.8]])
    assert doubtful.argmax(axis=1).tolist() == [O, I, I]
    assert likeliest(doubtful, moves) == [O, B, I]


def test_what_is_sure_stays() -> None:
    moves = transitions(SEEN, tags=3)
    sure = np.log([[0.0001, 0.0001, 0.9998], [0.9998, 0.0001, 0.0001]])
    assert likeliest(sure, moves) == [I, O]


@given(st.lists(st.lists(st.integers(0, 2), max_size=6), max_size=5))
def test_transitions_are_finite_and_neutral_where_nothing_was_seen(sequences: list[list[int]]) -> None:
    moves = transitions(sequences, tags=3)
    assert moves.shape == (4, 3) and np.isfinite(moves).all()
    unseen = set(range(3)) - {tag for own in sequences for tag in own[:-1]}
    assert all(np.allclose(moves[tag], 0.0, atol=1e-6) for tag in unseen)
