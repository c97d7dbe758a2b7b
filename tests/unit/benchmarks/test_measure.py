"""The figures of a cell, from rows made by hand."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.nlu.measure import GIVEN_UP, measure, threshold
from benchmarks.nlu.rows import Row, read_rows, write_rows
from benchmarks.nlu.sets import BenchSet, Splits
from kefu.language.examples import Example, Span


def row(intent: str, *, strangeness: float = 0.0, spans: tuple[Span, ...] = (), refused: bool = False) -> Row:
    return Row(intent, 1.0 - strangeness, spans, strangeness, refused)


def splits(languages: tuple[str | None, ...] = (None, None), **reads: tuple[Example, ...]) -> Splits:
    return Splits((), reads, languages, {})


CLEAN = (Example("track KF1", "track", (Span(6, 9, "order"),)), Example("refund me", "refund"))


def test_what_was_read_is_compared_with_what_was_meant() -> None:
    rows = {
        "clean": [row("track", spans=(Span(6, 9, "order"),)), row("track")],
        "typos": [row("refund"), row("track")],
    }
    found = measure(BenchSet("x", "x", "train", entities=True), splits(clean=CLEAN, typos=CLEAN), rows)
    assert (found["clean"]["accuracy"], found["typos"]["accuracy"]) == (0.5, 0.0)
    assert (found["clean"]["entity_f1"], found["typos"]["entity_f1"]) == (1.0, 0.0)
    assert found["clean"]["ece"] == pytest.approx(0.5)  # sure of both, right about one


def test_each_language_is_measured_by_itself() -> None:
    rows = {name: [row("track"), row("track")] for name in ("clean", "typos")}
    data = splits(languages=("en", "zh"), clean=CLEAN, typos=CLEAN)
    found = measure(BenchSet("own-1", "own", "train", entities=True), data, rows)
    assert (found["clean"]["en"]["accuracy"], found["clean"]["zh"]["accuracy"]) == (1.0, 0.0)


def test_out_of_scope_is_told_at_the_threshold_of_the_dev_split() -> None:
    dev = tuple(Example(f"{n}", "track") for n in range(100))
    data = splits(
        clean=CLEAN, typos=CLEAN, dev=dev, outside=(Example("sing", "oos"), Example("dance", "oos"))
    )
    rows = {
        "clean": [row("track", strangeness=0.1), row("refund", strangeness=0.98)],
        "typos": [row("track"), row("refund")],
        "dev": [row("track", strangeness=n / 100) for n in range(100)],
        "outside": [row("track", strangeness=0.99, refused=True), row("track", strangeness=0.97)],
    }
    found = measure(BenchSet("x", "x", "train", outside=True), data, rows)["outside"]
    assert found["threshold"] == 0.97  # two of a hundred lie above it
    assert (found["in_scope_accuracy"], found["recall"]) == (0.5, 0.5)
    assert found["auroc"] == 0.75
    assert (found["own"]["in_scope_accuracy"], found["own"]["recall"]) == (1.0, 0.5)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_the_threshold_gives_up_no_more_than_it_may(rows: list[tuple[float, bool]]) -> None:
    wanted = [Example("", "right")] * len(rows)
    read = [row("right" if hit else "wrong", strangeness=score) for score, hit in rows]
    limit = threshold(wanted, read)
    lost = sum(hit and score > limit for score, hit in rows)
    assert lost <= GIVEN_UP * len(rows)
    lower = max((score for score, _ in rows if score < limit), default=-inf)
    if any(hit for _, hit in rows):  # and it could not be lower
        assert sum(hit and score > lower for score, hit in rows) > int(GIVEN_UP * len(rows))


def test_rows_survive_being_kept(tmp_path: Path) -> None:
    rows = {"clean": [row("追踪", strangeness=0.25, spans=(Span(0, 2, "order"),), refused=True)], "typos": []}
    write_rows(tmp_path / "rows.json.gz", rows)
    assert read_rows(tmp_path / "rows.json.gz") == rows
