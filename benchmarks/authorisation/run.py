"""Every speaker by every way, against what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from benchmarks.authorisation.expected import SPEAKERS, WAYS, expected
from benchmarks.authorisation.scene import set_scene, speaker
from benchmarks.authorisation.ways import tried
from tests.driven.servers import Assistant

Row = dict[str, Any]


def cells() -> list[tuple[str, str]]:
    """Every speaker with every way."""
    return list(product(SPEAKERS, WAYS))


def tried_cells(assistant: Assistant, chosen: Iterable[tuple[str, str]]) -> Iterator[Row]:
    """Each cell with its outcome; the scene is set once, and whatever changes it is an outcome."""
    scene = set_scene(assistant)
    for name, way in chosen:
        outcome = tried(scene, speaker(scene, name), way)
        yield {
            "speaker": name,
            "way": way,
            "answer": outcome.answer,
            "told": outcome.told,
            "changed": outcome.changed,
            "right": outcome in expected(name, way),
        }
