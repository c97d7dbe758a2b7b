"""What a model says of a message, whichever model it is, and the file with all of it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kefu.errors import KefuError
from kefu.evaluation.examples import NONE, Labelled
from kefu.language.examples import Span

if TYPE_CHECKING:
    from kefu.language.understanding import Understanding

#: A message as strange as this is out of scope; training set the scale.
THRESHOLD = 0.5
#: Intents by which the assistant says that a message is none of its own.
NOT_OURS = ("nlu_fallback", "out_of_scope")


@dataclass(frozen=True)
class Prediction:
    """A model's word on a message.

    ``intent`` is the answer (NONE: out of scope), ``best`` the likeliest intent whatever the
    threshold says, ``confidence`` that of ``best``; ``strangeness`` (0..1) is None where the model
    has no score for it.
    """

    intent: str
    best: str
    confidence: float
    strangeness: float | None = None
    spans: tuple[Span, ...] = ()


Reader = Callable[[str], Prediction]


def reader_of(understanding: Understanding, *, gated: bool) -> Reader:
    """Read one message with ``understanding``; ``gated``: what is too strange is NONE."""

    def read(text: str) -> Prediction:
        (reading,) = understanding.read([text])
        best, confidence = reading.ranking[0] if reading.ranking else ("", 0.0)
        outside = gated and reading.strangeness >= THRESHOLD
        spans = tuple(Span(one.start, one.end, one.entity) for one in reading.spans)
        return Prediction(
            NONE if outside else best, best, float(confidence), float(reading.strangeness), spans
        )

    return read


def from_parse_data(row: Mapping[str, Any], *, moved: int = 0) -> Prediction:
    """A prediction out of Rasa's parse data; the fallbacks of the assistant count as NONE.

    ``moved``: how many characters stood before the text when it was parsed.
    """
    chosen = str(row["intent"]["name"] or "")
    ranking = row.get("intent_ranking") or [row["intent"]]
    real = [one for one in ranking if one["name"] not in NOT_OURS] or [row["intent"]]
    best = max(real, key=lambda one: float(one["confidence"]))
    return Prediction(
        intent=NONE if chosen in NOT_OURS else chosen,
        best=str(best["name"] or ""),
        confidence=float(best["confidence"]),
        strangeness=_strangeness(row),
        spans=tuple(
            Span(e["start"] - moved, e["end"] - moved, e["entity"]) for e in row.get("entities") or ()
        ),
    )


def _strangeness(row: Mapping[str, Any]) -> float | None:
    value = row.get("strangeness")
    return float(value) if isinstance(value, (int, float)) else None


def write_predictions(file: Path, rows: Sequence[Labelled], predictions: Sequence[Prediction]) -> None:
    """Write a line a row, in order.

    The columns are text, intent (the wanted one), predicted, confidence, strangeness, and language
    where the rows have one.
    """
    columns = ["text", "intent", "predicted", "confidence", "strangeness", "language"]
    width = len(columns) if any(row.language for row in rows) else len(columns) - 1
    with file.open("w", encoding="utf-8", newline="") as stream:
        # strings are quoted always: a lone carriage return inside one would else end the line
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(columns[:width])
        for row, found in zip(rows, predictions, strict=True):
            strange = "" if found.strangeness is None else round(found.strangeness, 6)
            named = [row.text, row.intent or "", found.intent]
            writer.writerow([*named, round(found.confidence, 6), strange, row.language or ""][:width])


def writable(file: Path) -> None:
    """Make the folder of ``file``; KefuError where it cannot be written, before anything is computed."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        there = file.exists()
        file.open("a", encoding="utf-8").close()
        if not there:
            file.unlink()
    except OSError as error:
        raise KefuError(
            f"cannot write {file} ({error.strerror}); name a file in a folder of yours"
        ) from error
