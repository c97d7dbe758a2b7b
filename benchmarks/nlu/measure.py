"""The figures of one cell, from what its system read; every metric is that of `kefu.evaluation`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.nlu.rows import Row
from benchmarks.nlu.sets import BenchSet, Splits
from kefu.evaluation.calibration import measure_calibration
from kefu.evaluation.entities import measure_entities
from kefu.evaluation.examples import NONE
from kefu.evaluation.intents import measure_intents
from kefu.evaluation.outside import measure_outside
from kefu.language.examples import Example

#: The share of the in-scope dev split that may be answered rightly and yet be kept out.
GIVEN_UP = 0.02


def measure(which: BenchSet, splits: Splits, rows: dict[str, list[Row]]) -> dict[str, Any]:
    """Shares (0..1) by split: ``clean``, ``typos`` and, where the set has such, ``outside``."""
    found: dict[str, Any] = {
        name: _read(which, splits.reads[name], rows[name], splits.languages) for name in ("clean", "typos")
    }
    if which.outside:
        found["outside"] = _outside(splits, rows)
    return found


def _read(
    which: BenchSet, wanted: Sequence[Example], rows: Sequence[Row], languages: Sequence[str | None]
) -> dict[str, Any]:
    intents = measure_intents(
        wanted=[str(e.intent) for e in wanted], found=[row.intent for row in rows], languages=languages
    )
    figures: dict[str, Any] = {
        "examples": intents.examples,
        "accuracy": intents.accuracy,
        "macro_f1": intents.macro_f1,
        "ece": _ece(wanted, rows),
        "refused": sum(row.refused for row in rows) / len(rows),
    }
    if which.entities:
        figures["entity_f1"] = _entity_f1(wanted, rows)
    for one in intents.languages:
        figures[one.language] = _language(one.language, wanted, rows, languages) | {"macro_f1": one.macro_f1}
    return figures


def _language(
    language: str, wanted: Sequence[Example], rows: Sequence[Row], languages: Sequence[str | None]
) -> dict[str, Any]:
    places = [place for place, name in enumerate(languages) if name == language]
    some, read = [wanted[place] for place in places], [rows[place] for place in places]
    return {
        "examples": len(places),
        "accuracy": sum(_right(some, read)) / len(places),
        "ece": _ece(some, read),
        "entity_f1": _entity_f1(some, read),
    }


def _right(wanted: Sequence[Example], rows: Sequence[Row]) -> list[bool]:
    return [example.intent == row.intent for example, row in zip(wanted, rows, strict=True)]


def _ece(wanted: Sequence[Example], rows: Sequence[Row]) -> float:
    return measure_calibration(confidences=[row.confidence for row in rows], right=_right(wanted, rows)).ece


def _entity_f1(wanted: Sequence[Example], rows: Sequence[Row]) -> float | None:
    return measure_entities(
        texts=[e.text for e in wanted], wanted=[e.spans for e in wanted], found=[row.spans for row in rows]
    ).f1


def _outside(splits: Splits, rows: dict[str, list[Row]]) -> dict[str, Any]:
    """In scope against out of scope, at the threshold of the dev split and at the system's own."""
    limit = threshold(splits.reads["dev"], rows["dev"])
    wanted = [*splits.reads["clean"], *splits.reads["outside"]]
    read = [*rows["clean"], *rows["outside"]]
    outside = [place >= len(rows["clean"]) for place in range(len(read))]
    chosen = _gated(wanted, read, outside, refused=[row.strangeness > limit for row in read])
    own = _gated(wanted, read, outside, refused=[row.refused for row in read])
    return {"threshold": limit, "given_up": GIVEN_UP, "dev": len(rows["dev"]), **chosen, "own": own}


def threshold(wanted: Sequence[Example], rows: Sequence[Row]) -> float:
    """The strangeness above which a message is kept out, chosen on the in-scope dev split alone.

    The lowest at which at most GIVEN_UP of the split is kept out though its intent was read rightly.
    """
    right = [row.strangeness for row, hit in zip(rows, _right(wanted, rows), strict=True) if hit]
    right.sort(reverse=True)
    may_lose = int(GIVEN_UP * len(rows))
    return right[may_lose] if may_lose < len(right) else float("-inf")


def _gated(
    wanted: Sequence[Example], read: Sequence[Row], outside: Sequence[bool], *, refused: Sequence[bool]
) -> dict[str, Any]:
    found = [NONE if gone else row.intent for row, gone in zip(read, refused, strict=True)]
    best = [row.intent == e.intent and not out for row, e, out in zip(read, wanted, outside, strict=True)]
    report = measure_outside(
        outside=outside,
        found=found,
        right=[
            gone if out else hit and not gone for gone, out, hit in zip(refused, outside, best, strict=True)
        ],
        best_right=best,
        strangeness=[row.strangeness for row in read],
    )
    return report.as_dict()
