"""Labelled messages, as everything that learns from them reads them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """An entity in a text: characters ``[start, end)`` and its type."""

    start: int
    end: int
    entity: str


@dataclass(frozen=True)
class Example:
    """A message with its intent (None: it teaches only what ``further`` says) and its entities.

    ``further`` holds labels of other heads, as ("sentiment", "negative"). ``source`` says where it
    stands ("file, line n"), for reports on the data.
    """

    text: str
    intent: str | None = None
    spans: tuple[Span, ...] = ()
    source: str = ""
    further: tuple[tuple[str, str], ...] = ()
