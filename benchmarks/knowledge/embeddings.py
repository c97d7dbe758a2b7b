"""Sentence vectors of made passages and of their queries, kept on disk part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.knowledge.made import MadePassages

PART = 10_000  # passages; what a broken-off run loses at most
Embed = Callable[[list[str]], np.ndarray]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Embeddings:
    """Vectors (float16, length 1) of the questions of passages in their order, below ``folder``."""

    folder: Path
    made: MadePassages
    embed: Embed

    def prepare(self, size: int, *, say: Say) -> None:
        """Embed the parts of the first ``size`` passages that are not there yet."""
        for part in range(_parts(size)):
            if not self._file(part).is_file():
                self._write(part)
                say(f"embedded {min((part + 1) * PART, size):,} of {size:,} passages")

    def rows(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Each of the first ``size`` passages by its number, with its questions' vectors (n, d)."""
        for part in range(_parts(size)):
            vectors, at = np.load(self._file(part)), 0
            for number in range(part * PART, min((part + 1) * PART, size)):
                count = self.made.questions(number)
                yield number, vectors[at : at + count]
                at += count

    def of(self, questions: Iterable[tuple[int, int]]) -> np.ndarray:
        """The vectors (n, d) of these questions: a passage's number, and the place in its questions."""
        return np.stack([self._one(*question) for question in questions]).astype(np.float32)

    def _one(self, number: int, place: int) -> np.ndarray:
        part = number // PART
        at = sum(map(self.made.questions, range(part * PART, number)))
        return np.asarray(np.load(self._file(part), mmap_mode="r")[at + place])

    def _write(self, part: int) -> None:
        numbers = range(part * PART, min((part + 1) * PART, len(self.made)))
        texts = [text for number in numbers for text in self.made[number].passage.questions]
        file = self._file(part)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        with new.open("wb") as stream:
            np.save(stream, self.embed(texts).astype(np.float16))
        new.replace(file)

    def _file(self, part: int) -> Path:
        return self.folder / f"part-{part:05}.npy"


def _parts(size: int) -> int:
    return -(-size // PART)
