"""All that a file of examples says about a model, in one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kefu.evaluation.calibration import CalibrationReport, measure_calibration
from kefu.evaluation.entities import EntityReport, measure_entities
from kefu.evaluation.examples import NONE, Labelled
from kefu.evaluation.intents import IntentReport, measure_intents
from kefu.evaluation.latency import LatencyReport, measure_latency
from kefu.evaluation.outside import OutsideReport, measure_outside
from kefu.evaluation.predictions import Prediction, Reader


@dataclass(frozen=True)
class UnderstandingReport:
    """The sections for which the file has labels; ``about`` says what was measured on what."""

    intents: IntentReport | None
    calibration: CalibrationReport | None
    outside: OutsideReport | None
    entities: EntityReport | None
    latency: LatencyReport
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON: the intents' figures on top, a key a section."""
        sections = {
            "calibration": self.calibration,
            "out_of_scope": self.outside,
            "entities": self.entities,
            "latency": self.latency,
        }
        return {
            **(self.intents.as_dict() if self.intents else {}),
            **{name: section.as_dict() for name, section in sections.items() if section},
            **self.about,
        }

    def as_table(self) -> str:
        """The report for people, the figures of the whole at the end of each section."""
        sections = (self.entities, self.calibration, self.outside, self.intents, self.latency)
        return "\n\n".join(section.as_table() for section in sections if section)


def evaluate(
    rows: Sequence[Labelled], read: Reader, *, about: Mapping[str, Any] | None = None
) -> tuple[UnderstandingReport, list[Prediction]]:
    """Read every row by itself, as in serving, and measure what the file has labels for.

    One at a time also makes a row's answer independent of its neighbours in a batch.
    """
    predictions, latency = measure_latency(read, [row.text for row in rows])
    named = [(row, found) for row, found in zip(rows, predictions, strict=True) if row.intent]
    spanned = [(row, found) for row, found in zip(rows, predictions, strict=True) if row.spans is not None]
    report = UnderstandingReport(
        intents=_intents(named) if named else None,
        calibration=_calibration(named),
        outside=_outside(named) if any(NONE in (row.intent, found.intent) for row, found in named) else None,
        entities=_entities(spanned) if spanned else None,
        latency=latency,
        about=about or {},
    )
    return report, predictions


def is_right(row: Labelled, intent: str) -> bool:
    """Whether ``intent`` is the wanted one or one that counts as right too."""
    return intent == row.intent or intent in row.accept


_Pairs = Sequence[tuple[Labelled, Prediction]]


def _intents(pairs: _Pairs) -> IntentReport:
    return measure_intents(
        wanted=[row.intent or "" for row, _ in pairs],
        found=[found.intent for _, found in pairs],
        accept=[row.accept for row, _ in pairs],
        languages=[row.language for row, _ in pairs],
    )


def _calibration(pairs: _Pairs) -> CalibrationReport | None:
    """Over what is in scope: for the rest no confidence in an intent can be right."""
    within = [(row, found) for row, found in pairs if not row.outside]
    if not within:
        return None
    return measure_calibration(
        confidences=[found.confidence for _, found in within],
        right=[is_right(row, found.best) for row, found in within],
    )


def _outside(pairs: _Pairs) -> OutsideReport:
    return measure_outside(
        outside=[row.outside for row, _ in pairs],
        found=[found.intent for _, found in pairs],
        right=[is_right(row, found.intent) for row, found in pairs],
        best_right=[is_right(row, found.best) for row, found in pairs],
        strangeness=[found.strangeness for _, found in pairs],
    )


def _entities(pairs: _Pairs) -> EntityReport:
    return measure_entities(
        texts=[row.text for row, _ in pairs],
        wanted=[row.spans or () for row, _ in pairs],
        found=[found.spans for _, found in pairs],
    )
