"""Conversations as readable text: who speaks, what must come back, what must stand in the store.

A ``.chat`` file holds several::

    == cancel an unsent order | C1001          (a customer id, or guest)
    > cancel KF10000001                        the customer types
    < KF10000001                               the reply holds this (case does not matter)
    ! refund                                   and does not hold this
    > [Yes                                     the customer presses the button whose title begins so
    = order KF10000001 status cancelled        the store then holds this
    # a comment

``{code}`` in a line that is typed is the last one-time code in the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Step:
    """One message with what must (not) be in its reply, and the rows that must stand after it."""

    said: str
    line: int
    wanted: list[str] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


@dataclass
class Chat:
    """One conversation; ``speaker`` is a customer id or ``guest``."""

    title: str
    speaker: str
    file: str
    steps: list[Step] = field(default_factory=list)


def read(file: Path) -> list[Chat]:
    """The conversations of one file; raises ValueError with file and line where it cannot be read."""
    chats: list[Chat] = []
    for number, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        mark, _, rest = line.partition(" ")
        if mark == "==":
            title, _, speaker = rest.rpartition("|")
            chats.append(Chat(title.strip(), speaker.strip(), file.name))
        else:
            _add(chats, mark, rest.strip(), place=f"{file}:{number}", line=number)
    return chats


def _add(chats: list[Chat], mark: str, rest: str, *, place: str, line: int) -> None:
    if mark == ">" and chats:
        chats[-1].steps.append(Step(rest, line))
        return
    if not chats or not chats[-1].steps:
        raise ValueError(f"{place}: found {mark!r} before anything was said; wanted == and > first")
    step = chats[-1].steps[-1]
    lists = {"<": step.wanted, "!": step.unwanted, "=": step.rows}
    if mark not in lists:
        raise ValueError(f"{place}: found {mark!r}; wanted one of == > < ! = #")
    lists[mark].append(rest)
