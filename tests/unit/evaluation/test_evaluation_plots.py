"""The pictures: PNG files whatever the labels, the worst intents where there are many."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from kefu.evaluation.calibration import measure_calibration
from kefu.evaluation.plots import confusion_counts, draw_confusion, draw_reliability, worst_intents

MANY = [f"intent_{number:02d}" for number in range(77)]


def pixels(file: Path) -> np.ndarray:
    return np.asarray(imread(file))


def test_of_many_intents_the_worst_are_shown() -> None:
    found = [MANY[1] if name == MANY[60] else "elsewhere" if name == MANY[70] else name for name in MANY]
    shown = worst_intents(MANY, found)
    assert len(shown) == 30 and {MANY[1], MANY[60], MANY[70]} <= set(shown)
    columns, counts = confusion_counts(shown, MANY, found)
    assert columns == [*shown, "(other)"]
    assert counts.sum() == 30 and counts[shown.index(MANY[60]), shown.index(MANY[1])] == 1
    assert counts[shown.index(MANY[70]), -1] == 1


@pytest.mark.parametrize("labels", [["退货", "查订单"], ["$a$ $", "x\ny" * 30], ["only"], MANY])
def test_a_confusion_matrix_is_drawn_whatever_the_labels(tmp_path: Path, labels: list[str]) -> None:
    file = tmp_path / "confusion.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # such as a layout that does not fit
        draw_confusion(file, wanted=labels * 2, found=labels + labels[::-1])
    picture = pixels(file)
    assert min(picture.shape[:2]) > 300 and picture.std() > 0.05


def test_a_reliability_diagram_shows_the_bins(tmp_path: Path) -> None:
    good = measure_calibration(confidences=[0.9] * 10, right=[True] * 9 + [False])
    bad = measure_calibration(confidences=[0.9] * 10, right=[False] * 10)
    draw_reliability(tmp_path / "good.png", good)
    draw_reliability(tmp_path / "bad.png", bad)
    one, other = pixels(tmp_path / "good.png"), pixels(tmp_path / "bad.png")
    assert one.shape == other.shape and (one != other).mean() > 0.01


def test_matplotlib_waits_until_something_is_drawn() -> None:
    told = "import sys, kefu.evaluation.plots, kefu.cli.evaluate; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True).stdout == "False\n"
