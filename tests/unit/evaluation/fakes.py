"""An understanding without a model: a word names its intent, and the caller says what is strange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kefu.language.examples import Example, Span


@dataclass(frozen=True)
class FakeFound(Span):
    """A span with its confidence."""

    confidence: float = 0.9


@dataclass(frozen=True)
class FakeReading:
    """What the real reading says, as far as evaluation asks."""

    ranking: tuple[tuple[str, float], ...]
    spans: tuple[FakeFound, ...]
    strangeness: float
    further: dict[str, dict[str, float]] = field(default_factory=dict)


class FakeUnderstanding:
    """Knows ``intents`` by the word that is their name; a number is an entity, "weird" is strange."""

    def __init__(self, *intents: str) -> None:
        self.intents = intents
        self.entities = ("number",)
        self.batches: list[int] = []

    def read(self, texts: Sequence[str]) -> list[FakeReading]:
        """A reading a text; how many came together is noted in ``batches``."""
        self.batches.append(len(texts))
        return [self._read(text) for text in texts]

    def nearest(self, text: str, *, most: int = 5) -> list[tuple[Example, float]]:
        """One example an intent, those of the text's words first."""
        known = [(Example(f"about {name}", name), 1.0 if name in text else 0.1) for name in self.intents]
        return sorted(known, key=lambda pair: -pair[1])[:most]

    def carried(self, text: str, *, intent: str | None = None) -> list[tuple[str, float]]:
        """The words, with weight on those that are names of intents."""
        return [(word, 0.8 if word in self.intents else -0.04) for word in text.split()]

    def _read(self, text: str) -> FakeReading:
        named = [name for name in self.intents if name in text.split()]
        sure = 0.8 if named else 1 / max(len(self.intents), 1)
        rest = (1 - sure) / max(len(self.intents) - 1, 1)
        ranking = [(name, sure if name in named[:1] else rest) for name in self.intents]
        spans = [
            FakeFound(text.index(word), text.index(word) + len(word), "number")
            for word in text.split()
            if word.isdigit()
        ]
        ranked = tuple(sorted(ranking, key=lambda pair: -pair[1]))
        mood = {"sentiment": {"negative": 0.9, "neutral": 0.1}} if "angry" in text else {}
        return FakeReading(ranked, tuple(spans), 0.9 if "weird" in text else 0.2, mood)
