"""The likeliest sequence of tags: what each unit says by itself, and which tag follows which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

_BACKOFF = 0.1  # how many unseen examples' worth each tag's own frequency counts in every row


def transitions(sequences: Iterable[Sequence[int]], *, tags: int) -> np.ndarray:
    """How much likelier a tag is behind another than anywhere: logs (tags + 1, tags).

    The last row is for the first unit of a text. ``sequences`` are the tags (0 to ``tags`` - 1) of texts. A
    score that knows how frequent its tag is already, as a classifier's, may be added to these.
    """
    counts = np.zeros((tags + 1, tags))
    for sequence in sequences:
        for before, after in zip((tags, *sequence), sequence, strict=False):
            counts[before, after] += 1
    alone = counts.sum(axis=0) + 1
    alone /= alone.sum()
    shares = (counts + _BACKOFF * alone) / (counts.sum(axis=1, keepdims=True) + _BACKOFF)
    ratios: np.ndarray = np.log(shares / alone).astype(np.float32)
    return ratios


def likeliest(scores: np.ndarray, moves: np.ndarray) -> list[int]:
    """The tags of the best path through log-probabilities ``scores`` (units, tags), one or more units, with
    ``moves`` as ``transitions`` gives them (Viterbi 1967).

    >>> likeliest(np.log([[0.6, 0.4], [0.5, 0.5]]), np.log([[1.0, 1e-9], [1e-9, 1.0], [1.0, 1.0]]))
    [0, 0]
    """
    best, steps = scores[0] + moves[-1], []
    for row in scores[1:]:
        ways = best[:, None] + moves[:-1]
        steps.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + row
    path = [int(best.argmax())]
    for step in reversed(steps):
        path.append(int(step[path[-1]]))
    return path[::-1]
