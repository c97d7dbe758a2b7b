"""The rows of the table: what each is called, and where a result holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A row: its name, how to take it from a result (None: not there), and its digits after the point."""

    name: str
    take: Callable[[Result], float | None]
    digits: int = 1


def quality() -> tuple[Figure, ...]:
    """What is got right; shares in per cent, differences in points."""
    return (
        Figure("accuracy", _share("clean", "accuracy")),
        Figure("English accuracy", _share("clean", "en", "accuracy")),
        Figure("Chinese accuracy", _share("clean", "zh", "accuracy")),
        Figure("gap between languages", _gap),
        Figure("macro-F1", _share("clean", "macro_f1")),
        Figure("entity F1", _share("clean", "entity_f1")),
        Figure("accuracy with typos", _share("typos", "accuracy")),
        Figure("lost to typos", _lost),
        Figure("entity F1 with typos", _share("typos", "entity_f1")),
        Figure("calibration error", _share("clean", "ece")),
        Figure("in scope at the threshold", _share("outside", "in_scope_accuracy")),
        Figure("out-of-scope recall", _share("outside", "recall")),
        Figure("out-of-scope AUROC", _share("outside", "auroc")),
        Figure("in scope at its own threshold", _share("outside", "own", "in_scope_accuracy")),
        Figure("out-of-scope recall at its own", _share("outside", "own", "recall")),
    )


def costs() -> tuple[Figure, ...]:
    """What it takes, on one thread."""
    return (
        Figure("training, CPU s", _spent("cpu_seconds"), digits=0),
        Figure("training, s on the clock", _spent("wall_seconds"), digits=0),
        Figure("training, peak MB", _at("training", "peak_rss_mb"), digits=0),
        Figure("opening, CPU s", _at("reading", "opening", "cpu_seconds")),
        Figure("a message, CPU ms", _at("reading", "latency", "p50_ms")),
        Figure("serving, peak MB", _at("reading", "peak_rss_mb"), digits=0),
        Figure("model file, MB", _megabytes),
    )


def _at(*path: str) -> Callable[[Result], float | None]:
    def take(result: Result) -> float | None:
        value: Any = result
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return None if value is None else float(value)

    return take


def _spent(key: str) -> Callable[[Result], float | None]:
    """What the training took; of a resumed one nobody knows the whole."""
    inner = _at("training", key)
    return lambda result: None if result["training"].get("resumed") else inner(result)


def _share(*path: str) -> Callable[[Result], float | None]:
    inner = _at("figures", *path)

    def take(result: Result) -> float | None:
        value = inner(result)
        return None if value is None else 100 * value

    return take


def _lost(result: Result) -> float | None:
    clean, typos = _share("clean", "accuracy")(result), _share("typos", "accuracy")(result)
    return None if clean is None or typos is None else clean - typos


def _gap(result: Result) -> float | None:
    english, chinese = _share("clean", "en", "accuracy")(result), _share("clean", "zh", "accuracy")(result)
    return None if english is None or chinese is None else abs(english - chinese)


def _megabytes(result: Result) -> float | None:
    size = _at("training", "model_bytes")(result)
    return None if size is None else size / 1e6
