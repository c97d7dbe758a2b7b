"""Why the assistant understood a message as it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kefu.language.understanding import Understanding

_RANKED = 5
_BAR = 20
#: Characters of a message whose words are weighed: each word costs a reading of the whole.
_WEIGHED = 600


@dataclass(frozen=True)
class Ranked:
    """An intent and how sure the model is of it (0..1)."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class Word:
    """A word and how much the best intent's probability falls without it (below 0: it rises)."""

    word: str
    weight: float


@dataclass(frozen=True)
class Neighbour:
    """A training example and its similarity (cosine, -1..1)."""

    text: str
    intent: str | None
    similarity: float


@dataclass(frozen=True)
class EntityFound:
    """An entity in the message: characters ``[start, end)``, its type and its words."""

    start: int
    end: int
    entity: str
    value: str
    confidence: float


@dataclass(frozen=True)
class Judged:
    """What a further head (such as sentiment) says: its likeliest value and how sure it is (0..1)."""

    head: str
    value: str
    confidence: float


@dataclass(frozen=True)
class Explanation:
    """A message with what was made of it and from what; ``language`` if somebody told."""

    text: str
    ranking: tuple[Ranked, ...]
    words: tuple[Word, ...]
    nearest: tuple[Neighbour, ...]
    entities: tuple[EntityFound, ...]
    strangeness: float
    out_of_scope: bool
    further: tuple[Judged, ...] = ()
    language: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain values, for JSON and the decision record."""
        return asdict(self)

    def as_table(self) -> str:
        """The explanation for people, a paragraph for each question one may have."""
        ranked = [f"  {one.confidence:.4f}  {one.intent}" for one in self.ranking]
        near = [f"  {one.similarity:.3f}  {one.intent or '-'}: {one.text}" for one in self.nearest]
        found = [f"  {e.entity}: {e.value} ({e.start}-{e.end}, {e.confidence:.3f})" for e in self.entities]
        paragraphs = {
            "intents": ranked,
            "words that carried the first": self._bars(),
            "nearest training examples": near,
            "entities": found,
        }
        shown = [f"{title}\n" + "\n".join(lines or ["  none"]) for title, lines in paragraphs.items()]
        return "\n".join([*shown, *self._about()])

    def _bars(self) -> list[str]:
        width = max((len(one.word) for one in self.words), default=0)
        most = max((abs(one.weight) for one in self.words), default=0.0) or 1.0
        return [
            f"  {one.word:<{width}}  {one.weight:+.3f}  {_bar(one.weight / most)}".rstrip()
            for one in self.words
        ]

    def _about(self) -> list[str]:
        verdict = "out of scope" if self.out_of_scope else "in scope"
        lines = [f"strangeness {self.strangeness:.3f} ({verdict})"]
        lines += [f"{one.head} {one.value} ({one.confidence:.3f})" for one in self.further]
        return lines + ([f"language {self.language}"] if self.language else [])


def explained(
    understanding: Understanding,
    text: str,
    *,
    language: str | None = None,
    most: int = _RANKED,
) -> Explanation:
    """Explain what ``understanding`` makes of ``text``: its ``most`` best intents and neighbours.

    Words are weighed in the first 600 characters.
    """
    from kefu.evaluation.predictions import THRESHOLD

    (reading,) = understanding.read([text])
    ranking = tuple(Ranked(name, float(sure)) for name, sure in reading.ranking[:most])
    carried = understanding.carried(text[:_WEIGHED], intent=ranking[0].intent) if ranking else []
    return Explanation(
        text=text,
        ranking=ranking,
        words=tuple(Word(word, float(weight)) for word, weight in carried),
        nearest=tuple(
            Neighbour(near.text, near.intent, float(similarity))
            for near, similarity in understanding.nearest(text, most=most)
        ),
        entities=tuple(
            EntityFound(f.start, f.end, f.entity, text[f.start : f.end], float(f.confidence))
            for f in reading.spans
        ),
        strangeness=float(reading.strangeness),
        out_of_scope=bool(reading.strangeness >= THRESHOLD),
        further=tuple(_judged(head, shares) for head, shares in reading.further.items()),
        language=language,
    )


def _judged(head: str, shares: Mapping[str, float]) -> Judged:
    value, confidence = max(shares.items(), key=lambda item: item[1])
    return Judged(head, value, float(confidence))


def _bar(share: float) -> str:
    """A bar for a share of the strongest word, filled for words that speak for the intent.

    >>> _bar(0.5), _bar(-0.1)
    ('██████████', '░░')
    """
    return ("█" if share > 0 else "░") * round(abs(share) * _BAR)
