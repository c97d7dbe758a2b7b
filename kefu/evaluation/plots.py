"""Pictures of a report: which intents are taken for which, and whether confidences hold."""

from __future__ import annotations

import contextlib
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kefu.evaluation.calibration import CalibrationReport
from kefu.language.text import han_count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 30
_OTHER = "(other)"
_LONGEST_LABEL = 32
#: Fonts with Chinese characters; they hold Latin ones too.
_HAN_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti SC", "Arial Unicode MS", "Droid Sans Fallback",
)  # fmt: skip


def draw_confusion(file: Path, *, wanted: Sequence[str], found: Sequence[str]) -> None:
    """Write the confusion matrix as PNG: a row a wanted intent, shares of its examples.

    Of more than thirty intents the thirty with the most mistakes are shown; what they were
    taken for besides is in the column "(other)".
    """
    rows = worst_intents(wanted, found)
    columns, counts = confusion_counts(rows, wanted, found)
    size = 2.5 + 0.34 * max(len(columns), 6)
    with _style(columns):
        figure = _figure(size + 1.5, size)
        axes = figure.add_subplot()
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        _name(axes, rows, columns)
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if shares[row, column] > 0.6 else "black"
                axes.text(column, row, str(count), ha="center", va="center", fontsize=7, color=colour)
        axes.set_title(_title(len(rows), len(set(wanted))))
        figure.savefig(file, dpi=110)


def draw_reliability(file: Path, report: CalibrationReport) -> None:
    """Write the reliability diagram as PNG: accuracy over confidence, and how many answers there were."""
    bins = [one for one in report.bins if one.accuracy is not None]
    width = 1 / len(report.bins)
    middles = [(one.low + one.high) / 2 for one in bins]
    with _style():
        figure = _figure(6, 6.5)
        above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1)})
        above.bar(middles, [one.accuracy for one in bins], width * 0.92, color="#4c78a8", label="accuracy")
        above.plot([0, 1], [0, 1], "--", color="grey", label="as confident as right")
        above.plot([one.confidence for one in bins], [one.accuracy for one in bins], "o", color="#f58518")
        above.set(ylim=(0, 1), xlim=(0, 1), ylabel="accuracy")
        above.set_title(f"expected calibration error {report.ece:.4f}, {report.examples} answers")
        above.legend(loc="upper left")
        below.bar(middles, [one.examples for one in bins], width * 0.92, color="grey")
        below.set(xlabel="confidence", ylabel="answers")
        figure.savefig(file, dpi=110)


def draw_coverage(file: Path, *, coverage: np.ndarray, wrong: np.ndarray) -> None:
    """Write as PNG how many of the answers given are wrong, by the share of answerable queries given one."""
    with _style():
        figure = _figure(6, 4.5)
        axes = figure.add_subplot()
        axes.plot(coverage, wrong, color="#4c78a8")
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="answerable queries given an answer")
        axes.set_ylabel("wrong, of all answers given")
        figure.savefig(file, dpi=110)


def worst_intents(wanted: Sequence[str], found: Sequence[str], *, most: int = _MOST) -> list[str]:
    """The wanted intents by name, at most ``most``: those with the most mistakes, either way."""
    names = sorted(set(wanted))
    if len(names) <= most:
        return names
    mistakes: Counter[str] = Counter()
    for want, got in zip(wanted, found, strict=True):
        mistakes.update((want, got) if want != got else ())
    return sorted(sorted(names, key=lambda name: (-mistakes[name], name))[:most])


def confusion_counts(
    rows: Sequence[str], wanted: Sequence[str], found: Sequence[str]
) -> tuple[list[str], np.ndarray]:
    """The columns (``rows``, then "(other)" if needed) and the counts, a row for each of ``rows``."""
    places = {name: place for place, name in enumerate(rows)}
    counts = np.zeros((len(rows), len(rows) + 1), dtype=int)
    for want, got in zip(wanted, found, strict=True):
        if want in places:
            counts[places[want], places.get(got, len(rows))] += 1
    if counts[:, -1].any():
        return [*rows, _OTHER], counts
    return list(rows), counts[:, :-1]


def han_font() -> str | None:
    """An installed font with Chinese characters, if there is one."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return next((name for name in _HAN_FONTS if name in installed), None)


@contextlib.contextmanager
def _style(labels: Sequence[str] = ()) -> Iterator[None]:
    """matplotlib with a font for ``labels``, and without a word about characters that it lacks.

    The font is one for the whole picture: matplotlib 3.5, which Rasa pins, knows no second choice.
    """
    from matplotlib import rc_context

    han = han_font() if any(han_count(label) for label in labels) else None
    with rc_context({"font.family": han or "DejaVu Sans"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def _figure(width: float, height: float) -> Figure:
    """A figure without a window: PNG comes from Agg, whatever the machine has for a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _name(axes: Any, rows: Sequence[str], columns: Sequence[str]) -> None:
    # parse_math: a label with two dollar signs is no formula
    plain: dict[str, Any] = {"fontsize": 8, "parse_math": False}
    axes.set_yticks(range(len(rows)), [_label(name) for name in rows], **plain)
    axes.set_xticks(range(len(columns)), [_label(name) for name in columns], rotation=90, **plain)
    axes.set(xlabel="found", ylabel="wanted")


def _label(name: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in name).strip() or "(none)"
    return shown if len(shown) <= _LONGEST_LABEL else shown[: _LONGEST_LABEL - 1] + "…"


def _title(shown: int, there: int) -> str:
    return f"{there} intents" if shown == there else f"the {shown} of {there} intents with the most mistakes"
