"""A sentence encoder without a model, and small sets of passages."""

import re
import zlib
from datetime import datetime, timezone

import numpy as np

from kefu.knowledge.passages import Passage

TOPICS = (
    "parcel",
    "refund",
    "invoice",
    "coupon",
    "password",
    "warranty",
    "course",
    "kindle",
    "privacy",
    "phone",
)
SAYINGS = (
    "how does the {} thing work",
    "tell me about {}",
    "{} please",
    "i have a question on {}",
    "is there a rule for {}s",
    "my {} is strange",
    "what about the {}?",
    "need help: {}",
)


def fake_embed(texts: list[str]) -> np.ndarray:
    """The sum of one random direction a word, long words louder, (texts, 64)."""
    return np.stack([_sum(text) for text in texts])


def _sum(text: str) -> np.ndarray:
    return np.sum([_direction(word) for word in re.findall(r"\w+", text.lower()) or [""]], axis=0)


def _direction(word: str) -> np.ndarray:
    return len(word) ** 2 * np.random.default_rng(zlib.crc32(word.encode())).normal(size=64)


def passage(passage_id: str = "return-window", language: str = "en", **changes) -> Passage:
    """A valid passage, changed as wanted."""
    fields = {
        "passage_id": passage_id,
        "language": language,
        "title": "How long",
        "questions": ("how long", "until when"),
        "answer": "Within {return.1:days} days.",
        "category": "returns",
        "clause": "return.1",
        "source": "returns.md",
        "updated": datetime(2026, 11, 22, tzinfo=timezone.utc),
    }
    return Passage(**{**fields, **changes})


def topical_passages(language: str = "en") -> list[Passage]:
    """One passage a topic, told apart by one word."""
    return [
        passage(
            topic,
            language,
            title=topic,
            questions=tuple(saying.format(topic) for saying in SAYINGS),
            answer=f"All about the {topic}.",
            clause=None,
        )
        for topic in TOPICS
    ]
