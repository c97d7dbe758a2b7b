"""Retrieval as it serves customers, fitted on a bank from outside, and what it finds for queries."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from pathlib import Path

from kefu.evaluation.calibration import measure_calibration
from kefu.evaluation.examples import NONE
from kefu.evaluation.retrieval_figures import Answer, wrong_by_coverage
from kefu.evaluation.retrieval_files import Bank, Query
from kefu.knowledge.ranking import THRESHOLD, Ranker
from kefu.knowledge.views import Embed, Rewriting

_COLUMNS = ("query", "wanted", "first", "probability", "given", "second", "third")


def fitted(bank: Bank, *, embed: Embed, rewriting: Rewriting) -> tuple[Ranker, float]:
    """A ranker of the bank's questions, and the CPU seconds that it took."""
    start = time.process_time()
    ranker = Ranker.fit(bank.passages(), embed=embed, rewriting=rewriting)
    return ranker, time.process_time() - start


def answered(ranker: Ranker, queries: Sequence[Query]) -> list[Answer]:
    """Look up every query, one at a time as in serving, its encoding included."""
    if queries:
        ranker.search(queries[0].text, queries[0].language)  # the first search loads what it needs
    return [_answer(ranker, query) for query in queries]


def write_answers(file: Path, answers: Sequence[Answer]) -> None:
    """Write a line a query, in order; ``given`` is the id that was given as the answer, or NONE."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for one in answers:
            first, second, third = [*one.found, "", "", ""][:3]
            wanted, given = "|".join(one.wanted) or NONE, first if one.given else NONE
            writer.writerow([one.text, wanted, first, round(one.probability, 6), given, second, third])


def draw_answers(folder: Path, answers: Sequence[Answer]) -> None:
    """Write coverage.png (wrong answers by coverage) and reliability.png into ``folder``."""
    from kefu.evaluation.plots import draw_coverage, draw_reliability

    coverage, wrong = wrong_by_coverage(answers)
    draw_coverage(folder / "coverage.png", coverage=coverage, wrong=wrong)
    report = measure_calibration(
        confidences=[one.probability for one in answers], right=[one.right for one in answers]
    )
    draw_reliability(folder / "reliability.png", report)


def _answer(ranker: Ranker, query: Query) -> Answer:
    start = time.process_time()
    hits = ranker.search(query.text, query.language, k=ranker.size(query.language))
    seconds = time.process_time() - start
    return Answer(
        text=query.text,
        wanted=query.wanted,
        found=tuple(hit.passage_id for hit in hits),
        probability=hits[0].score if hits else 0.0,
        threshold=THRESHOLD,
        seconds=seconds,
    )
